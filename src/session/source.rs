//! What can be opened without naming scripts and a model.

use std::path::PathBuf;

use color_eyre::eyre::Result;

use super::opened::Session;
use super::{evaluation, setup, snapshot};
use crate::snapshot::Snapshot;

/// The demo, a snapshot or an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Demo,
    /// Folder of an evaluation.
    Evaluation(PathBuf),
    /// Snapshot file.
    Snapshot(PathBuf),
}

impl Source {
    /// What the paths name; none where they are clips.
    pub fn of(paths: &[PathBuf]) -> Option<Self> {
        match paths {
            [] => Some(Self::Demo),
            [path] => {
                let snapshot = || Snapshot::is_at(path).then(|| Self::Snapshot(path.clone()));
                evaluation::folder_of(path).map(Self::Evaluation).or_else(snapshot)
            }
            _ => None,
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// If a file cannot be read or its contents cannot be used.
    pub fn open(&self) -> Result<Session> {
        match self {
            Self::Demo => setup::open_demo(),
            Self::Evaluation(folder) => evaluation::open(folder),
            Self::Snapshot(path) => snapshot::open(path),
        }
    }
}
