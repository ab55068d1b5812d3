//! SigLIP and SigLIP 2 of fixed resolution (Zhai et al. 2023, Tschannen et al. 2025): ViT towers, an image head that pools
//! by attention, the text's last position projected, a sigmoid of scale and bias.

mod config;
mod cpu_text;
mod cpu_vision;
mod published;
mod shapes;
mod text;
mod vision;

#[cfg(test)]
mod tests;

use std::path::Path;

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use serde_json::Value;

use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{ModelFacts, Tower, TowerFacts};
use super::family::{Backbone, Family, ImageModel, TextModel};
use super::preparation::{Normalisation, PreparationRules};
use super::resize::Square;
use super::tokenizer::{TextTokenizer, Tokens};
use super::weights::{WeightLayout, Weights};
use config::Config;

pub use text::SiglipText;
pub use vision::{Patches, SiglipVision};

pub(super) const FAMILY: Family = Family {
    name: "SigLIP",
    model_types: &["siglip", "siglip2", "siglip_vision_model", "siglip_text_model"],
    read: |config| Ok(Box::new(Config::read(config)?)),
    models: published::models,
};

/// Names of the tensors in the published files.
pub(super) static LAYOUT: WeightLayout = WeightLayout {
    towers: ["vision_model.", "text_model."],
    anchors: [
        "vision_model.embeddings.patch_embedding.weight",
        "text_model.embeddings.token_embedding.weight",
    ],
};

static PREPARATION: PreparationRules = PreparationRules {
    family: "SigLIP",
    processors: &["SiglipImageProcessor", "SiglipImageProcessorFast", "SiglipImageProcessorPil"],
};

impl Backbone for Config {
    fn facts(&self) -> ModelFacts {
        let (vision, text) = (&self.vision_config, &self.text_config);
        let values = |shape: &[usize]| shape.iter().map(|side| *side as u64).product::<u64>();
        let towers: u64 = self.weight_shapes().iter().map(|(_, shape)| values(shape)).sum();
        ModelFacts {
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

    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)> {
        shapes::shapes(self)
    }

    fn layout(&self) -> &'static WeightLayout {
        &LAYOUT
    }

    fn recipe(&self, tower: Tower) -> String {
        match tower {
            Tower::Vision => format!("{:?}", self.vision_config),
            Tower::Text => format!("{:?}", self.text_config),
        }
    }

    fn preparation_rules(&self) -> &'static PreparationRules {
        &PREPARATION
    }

    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError> {
        TextTokenizer::open(path, self.text_config.max_position_embeddings, self.text_config.vocab_size)
    }

    fn calibration(&self, weights: &Weights) -> Result<(f32, f32), ModelError> {
        Ok((weights.scalar("logit_scale")?, weights.scalar("logit_bias")?))
    }

    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError> {
        let patches = Patches { config: self.vision_config.clone(), normalisation };
        let precision = device.precision();
        if let Some(isa) = device.cpu() {
            let model = cpu_vision::CpuVision::load(&weights.map()?, &self.vision_config, isa, precision)?;
            return Ok(Box::new(OnCpu { model, patches }));
        }
        let (device, dtype) = (device.device().clone(), precision.dtype());
        let model = SiglipVision::new(&self.vision_config, &device);
        let model = load(weights, Tower::Vision, model, dtype)?;
        Ok(Box::new(OnDevice { model, patches, device, dtype }))
    }

    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError> {
        let config = &self.text_config;
        let precision = device.precision();
        if let Some(isa) = device.cpu() {
            return Ok(Box::new(cpu_text::CpuText::load(&weights.map()?, config, isa, precision)?));
        }
        let device = device.device().clone();
        let model = load(weights, Tower::Text, SiglipText::new(config, &device), precision.dtype())?;
        Ok(Box::new(TextOnDevice { model, device }))
    }
}

/// Loads the weights of a tower into its burn module.
fn load<M: Module>(weights: &Weights, tower: Tower, mut model: M, dtype: DType) -> Result<M, ModelError> {
    weights.map()?.check(LAYOUT.prefix(tower))?;
    weights.load(&mut model, dtype)?;
    Ok(model)
}

/// The image tower on the processor.
#[derive(Debug)]
struct OnCpu {
    model: cpu_vision::CpuVision,
    patches: Patches,
}

impl ImageModel for OnCpu {
    fn forward(&self, images: &[Square]) -> Result<Vec<f32>, ModelError> {
        Ok(self.model.forward(&self.patches.values(images), images.len()))
    }
}

/// The image tower on one of burn's devices.
#[derive(Debug)]
struct OnDevice {
    model: SiglipVision,
    patches: Patches,
    device: Device,
    dtype: DType,
}

impl ImageModel for OnDevice {
    fn forward(&self, images: &[Square]) -> Result<Vec<f32>, ModelError> {
        let patches = self.patches.tensor(images, &self.device);
        into_values(self.model.forward(patches.cast(self.dtype), images.len()))
    }
}

impl TextModel for cpu_text::CpuText {
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError> {
        self.embed(texts.iter().map(|text| text.ids.as_slice()))
    }
}

/// The text tower on one of burn's devices.
#[derive(Debug)]
struct TextOnDevice {
    model: SiglipText,
    device: Device,
}

impl TextModel for TextOnDevice {
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError> {
        let ids: Vec<i32> = texts.iter().flat_map(|text| &text.ids).copied().collect();
        let shape = [texts.len(), ids.len() / texts.len().max(1)];
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, shape), &self.device);
        into_values(self.model.forward(ids))
    }
}

fn into_values(embeddings: Tensor<2>) -> Result<Vec<f32>, ModelError> {
    embeddings.try_into_vec_as::<f32>().map_err(|error| ModelError::Compute(error.to_string()))
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
        let weights = Weights::open(folder, &LAYOUT)?;
        let vision = SiglipVision::new(&config.vision_config, device);
        let vision = load(&weights, Tower::Vision, vision, DType::F32)?;
        let text = SiglipText::new(&config.text_config, device);
        let text = load(&weights, Tower::Text, text, DType::F32)?;
        let (logit_scale, logit_bias) = config.calibration(&weights)?;
        Ok(Self { vision, text, logit_scale, logit_bias })
    }
}

impl Patches {
    /// As a checkpoint prepares images.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let config = Config::open(&folder.join("config.json"))?.vision_config;
        let (image, _) = super::preparation::ImageConfig::read(folder, config.image_size(), &PREPARATION)?;
        Ok(Self { config, normalisation: image.normalisation })
    }
}

/// Names and shapes of the weights that a `config.json` asks for.
pub fn weight_shapes(config: &Path) -> Result<Vec<(String, Vec<usize>)>, ModelError> {
    Ok(Config::open(config)?.weight_shapes())
}

impl Config {
    fn open(path: &Path) -> Result<Self, ModelError> {
        let config: Value = super::file::json(path)?;
        Self::read(&config).map_err(|reason| ModelError::unsupported(path, reason))
    }
}
