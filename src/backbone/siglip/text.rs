//! The text tower: tokens, transformer, last position, projection.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::config::TextConfig;
use crate::backbone::encoder::Encoder;

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
    pub(super) fn new(config: &TextConfig, device: &Device) -> Self {
        let sizes = config.encoder_sizes();
        let hidden = sizes.hidden;
        Self {
            text_model: TextTransformer {
                embeddings: TextEmbeddings {
                    token_embedding: EmbeddingConfig::new(config.vocab_size, hidden).init(device),
                    position_embedding: EmbeddingConfig::new(config.max_position_embeddings, hidden)
                        .init(device),
                },
                encoder: Encoder::new(&sizes, device),
                final_layer_norm: sizes.layer_norm(device),
                head: LinearConfig::new(hidden, config.projection_size()).init(device),
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
