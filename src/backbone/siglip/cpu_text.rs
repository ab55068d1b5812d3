//! The text tower: tokens, transformer, last position, projection.

use super::config::TextConfig;
use crate::backbone::cpu::encoder::{Encoder, Loader, Spare};
use crate::backbone::cpu::kernel::Isa;
use crate::backbone::cpu::linear::{Epilogue, Linear};
use crate::backbone::cpu::norm::LayerNorm;
use crate::backbone::device::Precision;
use crate::backbone::error::ModelError;
use crate::backbone::weights::{TensorRows, Tensors};

#[derive(Debug)]
pub struct CpuText {
    /// Read as they are needed: the vocabulary of a SigLIP 2 takes more memory than its image tower.
    tokens: TensorRows,
    positions: Vec<f32>,
    encoder: Encoder,
    norm: LayerNorm,
    head: Linear,
    spare: Spare,
}

impl CpuText {
    pub fn load(
        tensors: &Tensors,
        config: &TextConfig,
        isa: Isa,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let loader = Loader { tensors, isa, precision, eps: config.layer_norm_eps as f32 };
        Ok(Self {
            tokens: tensors.rows("text_model.embeddings.token_embedding.weight")?,
            positions: tensors.floats("text_model.embeddings.position_embedding.weight")?,
            encoder: Encoder::load(&loader, &config.encoder_sizes(), "text_model")?,
            norm: loader.norm("text_model.final_layer_norm")?,
            head: loader.linear("text_model.head")?,
            spare: Spare::default(),
        })
    }

    /// Token ids of texts of one length, at most all positions of the model, to a row for each text.
    pub fn embed<'a>(&self, texts: impl ExactSizeIterator<Item = &'a [i32]>) -> Result<Vec<f32>, ModelError> {
        let (batch, hidden) = (texts.len(), self.norm.weight.len());
        let last = self.spare.with(|buffers| {
            buffers.x.clear();
            for ids in texts {
                let start = buffers.x.len();
                buffers.x.extend_from_slice(&self.positions[..ids.len() * hidden]);
                self.tokens.add(ids, &mut buffers.x[start..])?;
            }
            let sequence = buffers.x.len() / batch;
            self.encoder.apply(buffers, batch);
            let last = buffers.x.chunks_exact(sequence).flat_map(|x| &x[sequence - hidden..]);
            Ok(last.copied().collect::<Vec<f32>>())
        })?;
        let mut normed = vec![0.0; last.len()];
        self.norm.apply(&last, &mut normed);
        let mut out = vec![0.0; batch * self.head.outputs()];
        self.head.apply(&normed, &mut out, Epilogue::Store);
        Ok(out)
    }
}
