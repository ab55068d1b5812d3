//! Layer normalisation.

use super::activation::reduce;
use super::kernel::{Isa, for_each_isa};

/// Brings every row to mean 0 and variance 1, then scales and shifts each value by its own weight and bias.
#[derive(Debug)]
pub struct LayerNorm {
    pub isa: Isa,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub eps: f32,
}

impl LayerNorm {
    /// `out` takes the rows of `x`, normalised.
    pub fn apply(&self, x: &[f32], out: &mut [f32]) {
        normalise(self.isa, x, &self.weight, &self.bias, self.eps, out);
    }
}

for_each_isa! {
    fn normalise(x: &[f32], weight: &[f32], bias: &[f32], eps: f32, out: &mut [f32]) = normalise_portable
}

#[inline(always)]
fn normalise_portable(x: &[f32], weight: &[f32], bias: &[f32], eps: f32, out: &mut [f32]) {
    let length = weight.len();
    for (x, out) in x.chunks_exact(length).zip(out.chunks_exact_mut(length)) {
        let mean = reduce(x, 0.0, |x| x, |a, b| a + b) / length as f32;
        let variance = reduce(x, 0.0, |x| (x - mean) * (x - mean), |a, b| a + b) / length as f32;
        let scale = 1.0 / (variance + eps).sqrt();
        for (((out, x), weight), bias) in out.iter_mut().zip(x).zip(weight).zip(bias) {
            *out = (x - mean) * scale * weight + bias;
        }
    }
}
