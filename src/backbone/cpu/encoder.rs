//! The transformer that both towers share.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::attention::Attention;
use super::kernel::Isa;
use super::linear::{Epilogue, Linear};
use super::norm::LayerNorm;
use crate::backbone::activation::Activation;
use crate::backbone::device::Precision;
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::error::ModelError;
use crate::backbone::rotary::Turns;
use crate::backbone::weights::Tensors;

#[derive(Clone, Copy)]
pub struct Loader<'a> {
    pub tensors: &'a Tensors<'a>,
    pub isa: Isa,
    pub precision: Precision,
}

impl Loader<'_> {
    pub fn linear(&self, name: &str) -> Result<Linear, ModelError> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensors.floats(&format!("{name}.{part}")));
        Ok(self.pack(&weight?, bias?))
    }

    /// A linear layer without a bias.
    pub fn projection(&self, name: &str, outputs: usize) -> Result<Linear, ModelError> {
        Ok(self.pack(&self.tensors.floats(&format!("{name}.weight"))?, vec![0.0; outputs]))
    }

    /// Linear layers with the same input as one.
    pub fn joined(&self, names: [String; 3]) -> Result<Linear, ModelError> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weight.extend(self.tensors.floats(&format!("{name}.weight"))?);
            bias.extend(self.tensors.floats(&format!("{name}.bias"))?);
        }
        Ok(self.pack(&weight, bias))
    }

    pub fn pack(&self, weight: &[f32], bias: Vec<f32>) -> Linear {
        Linear::new(self.isa, self.precision, weight, bias)
    }

    pub fn norm(&self, name: &str, sizes: &EncoderSizes) -> Result<LayerNorm, ModelError> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensors.floats(&format!("{name}.{part}")));
        Ok(LayerNorm { isa: self.isa, weight: weight?, bias: bias?, eps: sizes.eps as f32 })
    }
}

#[derive(Debug, Default)]
pub struct Buffers {
    /// A row for each position of each sequence.
    pub x: Vec<f32>,
    pub narrow: Vec<f32>,
    pub projected: Vec<f32>,
    wide: Vec<f32>,
}

/// Buffers between batches: fresh memory would cost a page fault for every few thousand values.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Vec<Buffers>>);

impl Spare {
    /// Lends buffers, with whatever they held before.
    pub fn with<T>(&self, f: impl FnOnce(&mut Buffers) -> T) -> T {
        let spare = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffers = spare().pop().unwrap_or_default();
        let result = f(&mut buffers);
        spare().push(buffers);
        result
    }
}

#[derive(Debug)]
pub struct Encoder {
    attention: Attention,
    turns: Option<Turns>,
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

/// Two linear layers with an activation between them.
#[derive(Debug)]
pub struct Mlp {
    fc1: Linear,
    fc2: Linear,
    activation: Activation,
}

impl Encoder {
    /// The names of its tensors begin with `tower`.
    pub fn load(loader: &Loader, sizes: &EncoderSizes, tower: &str) -> Result<Self, ModelError> {
        let layers = (0..sizes.layers)
            .into_par_iter()
            .map(|layer| Layer::load(loader, sizes, &format!("{tower}.encoder.layers.{layer}")))
            .collect::<Result<_, _>>()?;
        let EncoderSizes { heads, hidden, is_causal, .. } = *sizes;
        let attention = Attention { isa: loader.isa, heads, hidden, is_causal };
        let turns = sizes.rotary.map(|rotary| rotary.turns(hidden / heads));
        Ok(Self { attention, turns, layers })
    }

    /// Transforms [`Buffers::x`], the positions of `batch` sequences, in place.
    pub fn apply(&self, buffers: &mut Buffers, batch: usize) {
        self.apply_after(buffers, batch, |_, _| {});
    }

    /// [`Encoder::apply`], with a change of the positions before each layer, which gets its number.
    pub fn apply_after(&self, buffers: &mut Buffers, batch: usize, before: impl Fn(usize, &mut [f32])) {
        let Buffers { x, narrow, projected, wide } = buffers;
        let rows = x.len() / self.attention.hidden;
        narrow.resize(x.len(), 0.0);
        projected.resize(3 * x.len(), 0.0);
        wide.resize(rows * self.layers.first().map_or(0, |layer| layer.mlp.width()), 0.0);
        for (number, layer) in self.layers.iter().enumerate() {
            before(number, x);
            layer.norm1.apply(x, narrow);
            layer.projections.apply(narrow, projected, Epilogue::Store);
            if let Some(turns) = &self.turns {
                turn(turns, projected, self.attention.hidden, rows / batch);
            }
            self.attention.within(projected, batch, narrow);
            layer.out.apply(narrow, x, Epilogue::Add);
            layer.norm2.apply(x, narrow);
            layer.mlp.add(narrow, x, wide);
        }
    }
}

/// Turns the queries and keys of sequences of so many positions.
fn turn(turns: &Turns, projected: &mut [f32], hidden: usize, positions: usize) {
    projected.par_chunks_exact_mut(3 * hidden).enumerate().for_each(|(row, projected)| {
        turns.apply(row % positions, &mut projected[..2 * hidden]);
    });
}

impl Layer {
    fn load(loader: &Loader, sizes: &EncoderSizes, name: &str) -> Result<Self, ModelError> {
        let projections = ["q_proj", "k_proj", "v_proj"].map(|p| format!("{name}.self_attn.{p}"));
        Ok(Self {
            norm1: loader.norm(&format!("{name}.layer_norm1"), sizes)?,
            projections: loader.joined(projections)?,
            out: loader.linear(&format!("{name}.self_attn.out_proj"))?,
            norm2: loader.norm(&format!("{name}.layer_norm2"), sizes)?,
            mlp: Mlp::load(loader, sizes, &format!("{name}.mlp"))?,
        })
    }
}

impl Mlp {
    pub fn load(loader: &Loader, sizes: &EncoderSizes, name: &str) -> Result<Self, ModelError> {
        Ok(Self {
            fc1: loader.linear(&format!("{name}.fc1"))?,
            fc2: loader.linear(&format!("{name}.fc2"))?,
            activation: sizes.activation,
        })
    }

    /// Values between the two layers.
    pub fn width(&self) -> usize {
        self.fc1.outputs()
    }

    /// Adds what becomes of `x` to `out`. `wide` has room for as many rows of [`Mlp::width`] values.
    pub fn add(&self, x: &[f32], out: &mut [f32], wide: &mut [f32]) {
        self.fc1.apply(x, wide, Epilogue::Activate(self.activation));
        self.fc2.apply(wide, out, Epilogue::Add);
    }
}
