//! Pictures in half blocks, for every terminal.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui_image::FontSize;

use crate::plot::heatmap::shade_glyph;
use crate::tui::theme::Theme;

/// A picture as large as fits into an area, its aspect kept, with one pixel for the upper and one for the lower half of a
/// cell. `cell` is the size of a cell in pixels.
pub fn shrink(picture: &RgbImage, area: Size, cell: FontSize) -> RgbImage {
    let (across, down) = (u32::from(area.width), u32::from(area.height) * 2);
    // Height over width of half a cell, mostly 1.
    let stretch = f64::from(cell.height) / 2.0 / f64::from(cell.width);
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()) / stretch);
    let scale = (f64::from(across) / width).min(f64::from(down) / height);
    let pixels = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most.max(1));
    resize(picture, pixels(width, across), pixels(height, down), FilterType::Triangle)
}

/// The cells of a picture of half cells in the middle of an area.
pub fn place(small: &RgbImage, area: Rect) -> Rect {
    let (width, height) = (small.width() as u16, small.height() as u16);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height * 2 - height) / 4,
        width,
        height: height.div_ceil(2),
    }
}

/// Paints a picture of half cells.
pub fn paint(small: &RgbImage, theme: &Theme, buffer: &mut Buffer, at: Rect) {
    for y in 0..small.height().div_ceil(2) {
        for x in 0..small.width() {
            let upper = small.get_pixel(x, y * 2).0;
            let lower = (y * 2 + 1 < small.height()).then(|| small.get_pixel(x, y * 2 + 1).0);
            let Some(cell) = buffer.cell_mut((at.x + x as u16, at.y + y as u16)) else { continue };
            if theme.is_plain() {
                let brightness = upper.iter().map(|&c| f32::from(c)).sum::<f32>() / 765.0;
                cell.set_char(shade_glyph(brightness));
            } else {
                cell.set_char('▀').set_fg(theme.colour(upper));
                if let Some(lower) = lower {
                    cell.set_bg(theme.colour(lower));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_aspect_whatever_the_shape_of_a_cell() {
        let wide = RgbImage::new(160, 90);
        let area = Size::new(40, 20);
        let square = shrink(&wide, area, FontSize::new(8, 16));
        assert_eq!(square.dimensions(), (40, 23));
        let narrow = shrink(&wide, area, FontSize::new(8, 24));
        assert_eq!(narrow.dimensions(), (40, 15), "a higher cell takes fewer rows");
        let tall = shrink(&RgbImage::new(90, 160), area, FontSize::new(8, 16));
        assert_eq!(tall.dimensions(), (23, 40));
        assert_eq!(place(&tall, Rect::new(3, 2, 40, 20)), Rect::new(11, 2, 23, 20));
        assert_eq!(place(&square, Rect::new(3, 2, 40, 20)), Rect::new(3, 6, 40, 12));
    }

    #[test]
    fn a_picture_fits_into_a_single_cell() {
        for (width, height) in [(1, 1), (1000, 1), (1, 1000)] {
            let small = shrink(&RgbImage::new(width, height), Size::new(1, 1), FontSize::new(10, 20));
            let at = place(&small, Rect::new(0, 0, 1, 1));
            assert_eq!(at, Rect::new(0, 0, 1, 1));
        }
    }
}
