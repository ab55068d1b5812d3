use super::Preset;
use super::rows::{norm, unit_rows};
use ndarray::{ArrayView2, Axis};

/// The script without its order: the mean of all K×T cells (NaN if there is none).
pub fn order_free(cells: ArrayView2<f32>) -> f64 {
    cells.iter().map(|&c| f64::from(c)).sum::<f64>() / cells.len() as f64
}

/// The clip without its time: the cosine of its mean frame with every class name.
///
/// `frames` is T×d as the model gives them and `names` M×d, a row per class; the result has M values, 0 where
/// either side has no length. `Paper` averages unit frames, `Released` the frames as they are.
///
/// # Panics
/// When the two differ in d.
pub fn mean_pool(preset: Preset, frames: ArrayView2<f32>, names: ArrayView2<f32>) -> Vec<f64> {
    let mean = match preset {
        Preset::Paper => unit_rows(frames),
        Preset::Released => frames.to_owned(),
    }
    .mapv(f64::from)
    .sum_axis(Axis(0));
    let length = mean.dot(&mean).sqrt();
    names
        .axis_iter(Axis(0))
        .map(|name| {
            let lengths = length * norm(name);
            if lengths > 0.0 { mean.dot(&name.mapv(f64::from)) / lengths } else { 0.0 }
        })
        .collect()
}
