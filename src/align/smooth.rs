use std::fmt;
use std::ops::Range;

use clap::ValueEnum;
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};
use serde::{Deserialize, Serialize};

use super::rows::{norm, unit_rows};

/// The published description to follow where the two differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The paper: unit frames, a centred window, as many smoothed frames as frames.
    #[default]
    Paper,
    /// The authors' scripts: raw frames, exactly `w` taps, one frame less if `w` is even.
    Released,
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().expect("a name").get_name())
    }
}

/// A window sum shorter than this share of the longest frame is rounding noise and counts as zero.
const NOISE: f64 = 1e-9;

/// Moving average over neighbouring frames (Eq. 7), followed by normalisation.
///
/// Smoothed frames are never built: normalisation removes the factor between a window's mean and its sum, so the cosine of
/// step u with a smoothed frame is ⟨u, Σz⟩ / ‖Σz‖, and ⟨u, Σz⟩ is a sum of known products. A new width costs
/// O(K·T + T·d) instead of O(K·T·d).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Smoothing {
    /// Window width in frames; 0 and 1 are off.
    pub width: usize,
    /// `Paper`: frames t−⌊w/2⌋ … t+⌊w/2⌋, so that an even width takes one frame more. `Released`: exactly w
    /// frames from t−⌊(w−1)/2⌋ on, without the last frame if w is even. Both stop at the ends of the clip.
    pub preset: Preset,
}

impl Smoothing {
    /// Prepares T×d frames for smoothing: unit rows for `Paper`, raw rows for `Released`.
    pub fn prepare(&self, frames: ArrayView2<f32>) -> Array2<f32> {
        match self.preset {
            Preset::Paper => unit_rows(frames),
            Preset::Released => frames.to_owned(),
        }
    }

    /// Number T′ of smoothed frames for `t` frames.
    pub fn output_len(&self, t: usize) -> usize {
        match self.preset {
            Preset::Released if self.width > 1 && self.width.is_multiple_of(2) => t.saturating_sub(1),
            _ => t,
        }
    }

    /// The window of smoothed frame `t`, among `frames` frames.
    pub fn window(&self, t: usize, frames: usize) -> Range<usize> {
        let (before, after) = self.reach(frames);
        t.saturating_sub(before)..(t + after + 1).min(frames)
    }

    /// Frames before and after its own in a window that the ends of the clip do not cut.
    pub(super) fn reach(&self, frames: usize) -> (usize, usize) {
        let (before, after) = match (self.width, self.preset) {
            (0 | 1, _) => (0, 0),
            (w, Preset::Paper) => (w / 2, w / 2),
            (w, Preset::Released) => ((w - 1) / 2, w / 2),
        };
        (before.min(frames), after.min(frames))
    }

    /// Length of the sum of prepared frames (T×d) over every window, T′ values. A sum that cancels out is 0.
    pub fn window_norms(&self, frames: ArrayView2<f32>) -> Vec<f64> {
        let lengths: Vec<f64> = frames.axis_iter(Axis(0)).map(norm).collect();
        let longest = lengths.iter().copied().fold(0.0, f64::max);
        if self.reach(frames.nrows()) == (0, 0) {
            return lengths.into_iter().map(|length| norm_or_zero(length * length, longest)).collect();
        }
        let mut sum = Array1::<f64>::zeros(frames.ncols());
        let mut inside = 0..0;
        (0..self.output_len(frames.nrows()))
            .map(|t| {
                let window = self.window(t, frames.nrows());
                for entering in inside.end..window.end {
                    Zip::from(&mut sum).and(frames.row(entering)).for_each(|s, &x| *s += f64::from(x));
                }
                for leaving in inside.start..window.start {
                    Zip::from(&mut sum).and(frames.row(leaving)).for_each(|s, &x| *s -= f64::from(x));
                }
                inside = window;
                norm_or_zero(sum.dot(&sum), longest)
            })
            .collect()
    }

    /// Cosines of steps with smoothed frames, K×T′ (Eq. 8), from the K×T `products` of unit steps with prepared
    /// frames and the T′ `norms` of [`Smoothing::window_norms`]. A smoothed frame of length 0 gets 0.
    ///
    /// # Panics
    /// If `norms` is of another number of frames.
    pub fn cosines(&self, products: ArrayView2<f32>, norms: &[f64]) -> Array2<f32> {
        let (steps, frames) = products.dim();
        assert_eq!(norms.len(), self.output_len(frames), "one norm per smoothed frame");
        let windows: Vec<_> = (0..norms.len()).map(|t| self.window(t, frames)).collect();
        let mut cosines = Array2::zeros((steps, norms.len()));
        let mut prefix = vec![0.0; frames + 1];
        for (row, mut out) in products.axis_iter(Axis(0)).zip(cosines.axis_iter_mut(Axis(0))) {
            let mut sum = 0.0;
            for (total, &product) in prefix[1..].iter_mut().zip(row) {
                sum += f64::from(product);
                *total = sum;
            }
            for ((cosine, window), &norm) in out.iter_mut().zip(&windows).zip(norms) {
                if norm != 0.0 {
                    *cosine = ((prefix[window.end] - prefix[window.start]) / norm) as f32;
                }
            }
        }
        cosines
    }
}

/// Length of a window's sum from its square; 0 if it is rounding noise beside the `longest` frame. NaN stays NaN.
pub(super) fn norm_or_zero(square: f64, longest: f64) -> f64 {
    let length = square.sqrt();
    if length <= NOISE * longest { 0.0 } else { length }
}

/// Window width in frames for a width in seconds at `rate` frames per second, rounded to the nearest.
pub fn width_in_frames(seconds: f64, rate: f64) -> usize {
    // A rate computed from times may lie just below a half.
    (seconds * rate + 1e-6).round() as usize
}

/// Mean frame rate of frames at `times` (seconds, ascending): (T−1) / (last − first), or 0 if fewer than two times differ.
pub fn mean_rate(times: &[f64]) -> f64 {
    match times {
        [first, .., last] if last > first => (times.len() - 1) as f64 / (last - first),
        _ => 0.0,
    }
}
