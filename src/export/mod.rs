//! Figures and tables of a snapshot, without its clip and its model.

mod choice;
pub(crate) mod colour;
mod error;
mod facts;
mod figure;
pub(crate) mod font;
mod heatmap;
mod png;
mod shading;
pub(crate) mod svg;
mod table;
mod terminal;
pub(crate) mod ticks;
mod timeline;
mod wrap;

pub use choice::{classes_named, classes_shown};
pub use error::ExportError;
pub use figure::svg;
pub use png::png;
pub use table::{csv, markdown};
pub use terminal::{Ink, text};

use crate::store::Snapshot;

/// A figure for print and for screens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// As SVG, with its text as text.
    pub svg: String,
    /// The same as PNG, at twice the size.
    pub png: Vec<u8>,
}

/// The figure of the classes that the explorer showed.
///
/// # Errors
/// If no class is aligned, or one has too many steps.
pub fn figure(snapshot: &Snapshot) -> Result<Figure, ExportError> {
    let svg = svg(snapshot, &classes_shown(snapshot)?)?;
    let png = png(&svg)?;
    Ok(Figure { svg, png })
}
