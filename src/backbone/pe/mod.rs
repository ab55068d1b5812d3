//! PE-Core, the Perception Encoder of Bolya et al. 2025: a ViT with rotary positions and a head that pools by attention, and
//! the text tower of CLIP. Published in the layout of OpenCLIP.

mod config;
mod published;
mod vision;

use std::path::Path;

use super::clip::{ClipText, CpuText, End};
use super::cpu::encoder::Loader;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{ModelFacts, Tower};
use super::family::{Backbone, Family, ImageModel, StoredCalibration, TextModel};
use super::loading::{load_images, load_texts};
use super::patches::{Order, Patches};
use super::preparation::Normalisation;
use super::tokenizer::{TextTokenizer, TokenizerKind};
use super::weights::Weights;
use vision::{CpuVision, PeVision};

pub(super) use config::{Config, TextSizes};
pub(super) use published::tower;

pub(super) const FAMILY: Family = Family {
    name: "PE-Core",
    help: "a PE-Core checkpoint in the layout of OpenCLIP such as timm/PE-Core-B-16",
    models: published::models,
    in_transformers: None,
};

/// As OpenCLIP does it: the first of the highest id.
const END: End = End::Highest;

impl Backbone for Config {
    fn facts(&self) -> ModelFacts {
        // The scale is one value.
        self.outline().facts(FAMILY.name, &self.shapes(), 1)
    }

    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.shapes()
    }

    fn recipe(&self, tower: Tower) -> String {
        match tower {
            Tower::Vision => format!("PE-Core {:?} {}", self.vision, self.dim),
            Tower::Text => format!("PE-Core {:?} {}", self.text, self.dim),
        }
    }

    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError> {
        TextTokenizer::open(path, self.text.positions, self.text.vocabulary, &[TokenizerKind::Clip])
    }

    fn calibration(&self, weights: &Weights) -> Result<StoredCalibration, ModelError> {
        Ok(StoredCalibration { logit_scale: weights.scalar("logit_scale")?, logit_bias: None })
    }

    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError> {
        let outline = self.outline();
        let patches = Patches { side: outline.patch_size(), order: Order::Colours, normalisation };
        let kernels = |loader: &Loader| CpuVision::load(loader, self);
        load_images(weights, patches, device, kernels, |device| PeVision::new(self, device))
    }

    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError> {
        let outline = self.outline();
        let kernels = |loader: &Loader| CpuText::load(loader, &outline, END);
        load_texts(weights, device, kernels, |device| ClipText::new(&outline, END, device))
    }
}
