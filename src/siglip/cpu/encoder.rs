//! The transformer that both towers share.

use super::attention::Attention;
use super::kernel::Isa;
use super::linear::{Linear, Then};
use super::norm::LayerNorm;
use crate::siglip::encoder::EncoderSizes;
use crate::siglip::error::ModelError;
use crate::siglip::weights::Tensors;

/// Reads layers out of a checkpoint.
#[derive(Clone, Copy)]
pub struct Loader<'a> {
    pub tensors: &'a Tensors<'a>,
    pub isa: Isa,
    pub eps: f32,
}

impl Loader<'_> {
    /// The linear layer of that name.
    pub fn linear(&self, name: &str) -> Result<Linear, ModelError> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensors.floats(&format!("{name}.{part}")));
        Ok(Linear::new(self.isa, &weight?, bias?))
    }

    /// Linear layers with the same input as one.
    fn joined(&self, names: [String; 3]) -> Result<Linear, ModelError> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weight.extend(self.tensors.floats(&format!("{name}.weight"))?);
            bias.extend(self.tensors.floats(&format!("{name}.bias"))?);
        }
        Ok(Linear::new(self.isa, &weight, bias))
    }

    /// The layer normalisation of that name.
    pub fn norm(&self, name: &str) -> Result<LayerNorm, ModelError> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensors.floats(&format!("{name}.{part}")));
        Ok(LayerNorm { isa: self.isa, weight: weight?, bias: bias?, eps: self.eps })
    }
}

#[derive(Debug)]
pub struct Encoder {
    attention: Attention,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    norm1: LayerNorm,
    projections: Linear,
    out: Linear,
    norm2: LayerNorm,
    mlp: Mlp,
}

/// Two linear layers with a GELU between them.
#[derive(Debug)]
pub struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Encoder {
    pub fn load(loader: &Loader, sizes: &EncoderSizes, tower: &str) -> Result<Self, ModelError> {
        let layers = (0..sizes.layers)
            .map(|layer| Layer::load(loader, &format!("{tower}.encoder.layers.{layer}")))
            .collect::<Result<_, _>>()?;
        let attention = Attention { isa: loader.isa, heads: sizes.heads, hidden: sizes.hidden };
        Ok(Self { attention, layers })
    }

    /// Transforms the positions of `batch` sequences in place.
    pub fn apply(&self, x: &mut [f32], batch: usize) {
        let rows = x.len() / self.attention.hidden;
        let mut narrow = vec![0.0; x.len()];
        let mut projected = vec![0.0; 3 * x.len()];
        let mut wide = vec![0.0; rows * self.layers.first().map_or(0, |layer| layer.mlp.width())];
        for layer in &self.layers {
            layer.norm1.apply(x, &mut narrow);
            layer.projections.apply(&narrow, &mut projected, Then::Store);
            self.attention.within(&projected, batch, &mut narrow);
            layer.out.apply(&narrow, x, Then::Add);
            layer.norm2.apply(x, &mut narrow);
            layer.mlp.add(&narrow, x, &mut wide);
        }
    }
}

impl Layer {
    fn load(loader: &Loader, name: &str) -> Result<Self, ModelError> {
        let projections = ["q_proj", "k_proj", "v_proj"].map(|p| format!("{name}.self_attn.{p}"));
        Ok(Self {
            norm1: loader.norm(&format!("{name}.layer_norm1"))?,
            projections: loader.joined(projections)?,
            out: loader.linear(&format!("{name}.self_attn.out_proj"))?,
            norm2: loader.norm(&format!("{name}.layer_norm2"))?,
            mlp: Mlp::load(loader, &format!("{name}.mlp"))?,
        })
    }
}

impl Mlp {
    pub fn load(loader: &Loader, name: &str) -> Result<Self, ModelError> {
        Ok(Self { fc1: loader.linear(&format!("{name}.fc1"))?, fc2: loader.linear(&format!("{name}.fc2"))? })
    }

    /// Values between the two layers.
    pub fn width(&self) -> usize {
        self.fc1.outputs()
    }

    /// Adds what becomes of `x` to `out`. `wide` has room for as many rows of [`Mlp::width`] values.
    pub fn add(&self, x: &[f32], out: &mut [f32], wide: &mut [f32]) {
        self.fc1.apply(x, wide, Then::Gelu);
        self.fc2.apply(wide, out, Then::Add);
    }
}
