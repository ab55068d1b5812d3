//! The mathematics of the method: smoothing, affinity, alignment and its baselines.
//!
//! Arrays in, plain values out. Frames are T×d and steps K×d with one embedding per row; every matrix over
//! both is K×T, a row per step. Steps and frames count from 0.

mod affinity;
mod drawn;
pub(crate) mod exponential;
mod moments;
mod order;
mod orders;
mod path;
mod rows;
mod rule;
mod scores;
mod search;
pub(crate) mod simd;
mod sliding;
mod smooth;

pub use affinity::{Calibration, Cell, OwnCalibration, cells};
pub use drawn::{DrawnScores, Scratch};
pub use moments::{MomentLimits, MomentPath, best_moment, moments};
pub use order::{LEVEL, OrderEvidence, Shuffles, margin_evidence, order_evidence};
pub use path::{corners, runs, spans};
pub use rows::{dot, norm, products, unit_rows};
pub use rule::{Aligner, Background, Ends, InvalidBackground, Rule, percentile};
pub use scores::{cosine_of_sum, mean_pool, name_weights, order_free, rank};
pub use sliding::{ScaledFrame, Windows};
pub use smooth::{Preset, Smoothing, mean_rate, width_in_frames};

use ndarray::{ArrayView2, Axis};
use search::Search;
use simd::wide;
use thiserror::Error;

/// A script aligned with the frames of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Mean of the cells on the path (Eq. 13); for `segment` and `drop` of all frames, background included; for `windows` less
    /// the mean of all cells.
    pub score: f64,
    /// Cells (step, frame) of the path in order, without frames that are left out.
    pub path: Vec<(usize, usize)>,
    /// Number of path cells in each step; a frame of two steps counts in both.
    pub frames_per_step: Vec<usize>,
    /// Whether the path has collapsed: T ≥ 4K, and more than half of the K steps hold exactly one frame.
    pub collapsed: bool,
}

/// A cell matrix that cannot be aligned.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum AlignError {
    #[error("nothing to align: {steps} steps and {frames} frames; at least one of each is needed")]
    Empty { steps: usize, frames: usize },
    #[error(
        "the cell of step {step} and frame {frame} (from 0) is {value}, not a finite number\nhelp: \
         check the embeddings and the logit scale and bias"
    )]
    NotFinite { step: usize, frame: usize, value: f32 },
    #[error("the affinity has the scale {alpha} and the bias {beta}; both must be finite numbers")]
    Calibration { alpha: f32, beta: f32 },
    #[error(
        "{aligner} gives each step a frame of its own, and the clip has too few: {steps} steps and {frames} frames\nhelp: \
         sample more frames, or align by dtw or mean-path"
    )]
    TooFewFrames { aligner: Aligner, steps: usize, frames: usize },
    /// Larger numbers could not be added up.
    #[error("the background is {value}; it must be a number from -1e30 to 1e30")]
    Background { value: f64 },
    #[error(
        "no path of {steps} steps through {frames} frames stays within {band} of the diagonal\nhelp: widen the band"
    )]
    Band { band: f64, steps: usize, frames: usize },
}

/// Aligns K×T `cells` (Eqs. 10, 11 for `dtw`): finds the path of highest sum, or of highest mean.
///
/// Ties, from the end of the path back: dtw and mean-path prefer the diagonal, then the previous frame, then the previous
/// step; segment and drop prefer staying in a step to beginning it, taking a frame to leaving it out, and the later end; windows
/// prefers the earlier window.
///
/// # Errors
/// If there is no cell, a cell that is not finite, or no path that the rule allows.
pub fn align(rule: impl Into<Rule>, cells: ArrayView2<f32>) -> Result<Alignment, AlignError> {
    let (steps, frames) = cells.dim();
    let as_written: Vec<usize> = (0..steps).collect();
    let (score, path) = Search::new(rule.into(), cells)?.align(&as_written);
    let mut frames_per_step = vec![0; steps];
    for &(step, _) in &path {
        frames_per_step[step] += 1;
    }
    let single = frames_per_step.iter().filter(|&&n| n == 1).count();
    let collapsed = frames >= 4 * steps && 2 * single > steps;
    Ok(Alignment { score, path, frames_per_step, collapsed })
}

/// The score of [`align`], without its path.
///
/// # Errors
/// As [`align`].
pub fn score(rule: impl Into<Rule>, cells: ArrayView2<f32>) -> Result<f64, AlignError> {
    let as_written: Vec<usize> = (0..cells.nrows()).collect();
    Ok(Search::new(rule.into(), cells)?.score(&as_written))
}

/// For each of the K steps of `cells` (K×T) the score of the script without it, aligned anew. The background stays.
///
/// `None` where nothing can be aligned: a script of one step, or a band that leaves no path.
///
/// # Errors
/// As [`align`], of the whole script.
pub fn scores_without_steps(
    rule: impl Into<Rule>,
    cells: ArrayView2<f32>,
) -> Result<Vec<Option<f64>>, AlignError> {
    let (rule, steps) = (rule.into(), cells.nrows());
    let mut search = Search::new(rule, cells)?;
    if steps > 1 && rule.band.is_none() {
        return Ok(search.scores_without_rows().into_iter().map(Some).collect());
    }
    let without = |step: usize| {
        let kept: Vec<usize> = (0..steps).filter(|&other| other != step).collect();
        score(rule, cells.select(Axis(0), &kept).view()).ok()
    };
    Ok((0..steps).map(without).collect())
}

/// Refuses a matrix without cells or with a cell that is not finite.
fn check(cells: ArrayView2<f32>) -> Result<(), AlignError> {
    let (steps, frames) = cells.dim();
    if cells.is_empty() {
        return Err(AlignError::Empty { steps, frames });
    }
    if cells.as_slice().is_some_and(all_finite) {
        return Ok(());
    }
    for (step, row) in cells.axis_iter(Axis(0)).enumerate() {
        if let Some(frame) = row.iter().position(|value| !value.is_finite()) {
            return Err(AlignError::NotFinite { step, frame, value: row[frame] });
        }
    }
    Ok(())
}

wide! {
    fn all_finite(values: &[f32]) -> bool {
        values.iter().fold(true, |all, value| all & value.is_finite())
    }
}
