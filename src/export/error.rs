use thiserror::Error;

use crate::plot::svg::PixelError;

/// Why a snapshot cannot be exported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// No class has a matrix.
    #[error("no class is aligned in this snapshot\nhelp: save one once the ranking has appeared")]
    NothingAligned,
    /// A class that the snapshot does not have.
    #[error("no class \"{wanted}\"\nhelp: the classes are {known}")]
    UnknownClass {
        /// The name or index given.
        wanted: String,
        /// All indices and names.
        known: String,
    },
    /// A class without a matrix.
    #[error("the class \"{0}\" is not aligned in this snapshot: one of its steps was not embedded yet")]
    NotAligned(String),
    /// More steps than a page has room for.
    #[error("the class \"{name}\" has {steps} steps; a figure has room for {most}")]
    TooManySteps {
        /// The class.
        name: String,
        /// How many it has.
        steps: usize,
        /// How many a figure takes.
        most: usize,
    },
    /// The figure could not be turned into pixels.
    #[error(transparent)]
    Pixels(#[from] PixelError),
}
