//! The model families that this program runs.

use std::path::Path;

use serde_json::Value;

use super::error::ModelError;
use super::family::{Backbone, Family};
use super::file;
use super::siglip;

/// All families.
pub(super) const FAMILIES: &[Family] = &[siglip::FAMILY];

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
