//! Figures, tables and text of a snapshot, without its clip and its model.

mod figure;
mod ledger;
mod panel;
mod patches;
mod table;
mod text;

pub use figure::svg;
pub use table::{csv, markdown};
pub use text::{Ink, text};

pub use crate::plot::svg::png;

use ndarray::Array2;
use thiserror::Error;

use crate::explore::ClassReport;
use crate::plot::ledger::Ledger;
use crate::plot::scale::{Scale, Shades};
use crate::plot::svg::PixelError;
use crate::snapshot::{Matrices, Snapshot, matrix};

/// Why a snapshot cannot be exported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    #[error("no class is aligned in this snapshot\nhelp: save one once the ranking has appeared")]
    NothingAligned,
    #[error("no class \"{wanted}\"\nhelp: the classes are {known}")]
    UnknownClass { wanted: String, known: String },
    #[error("the class \"{0}\" is not aligned in this snapshot: one of its steps was not embedded yet")]
    NotAligned(String),
    #[error("the class \"{name}\" has {steps} steps; a figure has room for {most}")]
    TooManySteps { name: String, steps: usize, most: usize },
    #[error(transparent)]
    Pixels(#[from] PixelError),
}

/// What to export of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The classes of figures and text, by name or index; those that the explorer showed where there are none.
    pub classes: &'a [String],
    /// Width of text.
    pub columns: usize,
}

impl Selection<'_> {
    fn classes(&self, snapshot: &Snapshot) -> Result<Vec<usize>, ExportError> {
        match self.classes {
            [] => classes_shown(snapshot),
            names => classes_named(snapshot, names),
        }
    }
}

/// A format of exports.
#[derive(Debug)]
pub struct Format {
    /// Name on the command line.
    pub name: &'static str,
    /// Extension of its files.
    pub extension: &'static str,
    pub help: &'static str,
    /// Whether a terminal can show it.
    pub is_text: bool,
    pub render: fn(&Snapshot, Selection) -> Result<Vec<u8>, ExportError>,
}

/// Every format. A row here, and a function that renders it, add one.
pub static FORMATS: [Format; 6] = [
    Format {
        name: "svg",
        extension: "svg",
        help: "A figure",
        is_text: true,
        render: |snapshot, selection| Ok(svg(snapshot, &selection.classes(snapshot)?)?.into_bytes()),
    },
    Format {
        name: "png",
        extension: "png",
        help: "The same in pixels",
        is_text: false,
        render: |snapshot, selection| Ok(png(&svg(snapshot, &selection.classes(snapshot)?)?)?),
    },
    Format {
        name: "md",
        extension: "md",
        help: "The ranking and the settings as a Markdown table",
        is_text: true,
        render: |snapshot, _| Ok(markdown(snapshot).into_bytes()),
    },
    Format {
        name: "csv",
        extension: "csv",
        help: "The ranking as comma-separated values",
        is_text: true,
        render: |snapshot, _| Ok(csv(snapshot).into_bytes()),
    },
    Format {
        name: "text",
        extension: "txt",
        help: "Ranking and heatmaps in plain characters",
        is_text: true,
        render: |snapshot, selection| in_characters(snapshot, selection, Ink::Plain),
    },
    Format {
        name: "ansi",
        extension: "ansi",
        help: "The same in the colours of a terminal",
        is_text: true,
        render: |snapshot, selection| in_characters(snapshot, selection, Ink::Ansi),
    },
];

fn in_characters(snapshot: &Snapshot, selection: Selection, ink: Ink) -> Result<Vec<u8>, ExportError> {
    Ok(text(snapshot, &selection.classes(snapshot)?, selection.columns, ink)?.into_bytes())
}

/// The figure of the classes that the explorer showed, as SVG and as PNG.
///
/// # Errors
/// If no class is aligned, or one has too many steps.
pub fn figure(snapshot: &Snapshot) -> Result<(String, Vec<u8>), ExportError> {
    let svg = svg(snapshot, &classes_shown(snapshot)?)?;
    let png = png(&svg)?;
    Ok((svg, png))
}

