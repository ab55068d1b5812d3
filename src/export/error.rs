use thiserror::Error;

/// Why a snapshot cannot be exported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// No class has a matrix.
    #[error("no class is aligned in this snapshot; save one once the ranking has appeared")]
    NothingAligned,
    /// A class that the snapshot does not have.
    #[error("there is no class \"{wanted}\"; there are {known}")]
    UnknownClass {
        /// As it was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// A class without a matrix.
    #[error("the class \"{0}\" is not aligned in this snapshot: a step was not embedded yet")]
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
    #[error("the figure cannot be drawn as PNG: {0}; export it as SVG")]
    Pixels(String),
}
