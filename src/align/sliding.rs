//! Smoothing from what is kept of a clip: no frame is copied and no product is summed again.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::Smoothing;
use super::smooth::norm_or_zero;
use super::wide::wide;

/// Dimensions that one thread slides over the clip: few enough for their sums to stay in its first cache.
const BLOCK: usize = 192;

/// A frame where it lies, and what makes it the frame that smoothing starts from.
#[derive(Clone, Copy, Debug)]
pub struct ScaledFrame<'a> {
    /// Raw embedding.
    pub raw: &'a [f32],
    /// What each of its values is multiplied with.
    pub scale: f64,
    /// Its length after that.
    pub length: f64,
}

/// The smoothing windows of a clip: [`Smoothing::window_norms`] and [`Smoothing::cosines`] for a width that changes
/// often.
#[derive(Clone, Debug)]
pub struct Windows {
    smoothing: Smoothing,
    frames: usize,
    /// What the sum over each window is multiplied with to have length 1; 0 where it has no length.
    inverse_norms: Vec<f64>,
}

impl Windows {
    /// The windows over `frames`, in order of presentation.
    ///
    /// # Panics
    /// When the frames differ in d.
    pub fn new(smoothing: Smoothing, frames: &[ScaledFrame]) -> Self {
        let dim = frames.first().map_or(0, |frame| frame.raw.len());
        let longest = frames.iter().map(|frame| frame.length).fold(0.0, f64::max);
        let squares: Vec<Vec<f64>> = (0..dim.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let mut squares = vec![0.0; smoothing.output_len(frames.len())];
                let dimensions = block * BLOCK..dim.min((block + 1) * BLOCK);
                squares_of_sums(smoothing, frames, dimensions, &mut squares);
                squares
            })
            .collect();
        let inverse_norms = (0..smoothing.output_len(frames.len()))
            .map(|t| {
                let norm = norm_or_zero(squares.iter().map(|block| block[t]).sum(), longest);
                if norm == 0.0 { 0.0 } else { norm.recip() }
            })
            .collect();
        Self { smoothing, frames: frames.len(), inverse_norms }
    }

    /// The smoothing that the windows belong to.
    pub fn smoothing(&self) -> Smoothing {
        self.smoothing
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.inverse_norms.len()
    }

    /// Whether there is no window.
    pub fn is_empty(&self) -> bool {
        self.inverse_norms.is_empty()
    }

    /// Cosines of steps with smoothed frames, K×T′ (Eq. 8). A step is given by the sums of its products with the
    /// first 0, 1, …, T scaled frames.
    ///
    /// # Panics
    /// When the sums are of another number of frames.
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
    /// Adds to `squares` the squares of the window sums in some of the dimensions.
    fn squares_of_sums(
        smoothing: Smoothing,
        frames: &[ScaledFrame],
        dimensions: Range<usize>,
        squares: &mut [f64],
    ) {
        let nothing = [0.0; BLOCK];
        let nothing = (&nothing[..dimensions.len()], 0.0);
        let piece = |t: usize, inside: bool| {
            if inside { (&frames[t].raw[dimensions.clone()], frames[t].scale) } else { nothing }
        };
        let mut sum = [0.0; BLOCK];
        let sum = &mut sum[..dimensions.len()];
        let mut inside = 0..0;
        for (t, square) in squares.iter_mut().enumerate() {
            let window = smoothing.window(t, frames.len());
            let moves = (window.end - inside.end).max(window.start - inside.start).max(1);
            for _ in 0..moves {
                let (enters, leaves) = (inside.end < window.end, inside.start < window.start);
                *square = slide(sum, piece(inside.end, enters), piece(inside.start, leaves));
                inside.end += usize::from(enters);
                inside.start += usize::from(leaves);
            }
        }
    }
}

/// Takes a frame into a sum and another out of it; the square of the sum's length.
#[inline(always)]
fn slide(sum: &mut [f64], (entering, of_entering): (&[f32], f64), (leaving, of_leaving): (&[f32], f64)) -> f64 {
    const STRANDS: usize = 8;
    let moved = |sum: &mut f64, entering: f32, leaving: f32| {
        *sum += of_entering * f64::from(entering) - of_leaving * f64::from(leaving);
        *sum * *sum
    };
    let mut squares = [0.0; STRANDS];
    let mut sums = sum.chunks_exact_mut(STRANDS);
    let (entering, leaving) = (entering.chunks_exact(STRANDS), leaving.chunks_exact(STRANDS));
    let rest = entering.remainder().iter().zip(leaving.remainder());
    for ((sums, entering), leaving) in sums.by_ref().zip(entering).zip(leaving) {
        for strand in 0..STRANDS {
            squares[strand] += moved(&mut sums[strand], entering[strand], leaving[strand]);
        }
    }
    let rest = sums.into_remainder().iter_mut().zip(rest).map(|(sum, (&e, &l))| moved(sum, e, l));
    squares.iter().sum::<f64>() + rest.sum::<f64>()
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
