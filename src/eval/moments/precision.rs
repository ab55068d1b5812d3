//! Average precision of moments, as ActivityNet defines it.

use std::cmp::Ordering;

/// A stretch of time in one of the recordings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    pub recording: usize,
    /// Start and end in seconds.
    pub span: [f64; 2],
}

/// A predicted stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredStretch {
    pub stretch: Stretch,
    pub score: f64,
}

/// Temporal intersection over union.
pub fn overlap(a: [f64; 2], b: [f64; 2]) -> f64 {
    let both = (a[1].min(b[1]) - a[0].max(b[0])).max(0.0);
    let either = a[1] - a[0] + b[1] - b[0] - both;
    if either > 0.0 { both / either } else { 0.0 }
}

/// The predictions of one class, best first, and which true stretch each finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Matches {
    /// Recording of each prediction, and the true stretch that it finds first.
    pub found: Vec<(usize, Option<usize>)>,
    /// Place of each prediction as it was given.
    pub places: Vec<usize>,
    /// Recordings of the true stretches.
    truth: Vec<usize>,
}

impl Matches {
    /// Takes predictions from the highest score down. Each finds the true stretch of highest overlap that none has found
    /// before, if it overlaps by at least `least`.
    pub fn new(truth: &[Stretch], predictions: &[ScoredStretch], least: f64) -> Self {
        let mut places: Vec<usize> = (0..predictions.len()).collect();
        places.sort_by(|&a, &b| predictions[b].score.total_cmp(&predictions[a].score));
        let mut is_found = vec![false; truth.len()];
        let find = |&place: &usize| {
            let Stretch { recording, span } = predictions[place].stretch;
            let left = (0..truth.len()).filter(|&at| truth[at].recording == recording && !is_found[at]);
            let overlaps = left.map(|at| (at, overlap(span, truth[at].span)));
            let best = overlaps.max_by(|a, b| a.1.total_cmp(&b.1).then(Ordering::Greater));
            let best = best.filter(|(_, overlap)| *overlap >= least).map(|(at, _)| at);
            if let Some(at) = best {
                is_found[at] = true;
            }
            (recording, best)
        };
        let found = places.iter().map(find).collect();
        Self { found, places, truth: truth.iter().map(|stretch| stretch.recording).collect() }
    }

    /// Interpolated average precision if each recording counts so many times; none without a true stretch.
    pub fn average_precision(&self, times: &[u32]) -> Option<f64> {
        let truth: u32 = self.truth.iter().map(|&recording| times[recording]).sum();
        if truth == 0 {
            return None;
        }
        let (mut right, mut all) = (0, 0);
        let points: Vec<(f64, f64)> = self
            .found
            .iter()
            .filter(|(recording, _)| times[*recording] > 0)
            .map(|&(recording, found)| {
                all += times[recording];
                right += if found.is_some() { times[recording] } else { 0 };
                (f64::from(right) / f64::from(truth), f64::from(right) / f64::from(all))
            })
            .collect();
        // From the last prediction to the first: the precision at a recall is the best at that recall or beyond.
        let (mut precision, mut area) = (0.0_f64, 0.0);
        for (index, &(recall, own)) in points.iter().enumerate().rev() {
            precision = precision.max(own);
            let before = index.checked_sub(1).map_or(0.0, |before| points[before].0);
            area += (recall - before) * precision;
        }
        Some(area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(recording: usize, start: f64, end: f64) -> Stretch {
        Stretch { recording, span: [start, end] }
    }

    fn predicted(recording: usize, start: f64, end: f64, score: f64) -> ScoredStretch {
        ScoredStretch { stretch: at(recording, start, end), score }
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        for (a, b, expected) in [
            ([0.0, 2.0], [1.0, 3.0], 1.0 / 3.0),
            ([0.0, 1.0], [1.0, 2.0], 0.0),
            ([0.0, 1.0], [5.0, 6.0], 0.0),
            ([0.0, 4.0], [1.0, 2.0], 0.25),
            ([1.0, 1.0], [1.0, 1.0], 0.0),
        ] {
            assert!((overlap(a, b) - expected).abs() < 1e-12, "{a:?} {b:?}");
            assert_eq!(overlap(a, b), overlap(b, a));
        }
    }

    #[test]
    fn a_second_prediction_of_a_moment_is_wrong() {
        let truth = [at(0, 0.0, 10.0), at(1, 0.0, 10.0)];
        let predictions = [
            predicted(0, 0.0, 9.0, 0.9),
            predicted(0, 0.0, 10.0, 0.8),
            predicted(1, 5.0, 30.0, 0.7),
            predicted(1, 1.0, 10.0, 0.6),
        ];
        let matches = Matches::new(&truth, &predictions, 0.5);
        assert_eq!(matches.found, [(0, Some(0)), (0, None), (1, None), (1, Some(1))]);
        // Precision 1 up to a recall of a half, then 2 of 4.
        assert_eq!(matches.average_precision(&[1, 1]), Some(0.75));
        assert_eq!(matches.average_precision(&[1, 0]), Some(1.0));
        assert_eq!(matches.average_precision(&[0, 2]), Some(0.5));
        assert_eq!(matches.average_precision(&[0, 0]), None);
        assert_eq!(Matches::new(&truth, &[], 0.5).average_precision(&[1, 1]), Some(0.0));
    }

    #[test]
    fn the_next_best_true_moment_is_found_where_the_best_is_taken() {
        let truth = [at(0, 0.0, 10.0), at(0, 2.0, 12.0)];
        let predictions = [predicted(0, 0.0, 10.0, 2.0), predicted(0, 0.5, 10.5, 1.0)];
        assert_eq!(Matches::new(&truth, &predictions, 0.5).found, [(0, Some(0)), (0, Some(1))]);
        assert_eq!(Matches::new(&truth, &predictions, 0.8).found, [(0, Some(0)), (0, None)]);
    }
}
