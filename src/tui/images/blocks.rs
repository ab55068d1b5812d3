//! Pictures in coloured glyphs, for every terminal.

use image::RgbImage;
use image::imageops::{FilterType, resize, thumbnail};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui_image::FontSize;

use super::mosaic::{Mosaic, best_split};
use crate::plot::colour::Rgb;
use crate::plot::heatmap::shade_glyph;
use crate::tui::theme::Theme;

/// A picture as large as fits into an area, its aspect kept, with one pixel for each part of a cell. `cell` is the size of a
/// cell in pixels.
pub fn shrink(picture: &RgbImage, area: Size, cell: FontSize, mosaic: Mosaic) -> RgbImage {
    let (across, down) = mosaic.parts();
    let (most_across, most_down) = (u32::from(area.width) * across, u32::from(area.height) * down);
    // Pixels of the screen in a part of a cell.
    let (part_width, part_height) =
        (f64::from(cell.width) / f64::from(across), f64::from(cell.height) / f64::from(down));
    let width = f64::from(picture.width()) / part_width;
    let height = f64::from(picture.height()) / part_height;
    let scale = (f64::from(most_across) / width).min(f64::from(most_down) / height);
    let pixels = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most.max(1));
    let (width, height) = (pixels(width, most_across), pixels(height, most_down));
    if picture.width() > 4 * width && picture.height() > 4 * height {
        // Quickly to twice the size, and then well.
        return resize(&thumbnail(picture, 2 * width, 2 * height), width, height, FilterType::Triangle);
    }
    resize(picture, width, height, FilterType::Triangle)
}

/// The cells of a picture of parts in the middle of an area.
pub fn place(small: &RgbImage, area: Rect, mosaic: Mosaic) -> Rect {
    let (across, down) = mosaic.parts();
    let (width, height) = (small.width().div_ceil(across) as u16, small.height().div_ceil(down) as u16);
    let free = u32::from(area.height) * down - small.height();
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (free / down / 2) as u16, width, height }
}

/// Paints a picture of parts.
pub fn paint(small: &RgbImage, mosaic: Mosaic, theme: &Theme, buffer: &mut Buffer, at: Rect) {
    let (across, down) = mosaic.parts();
    let mut parts: Vec<Rgb> = Vec::with_capacity((across * down) as usize);
    for (place, row) in at.rows().enumerate() {
        for (column, position) in row.positions().enumerate() {
            let (left, top) = (column as u32 * across, place as u32 * down);
            let mut there = 0_u8;
            parts.clear();
            for part in 0..across * down {
                let (x, y) = (left + part % across, top + part / across);
                if let Some(pixel) = small.get_pixel_checked(x, y) {
                    there |= 1 << part;
                    parts.push(pixel.0);
                }
            }
            let Some(cell) = buffer.cell_mut(position) else { continue };
            if theme.is_plain() {
                let brightness = mean(&parts).iter().map(|&c| f32::from(c)).sum::<f32>() / 765.0;
                cell.set_char(shade_glyph(brightness));
            } else if parts.len() < (across * down) as usize {
                // Outside the picture the terminal's background shows.
                cell.set_char(mosaic.glyph(there)).set_fg(theme.colour(mean(&parts)));
            } else {
                let split = best_split(&parts);
                let [first, second] = split.colours.map(|colour| theme.colour(colour));
                cell.set_char(mosaic.glyph(split.filled)).set_fg(first).set_bg(second);
            }
        }
    }
}

fn mean(parts: &[Rgb]) -> Rgb {
    let count = parts.len().max(1) as u32;
    [0, 1, 2].map(|c| (parts.iter().map(|part| u32::from(part[c])).sum::<u32>() / count) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ColourDepth;
    use ratatui::style::Color;

    #[test]
    fn a_picture_keeps_its_aspect_whatever_the_shape_of_a_cell() {
        let wide = RgbImage::new(160, 90);
        let area = Size::new(40, 20);
        let square = shrink(&wide, area, FontSize::new(8, 16), Mosaic::Halves);
        assert_eq!(square.dimensions(), (40, 23));
        let narrow = shrink(&wide, area, FontSize::new(8, 24), Mosaic::Halves);
        assert_eq!(narrow.dimensions(), (40, 15), "a higher cell takes fewer rows");
        let tall = shrink(&RgbImage::new(90, 160), area, FontSize::new(8, 16), Mosaic::Halves);
        assert_eq!(tall.dimensions(), (23, 40));
        assert_eq!(place(&tall, Rect::new(3, 2, 40, 20), Mosaic::Halves), Rect::new(11, 2, 23, 20));
        assert_eq!(place(&square, Rect::new(3, 2, 40, 20), Mosaic::Halves), Rect::new(3, 6, 40, 12));
    }

    #[test]
    fn a_picture_fits_into_a_single_cell() {
        for mosaic in [Mosaic::Halves, Mosaic::Quadrants, Mosaic::Sextants] {
            for (width, height) in [(1, 1), (1000, 1), (1, 1000)] {
                let picture = RgbImage::new(width, height);
                let small = shrink(&picture, Size::new(1, 1), FontSize::new(10, 20), mosaic);
                assert_eq!(place(&small, Rect::new(0, 0, 1, 1), mosaic), Rect::new(0, 0, 1, 1));
            }
        }
    }

    /// The colour of each pixel of a buffer of quadrants.
    fn quadrant(buffer: &Buffer, x: u32, y: u32) -> Color {
        let cell = &buffer[((x / 2) as u16, (y / 2) as u16)];
        let glyph = cell.symbol().chars().next().unwrap();
        let filled = (0..16).find(|&filled| Mosaic::Quadrants.glyph(filled) == glyph).unwrap();
        if filled >> (x % 2 + y % 2 * 2) & 1 == 1 { cell.fg } else { cell.bg }
    }

    #[test]
    fn two_colours_in_a_cell_are_drawn_as_they_are_and_the_edge_keeps_its_background() {
        let (black, white) = ([0, 0, 0], [255, 255, 255]);
        let small =
            RgbImage::from_fn(7, 5, |x, y| image::Rgb(if (x * 3 + y) % 4 < 2 { black } else { white }));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 3));
        let at = place(&small, buffer.area, Mosaic::Quadrants);
        paint(&small, Mosaic::Quadrants, &Theme::new(ColourDepth::True), &mut buffer, at);
        for (x, y, pixel) in small.enumerate_pixels() {
            if x < 6 && y < 4 {
                let [r, g, b] = pixel.0;
                assert_eq!(quadrant(&buffer, x, y), Color::Rgb(r, g, b), "{x} {y}");
            }
        }
        assert_eq!(quadrant(&buffer, 7, 0), Color::Reset, "beside the picture");
        assert_eq!(quadrant(&buffer, 0, 5), Color::Reset, "below the picture");
    }
}
