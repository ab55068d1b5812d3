//! The transformer that both towers share.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::attention::{Attention, parts};
use super::kernel::Isa;
use super::linear::{Epilogue, Linear, Packing};
use super::norm::LayerNorm;
use crate::backbone::activation::Activation;
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::error::ModelError;
use crate::backbone::rotary::Turns;
use crate::backbone::weights::Tensors;

#[derive(Clone, Copy)]
pub struct Loader<'a> {
    pub tensors: &'a Tensors<'a>,
    pub isa: Isa,
    pub packing: Packing,
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
        Linear::new(self.isa, self.packing, weight, bias)
    }

    /// Attention of `heads` heads, all together `hidden` values a position.
    pub fn attention(&self, heads: usize, hidden: usize, is_causal: bool) -> Attention {
        Attention { isa: self.isa, bf16: self.packing.bf16_kernel(), heads, hidden, is_causal }
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
        let attention = loader.attention(heads, hidden, is_causal);
        let turns = sizes.rotary.map(|rotary| rotary.turns(hidden / heads));
        Ok(Self { attention, turns, layers })
    }

    /// Transforms [`Buffers::x`], the positions of `batch` sequences, in place.
    pub fn apply(&self, buffers: &mut Buffers, batch: usize) {
        self.apply_after(buffers, batch, |_, _| {});
    }

    /// [`Encoder::apply`], with a change of the positions before each layer, which gets its number.
    pub fn apply_after(&self, buffers: &mut Buffers, batch: usize, before: impl Fn(usize, &mut [f32])) {
        for (number, layer) in self.layers.iter().enumerate() {
            before(number, &mut buffers.x);
            self.apply_layer(layer, buffers, batch);
        }
    }

    /// What [`Encoder::apply`] makes of one position of each sequence, a row for each. The last layer computes no others.
    pub fn apply_at(&self, buffers: &mut Buffers, at: &[usize]) -> Vec<f32> {
        let (hidden, batch) = (self.attention.hidden, at.len());
        let positions = buffers.x.len() / hidden / batch;
        let pick = |x: &[f32]| -> Vec<f32> {
            let rows = x.chunks_exact(positions * hidden).zip(at);
            rows.flat_map(|(x, at)| &x[at * hidden..(at + 1) * hidden]).copied().collect()
        };
        let Some((last, others)) = self.layers.split_last() else { return pick(&buffers.x) };
        others.iter().for_each(|layer| self.apply_layer(layer, buffers, batch));
        self.project(last, buffers, batch);

        let mut x = pick(&buffers.x);
        let mut narrow = vec![0.0; x.len()];
        let sequences = buffers.projected.chunks_exact(positions * 3 * hidden).zip(at);
        for ((projected, at), out) in sequences.zip(narrow.chunks_exact_mut(hidden)) {
            let [queries, keys, values] = parts(projected, hidden);
            self.attention.between(queries.part(*at, 1), keys, values, *at, out);
        }
        last.out.apply(&narrow, &mut x, Epilogue::Add);
        last.norm2.apply(&x, &mut narrow);
        last.mlp.add(&narrow, &mut x);
        x
    }

    fn apply_layer(&self, layer: &Layer, buffers: &mut Buffers, batch: usize) {
        self.project(layer, buffers, batch);
        let Buffers { x, narrow, projected } = buffers;
        self.attention.within(projected, batch, narrow);
        layer.out.apply(narrow, x, Epilogue::Add);
        layer.norm2.apply(x, narrow);
        layer.mlp.add(narrow, x);
    }

    /// Makes queries, keys and values of the positions.
    fn project(&self, layer: &Layer, buffers: &mut Buffers, batch: usize) {
        let Buffers { x, narrow, projected } = buffers;
        narrow.resize(x.len(), 0.0);
        projected.resize(3 * x.len(), 0.0);
        layer.norm1.apply(x, narrow);
        layer.projections.apply(narrow, projected, Epilogue::Store);
        if let Some(turns) = &self.turns {
            let hidden = self.attention.hidden;
            turn(turns, projected, hidden, x.len() / hidden / batch);
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

    /// Adds what becomes of `x` to `out`.
    pub fn add(&self, x: &[f32], out: &mut [f32]) {
        self.fc1.add_with(self.activation, &self.fc2, x, out);
    }
}
