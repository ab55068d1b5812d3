use std::path::{Path, PathBuf};

/// What can go wrong with a checkpoint or with running it. Every message names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the checkpoint could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The folder lacks a file that every checkpoint has.
    #[error("{} is not there; {hint}", path.display())]
    MissingFile {
        /// The file that was looked for.
        path: PathBuf,
        /// What to do about it.
        hint: String,
    },
    /// A file was read and makes no sense.
    #[error("{} is damaged: {reason}; fetch the checkpoint again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is another kind of file than its name says.
    #[error("{} is {what}; {help}", path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// What to do about it.
        help: String,
    },
    /// A sound checkpoint of a model that this program does not run.
    #[error("{}: {reason}", path.display())]
    Unsupported {
        /// The file that says so.
        path: PathBuf,
        /// What it says, and which checkpoints work.
        reason: String,
    },
    /// The weights do not fit the configuration.
    #[error(
        "{}: {reason}; config.json and the weights do not belong together, fetch the checkpoint again",
        path.display()
    )]
    Weights {
        /// The weight file.
        path: PathBuf,
        /// Which tensor, and how it differs.
        reason: String,
    },
    /// An image or a text that the model cannot take: a mistake of the caller.
    #[error("cannot embed: {0}")]
    Input(String),
    /// An embedding that no score can be computed from.
    #[error(
        "the embedding of {item} {fault}; the checkpoint may be damaged or its values too large for this precision: \
         try --precision f32, or fetch the checkpoint again"
    )]
    Embedding {
        /// Its place among those that were embedded together, from 0.
        index: usize,
        /// What was embedded.
        item: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The device failed while computing.
    #[error("the device failed: {0}; try --device cpu")]
    Compute(String),
}

impl ModelError {
    pub(super) fn damaged(path: &Path, reason: impl ToString) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }

    /// The same error with the name of what could not be embedded in the place of its number.
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
