//! The knobs of an exploration.

use crate::align::Calibration;
use crate::explore::method::Method;
use crate::script::Template;

/// The knobs: everything that can be changed without embedding a frame again.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub method: Method,
    /// Smoothing width in seconds; 0 is off.
    pub smoothing_seconds: f64,
    pub template: Template,
    /// Scale and bias of the affinity in place of the checkpoint's.
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
