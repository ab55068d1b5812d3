//! Incremental smoothing: copies no frame and sums no product again.

use std::array;

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::Smoothing;
use super::simd::wide;
use super::smooth::norm_or_zero;

/// Least number of windows per thread. A thread begins with a whole window, so wide windows need more.
const STRETCH: usize = 256;

/// A raw frame with the factor that prepares it for smoothing.
#[derive(Clone, Copy, Debug)]
pub struct ScaledFrame<'a> {
    pub raw: &'a [f32],
    pub scale: f64,
    /// Its length after scaling.
    pub length: f64,
}

/// The smoothing windows of a clip: a faster [`Smoothing::window_norms`] and [`Smoothing::cosines`] for changing widths.
#[derive(Clone, Debug)]
pub struct Windows {
    smoothing: Smoothing,
    frames: usize,
    /// Factor that scales the sum of each window to length 1; 0 for a sum of length 0.
    inverse_norms: Vec<f64>,
}

impl Windows {
    /// Windows over `frames`, which are in order of time.
    ///
    /// # Panics
    /// If the frames differ in d.
    pub fn new(smoothing: Smoothing, frames: &[ScaledFrame]) -> Self {
        let longest = frames.iter().map(|frame| frame.length).fold(0.0, f64::max);
        let (before, after) = smoothing.reach(frames.len());
        let stretch = STRETCH.max(2 * (before + 1 + after));
        let mut inverse_norms = vec![0.0; smoothing.output_len(frames.len())];
        inverse_norms.par_chunks_mut(stretch).enumerate().for_each(|(i, norms)| {
            squares_of_sums(smoothing, frames, i * stretch, norms);
            for norm in norms {
                let length = norm_or_zero(*norm, longest);
                *norm = if length == 0.0 { 0.0 } else { length.recip() };
            }
        });
        Self { smoothing, frames: frames.len(), inverse_norms }
    }

    /// Whether `smoothing` has the same windows: often two widths do.
    pub fn are_of(&self, smoothing: Smoothing) -> bool {
        smoothing.preset == self.smoothing.preset
            && smoothing.reach(self.frames) == self.smoothing.reach(self.frames)
            && smoothing.output_len(self.frames) == self.len()
    }

    pub fn len(&self) -> usize {
        self.inverse_norms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.inverse_norms.is_empty()
    }

    /// Cosines of steps with smoothed frames, K×T′ (Eq. 8), from sums of their products with the first 0, 1, …, T frames.
    ///
    /// # Panics
    /// If the sums are of another number of frames.
    pub fn cosines(&self, prefix_sums: &[&[f64]]) -> Array2<f32> {
        let (before, after) = self.smoothing.reach(self.frames);
        let mut cosines = Array2::zeros((prefix_sums.len(), self.len()));
        let mut padded = Vec::with_capacity(before + self.frames + 1 + after);
        for (sums, mut row) in prefix_sums.iter().zip(cosines.axis_iter_mut(Axis(0))) {
            assert_eq!(sums.len(), self.frames + 1, "sums of another clip");
            padded.clear();
            padded.resize(before, 0.0);
            padded.extend_from_slice(sums);
            padded.resize(padded.len() + after, sums[self.frames]);
            if let Some(row) = row.as_slice_mut() {
                scaled_differences(&padded, before + after + 1, &self.inverse_norms, row);
            }
        }
        cosines
    }
}

wide! {
    /// Squared length of the sum over each window, from window `first` on.
    fn squares_of_sums(smoothing: Smoothing, frames: &[ScaledFrame], first: usize, squares: &mut [f64]) {
        let Some(dim) = frames.first().map(|frame| frame.raw.len()) else { return };
        let nothing = vec![0.0; dim];
        let frame = |t: usize, moves: bool| {
            if moves { (frames[t].raw, frames[t].scale) } else { (&nothing[..], 0.0) }
        };
        let mut sum = vec![0.0; dim];
        let start = smoothing.window(first, frames.len()).start;
        let mut inside = start..start;
        for (t, square) in (first..).zip(squares) {
            let window = smoothing.window(t, frames.len());
            let moves = (window.end - inside.end).max(window.start - inside.start).max(1);
            for _ in 0..moves {
                let (enters, leaves) = (inside.end < window.end, inside.start < window.start);
                *square = slide(&mut sum, frame(inside.end, enters), frame(inside.start, leaves));
                inside.end += usize::from(enters);
                inside.start += usize::from(leaves);
            }
        }
    }
}

/// Adds a frame to a sum and removes another; returns the squared length of the sum.
#[inline(always)]
fn slide(
    sum: &mut [f64],
    (entering, of_entering): (&[f32], f64),
    (leaving, of_leaving): (&[f32], f64),
) -> f64 {
    // As many as vectors hold. By arrays, so that the compiler sees that they do not overlap.
    const STRANDS: usize = 16;
    let moved = |sum: f64, entering: f32, leaving: f32| {
        sum + (of_entering * f64::from(entering) - of_leaving * f64::from(leaving))
    };
    let mut squares = [0.0; STRANDS];
    let (sums, sums_left) = sum.as_chunks_mut::<STRANDS>();
    let (entering, entering_left) = entering.as_chunks::<STRANDS>();
    let (leaving, leaving_left) = leaving.as_chunks::<STRANDS>();
    for ((sums, entering), leaving) in sums.iter_mut().zip(entering).zip(leaving) {
        *sums = array::from_fn(|i| moved(sums[i], entering[i], leaving[i]));
        for (square, sum) in squares.iter_mut().zip(sums) {
            *square += *sum * *sum;
        }
    }
    let mut square: f64 = squares.iter().sum();
    for ((sum, &entering), &leaving) in sums_left.iter_mut().zip(entering_left).zip(leaving_left) {
        *sum = moved(*sum, entering, leaving);
        square += *sum * *sum;
    }
    square
}

wide! {
    /// `out[t] = (values[t + distance] - values[t]) · factors[t]`.
    fn scaled_differences(values: &[f64], distance: usize, factors: &[f64], out: &mut [f32]) {
        let ends = &values[distance..];
        for (((out, end), start), factor) in out.iter_mut().zip(ends).zip(values).zip(factors) {
            *out = ((end - start) * factor) as f32;
        }
    }
}
