use super::simd::wide;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

/// Euclidean norm, summed in f64.
pub fn norm(row: ArrayView1<f32>) -> f64 {
    match row.as_slice() {
        Some(row) => sum_of_squares(row),
        None => sum_of_squares(&row.to_vec()),
    }
    .sqrt()
}

wide! {
    fn sum_of_squares(row: &[f32]) -> f64 {
        // As many as hide the time that an addition takes.
        const STRANDS: usize = 16;
        let mut strands = [0.0; STRANDS];
        let (row, left) = row.as_chunks::<STRANDS>();
        for row in row {
            for i in 0..STRANDS {
                strands[i] += f64::from(row[i]) * f64::from(row[i]);
            }
        }
        let rest = left.iter().map(|&x| f64::from(x) * f64::from(x));
        strands.iter().sum::<f64>() + rest.sum::<f64>()
    }
}

/// Scales every row of an N×d matrix to length 1. A row of zeros stays.
pub fn unit_rows(rows: ArrayView2<f32>) -> Array2<f32> {
    let mut unit = rows.to_owned();
    for mut row in unit.axis_iter_mut(Axis(0)) {
        let length = norm(row.view());
        if length > 0.0 {
            row.mapv_inplace(|x| (f64::from(x) / length) as f32);
        }
    }
    unit
}

/// Dot products of K×d steps with T×d frames, K×T, the same on every processor.
///
/// # Panics
/// If the two differ in d.
pub fn products(steps: ArrayView2<f32>, frames: ArrayView2<f32>) -> Array2<f32> {
    assert_eq!(steps.ncols(), frames.ncols(), "steps and frames are of one space");
    let (steps, frames) = (steps.as_standard_layout(), frames.as_standard_layout());
    let count = steps.nrows();
    // A row for each frame first: a frame is read once, and all steps fit into the cache beside it.
    let mut by_frame = Array2::zeros((frames.nrows(), count));
    let rows = by_frame.as_slice_mut().unwrap_or_default().par_chunks_mut(count.max(1));
    rows.zip(frames.axis_iter(Axis(0)).into_par_iter()).for_each(|(out, frame)| {
        for (out, step) in out.iter_mut().zip(steps.axis_iter(Axis(0))) {
            *out = dot(step.as_slice().unwrap_or_default(), frame.as_slice().unwrap_or_default());
        }
    });
    by_frame.reversed_axes().as_standard_layout().into_owned()
}

wide! {
    /// Dot product of two rows of one length, the same on every processor.
    pub fn dot(a: &[f32], b: &[f32]) -> f32 {
        // As many as hide the time that an addition takes.
        const STRANDS: usize = 32;
        let mut strands = [0.0; STRANDS];
        let (a, a_left) = a.as_chunks::<STRANDS>();
        let (b, b_left) = b.as_chunks::<STRANDS>();
        for (a, b) in a.iter().zip(b) {
            for i in 0..STRANDS {
                strands[i] += a[i] * b[i];
            }
        }
        let rest = a_left.iter().zip(b_left).map(|(a, b)| a * b);
        strands.iter().sum::<f32>() + rest.sum::<f32>()
    }
}
