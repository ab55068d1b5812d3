//! CLIP (Radford et al. 2021) and the models of its architecture, OpenCLIP's, MetaCLIP's and DFN's among them, and MetaCLIP 2
//! (Chuang et al. 2025), which has another tokenizer: ViT towers without a bias of the logit.

mod config;
mod published;
mod text;
mod vision;

use std::path::Path;

use super::cpu::encoder::Loader;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{ModelFacts, Tower};
use super::family::{Backbone, Family, ImageModel, InTransformers, StoredCalibration, TextModel};
use super::layout::WeightLayout;
use super::loading::{load_images, load_texts};
use super::patches::{Order, Patches};
use super::preparation::{Normalisation, PreparationRules};
use super::resize::Filter;
use super::tokenizer::{TextTokenizer, TokenizerKind};
use super::weights::Weights;
use vision::{ClipVision, CpuVision};

pub(super) use config::{Config, End, Generation, text_shapes};
pub(super) use text::{ClipText, CpuText};
pub(super) use vision::{PatchEmbeddings, PatchRows};

pub(super) const CLIP: Family = Family {
    name: "CLIP",
    help: "a whole CLIP checkpoint such as openai/clip-vit-large-patch14",
    models: published::clip,
    in_transformers: Some(InTransformers {
        model_types: &["clip", "clip_vision_model", "clip_text_model"],
        read: |config| Ok(Box::new(Config::read(config, Generation::Clip)?)),
        layout: &LAYOUT,
        preparation: &PREPARATION,
    }),
};

pub(super) const METACLIP_2: Family = Family {
    name: "MetaCLIP 2",
    help: "a whole MetaCLIP 2 checkpoint such as facebook/metaclip-2-worldwide-huge-quickgelu",
    models: published::metaclip_2,
    in_transformers: Some(InTransformers {
        model_types: &["metaclip_2", "metaclip_2_vision_model", "metaclip_2_text_model"],
        read: |config| Ok(Box::new(Config::read(config, Generation::MetaClip2)?)),
        layout: &LAYOUT,
        preparation: &PREPARATION,
    }),
};

/// Names of the tensors in the published files.
static LAYOUT: WeightLayout = WeightLayout::of_transformers([
    &["vision_model.", "visual_projection."],
    &["text_model.", "text_projection."],
]);

static PREPARATION: PreparationRules = PreparationRules {
    family: "CLIP",
    processors: &[
        "CLIPImageProcessor",
        "CLIPImageProcessorFast",
        "CLIPImageProcessorPil",
        "CLIPFeatureExtractor",
    ],
    filter: Filter::Bicubic,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    crops: true,
};

impl Backbone for Config {
    fn facts(&self) -> ModelFacts {
        let family = match self.generation {
            Generation::Clip => CLIP.name,
            Generation::MetaClip2 => METACLIP_2.name,
        };
        // The scale is one value.
        self.outline().facts(family, &self.shapes(), 1)
    }

    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.shapes()
    }

    fn recipe(&self, tower: Tower) -> String {
        match tower {
            Tower::Vision => format!("CLIP {:?} {}", self.vision, self.projection_dim),
            Tower::Text => format!("{:?} {:?} {}", self.generation, self.text, self.projection_dim),
        }
    }

    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError> {
        let kind = match self.generation {
            Generation::Clip => TokenizerKind::Clip,
            Generation::MetaClip2 => TokenizerKind::XlmV,
        };
        let (length, vocabulary) = (self.text.max_position_embeddings, self.text.vocab_size);
        let tokenizer = TextTokenizer::open(path, length, vocabulary, &[kind])?;
        match self.end() {
            End::Token(id) if id != tokenizer.end() => Err(ModelError::unsupported(
                path,
                format!(
                    "its texts end with the token {}, and config.json says {id} (eos_token_id)\nhelp: fetch the checkpoint again",
                    tokenizer.end()
                ),
            )),
            _ => Ok(tokenizer),
        }
    }

    fn calibration(&self, weights: &Weights) -> Result<StoredCalibration, ModelError> {
        // Of all its models, those that were trained with a sigmoid have a bias.
        let bias = weights.has("logit_bias").then(|| weights.scalar("logit_bias")).transpose()?;
        Ok(StoredCalibration { logit_scale: weights.scalar("logit_scale")?, logit_bias: bias })
    }

    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError> {
        let outline = self.outline();
        let patches = Patches { side: outline.patch_size(), order: Order::Colours, normalisation };
        let kernels = |loader: &Loader| CpuVision::load(loader, &outline);
        load_images(weights, patches, device, kernels, |device| ClipVision::new(&outline, device))
    }

    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError> {
        let (outline, end) = (self.outline(), self.end());
        let kernels = |loader: &Loader| CpuText::load(loader, &outline, end);
        load_texts(weights, device, kernels, |device| ClipText::new(&outline, end, device))
    }
}
