//! SVG to pixels.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use crate::export::error::ExportError;
use crate::export::font;

/// Pixels per unit of the page.
const SCALE: f32 = 2.0;

/// A figure as PNG. Text is set in the font that comes with the program, and in the system's where that has no letter
/// for it.
///
/// # Errors
/// If the SVG is none, or is too large.
pub fn png(svg: &str) -> Result<Vec<u8>, ExportError> {
    let error = |cause: &dyn std::fmt::Display| ExportError::Pixels(cause.to_string());
    let mut fonts = Database::new();
    for file in font::FILES {
        fonts.load_font_data(file.to_vec());
    }
    if !font::has(svg) {
        fonts.load_system_fonts();
    }
    let options =
        Options { font_family: font::FAMILY.to_owned(), fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|cause| error(&cause))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| error(&"it is too large"))?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(|| error(&"it is too large"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|cause| error(&cause))
}
