//! Scores that need no path, and ranks.

use super::Preset;
use super::rows::{norm, unit_rows};
use super::simd::wide;
use ndarray::{ArrayView1, ArrayView2, Axis};

/// Score of a script without its order: the mean of all K×T cells (NaN if there is none).
pub fn order_free(cells: ArrayView2<f32>) -> f64 {
    let sum = match cells.as_slice() {
        Some(cells) => sum(cells),
        None => cells.iter().map(|&c| f64::from(c)).sum(),
    };
    sum / cells.len() as f64
}

wide! {
    /// Eight partial sums fit vector registers; a single one would fix the order of the additions.
    fn sum(values: &[f32]) -> f64 {
        let mut strands = [0.0; 8];
        let chunks = values.chunks_exact(8);
        let rest: f64 = chunks.remainder().iter().map(|&value| f64::from(value)).sum();
        for chunk in chunks {
            for (strand, &value) in strands.iter_mut().zip(chunk) {
                *strand += f64::from(value);
            }
        }
        strands.iter().sum::<f64>() + rest
    }
}

/// Score of a clip without its time: the cosine of its mean frame with every class name.
///
/// Raw `frames`, T×d, and `names`, M×d, give M values, 0 for vectors of length 0. `Paper` averages unit frames. `Released`
/// averages raw frames and weighs each cosine by [`name_weights`].
///
/// # Panics
/// If the two differ in d.
pub fn mean_pool(preset: Preset, frames: ArrayView2<f32>, names: ArrayView2<f32>) -> Vec<f64> {
    let mean = match preset {
        Preset::Paper => unit_rows(frames),
        Preset::Released => frames.to_owned(),
    }
    .mapv(f64::from)
    .sum_axis(Axis(0));
    let norms: Vec<f64> = names.axis_iter(Axis(0)).map(norm).collect();
    let scores = names.axis_iter(Axis(0)).zip(name_weights(preset, &norms));
    scores.map(|(name, weight)| weight * cosine_of_sum(mean.view(), name)).collect()
}

/// What the cosine of each class name is multiplied by, from the lengths of all names. The authors' scripts divide the
/// matrix of names by its one Frobenius norm, so that a longer name scores higher; the paper takes plain cosines.
pub fn name_weights(preset: Preset, norms: &[f64]) -> Vec<f64> {
    let frobenius = norms.iter().map(|norm| norm * norm).sum::<f64>().sqrt();
    match preset {
        Preset::Released if frobenius > 0.0 => norms.iter().map(|norm| norm / frobenius).collect(),
        _ => vec![1.0; norms.len()],
    }
}

/// The same for one name, from the sum (or mean) of a clip's frames; 0 for vectors of length 0.
///
/// # Panics
/// If the two differ in d.
pub fn cosine_of_sum(sum: ArrayView1<f64>, name: ArrayView1<f32>) -> f64 {
    let lengths = sum.dot(&sum).sqrt() * norm(name);
    if lengths > 0.0 { sum.dot(&name.mapv(f64::from)) / lengths } else { 0.0 }
}

/// Indices of `scores` from the highest to the lowest. Equal scores stay in the order given; NaN comes last.
pub fn rank(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (scores[a], scores[b]);
        b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
    order
}
