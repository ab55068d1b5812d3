//! Checkpoints in the layout of OpenCLIP: `open_clip_config.json`, `open_clip_model.safetensors`, `tokenizer.json`.
//!
//! The families stay as they are: their configurations are put together from that file, and the tensors that they ask for
//! are found under the names of OpenCLIP and timm.

mod config;
mod names;
mod settings;
mod timm;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::{Map, Value};

use super::description::{Description, Images};
use super::error::ModelError;
use super::file;
use super::preparation::{ImageConfig, Normalisation};
use super::resize::{Filter, Fit};
use settings::Settings;

const READ: &str = "a checkpoint of PE-Core (timm/PE-Core-B-16), SigLIP (timm/ViT-B-16-SigLIP), or CLIP with a ViT as image \
                    tower (OpenAI, LAION, DFN, MetaCLIP): no other model is read in the layout of OpenCLIP";

/// Reads `open_clip_config.json`.
pub(super) fn read(path: &Path) -> Result<Description, ModelError> {
    let fields: Map<String, Value> = file::json(path)?;
    let refuse = |reason: String| ModelError::unsupported(path, format!("{reason}\nhelp: use {READ}"));
    let whole = Settings { name: "open_clip_config", fields: &fields };
    let config = whole.object("model_cfg").and_then(|model| config::read(model.fields)).map_err(refuse)?;
    let config::Model { model, has_timm_tower, has_text_object, cleaning } = config;
    let empty = Map::new();
    let preparation = whole.object_if_there("preprocess_cfg").map_err(refuse)?;
    let preparation = preparation.unwrap_or(Settings { name: "preprocess_cfg", fields: &empty });
    let images = images(&preparation, model.facts().image_size).map_err(refuse)?;
    Ok(Description {
        model,
        layout: names::layout(has_timm_tower, has_text_object),
        images: Images::Stated(images, path.to_owned()),
        cleaning: Some(cleaning),
    })
}

/// Reads `preprocess_cfg`, for images of `size` pixels a side.
fn images(settings: &Settings, size: usize) -> Result<ImageConfig, String> {
    settings.check_others(
        &["mean", "std", "interpolation", "resize_mode", "mode"],
        // The size is the model's, whatever stands here. What is cut needs no fill.
        &["size", "fill_color"],
    )?;
    settings.expect("mode", "RGB")?;
    let mean = settings.colours("mean", [0.48145466, 0.4578275, 0.40821073])?;
    let std = settings.colours("std", [0.26862954, 0.26130258, 0.27577711])?;
    if let Some(bad) = std.iter().find(|std| **std <= 0.0) {
        return Err(format!("\"preprocess_cfg.std\" holds {bad}, which is not above 0"));
    }
    let filter = match settings.text("interpolation")? {
        // Random in training alone.
        None | Some("bicubic" | "random") => Filter::Bicubic,
        Some("bilinear") => Filter::Bilinear,
        Some(other) => return Err(format!("\"preprocess_cfg.interpolation\": {other:?} is not known here")),
    };
    let fit = match settings.text("resize_mode")? {
        None | Some("shortest") => Fit::CropRounded { shortest: size },
        Some("squash") => Fit::Squash,
        Some(other) => {
            return Err(format!(
                "\"preprocess_cfg.resize_mode\": {other:?} is not known here; shortest and squash are"
            ));
        }
    };
    Ok(ImageConfig { filter, normalisation: Normalisation::new(mean, std), fit })
}
