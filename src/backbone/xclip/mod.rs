//! X-CLIP (Ni et al. 2022): a CLIP for clips. The frames of a clip exchange messages inside the image tower, a transformer
//! makes one embedding of them, and prompts word the texts in the light of the clip.

mod config;
mod head;
mod published;
mod vision;

use std::path::Path;

use super::clip::{ClipText, CpuText, End};
use super::cpu::Isa;
use super::cpu::encoder::Loader;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{ModelFacts, Tower};
use super::family::{Backbone, ClipHead, Family, ImageModel, InTransformers, StoredCalibration, TextModel};
use super::layout::WeightLayout;
use super::loading::{load_images, load_texts};
use super::patches::{Order, Patches};
use super::preparation::{Normalisation, PreparationRules};
use super::resize::Filter;
use super::tokenizer::{TextTokenizer, TokenizerKind};
use super::weights::Weights;
use config::Config;
use head::VideoHead;
use vision::{CpuFrameTower, FrameTower};

pub(super) const FAMILY: Family = Family {
    name: "X-CLIP",
    help: "a whole X-CLIP checkpoint such as microsoft/xclip-base-patch32 for eval --x-clip",
    models: published::models,
    in_transformers: Some(InTransformers {
        model_types: &["xclip", "xclip_vision_model", "xclip_text_model"],
        read: |config| Ok(Box::new(Config::read(config)?)),
        layout: &LAYOUT,
        preparation: &PREPARATION,
    }),
};

/// Names of the tensors in the published files.
static LAYOUT: WeightLayout = WeightLayout::of_transformers([
    &["vision_model.", "visual_projection.", "mit.", "prompts_"],
    &["text_model.", "text_projection."],
]);

static PREPARATION: PreparationRules = PreparationRules {
    family: "X-CLIP",
    processors: &[
        "VideoMAEImageProcessor",
        "VideoMAEImageProcessorFast",
        "VideoMAEImageProcessorPil",
        "VideoMAEFeatureExtractor",
    ],
    filter: Filter::Bilinear,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    crops: true,
};

impl Backbone for Config {
    fn facts(&self) -> ModelFacts {
        // The scale is one value.
        let facts = self.outline().facts(FAMILY.name, &self.shapes(), 1);
        ModelFacts { frames: Some(self.video.num_frames), ..facts }
    }

    fn weight_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.shapes()
    }

    fn recipe(&self, tower: Tower) -> String {
        let Self { clip, video, prompts } = self;
        match tower {
            Tower::Vision => {
                format!("X-CLIP {:?} {video:?} {prompts:?} {}", clip.vision, clip.projection_dim)
            }
            Tower::Text => format!("X-CLIP {:?} {}", clip.text, clip.projection_dim),
        }
    }

    fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError> {
        let (length, vocabulary) = (self.clip.text.max_position_embeddings, self.clip.text.vocab_size);
        TextTokenizer::open(path, length, vocabulary, &[TokenizerKind::Clip])
    }

    fn calibration(&self, weights: &Weights) -> Result<StoredCalibration, ModelError> {
        Ok(StoredCalibration { logit_scale: weights.scalar("logit_scale")?, logit_bias: None })
    }

    /// The tower makes the states of all positions of the frames of one clip.
    fn load_vision(
        &self,
        weights: &Weights,
        normalisation: Normalisation,
        device: &ComputeDevice,
    ) -> Result<Box<dyn ImageModel>, ModelError> {
        let outline = self.outline();
        let patches = Patches { side: outline.patch_size(), order: Order::Colours, normalisation };
        let kernels = |loader: &Loader| CpuFrameTower::load(loader, &outline);
        load_images(weights, patches, device, kernels, |device| FrameTower::new(&outline, device))
    }

    fn load_text(&self, weights: &Weights, device: &ComputeDevice) -> Result<Box<dyn TextModel>, ModelError> {
        let outline = self.outline();
        // The reference implementation takes the highest id, whatever the configuration says.
        let kernels = |loader: &Loader| CpuText::load(loader, &outline, End::Highest);
        load_texts(weights, device, kernels, |device| ClipText::new(&outline, End::Highest, device))
    }

    fn load_clip_head(
        &self,
        weights: &Weights,
        device: &ComputeDevice,
    ) -> Result<Option<Box<dyn ClipHead>>, ModelError> {
        let tensors = weights.map()?;
        let isa = device.cpu().unwrap_or_else(Isa::detect);
        let loader = Loader { tensors: &tensors, isa, packing: device.packing() };
        Ok(Some(Box::new(VideoHead::load(&loader, self)?)))
    }
}
