use super::wide::wide;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

/// Euclidean norm, summed in f64.
pub(super) fn norm(row: ArrayView1<f32>) -> f64 {
    row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

/// Scales every row of an N×d matrix to length 1. A row of zeros stays as it is.
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

/// Dot products of K×d steps with T×d frames, K×T.
///
/// # Panics
/// When the two differ in d.
pub fn products(steps: ArrayView2<f32>, frames: ArrayView2<f32>) -> Array2<f32> {
    steps.dot(&frames.t())
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
