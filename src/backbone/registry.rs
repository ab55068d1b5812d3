//! The model families that this program runs, and their published checkpoints.

use std::path::Path;

use serde_json::Value;

use super::error::ModelError;
pub use super::facts::KnownModel;
use super::family::{Backbone, Family};
use super::{file, siglip};

pub(super) const FAMILIES: &[Family] = &[siglip::FAMILY];

/// Reads the `config.json` of any family.
pub(super) fn read_config(path: &Path) -> Result<Box<dyn Backbone>, ModelError> {
    const WORKS: &str = "use a fixed-resolution SigLIP checkpoint such as google/siglip-base-patch16-224";
    let config: Value = file::json(path)?;
    let names = || FAMILIES.iter().map(|family| family.name).collect::<Vec<_>>().join(" or ");
    let unsupported = |reason: String| ModelError::unsupported(path, format!("{reason}\nhelp: {WORKS}"));
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
        assert_eq!(like("openai/clip-vit-base-patch32"), None);
    }
}
