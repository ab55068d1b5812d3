//! How much better a step explains a frame than the background does.

use ndarray::{Array2, ArrayView1, ArrayViewMut1, Axis};

/// Frames that decide a percentile at most.
const SAMPLE: usize = 4096;
/// The percentile that is the middle of a step's cosines.
const MIDDLE: f64 = 50.0;
/// A spread of cosines below this is rounding.
const LEAST_UNIT: f32 = 1e-6;

/// The background of a step: its level, and the unit of gains above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepBackground {
    pub level: f32,
    /// Level less the median.
    pub unit: f32,
}

impl StepBackground {
    /// From a step's cosines with the frames of a recording: most of them show something else. The level is a percentile.
    pub fn of(cosines: ArrayView1<f32>, percentile: f64) -> Self {
        let every = cosines.len().div_ceil(SAMPLE).max(1);
        let mut sample: Vec<f32> = cosines.iter().step_by(every).copied().collect();
        let mut at = |percentile: f64| {
            let place = (percentile / 100.0 * sample.len().saturating_sub(1) as f64).round() as usize;
            *sample.select_nth_unstable_by(place, f32::total_cmp).1
        };
        let (level, middle) = (at(percentile), at(MIDDLE));
        Self { level, unit: (level - middle).max(LEAST_UNIT) }
    }

    /// Turns cosines of the step into gains.
    pub fn apply(self, mut cosines: ArrayViewMut1<f32>) {
        cosines.mapv_inplace(|cosine| (cosine - self.level) / self.unit);
    }
}

/// Turns cosines, a row per step, into gains.
pub fn gains(mut cosines: Array2<f32>, backgrounds: &[StepBackground]) -> Array2<f32> {
    for (row, background) in cosines.axis_iter_mut(Axis(0)).zip(backgrounds) {
        background.apply(row);
    }
    cosines
}
