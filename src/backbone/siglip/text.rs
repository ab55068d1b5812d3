//! The text tower: tokens, transformer, last position, projection.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use crate::backbone::config::Outline;
use crate::backbone::cpu::encoder::Loader;
use crate::backbone::cpu::text::TextTransformer as CpuTransformer;
use crate::backbone::encoder::{Encoder, EncoderSizes};
use crate::backbone::error::ModelError;
use crate::backbone::family::TextModel;
use crate::backbone::loading::{TextModule, ids};
use crate::backbone::tokenizer::Tokens;

/// The tensors of a checkpoint that start with `text_model.`.
#[derive(Module, Debug)]
pub struct SiglipText {
    text_model: TextTransformer,
}

#[derive(Module, Debug)]
struct TextTransformer {
    embeddings: TextEmbeddings,
    encoder: Encoder,
    final_layer_norm: LayerNorm,
    head: Linear,
}

#[derive(Module, Debug)]
struct TextEmbeddings {
    token_embedding: Embedding,
    position_embedding: Embedding,
}

impl SiglipText {
    pub(super) fn new(outline: &Outline, device: &Device) -> Self {
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
                head: LinearConfig::new(hidden, dims[1]).init(device),
            },
        }
    }

    /// `ids` is `[batch, positions]`, at most all positions of the model; the result is `[batch, projection]`.
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<2> {
        let model = &self.text_model;
        let [batch, positions] = ids.dims();
        let tokens = model.embeddings.token_embedding.forward(ids);
        let hidden = tokens.dims()[2];
        let places = model.embeddings.position_embedding.weight.val().slice([0..positions, 0..hidden]);
        let x = tokens + places.unsqueeze();
        let x = model.encoder.forward(x.reshape([batch * positions, hidden]), batch);
        let last =
            x.reshape([batch, positions, hidden]).slice([0..batch, positions - 1..positions, 0..hidden]);
        model.head.forward(model.final_layer_norm.forward(last.reshape([batch, hidden])))
    }
}

impl TextModule for SiglipText {
    fn embed(&self, texts: &[Tokens], device: &Device) -> Tensor<2> {
        let texts: Vec<&[i32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
        self.forward(ids(&texts, device))
    }
}

/// The same tower on the processor.
#[derive(Debug)]
pub(super) struct CpuText(CpuTransformer);

impl CpuText {
    pub fn load(loader: &Loader, sizes: &EncoderSizes) -> Result<Self, ModelError> {
        Ok(Self(CpuTransformer::load(loader, sizes, loader.linear("text_model.head")?)?))
    }
}

impl TextModel for CpuText {
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError> {
        let ids: Vec<&[i32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
        let last: Vec<usize> = ids.iter().map(|ids| ids.len() - 1).collect();
        self.0.forward(&ids, &last)
    }
}
