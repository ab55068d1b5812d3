//! The frames of a recording in order of time, ready to be compared with steps.

use std::ops::Range;
use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;
use memmap2::Mmap;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis};
use rayon::prelude::*;

use crate::align::{self, Preset, Smoothing};
use crate::explore::FrameRow;

/// Frames read at a time.
const BLOCK: usize = 1024;

/// The frames of a recording in order of time, ready to be compared with steps.
#[derive(Debug)]
pub struct Timeline {
    times: Vec<f64>,
    end: f64,
    rows: Rows,
    smoothing: Smoothing,
    /// Length of the sum over each smoothing window.
    norms: Vec<f64>,
}

/// Where the embeddings of a timeline lie.
#[derive(Debug)]
pub(super) enum Rows {
    /// In a file of half-precision unit rows, at these places.
    File { dim: usize, places: Vec<usize>, map: Option<Mmap> },
    /// In memory, shared with whoever embeds them; each with the factor that makes its length 1.
    Shared(Vec<(Arc<[f32]>, f64)>),
}

impl Rows {
    fn dim(&self) -> usize {
        match self {
            Self::File { dim, .. } => *dim,
            Self::Shared(rows) => rows.first().map_or(0, |(row, _)| row.len()),
        }
    }
}

impl Timeline {
    /// Rows at these times, ascending, smoothed over so many seconds. The last is on screen until `end`.
    pub(super) fn new(times: Vec<f64>, end: f64, rows: Rows, smoothing_seconds: f64) -> Self {
        let width = align::width_in_frames(smoothing_seconds, align::mean_rate(&times));
        let smoothing = Smoothing { width, preset: Preset::Paper };
        let mut timeline = Self { times, end, rows, smoothing, norms: Vec::new() };
        timeline.norms = timeline.window_norms();
        timeline
    }

    /// The frames of a clip in memory, in order of time, smoothed over so many seconds. Embeddings are not copied.
    pub fn of_rows(rows: Vec<FrameRow>, smoothing_seconds: f64) -> Self {
        let end = rows.iter().map(|row| row.until).fold(0.0, f64::max);
        let times = rows.iter().map(|row| row.time).collect();
        let unit = |row: FrameRow| {
            let squares: f64 = row.embedding.iter().map(|&x| f64::from(x).powi(2)).sum();
            let factor = if squares > 0.0 { squares.sqrt().recip() } else { 0.0 };
            (row.embedding, factor)
        };
        Self::new(times, end, Rows::Shared(rows.into_iter().map(unit).collect()), smoothing_seconds)
    }

    pub fn len(&self) -> usize {
        self.times.len()
    }

    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Width of the smoothing window in frames.
    pub fn width(&self) -> usize {
        self.smoothing.width
    }

    /// Frames per second, on average.
    pub fn rate(&self) -> f64 {
        align::mean_rate(&self.times)
    }

    /// When these frames begin and end, in seconds.
    pub fn seconds(&self, frames: &Range<usize>) -> [f64; 2] {
        let end = self.times.get(frames.end).copied().unwrap_or(self.end);
        [self.times[frames.start], end.max(self.times[frames.end - 1])]
    }

    /// Seconds that the frames last.
    pub fn duration(&self) -> f64 {
        if self.is_empty() { 0.0 } else { self.end - self.times[0] }
    }

    /// Cosines of unit steps (R×d) with smoothed frames (Eqs. 7, 8): a row per step, a column for each frame of `frames`.
    pub fn cosines(&self, steps: ArrayView2<f32>, frames: Range<usize>) -> Array2<f32> {
        let (before, after) = self.reach();
        let around = frames.start.saturating_sub(before)..(frames.end + after).min(self.len());
        let mut dots = Array2::zeros((steps.nrows(), around.len()));
        let blocks = dots.axis_chunks_iter_mut(Axis(1), BLOCK).into_par_iter().enumerate();
        blocks.for_each(|(block, mut dots)| {
            let start = around.start + block * BLOCK;
            let frames = self.read(start..start + dots.ncols());
            general_mat_mul(1.0, &steps, &frames.t(), 0.0, &mut dots);
        });
        let mut cosines = Array2::zeros((steps.nrows(), frames.len()));
        let smooth = |sums: &mut Vec<f64>, (dots, mut cosines): (ArrayView1<f32>, ArrayViewMut1<f32>)| {
            let mut sum = 0.0;
            for (total, &dot) in sums[1..].iter_mut().zip(dots) {
                sum += f64::from(dot);
                *total = sum;
            }
            for (cosine, frame) in cosines.iter_mut().zip(frames.clone()) {
                let window = self.smoothing.window(frame, self.len());
                let sum = sums[window.end - around.start] - sums[window.start - around.start];
                let norm = self.norms[frame];
                *cosine = if norm == 0.0 { 0.0 } else { (sum / norm) as f32 };
            }
        };
        let rows = dots.axis_iter(Axis(0)).into_par_iter().zip(cosines.axis_iter_mut(Axis(0)));
        rows.for_each_init(|| vec![0.0; around.len() + 1], smooth);
        cosines
    }

    fn window_norms(&self) -> Vec<f64> {
        let (before, after) = self.reach();
        let mut norms = Vec::with_capacity(self.len());
        for start in (0..self.len()).step_by(BLOCK) {
            let end = (start + BLOCK).min(self.len());
            let around = start.saturating_sub(before)..(end + after).min(self.len());
            let of_block = self.smoothing.window_norms(self.read(around.clone()).view());
            norms.extend_from_slice(&of_block[start - around.start..end - around.start]);
        }
        norms
    }

    /// Frames before and after its own in a smoothing window.
    fn reach(&self) -> (usize, usize) {
        let middle = self.len() / 2;
        let window = self.smoothing.window(middle, self.len());
        (middle - window.start, window.end.saturating_sub(middle + 1))
    }

    /// The unit embeddings of some frames, a row each.
    fn read(&self, frames: Range<usize>) -> Array2<f32> {
        let dim = self.rows.dim();
        let mut unit = Array2::zeros((frames.len(), dim));
        match &self.rows {
            Rows::File { places, map, .. } => {
                let bytes = map.as_deref().unwrap_or_default();
                let size = dim * size_of::<f16>();
                let mut halves = vec![f16::ZERO; dim];
                for (&place, mut row) in places[frames].iter().zip(unit.axis_iter_mut(Axis(0))) {
                    let kept = bytes[place * size..(place + 1) * size].as_chunks::<2>().0;
                    for (half, &bytes) in halves.iter_mut().zip(kept) {
                        *half = f16::from_le_bytes(bytes);
                    }
                    halves.convert_to_f32_slice(row.as_slice_mut().expect("rows are contiguous"));
                }
            }
            Rows::Shared(rows) => {
                for ((raw, factor), mut row) in rows[frames].iter().zip(unit.axis_iter_mut(Axis(0))) {
                    row.zip_mut_with(&ArrayView1::from(&raw[..]), |unit, &x| {
                        *unit = (f64::from(x) * factor) as f32;
                    });
                }
            }
        }
        unit
    }
}
