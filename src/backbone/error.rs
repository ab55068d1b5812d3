use std::path::{Path, PathBuf};

/// A failure to read a checkpoint or to run it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is missing\nhelp: {hint}", path.display())]
    MissingFile { path: PathBuf, hint: String },
    #[error("{} is damaged: {reason}\nhelp: fetch the checkpoint again", path.display())]
    Damaged { path: PathBuf, reason: String },
    /// The file is of another kind than its name says.
    #[error("{} is {what}\nhelp: {help}", path.display())]
    WrongFile { path: PathBuf, what: String, help: String },
    /// A valid checkpoint of a model that this program does not run.
    #[error("{}: {reason}", path.display())]
    Unsupported { path: PathBuf, reason: String },
    #[error(
        "{}: {reason}; the configuration and the weights do not belong together\nhelp: fetch the checkpoint again",
        path.display()
    )]
    Weights { path: PathBuf, reason: String },
    /// An image or a text of the wrong size: an error of the caller.
    #[error("cannot embed: {0}")]
    Input(String),
    /// An embedding without a direction or with values that are not finite.
    #[error(
        "the embedding of {item} {fault}\nhelp: try --precision f32, or fetch the checkpoint again, which may be damaged"
    )]
    Embedding { index: usize, item: String, fault: &'static str },
    #[error("the device failed: {0}\nhelp: try --device cpu")]
    Compute(String),
}

impl ModelError {
    pub(super) fn damaged(path: &Path, reason: impl ToString) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }

    /// The same error with the name of the item in place of its index.
    #[must_use]
    pub fn naming(self, name: impl FnOnce(usize) -> String) -> Self {
        match self {
            Self::Embedding { index, fault, .. } => Self::Embedding { index, item: name(index), fault },
            other => other,
        }
    }

    pub(super) fn wrong_file(path: &Path, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::WrongFile { path: path.to_path_buf(), what: what.into(), help: help.into() }
    }

    pub(super) fn unsupported(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unsupported { path: path.to_path_buf(), reason: reason.into() }
    }

    pub(super) fn weights(path: &Path, reason: impl Into<String>) -> Self {
        Self::Weights { path: path.to_path_buf(), reason: reason.into() }
    }

    pub(super) fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read { path: path.to_path_buf(), source }
    }
}
