//! The knobs of an exploration.

use serde::{Deserialize, Serialize};

use crate::align::{Aligner, Calibration, Cell, Preset};
use crate::script::Template;

/// How a matrix of cosines becomes a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// Whose arithmetic is followed where the paper and the authors' scripts differ.
    pub preset: Preset,
    /// How the path through a matrix is found.
    pub aligner: Aligner,
    /// What an entry of the aligned matrix is.
    pub cell: Cell,
}

/// Everything that can be turned without embedding a frame again.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How a matrix of cosines becomes a score.
    pub method: Method,
    /// Smoothing width in seconds; 0 is off.
    pub smoothing_seconds: f64,
    /// How a step becomes a sentence.
    pub template: Template,
    /// Scale and bias of the affinity in the place of the checkpoint's.
    pub calibration: Option<Calibration>,
}

impl Default for Settings {
    /// The paper's settings: 1.0 s is its 30 frames at 30 frames per second.
    fn default() -> Self {
        Self {
            method: Method::default(),
            smoothing_seconds: 1.0,
            template: Template::default(),
            calibration: None,
        }
    }
}
