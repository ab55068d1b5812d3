//! The mathematics of the method: smoothing, affinity, alignment and its baselines.
//!
//! Arrays in, plain values out. Frames are T×d and steps K×d with one embedding per row; every matrix over
//! both is K×T, a row per step. Steps and frames count from 0.

mod affinity;
mod baseline;
mod dtw;
mod order;
mod path;
mod preset;
mod rank;
mod rows;
mod sliding;
mod smooth;
mod wide;

pub use affinity::{Calibration, Cell, cells};
pub use baseline::{cosine_of_sum, mean_pool, order_free};
pub use dtw::dtw;
pub use order::{OrderEvidence, order_evidence, shuffled_scores};
pub use path::{corners, runs, spans};
pub use preset::Preset;
pub use rank::rank;
pub use rows::{dot, products, unit_rows};
pub use sliding::{ScaledFrame, Windows};
pub use smooth::{Smoothing, mean_rate, width_in_frames};

use clap::ValueEnum;
use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use wide::wide;

/// The rule that finds a path through a cell matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Aligner {
    /// Dynamic time warping from the first cell to the last, as published (Eqs. 10, 11, 13).
    #[default]
    Dtw,
}

impl fmt::Display for Aligner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dtw => "dtw",
        })
    }
}

/// A script laid along the frames of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Mean of the cells on the path (Eq. 13).
    pub score: f64,
    /// The cells (step, frame) of the path, from the first to the last.
    pub path: Vec<(usize, usize)>,
    /// Number of path cells in each step; a frame that is counted for two steps counts in both.
    pub frames_per_step: Vec<usize>,
    /// Whether most of the script was squeezed into single frames: T ≥ 4K, and more than half of the K steps
    /// hold exactly one frame.
    pub collapsed: bool,
}

impl Alignment {
    /// Completes a path through `steps` × `frames` cells whose sum is `sum`.
    fn new(sum: f64, path: Vec<(usize, usize)>, steps: usize, frames: usize) -> Self {
        let mut frames_per_step = vec![0; steps];
        for &(step, _) in &path {
            frames_per_step[step] += 1;
        }
        let single = frames_per_step.iter().filter(|&&n| n == 1).count();
        let collapsed = frames >= 4 * steps && 2 * single > steps;
        Self { score: sum / path.len() as f64, path, frames_per_step, collapsed }
    }
}

/// Why a cell matrix cannot be aligned.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum AlignError {
    /// No step or no frame.
    #[error("nothing to align: {steps} steps and {frames} frames; at least one of each is needed")]
    Empty {
        /// Rows of the matrix.
        steps: usize,
        /// Columns of the matrix.
        frames: usize,
    },
    /// A cell that is NaN or infinite.
    #[error(
        "the cell of step {step} and frame {frame} (from 0) is {value}, not a finite number; \
         check the embeddings and the logit scale and bias"
    )]
    NotFinite {
        /// Row of the cell.
        step: usize,
        /// Column of the cell.
        frame: usize,
        /// What the cell holds.
        value: f32,
    },
    /// A calibration that is NaN or infinite.
    #[error("the affinity has the scale {alpha} and the bias {beta}; both must be finite numbers")]
    Calibration {
        /// Slope of the logits.
        alpha: f32,
        /// Offset of the logits.
        beta: f32,
    },
}

/// Aligns K×T `cells` by the chosen rule.
///
/// # Errors
/// When there is no cell, or one that is not finite.
pub fn align(aligner: Aligner, cells: ArrayView2<f32>) -> Result<Alignment, AlignError> {
    match aligner {
        Aligner::Dtw => dtw(cells),
    }
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
