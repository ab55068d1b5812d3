//! What one model family has of its own.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::ModelFacts;
use super::file;
use super::identity::Tower;
use super::preparation::{Normalisation, PreparationRules};
use super::preprocess::Square;
use super::registry::KnownModel;
use super::siglip;
use super::tokenizer::{TextTokenizer, Tokens};
use super::weights::Weights;

/// A model family. A further one is a folder beside `siglip` and an entry in [`FAMILIES`].
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

/// All families.
pub(super) const FAMILIES: &[Family] = &[siglip::FAMILY];

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

/// How a family names its tensors.
#[derive(Debug)]
pub(super) struct WeightLayout {
    /// How the names of the image tower's and the text tower's tensors begin.
    pub towers: [&'static str; 2],
    /// Tensors that every checkpoint has: what stands before their names is a prefix of all names.
    pub anchors: [&'static str; 2],
}

impl WeightLayout {
    /// How the names of a tower's tensors begin.
    pub fn prefix(&self, tower: Tower) -> &'static str {
        match tower {
            Tower::Vision => self.towers[0],
            Tower::Text => self.towers[1],
        }
    }
}

/// Reads the `config.json` of any family.
///
/// # Errors
/// A file that cannot be read, or that is of no family or of a model that cannot be used.
pub(super) fn read_config(path: &Path) -> Result<Box<dyn Backbone>, ModelError> {
    const WORKS: &str = "use a fixed-resolution SigLIP checkpoint such as google/siglip-base-patch16-224";
    let config: Value = file::json(path)?;
    let names = || FAMILIES.iter().map(|family| family.name).collect::<Vec<_>>().join(" or ");
    let unsupported = |reason: String| ModelError::unsupported(path, format!("{reason}; {WORKS}"));
    let Some(model_type) = config.get("model_type").filter(|value| !value.is_null()) else {
        let reason = format!("model_type is missing, so this is not known to be {}", names());
        return Err(unsupported(reason));
    };
    let model_type = model_type
        .as_str()
        .ok_or_else(|| ModelError::damaged(path, format!("model_type is {model_type}, not text")))?;
    let Some(family) = FAMILIES.iter().find(|family| family.model_types.contains(&model_type)) else {
        return Err(unsupported(format!("this is a {model_type:?} model, not {}", names())));
    };
    (family.read)(&config).map_err(unsupported)
}
