//! SigLIP and SigLIP 2, of fixed and of flexible resolution (Zhai et al. 2023, Tschannen et al. 2025): ViT towers, an image
//! head that pools by attention, the text's last position projected, a sigmoid of scale and bias.

mod config;
mod naflex;
mod positions;
mod published;
mod text;
mod vision;

use std::path::Path;

use burn::tensor::{DType, Device};
use serde_json::Value;

use super::cpu::encoder::Loader;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{ModelFacts, Tower};
use super::family::{Backbone, Family, ImageModel, InTransformers, StoredCalibration, TextModel};
use super::layout::WeightLayout;
use super::loading::{load_images, load_module, load_texts};
use super::patches::Order;
use super::preparation::{ImageConfig, Normalisation, PreparationRules};
use super::resize::{Filter, Fit};
use super::tokenizer::{TextTokenizer, TokenizerKind};
use super::weights::Weights;
use config::{Config, IMAGE_HALVES, NAFLEX, TEXT_HALVES};
use naflex::NaflexVision;
use text::CpuText;
use vision::CpuVision;

pub use super::loading::ImageModule;
pub use super::patches::Patches;
pub use text::SiglipText;
pub use vision::SiglipVision;

pub(super) const FAMILY: Family = Family {
    name: "SigLIP",
    help: "a whole SigLIP checkpoint such as google/siglip-base-patch16-224",
    models: published::models,
    in_transformers: Some(InTransformers {
        model_types: &["siglip", IMAGE_HALVES[0], TEXT_HALVES[0]],
        read: |config| Ok(Box::new(Config::read(config)?)),
        layout: &LAYOUT,
        preparation: &FIXED_PREPARATION,
    }),
};

/// SigLIP 2 of flexible resolution. Its published checkpoints are listed with the others.
pub(super) const FLEXIBLE: Family = Family {
    name: "SigLIP 2 NaFlex",
    help: "a whole SigLIP 2 checkpoint such as google/siglip2-base-patch16-naflex",
    models: Vec::new,
    in_transformers: Some(InTransformers {
        model_types: &[NAFLEX, IMAGE_HALVES[1], TEXT_HALVES[1]],
        read: |config| Ok(Box::new(Config::read(config)?)),
        layout: &LAYOUT,
        preparation: &NAFLEX_PREPARATION,
    }),
};

/// Names of the tensors in the published files.
pub(super) static LAYOUT: WeightLayout =
    WeightLayout::of_transformers([&["vision_model."], &["text_model."]]);

static FIXED_PREPARATION: PreparationRules = PreparationRules {
    family: "SigLIP",
    processors: &["SiglipImageProcessor", "SiglipImageProcessorFast", "SiglipImageProcessorPil"],
    filter: Filter::Bicubic,
    mean: [0.5; 3],
    std: [0.5; 3],
    crops: false,
};

/// At flexible resolution.
static NAFLEX_PREPARATION: PreparationRules = PreparationRules {
    processors: &["Siglip2ImageProcessor", "Siglip2ImageProcessorFast", "Siglip2ImageProcessorPil"],
    filter: Filter::Bilinear,
    ..FIXED_PREPARATION
};
/// Most patches of an image where no file says.
const MAX_PATCHES: usize = 256;

impl Backbone for Config {
    fn facts(&self) -> ModelFacts {
        // Scale and bias are one value each.
        let facts = self.outline().facts(FAMILY.name, &self.shapes(), 2);
        if self.is_flexible() {
            let fit = Fit::Patches { side: facts.patch_size, most: MAX_PATCHES };
            return facts.prepared(fit);
        }
        facts
    }

    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.shapes()
    }

    fn recipe(&self, tower: Tower) -> String {
        match tower {
            Tower::Vision if self.is_flexible() => format!("NaFlex {:?}", self.vision_config),
            Tower::Vision => format!("{:?}", self.vision_config),
            Tower::Text => format!("{:?}", self.text_config),
        }
    }

    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError> {
        let (length, vocabulary) = (self.text_config.max_position_embeddings, self.text_config.vocab_size);
        TextTokenizer::open(path, length, vocabulary, &[TokenizerKind::V1, TokenizerKind::V2])
    }

    fn calibration(&self, weights: &Weights) -> Result<StoredCalibration, ModelError> {
        let [logit_scale, logit_bias] = ["logit_scale", "logit_bias"].map(|name| weights.scalar(name));
        Ok(StoredCalibration { logit_scale: logit_scale?, logit_bias: Some(logit_bias?) })
    }

    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError> {
        let (outline, patches) = (self.outline(), self.patches(normalisation));
        let flexible = self.is_flexible();
        let kernels = |loader: &Loader| CpuVision::load(loader, &outline, flexible);
        if flexible {
            return load_images(weights, patches, device, kernels, |device| {
                NaflexVision::new(&outline, device)
            });
        }
        load_images(weights, patches, device, kernels, |device| SiglipVision::new(&outline, device))
    }

    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError> {
        let outline = self.outline();
        let kernels = |loader: &Loader| CpuText::load(loader, &outline.text);
        load_texts(weights, device, kernels, |device| SiglipText::new(&outline, device))
    }
}

/// Both towers as burn modules, for training.
#[derive(Debug)]
pub struct Modules {
    pub vision: SiglipVision,
    pub text: SiglipText,
    /// Logarithm of the scale.
    pub logit_scale: f32,
    pub logit_bias: f32,
}

impl Modules {
    /// Loads a checkpoint onto a device, in single precision.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, ModelError> {
        let config = Config::open(&folder.join("config.json"))?;
        let mut weights = Weights::open(folder, &LAYOUT)?;
        weights.check(config.shapes())?;
        let outline = config.outline();
        let vision = SiglipVision::new(&outline, device);
        let vision = load_module(&weights, Tower::Vision, vision, DType::F32)?;
        let text = SiglipText::new(&outline, device);
        let text = load_module(&weights, Tower::Text, text, DType::F32)?;
        let (logit_scale, logit_bias) = (weights.scalar("logit_scale")?, weights.scalar("logit_bias")?);
        Ok(Self { vision, text, logit_scale, logit_bias })
    }
}

impl Patches {
    /// As a checkpoint prepares images.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let config = Config::open(&folder.join("config.json"))?;
        let (image, _) = ImageConfig::read(folder, &config.facts(), &FIXED_PREPARATION)?;
        Ok(config.patches(image.normalisation))
    }
}

/// Names and shapes of the weights that a `config.json` asks for.
pub fn weight_shapes(config: &Path) -> Result<Vec<(String, Vec<usize>)>, ModelError> {
    Ok(Config::open(config)?.shapes())
}

impl Config {
    fn open(path: &Path) -> Result<Self, ModelError> {
        let config: Value = super::file::json(path)?;
        Self::read(&config).map_err(|reason| ModelError::unsupported(path, reason))
    }

    fn patches(&self, normalisation: Normalisation) -> Patches {
        let order = if self.is_flexible() { Order::Pixels } else { Order::Colours };
        Patches { side: self.outline().patch_size(), order, normalisation }
    }
}
