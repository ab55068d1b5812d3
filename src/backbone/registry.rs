//! The model families that this program runs, and their published checkpoints.

use std::path::Path;

use serde_json::Value;

use super::error::ModelError;
pub use super::facts::KnownModel;
use super::family::{Backbone, Family};
use super::{clip, file, siglip};

pub(super) const FAMILIES: &[Family] = &[siglip::FAMILY, clip::CLIP, clip::METACLIP_2];

/// Reads the `config.json` of any family.
pub(super) fn read_config(path: &Path) -> Result<Box<dyn Backbone>, ModelError> {
    let config: Value = file::json(path)?;
    let unsupported =
        |reason: String, help: &str| ModelError::unsupported(path, format!("{reason}\nhelp: use {help}"));
    let all = || {
        let families = FAMILIES.iter().map(|family| format!("{} ({})", family.name, family.model_types[0]));
        families.collect::<Vec<_>>().join(", ")
    };
    let any = FAMILIES.iter().map(|family| family.help).collect::<Vec<_>>().join(", or ");
    let Some(model_type) = config.get("model_type").filter(|value| !value.is_null()) else {
        let reason = format!("model_type is missing, so this is not known to be one of {}", all());
        return Err(unsupported(reason, &any));
    };
    let model_type = model_type
        .as_str()
        .ok_or_else(|| ModelError::damaged(path, format!("model_type is {model_type}, not text")))?;
    let Some(family) = FAMILIES.iter().find(|family| family.model_types.contains(&model_type)) else {
        return Err(unsupported(
            format!("this is a {model_type:?} model; those that are read are {}", all()),
            &any,
        ));
    };
    (family.read)(&config).map_err(|reason| unsupported(reason, family.help))
}

/// All published checkpoints, family by family.
pub fn models() -> Vec<KnownModel> {
    FAMILIES.iter().flat_map(|family| (family.models)()).collect()
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
        assert_eq!(like("microsoft/xclip-base-patch32"), None);
    }
}
