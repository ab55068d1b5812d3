//! A text tower: tokens, transformer, one position of each text, projection.

use super::encoder::{Encoder, Loader, Spare};
use super::linear::{Epilogue, Linear};
use super::norm::LayerNorm;
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::error::ModelError;
use crate::backbone::values::TensorRows;

#[derive(Debug)]
pub struct TextTransformer {
    /// Read as they are needed: the vocabulary of a SigLIP 2 takes more memory than its image tower.
    tokens: TensorRows,
    positions: Vec<f32>,
    encoder: Encoder,
    norm: LayerNorm,
    head: Linear,
    spare: Spare,
}

impl TextTransformer {
    /// The tensors of `text_model`, and a projection.
    pub fn load(loader: &Loader, sizes: &EncoderSizes, head: Linear) -> Result<Self, ModelError> {
        Ok(Self {
            tokens: loader.tensors.rows("text_model.embeddings.token_embedding.weight")?,
            positions: loader.tensors.floats("text_model.embeddings.position_embedding.weight")?,
            encoder: Encoder::load(loader, sizes, "text_model")?,
            norm: loader.norm("text_model.final_layer_norm", sizes)?,
            head,
            spare: Spare::default(),
        })
    }

    /// A row for each text, from the ids of texts of one length, at most all positions of the model, and the position of
    /// each to project.
    pub fn forward(&self, texts: &[&[i32]], at: &[usize]) -> Result<Vec<f32>, ModelError> {
        let (batch, hidden) = (texts.len(), self.norm.weight.len());
        let picked = self.spare.with(|buffers| {
            buffers.x.clear();
            for ids in texts {
                let start = buffers.x.len();
                buffers.x.extend_from_slice(&self.positions[..ids.len() * hidden]);
                self.tokens.add(ids, &mut buffers.x[start..])?;
            }
            Ok::<_, ModelError>(self.encoder.apply_at(buffers, at))
        })?;
        let mut normed = vec![0.0; picked.len()];
        self.norm.apply(&picked, &mut normed);
        let mut out = vec![0.0; batch * self.head.outputs()];
        self.head.apply(&normed, &mut out, Epilogue::Store);
        Ok(out)
    }
}
