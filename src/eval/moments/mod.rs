//! Evaluates the search for moments against annotated recordings.

mod baselines;
mod precision;
mod results;

pub use baselines::{Detection, mean_pool, threshold, windowed_dtw};
pub use results::{MomentResults, MomentRow};
