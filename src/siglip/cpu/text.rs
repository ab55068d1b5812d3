//! The text tower: tokens, transformer, last position, projection.

use super::encoder::{Encoder, Loader};
use super::kernel::Isa;
use super::linear::{Linear, Then};
use super::norm::LayerNorm;
use crate::siglip::config::TextConfig;
use crate::siglip::error::ModelError;
use crate::siglip::weights::{TensorRows, Tensors};

#[derive(Debug)]
pub struct TextModel {
    /// Read as they are needed: the vocabulary of a SigLIP 2 takes more memory than its image tower.
    tokens: TensorRows,
    positions: Vec<f32>,
    encoder: Encoder,
    norm: LayerNorm,
    head: Linear,
}

impl TextModel {
    pub fn load(tensors: &Tensors, config: &TextConfig, isa: Isa) -> Result<Self, ModelError> {
        let loader = Loader { tensors, isa, eps: config.layer_norm_eps as f32 };
        Ok(Self {
            tokens: tensors.rows("text_model.embeddings.token_embedding.weight")?,
            positions: tensors.floats("text_model.embeddings.position_embedding.weight")?,
            encoder: Encoder::load(&loader, &config.encoder_sizes(), "text_model")?,
            norm: loader.norm("text_model.final_layer_norm")?,
            head: loader.linear("text_model.head")?,
        })
    }

    /// Token ids of whole texts, all positions of the model, to a row for each text.
    pub fn forward<'a>(
        &self,
        texts: impl ExactSizeIterator<Item = &'a [i32]>,
    ) -> Result<Vec<f32>, ModelError> {
        let (batch, sequence) = (texts.len(), self.positions.len());
        let mut x = self.positions.repeat(batch);
        for (x, ids) in x.chunks_exact_mut(sequence).zip(texts) {
            self.tokens.add(ids, x)?;
        }
        self.encoder.apply(&mut x, batch);
        let hidden = self.norm.weight.len();
        let last: Vec<f32> =
            x.chunks_exact(sequence).flat_map(|x| &x[sequence - hidden..]).copied().collect();
        let mut normed = vec![0.0; last.len()];
        self.norm.apply(&last, &mut normed);
        let mut out = vec![0.0; batch * self.head.outputs()];
        self.head.apply(&normed, &mut out, Then::Store);
        Ok(out)
    }
}
