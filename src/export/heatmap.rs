//! A matrix as pixels.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use ndarray::ArrayView2;

use crate::export::colour::heat;
use crate::export::shading::Shading;
use crate::export::timeline::Timeline;

/// Pixels in a row at most.
const MOST: usize = 8192;

/// A matrix on its time axis as PNG, at least as many pixels as asked for. A cell is a rectangle of whole pixels, so
/// that it keeps its edges in viewers that smooth what they enlarge; only of more frames than `MOST` several share one.
pub fn heatmap(
    cells: ArrayView2<f32>,
    shading: &Shading,
    timeline: &Timeline,
    least: (usize, usize),
) -> Vec<u8> {
    let (steps, frames) = cells.dim();
    let columns = if frames > MOST { MOST } else { frames * least.0.div_ceil(frames) };
    let rows_per_step = least.1.div_ceil(steps);
    let mut pixels = Vec::with_capacity(columns * rows_per_step * steps * 3);
    for row in cells.rows() {
        let shades: Vec<f32> = row.iter().map(|&cell| shading.shade(cell)).collect();
        let start = pixels.len();
        for column in 0..columns {
            let shown = &shades[timeline.frames_of(column, columns)];
            pixels.extend(heat(shown.iter().sum::<f32>() / shown.len() as f32));
        }
        let end = pixels.len();
        for _ in 1..rows_per_step {
            pixels.extend_from_within(start..end);
        }
    }
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Up)
        .write_image(&pixels, columns as u32, (rows_per_step * steps) as u32, ExtendedColorType::Rgb8)
        .expect("a picture of this size fits into memory");
    png
}
