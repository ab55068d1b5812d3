//! A first pass of few frames, to embed only parts of a recording densely.

use super::finder::{FindError, Finder};
use super::recording::Recording;

/// Frames per second of the first pass. A step that lasts as long as its gap is still seen.
pub const COARSE_RATE: f64 = 2.0;
/// Largest share of a recording that is embedded densely.
const DENSE_SHARE: f64 = 0.4;
/// Least time around a moment of the first pass that is embedded too, in seconds.
const MARGIN: f64 = 1.0;

/// The parts of a recording around the most promising moments of a first pass, in order of time: `[start, end]` in seconds, on
/// ticks of `rate` per second.
///
/// # Errors
/// As [`Finder::find`].
pub fn promising(finder: &Finder, recording: &Recording, rate: f64) -> Result<Vec<[f64; 2]>, FindError> {
    let (timeline, spans) = finder.candidates(recording)?;
    if timeline.is_empty() {
        return Ok(Vec::new());
    }
    let [first, last] = timeline.seconds(&(0..timeline.len()));
    let ticks = |seconds: f64| (seconds - first) * rate;
    let padded = spans.into_iter().map(|[start, end]| {
        // What is around a moment decides whether the order of its steps matters.
        let margin = MARGIN.max((end - start) / 2.0);
        let start = first + ticks((start - margin).max(first)).floor() / rate;
        [start, (first + ticks(end + margin).ceil() / rate).min(last)]
    });
    Ok(up_to(padded, DENSE_SHARE * (last - first)))
}

/// The union of the first spans, as long as it takes no more than `most` seconds, in order of time.
fn up_to(spans: impl Iterator<Item = [f64; 2]>, most: f64) -> Vec<[f64; 2]> {
    let mut union: Vec<[f64; 2]> = Vec::new();
    for span in spans {
        let mut with = union.clone();
        with.push(span);
        with.sort_by(|a, b| a[0].total_cmp(&b[0]));
        with.dedup_by(|next, last| {
            let touches = next[0] <= last[1];
            if touches {
                last[1] = last[1].max(next[1]);
            }
            touches
        });
        if with.iter().map(|[start, end]| end - start).sum::<f64>() > most {
            break;
        }
        union = with;
    }
    union
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_spans_become_one() {
        let spans = [[5.0, 7.0], [1.0, 2.0], [6.5, 8.0], [0.5, 1.0]];
        assert_eq!(up_to(spans.into_iter(), 100.0), [[0.5, 2.0], [5.0, 8.0]]);
    }

    #[test]
    fn the_best_spans_come_first_until_the_share_is_used_up() {
        let spans = [[5.0, 7.0], [1.0, 2.0], [10.0, 14.0], [2.0, 2.5]];
        assert_eq!(up_to(spans.into_iter(), 4.0), [[1.0, 2.0], [5.0, 7.0]]);
    }
}
