//! Simpler ways to find moments, for comparison: windows of fixed lengths, and frames above a threshold.

use std::io;

use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::precision::overlap;
use crate::align::{self, AlignError, Aligner, Cell, OwnCalibration};
use crate::find::{FindError, Recording, Wanted};

/// Lengths of sliding windows, in seconds. They move on by a quarter of their length.
const LENGTHS: [f64; 4] = [2.0, 4.0, 8.0, 16.0];
const STRIDES_PER_WINDOW: usize = 4;
/// Of windows of a class that overlap by more than this, the best is kept.
const MOST_OVERLAP: f64 = 0.3;
/// Percentile of a class's best affinities above which a frame belongs to a moment.
const THRESHOLD: f64 = 95.0;

/// A predicted moment of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    pub class: usize,
    pub span: [f64; 2],
    pub score: f64,
}

/// Cosine of the class name with the mean of the frames in each window.
///
/// # Errors
/// If the recording cannot be read.
pub fn mean_pool(recording: &Recording, names: ArrayView2<f32>, most: usize) -> io::Result<Vec<Detection>> {
    let mut candidates = Vec::new();
    for seconds in LENGTHS {
        // The mean of a window is its middle frame, smoothed over the window.
        let timeline = recording.timeline(seconds)?;
        let width = timeline.width().max(1);
        if timeline.len() < width {
            continue;
        }
        let cosines = timeline.cosines(names, 0..timeline.len());
        for start in starts(timeline.len(), width) {
            let span = timeline.seconds(&(start..start + width));
            let of_class =
                |class| Detection { class, span, score: cosines[(class, start + width / 2)].into() };
            candidates.extend((0..names.nrows()).map(of_class));
        }
    }
    Ok(best_of_each(candidates, names.nrows(), most))
}

/// Score of `dtw` in each window, over affinities where the model has a bias.
///
/// # Errors
/// If the recording cannot be read, or an embedding is not finite.
pub fn windowed_dtw(
    recording: &Recording,
    classes: &[Wanted],
    calibration: OwnCalibration,
    smoothing_seconds: f64,
    most: usize,
) -> Result<Vec<Detection>, FindError> {
    let timeline = recording.timeline(smoothing_seconds)?;
    let of_class = |(class, wanted): (usize, &Wanted)| {
        let cosines = timeline.cosines(wanted.steps.view(), 0..timeline.len());
        let cells = cells(&cosines, calibration);
        let mut candidates = Vec::new();
        for seconds in LENGTHS {
            let width = align::width_in_frames(seconds, timeline.rate()).max(1);
            for start in starts(timeline.len(), width) {
                let score = align::score(Aligner::Dtw, cells.slice(s![.., start..start + width]))?;
                candidates.push(Detection { class, span: timeline.seconds(&(start..start + width)), score });
            }
        }
        Ok(without_overlaps(candidates, most))
    };
    let found: Result<Vec<_>, AlignError> = classes.par_iter().enumerate().map(of_class).collect();
    Ok(found?.concat())
}

/// Stretches in which the best of a class's steps is above a threshold, regardless of their order.
///
/// # Errors
/// If the recording cannot be read.
pub fn threshold(
    recording: &Recording,
    classes: &[Wanted],
    calibration: OwnCalibration,
    smoothing_seconds: f64,
    most: usize,
) -> io::Result<Vec<Detection>> {
    let timeline = recording.timeline(smoothing_seconds)?;
    let of_class = |(class, wanted): (usize, &Wanted)| {
        let cosines = timeline.cosines(wanted.steps.view(), 0..timeline.len());
        let cells = cells(&cosines, calibration);
        let best = cells.fold_axis(Axis(0), f32::NEG_INFINITY, |best, &cell| best.max(cell));
        let least = align::percentile(THRESHOLD, [&best.clone().insert_axis(Axis(0))]).unwrap_or(0.0);
        let is_above: Vec<bool> = best.iter().map(|&cell| f64::from(cell) > least).collect();
        let mut start = 0;
        let runs = is_above.chunk_by(|a, b| a == b).filter_map(|run| {
            let frames = start..start + run.len();
            start = frames.end;
            let score = best.slice(s![frames.clone()]).mean()?;
            run[0].then(|| Detection { class, span: timeline.seconds(&frames), score: score.into() })
        });
        without_overlaps(runs.collect(), most)
    };
    Ok(classes.par_iter().enumerate().flat_map_iter(of_class).collect())
}

fn cells(cosines: &Array2<f32>, calibration: OwnCalibration) -> Array2<f32> {
    match calibration.usual_cell() {
        Cell::Cosine => cosines.clone(),
        cell => align::cells(cosines, cell, calibration.fitted([cosines])),
    }
}

/// First frames of windows of a width.
fn starts(frames: usize, width: usize) -> impl Iterator<Item = usize> {
    let last = frames.checked_sub(width).map_or(0, |last| last + 1);
    (0..last).step_by(width.div_ceil(STRIDES_PER_WINDOW).max(1))
}

/// [`without_overlaps`] of each class.
fn best_of_each(candidates: Vec<Detection>, classes: usize, most: usize) -> Vec<Detection> {
    let mut of_classes: Vec<Vec<Detection>> = vec![Vec::new(); classes];
    for candidate in candidates {
        of_classes[candidate.class].push(candidate);
    }
    of_classes.into_iter().flat_map(|candidates| without_overlaps(candidates, most)).collect()
}

/// The best candidates of a class, without those that overlap a better one.
fn without_overlaps(mut candidates: Vec<Detection>, most: usize) -> Vec<Detection> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in candidates {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|better| overlap(better.span, candidate.span) <= MOST_OVERLAP) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_overlap_a_better_one_are_left_out() {
        let candidate = |start: f64, end: f64, score| Detection { class: 0, span: [start, end], score };
        let kept = without_overlaps(
            vec![
                candidate(0.0, 4.0, 1.0),
                candidate(1.0, 5.0, 2.0),
                candidate(4.0, 8.0, 1.5),
                candidate(20.0, 24.0, 0.1),
            ],
            9,
        );
        assert_eq!(kept.iter().map(|kept| kept.span[0]).collect::<Vec<_>>(), [1.0, 4.0, 20.0]);
    }

    #[test]
    fn windows_fit_into_the_recording() {
        assert_eq!(starts(10, 8).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(starts(3, 8).count(), 0);
        assert_eq!(starts(3, 1).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
