//! The model families that this program runs, and their published checkpoints.

use std::path::Path;

use serde_json::Value;

use super::description::{Description, Images};
use super::error::ModelError;
pub use super::facts::KnownModel;
use super::family::Family;
use super::layout::{CONFIG, OPEN_CLIP_CONFIG};
use super::{clip, file, open_clip, pe, siglip, xclip};

pub(super) const FAMILIES: &[Family] =
    &[siglip::FAMILY, siglip::FLEXIBLE, clip::CLIP, clip::METACLIP_2, pe::FAMILY, xclip::FAMILY];

/// Reads the configuration in a folder.
pub(super) fn read_folder(dir: &Path) -> Result<Description, ModelError> {
    let open_clip = dir.join(OPEN_CLIP_CONFIG);
    if file::is_there(&open_clip)? && !names_model(&dir.join(CONFIG))? {
        return open_clip::read(&open_clip);
    }
    read_config(&file::present(dir, CONFIG)?)
}

/// Whether a configuration is that of a model. Folders in the layout of OpenCLIP may hold a `config.json` of the image tower
/// alone.
pub(super) fn names_model(path: &Path) -> Result<bool, ModelError> {
    let is_of_tower = |config: Value| ["model_type", "model_cfg"].iter().all(|key| config.get(key).is_none());
    Ok(file::is_there(path)? && !file::json(path).is_ok_and(is_of_tower))
}

/// Reads the configuration of any family, in the layout that the file's name tells.
pub(super) fn read_config(path: &Path) -> Result<Description, ModelError> {
    if path.file_name().is_some_and(|name| name == OPEN_CLIP_CONFIG) {
        return open_clip::read(path);
    }
    let config: Value = file::json(path)?;
    let unsupported =
        |reason: String, help: &str| ModelError::unsupported(path, format!("{reason}\nhelp: use {help}"));
    let all = || FAMILIES.iter().map(in_words).collect::<Vec<_>>().join(", ");
    let any = FAMILIES.iter().map(|family| family.help).collect::<Vec<_>>().join(", or ");
    let Some(model_type) = config.get("model_type").filter(|value| !value.is_null()) else {
        let reason = format!("model_type is missing, so this is not known to be one of {}", all());
        return Err(unsupported(reason, &any));
    };
    let model_type = model_type
        .as_str()
        .ok_or_else(|| ModelError::damaged(path, format!("model_type is {model_type}, not text")))?;
    let found = FAMILIES.iter().find_map(|family| {
        let files = family.in_transformers.as_ref()?;
        files.model_types.contains(&model_type).then_some((family, files))
    });
    let Some((family, files)) = found else {
        return Err(unsupported(
            format!("this is a {model_type:?} model; those that are read are {}", all()),
            &any,
        ));
    };
    let model = (files.read)(&config).map_err(|reason| unsupported(reason, family.help))?;
    let images = Images::InFiles(files.preparation);
    Ok(Description { model, layout: files.layout, images, cleaning: None })
}

/// Its name, and what its configuration is called by.
fn in_words(family: &Family) -> String {
    let by = family.in_transformers.as_ref().map_or(OPEN_CLIP_CONFIG, |files| files.model_types[0]);
    format!("{} ({by})", family.name)
}

/// All published checkpoints, family by family.
pub fn models() -> Vec<KnownModel> {
    FAMILIES.iter().flat_map(|family| (family.models)()).collect()
}

/// Whether a published checkpoint of that name is in the layout of OpenCLIP.
pub fn is_in_open_clip(id: &str) -> bool {
    let mut families = FAMILIES.iter().filter(|family| family.in_transformers.is_none());
    families.any(|family| (family.models)().iter().any(|model| model.id == id))
}

/// The checkpoint of that name.
pub fn find(id: &str) -> Option<KnownModel> {
    models().into_iter().find(|model| model.id == id)
}

/// The name that a mistyped one was most likely to be.
pub fn like(id: &str) -> Option<&'static str> {
    let likeness = |model: &KnownModel| strsim::normalized_damerau_levenshtein(model.id, id);
    let best = models().into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (best.id != id && likeness(&best) > 0.7).then_some(best.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_mistyped_ones_found() {
        let models = models();
        for (number, model) in models.iter().enumerate() {
            assert_eq!(find(model.id).as_ref(), Some(model));
            assert!(models[..number].iter().all(|other| other.id != model.id));
            assert_eq!(like(model.id), None);
        }
        assert_eq!(like("google/siglip-base-patch16-225"), Some("google/siglip-base-patch16-224"));
        assert_eq!(like("gogle/siglip2-so400m-patch14-384"), Some("google/siglip2-so400m-patch14-384"));
        assert_eq!(like("openai/clip-vit-base-patch23"), Some("openai/clip-vit-base-patch32"));
        assert_eq!(like("microsoft/xclip-base-patch23"), Some("microsoft/xclip-base-patch32"));
        assert_eq!(like("microsoft/git-base"), None);
    }
}
