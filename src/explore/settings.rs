//! The knobs of an exploration.

use serde::Serialize;

use crate::align::{Aligner, Cell, Preset};
use crate::script::Template;

/// Everything that can be turned without embedding a frame again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// Whose arithmetic is followed.
    pub preset: Preset,
    /// Smoothing width in seconds; 0 is off.
    pub smoothing_seconds: f64,
    /// How a step becomes a sentence.
    pub template: Template,
    /// How the affinity matrix is aligned.
    pub aligner: Aligner,
    /// What an entry of the aligned matrix is.
    pub cell: Cell,
}

impl Default for Settings {
    /// The paper's settings: 1.0 s is its 30 frames at 30 frames per second.
    fn default() -> Self {
        Self {
            preset: Preset::Paper,
            smoothing_seconds: 1.0,
            template: Template::default(),
            aligner: Aligner::Dtw,
            cell: Cell::Affinity,
        }
    }
}
