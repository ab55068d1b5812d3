//! What a configuration says of a model, and what follows from it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::encoder::EncoderSizes;

/// One of the two halves of a checkpoint. Each embeds without the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tower {
    /// Pictures to embeddings.
    Vision,
    /// Texts to embeddings.
    Text,
}

/// A published checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownModel {
    /// `ORG/NAME` on the model hub.
    pub id: &'static str,
    /// What its configuration says, and what follows from that.
    pub facts: ModelFacts,
}

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
    /// Bytes of all weights where each value takes so many.
    pub fn bytes(&self, of_value: u64) -> u64 {
        self.parameters * of_value
    }
}

impl TowerFacts {
    pub(super) fn of(sizes: &EncoderSizes) -> Self {
        let EncoderSizes { hidden, intermediate, layers, heads, .. } = *sizes;
        Self { layers, hidden, mlp: intermediate, heads }
    }
}
