//! What a configuration says of a model, and what follows from it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::config::Config;
use super::encoder::EncoderSizes;
use super::shapes::shapes;

/// A model in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelFacts {
    /// Width and height of its images in pixels.
    pub image_size: usize,
    /// Width and height of a patch in pixels.
    pub patch_size: usize,
    /// Text positions, the end token among them.
    pub text_len: usize,
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// Dimensions of an embedding.
    pub dim: usize,
    /// The image tower.
    pub vision: TowerFacts,
    /// The text tower.
    pub text: TowerFacts,
    /// Values of all tensors.
    pub parameters: u64,
    /// Of these, those of the token table, which stays on disk where the model runs on the CPU.
    pub token_parameters: u64,
}

/// A tower in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TowerFacts {
    /// Layers of the transformer.
    pub layers: usize,
    /// Dimensions of a position.
    pub hidden: usize,
    /// Dimensions inside the MLP.
    pub mlp: usize,
    /// Attention heads.
    pub heads: usize,
}

/// Weights as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightFacts {
    /// How many values are stored in each type.
    pub types: BTreeMap<String, u64>,
    /// How many tensors there are.
    pub tensors: usize,
    /// The stored scale: the paper's α is its exponential (Eq. 9).
    pub logit_scale: f32,
    /// The stored bias: the paper's β (Eq. 9).
    pub logit_bias: f32,
}

impl ModelFacts {
    pub(super) fn of(config: &Config) -> Self {
        let (vision, text) = (&config.vision_config, &config.text_config);
        let values = |shape: &[usize]| shape.iter().map(|side| *side as u64).product::<u64>();
        let towers: u64 = shapes(config).iter().map(|(_, shape)| values(shape)).sum();
        Self {
            image_size: vision.image_size(),
            patch_size: vision.patch_size(),
            text_len: text.max_position_embeddings,
            vocabulary: text.vocab_size,
            dim: vision.hidden_size,
            vision: TowerFacts::of(&vision.encoder_sizes()),
            text: TowerFacts::of(&text.encoder_sizes()),
            // Scale and bias are one value each.
            parameters: towers + 2,
            token_parameters: values(&[text.vocab_size, text.hidden_size]),
        }
    }

    /// Bytes of all weights where each value takes so many.
    pub fn bytes(&self, of_value: u64) -> u64 {
        self.parameters * of_value
    }
}

impl TowerFacts {
    fn of(sizes: &EncoderSizes) -> Self {
        let EncoderSizes { hidden, intermediate, layers, heads, .. } = *sizes;
        Self { layers, hidden, mlp: intermediate, heads }
    }
}
