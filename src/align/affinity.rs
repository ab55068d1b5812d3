use clap::ValueEnum;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the cells of an alignment hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// σ(alpha·A + beta), between 0 and 1: the probability the model gives to the pair (Eq. 9).
    #[default]
    Affinity,
    /// alpha·A + beta, the affinity before its sigmoid.
    Logit,
    /// The cosine A (Eq. 8).
    Cosine,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Affinity => "affinity",
            Self::Logit => "logit",
            Self::Cosine => "cosine",
        })
    }
}

/// How a checkpoint turns a cosine A into a logit: alpha·A + beta.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Slope.
    pub alpha: f32,
    /// Offset.
    pub beta: f32,
}

impl Calibration {
    /// From the parameters as a checkpoint stores them: the slope is exp(`logit_scale`).
    pub fn from_log_scale(logit_scale: f32, logit_bias: f32) -> Self {
        Self { alpha: f64::from(logit_scale).exp() as f32, beta: logit_bias }
    }
}

/// The cells to align, K×T, from the cosines of steps and frames.
pub fn cells(cosines: &Array2<f32>, cell: Cell, calibration: Calibration) -> Array2<f32> {
    let Calibration { alpha, beta } = calibration;
    match cell {
        Cell::Affinity => cosines.mapv(|a| sigmoid(alpha * a + beta)),
        Cell::Logit => cosines.mapv(|a| alpha * a + beta),
        Cell::Cosine => cosines.clone(),
    }
}

/// 1 / (1 + e⁻ˣ), with e to a negative power only so that neither end overflows.
fn sigmoid(x: f32) -> f32 {
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}
