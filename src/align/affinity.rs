use super::AlignError;
use super::exponential::{exp_parts, power_of_two};
use super::rule::percentile;
use super::simd::wide;
use clap::ValueEnum;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of value in the cells to align.
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
        f.write_str(self.to_possible_value().expect("a name").get_name())
    }
}

/// How a checkpoint turns a cosine A into a logit: alpha·A + beta.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub alpha: f32,
    pub beta: f32,
}

/// Scale and bias of the affinity as a checkpoint has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnCalibration {
    pub alpha: f32,
    /// `None` if the model was trained without a bias: then it is fitted to the logits of each clip.
    pub beta: Option<f32>,
}

impl OwnCalibration {
    /// The percentile of a clip's logits whose affinity is one half, if the bias is fitted.
    pub const HALF_AT: f64 = 98.0;

    /// From a checkpoint's stored parameters: the slope is exp(`logit_scale`).
    pub fn from_log_scale(logit_scale: f32, logit_bias: Option<f32>) -> Self {
        Self { alpha: f64::from(logit_scale).exp() as f32, beta: logit_bias }
    }

    /// What cells hold unless the user says otherwise: cosines where the affinity has no bias of its own.
    pub fn usual_cell(self) -> Cell {
        if self.beta.is_some() { Cell::Affinity } else { Cell::Cosine }
    }

    /// With a bias: the model's own, or else one that puts the affinity of [`OwnCalibration::HALF_AT`] percent of the
    /// logits of these cosines below one half; 0 without cosines.
    pub fn fitted<'a>(self, cosines: impl IntoIterator<Item = &'a Array2<f32>>) -> Calibration {
        let fit = || percentile(Self::HALF_AT, cosines).map_or(0.0, |cosine| -self.alpha * cosine as f32);
        Calibration { alpha: self.alpha, beta: self.beta.unwrap_or_else(fit) }
    }
}

impl From<Calibration> for OwnCalibration {
    fn from(Calibration { alpha, beta }: Calibration) -> Self {
        Self { alpha, beta: Some(beta) }
    }
}

impl Calibration {
    /// From a checkpoint's stored parameters: the slope is exp(`logit_scale`).
    pub fn from_log_scale(logit_scale: f32, logit_bias: f32) -> Self {
        Self { alpha: f64::from(logit_scale).exp() as f32, beta: logit_bias }
    }

    /// Refuses values that are not finite: σ would turn infinite logits into finite cells.
    pub fn check(self) -> Result<(), AlignError> {
        let Self { alpha, beta } = self;
        if alpha.is_finite() && beta.is_finite() {
            Ok(())
        } else {
            Err(AlignError::Calibration { alpha, beta })
        }
    }
}

/// The cells to align, K×T, from the cosines of steps and frames.
pub fn cells(cosines: &Array2<f32>, cell: Cell, calibration: Calibration) -> Array2<f32> {
    let Calibration { alpha, beta } = calibration;
    if cell == Cell::Cosine {
        return cosines.clone();
    }
    let mut cells = cosines.mapv(|a| alpha * a + beta);
    if cell == Cell::Affinity {
        match cells.as_slice_memory_order_mut() {
            Some(logits) => sigmoids(logits),
            None => cells.mapv_inplace(sigmoid),
        }
    }
    cells
}

wide! {
    /// [`sigmoid`] of every value.
    fn sigmoids(values: &mut [f32]) {
        for value in values {
            *value = sigmoid(*value);
        }
    }
}

/// 1 / (1 + e⁻ˣ), with e to a negative power only so that neither end overflows.
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    let e = exp_of_negative(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// eˣ for x ≤ 0, to 2 units in the last place.
#[inline(always)]
fn exp_of_negative(x: f32) -> f32 {
    // The smallest positive number is e to the power of -103.3.
    let (p, n) = exp_parts::<false>(x.clamp(-110.0, 0.0));
    // 2ⁿ would leave the range of exponents, and so comes in two halves.
    p * power_of_two(n >> 1) * power_of_two(n - (n >> 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sigmoid_is_accurate_everywhere() {
        let mut logits: Vec<f32> = (-1_100_000..=400_000).map(|i| i as f32 * 1e-4).collect();
        logits.extend([-1e30, 1e30, f32::MIN, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e-30]);
        let mut values = logits.clone();
        sigmoids(&mut values);
        for (logit, value) in logits.into_iter().zip(values) {
            let exact = 1.0 / (1.0 + (-f64::from(logit)).exp());
            // Where numbers end, they are the multiples of the smallest.
            let tolerance = 3e-7 * exact + 1e-45;
            assert!((f64::from(value) - exact).abs() <= tolerance, "σ({logit}) = {value}, not {exact}");
        }
    }

    #[test]
    fn the_sigmoid_of_no_number_is_none() {
        assert!(sigmoid(f32::NAN).is_nan());
    }
}