/// The class that was selected, below the one that it was compared with, as on the screen, or above the best of the
/// others. A class that is not aligned is passed over.
///
/// # Errors
/// If no class is aligned.
pub fn classes_shown(snapshot: &Snapshot) -> Result<Vec<usize>, ExportError> {
    let is_aligned = |&class: &usize| snapshot.class(class).is_some();
    let selected = Some(snapshot.view.selected).filter(is_aligned);
    let selected = selected.or_else(|| snapshot.ranking.first().copied());
    let selected = selected.ok_or(ExportError::NothingAligned)?;
    let is_other = |&class: &usize| class != selected;
    if let Some(compared) = snapshot.view.compared.filter(is_aligned).filter(is_other) {
        return Ok(vec![compared, selected]);
    }
    let other = snapshot.ranking.iter().copied().find(is_other);
    Ok([selected].into_iter().chain(other).collect())
}

/// Classes by name, or by index from 0 where no class has that name.
///
/// # Errors
/// If there is no such class, or it is not aligned.
pub fn classes_named(snapshot: &Snapshot, names: &[String]) -> Result<Vec<usize>, ExportError> {
    let candidates = &snapshot.candidates;
    let find = |wanted: &String| {
        let named = candidates.iter().position(|candidate| candidate.name == *wanted);
        let class = named.or_else(|| wanted.parse().ok().filter(|&index| index < candidates.len()));
        let class = class.ok_or_else(|| {
            let known = candidates.iter().enumerate();
            let known = known.map(|(index, candidate)| format!("{index} ({})", candidate.name));
            ExportError::UnknownClass { wanted: wanted.clone(), known: known.collect::<Vec<_>>().join(", ") }
        })?;
        match snapshot.class(class) {
            Some(_) => Ok(class),
            None => Err(ExportError::NotAligned(candidates[class].name.clone())),
        }
    };
    names.iter().map(find).collect()
}

/// What each step adds to the scores of two classes; `None` for another number of them, and for snapshots of older versions.
fn ledger_of<'a>(snapshot: &'a Snapshot, classes: &[usize]) -> Option<Ledger<'a>> {
    let &[first, second] = classes else { return None };
    let side = |class: usize| Some((snapshot.class(class)?, &snapshot.candidates[class].steps[..]));
    Ledger::new([side(first)?, side(second)?])
}

/// An aligned class of a snapshot.
struct Aligned<'a> {
    class: &'a ClassReport,
    candidate: &'a Matrices,
    /// The aligned matrix, K×T.
    cells: Array2<f32>,
}

/// Classes, each of at most `most` steps, and the shades of their matrices on the snapshot's scale.
fn aligned<'a>(
    snapshot: &'a Snapshot,
    classes: &[usize],
    most: usize,
) -> Result<(Vec<Aligned<'a>>, Shades), ExportError> {
    let aligned = |&class: &usize| {
        let candidate = &snapshot.candidates[class];
        let not_aligned = || ExportError::NotAligned(candidate.name.clone());
        let class = snapshot.class(class).ok_or_else(not_aligned)?;
        let cells = candidate.cells.as_deref().and_then(matrix).ok_or_else(not_aligned)?;
        let steps = candidate.steps.len();
        if steps > most {
            return Err(ExportError::TooManySteps { name: candidate.name.clone(), steps, most });
        }
        Ok(Aligned { class, candidate, cells })
    };
    let aligned: Vec<Aligned> = classes.iter().map(aligned).collect::<Result<_, _>>()?;
    let cells: Vec<_> = aligned.iter().map(|aligned| aligned.cells.view()).collect();
    let shades = Shades::new(Scale::named(&snapshot.view.scale).unwrap_or_default(), &cells);
    Ok((aligned, shades))
}
