//! Moments of scripted actions in a long recording, with the borders of their steps.

mod coarse;
mod finder;
mod gains;
mod in_clip;
mod overlap;
mod recording;
mod report;
mod timeline;

pub use coarse::{COARSE_RATE, promising};
pub use finder::{FindError, Finder, FoundMoment, FoundMoments, InvalidLimit, Wanted};
pub use in_clip::{ClipMoment, ClipMoments, MomentSearch};
pub use overlap::without_overlaps;
pub use recording::Recording;
pub use report::{FindReport, FindReportSettings, MomentReport, OrderReport};
pub use timeline::Timeline;

use serde::Serialize;

/// How moments are found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FindSettings {
    /// Width of the smoothing window in seconds; 0 is off.
    pub smoothing_seconds: f64,
    /// The percentile of a step's cosines over the recording that is its background; `None`: [`usual_background`].
    pub background: Option<f64>,
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

impl FindSettings {
    /// The percentile that is the background of a recording of so many seconds.
    pub fn background_of(&self, seconds: f64) -> f64 {
        self.background.unwrap_or_else(|| usual_background(seconds))
    }

    /// What a search does that is asked for nothing else; without smoothing.
    pub const DEFAULT: Self = Self {
        smoothing_seconds: 0.0,
        background: None,
        gap: 0.5,
        min_seconds: 0.5,
        max_seconds: 30.0,
        max_moments: 100,
        min_score: 0.0,
        competes: false,
    };
}

/// The percentile that is the background of a recording of so many seconds: it leaves out the 18 s in which an action is, but
/// at least 3 % of the recording and at most 10 %.
fn usual_background(seconds: f64) -> f64 {
    100.0 - (100.0 * ACTION / seconds).clamp(3.0, 100.0 * LARGEST_SHARE)
}

/// Seconds of an action, about.
const ACTION: f64 = 18.0;
/// Largest share of a recording that stands out from its background.
const LARGEST_SHARE: f64 = 0.1;

/// What to say where nothing is found in so many seconds, if they are too few for an action to stand out.
pub fn too_short(seconds: f64) -> Option<&'static str> {
    let is_short = ACTION > LARGEST_SHARE * seconds;
    is_short
        .then_some("in a clip this short the action itself is the background: the ranking tells which it is")
}

/// Frames before the first search, while frames arrive.
pub const FIRST_SEARCH: usize = 50;

/// The number of frames from which on the search begins anew, after a search in so many: a quarter more.
pub fn next_search(frames: usize) -> usize {
    (frames + frames.div_ceil(4)).max(FIRST_SEARCH)
}
