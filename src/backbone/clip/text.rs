//! The text tower: tokens, causal transformer, the end token's position projected.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::End;
use crate::backbone::config::Outline;
use crate::backbone::cpu::encoder::Loader;
use crate::backbone::cpu::text::TextTransformer as CpuTransformer;
use crate::backbone::encoder::Encoder;
use crate::backbone::error::ModelError;
use crate::backbone::family::TextModel;
use crate::backbone::loading::{TextModule, ids};
use crate::backbone::tokenizer::Tokens;

/// The tensors of a checkpoint that start with `text_model.`, and the projection.
#[derive(Module, Debug)]
pub(in crate::backbone) struct ClipText {
    text_model: TextTransformer,
    text_projection: Linear,
    #[module(skip)]
    end: End,
}

#[derive(Module, Debug)]
struct TextTransformer {
    embeddings: TextEmbeddings,
    encoder: Encoder,
    final_layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct TextEmbeddings {
    token_embedding: Embedding,
    position_embedding: Embedding,
}

impl ClipText {
    pub fn new(outline: &Outline, end: End, device: &Device) -> Self {
        let Outline { text: sizes, vocabulary, positions, dims, .. } = outline;
        let hidden = sizes.hidden;
        Self {
            text_model: TextTransformer {
                embeddings: TextEmbeddings {
                    token_embedding: EmbeddingConfig::new(*vocabulary, hidden).init(device),
                    position_embedding: EmbeddingConfig::new(*positions, hidden).init(device),
                },
                encoder: Encoder::new(sizes, device),
                final_layer_norm: sizes.layer_norm(device),
            },
            text_projection: LinearConfig::new(hidden, dims[1]).with_bias(false).init(device),
            end,
        }
    }
}

impl TextModule for ClipText {
    fn embed(&self, texts: &[Tokens], device: &Device) -> Tensor<2> {
        let model = &self.text_model;
        let (rows, ends) = until_last_end(texts, self.end);
        let (batch, positions) = (rows.len(), rows.first().map_or(0, |ids| ids.len()));
        let tokens = model.embeddings.token_embedding.forward(ids(&rows, device));
        let hidden = tokens.dims()[2];
        let places = model.embeddings.position_embedding.weight.val().slice([0..positions, 0..hidden]);
        let x = (tokens + places.unsqueeze()).reshape([batch * positions, hidden]);
        let x = model.encoder.forward(x, batch);
        let ends: Vec<i32> =
            ends.iter().enumerate().map(|(row, end)| (row * positions + end) as i32).collect();
        let ends = Tensor::<1, Int>::from_data(TensorData::new(ends, [batch]), device);
        self.text_projection.forward(model.final_layer_norm.forward(x.select(0, ends)))
    }
}

/// The ids of texts up to the last of their ends, and the ends: attention is causal, so what follows does not matter.
fn until_last_end(texts: &[Tokens], end: End) -> (Vec<&[i32]>, Vec<usize>) {
    let ends: Vec<usize> = texts.iter().map(|text| end.position(&text.ids)).collect();
    let length = ends.iter().max().map_or(0, |end| end + 1);
    (texts.iter().map(|text| &text.ids[..length]).collect(), ends)
}

/// The same tower on the processor.
#[derive(Debug)]
pub(in crate::backbone) struct CpuText {
    transformer: CpuTransformer,
    end: End,
}

impl CpuText {
    pub fn load(loader: &Loader, outline: &Outline, end: End) -> Result<Self, ModelError> {
        let head = loader.projection("text_projection", outline.dims[1])?;
        Ok(Self { transformer: CpuTransformer::load(loader, &outline.text, head)?, end })
    }
}

impl TextModel for CpuText {
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError> {
        let (rows, ends) = until_last_end(texts, self.end);
        self.transformer.forward(&rows, &ends)
    }
}
