//! Sizes of a model and its towers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::encoder::EncoderSizes;
use super::resize::Fit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tower {
    Vision,
    Text,
}

impl Tower {
    pub(super) const BOTH: [Self; 2] = [Self::Vision, Self::Text];
}

/// A published checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownModel {
    /// `ORG/NAME` on the model hub.
    pub id: &'static str,
    /// The licence that its page on the hub names.
    pub licence: &'static str,
    pub facts: ModelFacts,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelFacts {
    pub family: &'static str,
    /// Width and height of its square images in pixels.
    pub image_size: usize,
    /// Width and height of a patch in pixels.
    pub patch_size: usize,
    /// Frames of a clip, of a model that embeds a whole clip; none of models of single images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<usize>,
    /// Most patches of an image at flexible resolution; nothing if all images are squares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_patches: Option<usize>,
    /// Text positions, the end token among them.
    pub text_len: usize,
    pub vocabulary: usize,
    pub dim: usize,
    pub vision: TowerFacts,
    pub text: TowerFacts,
    /// Number of values of all tensors.
    pub parameters: u64,
    /// Values of the token table among them, which stays on disk if the model runs on the CPU.
    pub token_parameters: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TowerFacts {
    pub layers: usize,
    /// Dimensions of a position.
    pub hidden: usize,
    pub mlp: usize,
    pub heads: usize,
}

/// The weights on disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightFacts {
    pub types: BTreeMap<String, u64>,
    pub tensors: usize,
    /// The stored scale: the paper's α is its exponential (Eq. 9).
    pub logit_scale: f32,
    /// The stored bias: the paper's β (Eq. 9), if there is one.
    pub logit_bias: Option<f32>,
}

impl ModelFacts {
    /// The sizes of images that are prepared so.
    pub(super) fn prepared(self, fit: Fit) -> Self {
        match fit {
            Fit::Patches { side, most } => {
                Self { image_size: most.isqrt() * side, max_patches: Some(most), ..self }
            }
            Fit::Squash | Fit::Crop { .. } | Fit::CropRounded { .. } => self,
        }
    }

    /// The largest number of patches of an image.
    pub(super) fn patches(&self) -> usize {
        self.max_patches.unwrap_or((self.image_size / self.patch_size).pow(2))
    }

    /// Bytes of all weights at `of_value` bytes per value.
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
