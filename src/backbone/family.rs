//! What one model family has of its own.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{KnownModel, ModelFacts, Tower};
use super::layout::WeightLayout;
use super::preparation::{Normalisation, PreparationRules};
use super::resize::PreparedImage;
use super::tokenizer::{TextTokenizer, Tokens};
use super::weights::Weights;

/// A model family. A further one is a folder beside `siglip` and an entry in `FAMILIES`.
pub(super) struct Family {
    pub name: &'static str,
    /// Which checkpoints work, after "use".
    pub help: &'static str,
    pub models: fn() -> Vec<KnownModel>,
    /// `None` if there are no such checkpoints.
    pub in_transformers: Option<InTransformers>,
}

/// A family in the layout of transformers.
pub(super) struct InTransformers {
    /// What `model_type` in `config.json` is for it: first that of whole models, then those of models of the family that
    /// cannot be used.
    pub model_types: &'static [&'static str],
    pub read: fn(&Value) -> Result<Box<dyn Backbone>, String>,
    pub layout: &'static WeightLayout,
    pub preparation: &'static PreparationRules,
}

/// The configuration of one checkpoint, and how it becomes two towers.
pub(super) trait Backbone: fmt::Debug + Send + Sync {
    fn facts(&self) -> ModelFacts;

    /// Names and shapes of the tensors of both towers.
    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)>;

    /// Everything in the configuration that decides a tower's embeddings, for cache keys.
    fn recipe(&self, tower: Tower) -> String;

    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError>;

    /// Scale and bias of the affinity as the checkpoint stores them.
    fn calibration(&self, weights: &Weights) -> Result<StoredCalibration, ModelError>;

    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError>;

    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError>;

    /// What follows the image tower of a family of whole clips; `None` for models of single images.
    fn load_clip_head(
        &self,
        _weights: &Weights,
        _device: &ComputeDevice,
    ) -> Result<Option<Box<dyn ClipHead>>, ModelError> {
        Ok(None)
    }
}

/// Scale and bias of the affinity (Eq. 9) as a checkpoint stores them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredCalibration {
    /// The paper's α is its exponential.
    pub logit_scale: f32,
    /// The paper's β. Models trained with a softmax over pairs have none.
    pub logit_bias: Option<f32>,
}

pub(super) trait ImageModel: fmt::Debug + Send + Sync {
    /// Raw embeddings, row after row, of images of one size that the model takes.
    fn forward(&self, images: &[&PreparedImage]) -> Result<Vec<f32>, ModelError>;
}

/// What a family of whole clips makes of the frames of one.
pub(super) trait ClipHead: fmt::Debug + Send + Sync {
    /// A clip, from what the image tower makes of its frames.
    fn embed(&self, states: &[f32]) -> ClipEmbedding;

    /// Changes the rows of projected texts in the light of a clip.
    fn prompt(&self, clip: &ClipEmbedding, texts: &mut [f32]);
}

/// What a model keeps of a clip to compare texts with.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipEmbedding {
    /// One row, not normalised.
    pub(super) video: Vec<f32>,
    /// A row for each patch, over all frames.
    pub(super) patches: Vec<f32>,
}

pub(super) trait TextModel: fmt::Debug + Send + Sync {
    /// Raw embeddings, row after row, of texts of one length.
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError>;
}
