//! What one model family has of its own.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{KnownModel, ModelFacts, Tower};
use super::preparation::{Normalisation, PreparationRules};
use super::preprocess::Square;
use super::tokenizer::{TextTokenizer, Tokens};
use super::weights::{WeightLayout, Weights};

/// A model family. A further one is a folder beside `siglip` and an entry in `FAMILIES`.
pub(super) struct Family {
    /// Its name.
    pub name: &'static str,
    /// What `model_type` in `config.json` is for it, models of the family that cannot be used among them.
    pub model_types: &'static [&'static str],
    /// Reads and checks a `config.json`.
    pub read: fn(&Value) -> Result<Box<dyn Backbone>, String>,
    /// Its published checkpoints.
    pub models: fn() -> Vec<KnownModel>,
}

/// The configuration of one checkpoint, and how it becomes two towers.
pub(super) trait Backbone: fmt::Debug + Send + Sync {
    /// Sizes of the model.
    fn facts(&self) -> ModelFacts;

    /// Names and shapes of the tensors of both towers.
    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)>;

    /// How the tensors are named.
    fn layout(&self) -> &'static WeightLayout;

    /// Everything in the configuration that decides a tower's embeddings, for cache keys.
    fn recipe(&self, tower: Tower) -> String;

    /// Which image preparations fit the family.
    fn preparation_rules(&self) -> &'static PreparationRules;

    /// Reads the checkpoint's `tokenizer.json`.
    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError>;

    /// Logarithm of the scale of the affinity, and its bias.
    fn calibration(&self, weights: &Weights) -> Result<(f32, f32), ModelError>;

    /// Loads the image tower.
    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError>;

    /// Loads the text tower.
    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError>;
}

/// A loaded image tower.
pub(super) trait ImageModel: fmt::Debug + Send + Sync {
    /// Raw embeddings, row after row, of images of the model's size.
    fn forward(&self, images: &[Square]) -> Result<Vec<f32>, ModelError>;
}

/// A loaded text tower.
pub(super) trait TextModel: fmt::Debug + Send + Sync {
    /// Raw embeddings, row after row, of texts of one length.
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError>;
}
