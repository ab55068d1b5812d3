//! A matrix of shades on its time axis, with its path: in columns of characters, and as pixels.

use std::ops::Range;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use ndarray::{ArrayView2, s};

use crate::align::spans;
use crate::plot::colour::heat;
use crate::plot::time_axis::TimeAxis;

/// Pixels in a row of [`png`] at most.
const MOST: usize = 8192;

/// Glyph of a shade from 0 to 1, where there are no colours.
pub fn shade_glyph(shade: f32) -> char {
    const GLYPHS: [char; 5] = [' ', '░', '▒', '▓', '█'];
    GLYPHS[((shade.clamp(0.0, 1.0) * 5.0) as usize).min(4)]
}

/// A matrix of shades in columns.
pub struct Heatmap<'a> {
    /// K×T.
    shades: ArrayView2<'a, f32>,
    /// The frames that each column shows.
    columns: Vec<Range<usize>>,
}

impl<'a> Heatmap<'a> {
    /// Shades (K×T) of frames shown at `times`, on an axis that measures columns.
    pub fn new(shades: ArrayView2<'a, f32>, times: &[f64], axis: TimeAxis) -> Self {
        let columns = (0..axis.width as usize).map(|column| axis.frames(column, times)).collect();
        Self { shades, columns }
    }

    /// Mean shade of the frames in a column, so that no frame is passed over.
    pub fn shade(&self, step: usize, column: usize) -> f32 {
        self.shades.slice(s![step, self.columns[column].clone()]).mean().unwrap_or_default()
    }

    /// The path as one heavy line through the middles of its cells, broken where it leaves frames out: column, row and
    /// glyph. Only `steps` are shown, each in `rows_per_step` rows.
    pub fn path(
        &self,
        path: &[(usize, usize)],
        steps: Range<usize>,
        rows_per_step: usize,
    ) -> Vec<(usize, usize, char)> {
        let spans = spans(path, self.shades.ncols());
        let rows = steps.len() * rows_per_step;
        // Above the first row where the step is not shown.
        let middle = |step: usize| {
            let place = step as isize - steps.start as isize;
            place * rows_per_step as isize + (rows_per_step as isize - 1) / 2
        };
        let mut glyphs = Vec::new();
        let mut before: Option<usize> = None;
        for (column, frames) in self.columns.iter().enumerate() {
            let on_path = spans[frames.clone()].iter().flatten().copied();
            let span = on_path.reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)));
            let left = std::mem::replace(&mut before, span.map(|(_, last)| last));
            let Some((first, last)) = span else { continue };
            // The line goes on from the column before; a frame in several columns turns in the first of them.
            let first = if left == Some(last) { last } else { left.unwrap_or(first).min(first) };
            let mut put = |row: isize, glyph| {
                if let Some(row) = usize::try_from(row).ok().filter(|&row| row < rows) {
                    glyphs.push((column, row, glyph));
                }
            };
            if first == last {
                put(middle(last), '━');
                continue;
            }
            put(middle(first), '┓');
            for row in middle(first) + 1..middle(last) {
                put(row, '┃');
            }
            put(middle(last), '┗');
        }
        glyphs
    }
}

/// A matrix of shades (K×T) as PNG, at least `least` pixels wide and high. A cell is a rectangle of whole pixels, so that it
/// keeps its edges in viewers that smooth what they enlarge; only of more frames than `MOST` several share one.
pub fn png(shades: ArrayView2<f32>, times: &[f64], axis: TimeAxis, least: (usize, usize)) -> Vec<u8> {
    let (steps, frames) = shades.dim();
    let columns = if frames > MOST { MOST } else { frames * least.0.div_ceil(frames) };
    let rows_per_step = least.1.div_ceil(steps);
    let heatmap = Heatmap::new(shades, times, axis.in_columns(columns));
    let mut pixels = Vec::with_capacity(columns * rows_per_step * steps * 3);
    for step in 0..steps {
        let row: Vec<u8> = (0..columns).flat_map(|column| heat(heatmap.shade(step, column))).collect();
        pixels.extend(row.repeat(rows_per_step));
    }
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Up)
        .write_image(&pixels, columns as u32, (rows_per_step * steps) as u32, ExtendedColorType::Rgb8)
        .expect("a picture of this size fits into memory");
    png
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// The path of 3 steps over 6 frames of a second each, in columns of half a second.
    fn drawn(path: &[(usize, usize)], steps: Range<usize>) -> Vec<String> {
        let times: Vec<f64> = (0..6).map(f64::from).collect();
        let shades = Array2::zeros((3, 6));
        let axis = TimeAxis::of_frames(&times, 0.0, 12.0);
        let mut rows = vec![vec![' '; 12]; 2 * steps.len()];
        for (column, row, glyph) in Heatmap::new(shades.view(), &times, axis).path(path, steps, 2) {
            rows[row][column] = glyph;
        }
        rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn the_path_is_one_line_and_breaks_where_frames_are_left_out() {
        let path = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 4), (2, 5)];
        assert_eq!(drawn(&path, 0..3), ["━━┓", "  ┃", "  ┗━━━", "", "        ━━━━", ""]);
    }

    #[test]
    fn the_path_is_cut_to_the_steps_that_are_shown() {
        let path = [(0, 0), (1, 1), (2, 2), (2, 5)];
        assert_eq!(drawn(&path, 1..2), ["  ┗━┓", "    ┃"]);
    }

    #[test]
    fn shades_span_the_glyphs() {
        assert_eq!([-1.0, 0.0, 0.5, 1.0, 2.0].map(shade_glyph), [' ', ' ', '▒', '█', '█']);
    }
}
