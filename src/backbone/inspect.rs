//! Describes a folder that may be a checkpoint.

use std::path::Path;

use super::checkpoint::notices;
use super::error::ModelError;
use super::facts::{ModelFacts, WeightFacts};
use super::family::StoredCalibration;
use super::registry::read_folder;
use super::resize::Fit;
use super::siglip;
use super::tokenizer::{TextTokenizer, TokenizerKind, tokenizer_file};
use super::weights::Weights;

/// Contents of a folder, each part as far as it can be read.
#[derive(Debug, Default)]
pub struct Inspection {
    pub model: Option<ModelFacts>,
    pub tokenizer: Option<TokenizerKind>,
    /// The weights, if they fit the configuration.
    pub weights: Option<WeightFacts>,
    /// Whether images are cut from the middle of the picture.
    pub crops: bool,
    pub notices: Vec<String>,
    pub problems: Vec<ModelError>,
}

/// Inspects a folder. Reads all weights, to find values that are not finite.
pub fn inspect(dir: &Path) -> Inspection {
    let mut found = Inspection::default();
    let mut keep = |outcome: Result<(), ModelError>| found.problems.extend(outcome.err());
    let config = read_folder(dir);
    let config = config.map_err(|error| keep(Err(error))).ok();
    let mut model = config.as_ref().map(|config| config.model.facts());
    let (mut image_file, mut crops) = (None, false);
    if let (Some(config), Some(facts)) = (&config, &mut model) {
        match config.images(dir) {
            Ok((image, file)) => {
                *facts = facts.clone().prepared(image.fit);
                image_file = Some(file);
                crops = matches!(image.fit, Fit::Crop { .. } | Fit::CropRounded { .. });
            }
            Err(error) => keep(Err(error)),
        }
    } else if !dir.is_dir() {
        return found;
    }
    // Without a configuration, no tokenizer is refused for its length or vocabulary.
    let tokenizer = tokenizer_file(dir).and_then(|path| match &config {
        Some(config) => config.tokenizer(&path),
        None => TextTokenizer::open_any(&path),
    });
    let tokenizer = tokenizer.map(|tokenizer| tokenizer.kind()).map_err(|error| keep(Err(error))).ok();
    let layout = config.as_ref().map_or(&siglip::LAYOUT, |config| config.layout);
    let weights = Weights::open(dir, layout).and_then(|mut weights| {
        if let Some(config) = &config {
            weights.check(config.model.weight_shapes())?;
            weights.check_values()?;
        }
        // Without a configuration nothing is known of the preparation.
        let usual = match (&config, &image_file) {
            (Some(config), Some(file)) => config.usual(file.as_deref()),
            _ => None,
        };
        found.notices = notices(dir, usual, &weights);
        let StoredCalibration { logit_scale, logit_bias } = match &config {
            Some(config) => config.model.calibration(&weights)?,
            None => StoredCalibration {
                logit_scale: weights.scalar("logit_scale")?,
                logit_bias: weights.scalar("logit_bias").ok(),
            },
        };
        let (types, tensors) = weights.stored();
        Ok(WeightFacts { types, tensors, logit_scale, logit_bias })
    });
    let weights = weights.map_err(|error| keep(Err(error))).ok();
    Inspection { model, tokenizer, weights, crops, ..found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_has_as_many_values_as_its_configuration_makes() {
        for name in [
            "siglip/tiny",
            "siglip/awkward",
            "siglip/naflex",
            "clip/metaclip2",
            "xclip/tiny",
            "xclip/awkward",
        ] {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
            let found = inspect(&dir);
            assert!(found.problems.is_empty(), "{:?}", found.problems);
            let stored: u64 = found.weights.unwrap().types.values().sum();
            assert_eq!(found.model.unwrap().parameters, stored);
        }
    }
}
