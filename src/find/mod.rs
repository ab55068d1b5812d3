//! Moments of scripted actions in a long recording, with the borders of their steps.

mod coarse;
mod finder;
mod gains;
mod overlap;
mod recording;
mod report;

pub use coarse::{COARSE_RATE, promising};
pub use finder::{FindError, Finder, FoundMoment, FoundMoments, InvalidLimit, Wanted};
pub use recording::{Recording, Timeline};
pub use report::{FindReport, FindReportSettings, MomentReport, OrderReport};

use serde::Serialize;

/// How moments are found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FindSettings {
    /// Width of the smoothing window in seconds; 0 is off.
    pub smoothing_seconds: f64,
    /// The percentile of a step's cosines over the recording that is its background.
    pub background: f64,
    /// Price of a frame that is left out within a moment, in units of gain.
    pub gap: f64,
    /// Least and largest duration of a moment in seconds, unless the script says otherwise.
    pub min_seconds: f64,
    pub max_seconds: f64,
    /// Most moments.
    pub max_moments: usize,
    /// Least score of a moment.
    pub min_score: f64,
    /// Whether only the best of moments that overlap is kept, of whatever class.
    pub competes: bool,
}
