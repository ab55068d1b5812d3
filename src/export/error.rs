use thiserror::Error;

use crate::plot::svg::PixelError;

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
