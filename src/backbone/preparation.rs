//! Image preparation of a checkpoint, by its configuration. Every field is followed or refused.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::ModelError;
use super::facts::ModelFacts;
use super::file;
use super::resize::{Filter, Fit};

/// The file of transformers 5, with the image settings under `image_processor`.
const NESTED: &str = "processor_config.json";
/// The file of earlier versions.
const FLAT: &str = "preprocessor_config.json";

/// Resampling filter, normalisation, and how a picture becomes an image of a size that the model takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ImageConfig {
    pub filter: Filter,
    pub normalisation: Normalisation,
    pub fit: Fit,
}

/// Which settings of an image preparation fit a model family, and what it does where they say nothing.
#[derive(Debug)]
pub(super) struct PreparationRules {
    /// The family, whose name is part of its `processor_class`.
    pub family: &'static str,
    /// Its image processors.
    pub processors: &'static [&'static str],
    pub filter: Filter,
    pub mean: [f64; 3],
    pub std: [f64; 3],
    /// Whether the shorter side is resized, and the square cut from the middle.
    pub crops: bool,
}

/// `(value · factor − mean) / std`, per colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Normalisation {
    factor: f64,
    mean: [f64; 3],
    std: [f64; 3],
}

impl Normalisation {
    /// Of values from 0 to 1.
    pub fn new(mean: [f64; 3], std: [f64; 3]) -> Self {
        Self { factor: 1.0 / 255.0, mean, std }
    }

    /// Input values of the 256 levels of a colour (0 red, 1 green, 2 blue).
    pub fn levels(&self, colour: usize) -> [f32; 256] {
        std::array::from_fn(|v| ((v as f64 * self.factor - self.mean[colour]) / self.std[colour]) as f32)
    }
}

impl PreparationRules {
    /// The preparation of the family for a model of those sizes.
    fn usual(&self, facts: &ModelFacts) -> ImageConfig {
        let fit = match facts.max_patches {
            Some(most) => Fit::Patches { side: facts.patch_size, most },
            None if self.crops => Fit::Crop { shortest: facts.image_size },
            None => Fit::Squash,
        };
        ImageConfig { filter: self.filter, normalisation: self.normalisation(), fit }
    }

    fn normalisation(&self) -> Normalisation {
        Normalisation { factor: 1.0 / 255.0, mean: self.mean, std: self.std }
    }

    /// What a checkpoint without settings is told of.
    pub fn in_words(&self) -> String {
        let Self { family, mean, std, crops, .. } = self;
        let fit = if *crops { "cut from the middle, " } else { "" };
        let filter = match self.filter {
            Filter::Bilinear => "bilinear",
            Filter::Bicubic => "bicubic",
        };
        format!("as {family}'s are by default ({fit}{filter}, mean {mean:?}, deviation {std:?})")
    }
}

impl ImageConfig {
    /// Reads the preparation for a model of those sizes, and its file: `None` for the defaults. Two files must agree.
    pub fn read(
        dir: &Path,
        facts: &ModelFacts,
        rules: &PreparationRules,
    ) -> Result<(Self, Option<PathBuf>), ModelError> {
        let nested = Self::read_nested(dir.join(NESTED), facts, rules)?;
        let flat = dir.join(FLAT);
        let flat = if file::is_there(&flat)? {
            let settings: Map<String, Value> = file::json(&flat)?;
            Some((Settings { path: &flat, fields: &settings }.read(facts, rules)?, flat))
        } else {
            None
        };
        match (nested, flat) {
            (Some((config, _)), Some((other, flat))) if config != other => Err(ModelError::unsupported(
                &flat,
                format!(
                    "it prepares images in another way ({}) than {NESTED} beside it ({}); remove the file that does not \
                     belong to the weights",
                    other.in_words(),
                    config.in_words()
                ),
            )),
            (Some((config, path)), _) | (None, Some((config, path))) => Ok((config, Some(path))),
            (None, None) => Ok((rules.usual(facts), None)),
        }
    }

    /// All of it, for cache keys. A fit without a crop is not named: keys are older than crops.
    pub fn recipe(&self) -> String {
        let Self { filter, normalisation, fit } = self;
        let fit = if *fit == Fit::Squash { String::new() } else { format!(", fit: {fit:?}") };
        format!("ImageConfig {{ filter: {filter:?}, normalisation: {normalisation:?}{fit} }}")
    }

    fn in_words(&self) -> String {
        let Normalisation { factor, mean, std } = self.normalisation;
        format!("{:?}, {:?}, factor {factor}, mean {mean:?}, deviation {std:?}", self.filter, self.fit)
    }

    fn read_nested(
        path: PathBuf,
        facts: &ModelFacts,
        rules: &PreparationRules,
    ) -> Result<Option<(Self, PathBuf)>, ModelError> {
        if !file::is_there(&path)? {
            return Ok(None);
        }
        let whole: Map<String, Value> = file::json(&path)?;
        match whole.get("image_processor") {
            Some(Value::Object(settings)) => {
                check_family(&whole, rules).map_err(|reason| ModelError::unsupported(&path, reason))?;
                Ok(Some((Settings { path: &path, fields: settings }.read(facts, rules)?, path)))
            }
            // Before transformers 5, the file had no image settings.
            None if whole.contains_key("video_processor") => Err(ModelError::unsupported(
                &path,
                "settings for videos only, without an image_processor\nhelp: use a checkpoint with an image_processor",
            )),
            None => Ok(None),
            Some(other) => {
                Err(ModelError::damaged(&path, format!("\"image_processor\" is {other}, not an object")))
            }
        }
    }
}

/// The image settings of a file.
struct Settings<'a> {
    path: &'a Path,
    fields: &'a Map<String, Value>,
}

impl Settings<'_> {
    fn read(&self, facts: &ModelFacts, rules: &PreparationRules) -> Result<ImageConfig, ModelError> {
        check_family(self.fields, rules).map_err(|reason| self.unsupported(reason))?;
        for key in ["image_processor_type", "feature_extractor_type"] {
            if let Some(kind) = self.text(key)?.filter(|kind| !rules.processors.contains(kind)) {
                return Err(self.unsupported(format!(
                    "\"{key}\": {kind:?} is the preparation of another model family; only {}'s is known here",
                    rules.processors[0]
                )));
            }
        }
        if !self.switch("do_resize")? {
            return Err(self.unsupported(
                "\"do_resize\": false keeps the size of images, but the model needs one size\nhelp: use a checkpoint \
                 whose images are resized",
            ));
        }
        let fit = match facts.max_patches {
            Some(most) => self.patches(facts.patch_size, most)?,
            None => self.fit(facts.image_size, rules)?,
        };
        self.flag("do_convert_rgb")?;
        let known = ["do_resize", "do_center_crop", "do_convert_rgb", "do_rescale", "do_normalize"];
        let other = |(key, value): &(&String, &Value)| {
            key.starts_with("do_")
                && !known.contains(&key.as_str())
                && !matches!(value, Value::Null | Value::Bool(false))
        };
        if let Some((key, value)) = self.fields.iter().find(other) {
            return Err(self
                .unsupported(format!("\"{key}\": {value} is a step of preparation that is not known here")));
        }
        let filter = match self.given("resample")? {
            None => rules.filter,
            Some(value) => match value.as_u64() {
                Some(2) => Filter::Bilinear,
                Some(3) => Filter::Bicubic,
                Some(_) => {
                    return Err(self.unsupported(format!(
                        "\"resample\": {value} is not known here; 2 (bilinear) and 3 (bicubic) are"
                    )));
                }
                None => return Err(self.wrong("resample", value, "2 (bilinear) or 3 (bicubic)")),
            },
        };
        let usual = rules.normalisation();
        let factor = self.number("rescale_factor")?.unwrap_or(usual.factor);
        let mean = self.colours("image_mean")?.unwrap_or(usual.mean);
        let std = self.colours("image_std")?.unwrap_or(usual.std);
        let factor = if self.switch("do_rescale")? { factor } else { 1.0 };
        let (mean, std) = if self.switch("do_normalize")? { (mean, std) } else { ([0.0; 3], [1.0; 3]) };
        if factor <= 0.0 {
            return Err(ModelError::damaged(
                self.path,
                format!("\"rescale_factor\" is {factor}, not above 0"),
            ));
        }
        if let Some(bad) = std.iter().find(|std| **std <= 0.0) {
            return Err(ModelError::damaged(
                self.path,
                format!("\"image_std\" holds {bad}, which is not above 0"),
            ));
        }
        let normalisation = Normalisation { factor, mean, std };
        if (0..3).any(|colour| normalisation.levels(colour).iter().any(|level| !level.is_finite())) {
            return Err(ModelError::damaged(
                self.path,
                "its means and deviations leave no finite values of pixels",
            ));
        }
        Ok(ImageConfig { filter, normalisation, fit })
    }

    fn unsupported(&self, reason: impl Into<String>) -> ModelError {
        ModelError::unsupported(self.path, reason)
    }

    fn wrong(&self, key: &str, value: &Value, wanted: &str) -> ModelError {
        ModelError::damaged(self.path, format!("\"{key}\" is {value}, not {wanted}"))
    }

    fn number_of(&self, key: &str, value: &Value) -> Result<f64, ModelError> {
        let number = value.as_f64().filter(|value| value.is_finite());
        number.ok_or_else(|| self.wrong(key, value, "a finite number"))
    }

    /// A value that is not null.
    fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// A value that must not be null: versions of transformers disagree on what null means for these.
    fn given(&self, key: &str) -> Result<Option<&Value>, ModelError> {
        match self.fields.get(key) {
            Some(Value::Null) => Err(self.unsupported(format!(
                "\"{key}\": null means different things to different versions of transformers; write the value"
            ))),
            value => Ok(value),
        }
    }

    fn text(&self, key: &str) -> Result<Option<&str>, ModelError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.wrong(key, value, "text")),
        }
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, ModelError> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| self.wrong(key, value, "true or false"));
        self.get(key).map(flag).transpose()
    }

    /// Whether a preparation step runs: yes, unless the file sets it to false.
    fn switch(&self, key: &str) -> Result<bool, ModelError> {
        self.given(key)?;
        Ok(self.flag(key)?.unwrap_or(true))
    }

    fn number(&self, key: &str) -> Result<Option<f64>, ModelError> {
        self.get(key).map(|value| self.number_of(key, value)).transpose()
    }

    /// A number for each colour; one number counts for all.
    fn colours(&self, key: &str) -> Result<Option<[f64; 3]>, ModelError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(values)) if values.len() == 3 => {
                let mut colours = [0.0; 3];
                for (colour, value) in colours.iter_mut().zip(values) {
                    *colour = self.number_of(key, value)?;
                }
                Ok(Some(colours))
            }
            Some(value @ Value::Number(_)) => Ok(Some([self.number_of(key, value)?; 3])),
            Some(value) => Err(self.wrong(key, value, "a number, or one for each of three colours")),
        }
    }

    /// How pictures become images of patches of `side` pixels: at most `usual` patches if the file does not say.
    fn patches(&self, side: usize, usual: usize) -> Result<Fit, ModelError> {
        for key in ["size", "crop_size", "do_center_crop"] {
            if let Some(value) = self.get(key).filter(|value| **value != Value::Bool(false)) {
                return Err(self.unsupported(format!(
                    "\"{key}\": {value} does not fit flexible resolution, which keeps the proportions of images"
                )));
            }
        }
        let count = |key: &str, usual: usize| {
            let Some(value) = self.given(key)? else { return Ok(usual) };
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            count
                .filter(|count| (1..=MOST_PATCHES).contains(count))
                .ok_or_else(|| self.wrong(key, value, &format!("a number from 1 to {MOST_PATCHES}")))
        };
        let own = count("patch_size", PATCH_SIDE)?;
        if own != side {
            return Err(self.unsupported(format!(
                "images are cut into patches of {own} pixels (patch_size) but config.json says {side}; the two files must \
                 come from one checkpoint"
            )));
        }
        Ok(Fit::Patches { side, most: count("max_num_patches", usual)? })
    }

    /// How pictures become squares of the model's size.
    fn fit(&self, image_size: usize, rules: &PreparationRules) -> Result<Fit, ModelError> {
        if self.flag("use_square_size")? == Some(true) {
            return Err(
                self.unsupported("\"use_square_size\" is not known here; write \"size\" as height and width")
            );
        }
        let size = self.size("size", rules)?.unwrap_or(if rules.crops {
            Size::Shortest(image_size)
        } else {
            Size::Square(image_size, image_size)
        });
        // Only where it crops by itself does a family agree on what null means.
        let crops = match rules.crops {
            true => self.switch("do_center_crop")?,
            false => self.flag("do_center_crop")? == Some(true),
        };
        let other = |(height, width): (usize, usize), key: &str| {
            self.unsupported(format!(
                "images are prepared at {width}×{height} ({key}) but config.json says {image_size}×{image_size}; \
                 the two files must come from one checkpoint"
            ))
        };
        if crops {
            match self.size("crop_size", rules)? {
                None if !rules.crops => {
                    return Err(self.unsupported("\"do_center_crop\" without \"crop_size\""));
                }
                Some(Size::Square(height, width)) if (height, width) != (image_size, image_size) => {
                    return Err(other((height, width), "crop_size"));
                }
                Some(Size::Shortest(side)) if side != image_size => {
                    return Err(other((side, side), "crop_size"));
                }
                _ => {}
            }
        }
        match size {
            // A crop to the size of the image changes nothing.
            Size::Square(height, width) if (height, width) == (image_size, image_size) => Ok(Fit::Squash),
            Size::Square(height, width) => Err(other((height, width), "size")),
            Size::Shortest(_) if !crops => Err(self.unsupported(
                "it resizes the shorter side of images without cutting a square from them (do_center_crop)",
            )),
            Size::Shortest(shortest) if shortest >= image_size => Ok(Fit::Crop { shortest }),
            Size::Shortest(shortest) => Err(self.unsupported(format!(
                "it resizes the shorter side of images to {shortest} pixels, from which no square of {image_size} can be cut"
            ))),
        }
    }

    fn size(&self, key: &str, rules: &PreparationRules) -> Result<Option<Size>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let side = |value: &Value| {
            let side = value.as_u64().and_then(|side| usize::try_from(side).ok());
            side.filter(|side| *side <= MOST_PIXELS).ok_or_else(|| self.wrong(key, value, "whole pixels"))
        };
        Ok(Some(match value {
            Value::Array(sides) if sides.len() == 2 => Size::Square(side(&sides[0])?, side(&sides[1])?),
            Value::Object(sides) => {
                let given: Vec<&String> =
                    sides.iter().filter(|(_, v)| !v.is_null()).map(|(key, _)| key).collect();
                match (sides.get("height"), sides.get("width"), sides.get("shortest_edge")) {
                    (Some(height), Some(width), _) if given.len() == 2 => {
                        Size::Square(side(height)?, side(width)?)
                    }
                    (_, _, Some(shortest)) if given.len() == 1 && rules.crops => {
                        Size::Shortest(side(shortest)?)
                    }
                    _ => {
                        let known = if rules.crops {
                            "height and width, or shortest_edge,"
                        } else {
                            "only height and width"
                        };
                        return Err(self.unsupported(format!(
                            "\"{key}\": {value} does not make squares; {known} are known here"
                        )));
                    }
                }
            }
            value if rules.crops => Size::Shortest(side(value)?),
            value => Size::Square(side(value)?, side(value)?),
        }))
    }
}

/// What transformers takes where a file does not say.
const PATCH_SIDE: usize = 16;

/// More patches would exhaust the memory.
const MOST_PATCHES: usize = 1 << 14;

/// A size in pixels. Larger ones would exhaust the memory.
const MOST_PIXELS: usize = 1 << 20;

enum Size {
    /// Height and width.
    Square(usize, usize),
    /// The shorter side; of a crop both sides.
    Shortest(usize),
}

/// Refuses the processor of another model family.
fn check_family(settings: &Map<String, Value>, rules: &PreparationRules) -> Result<(), String> {
    match settings.get("processor_class") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(name))
            if name.to_lowercase().contains(&rules.family.replace('-', "").to_lowercase()) =>
        {
            Ok(())
        }
        Some(other) => Err(format!(
            "\"processor_class\": {other} is of another model family\nhelp: use the file that belongs to the {} checkpoint",
            rules.family
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::backbone::facts::TowerFacts;

    fn levels(settings: Value) -> [f32; 256] {
        let rules = PreparationRules {
            family: "SigLIP",
            processors: &["SiglipImageProcessor"],
            filter: Filter::Bicubic,
            mean: [0.5; 3],
            std: [0.5; 3],
            crops: false,
        };
        let tower = TowerFacts { layers: 1, hidden: 8, mlp: 8, heads: 1 };
        let facts = ModelFacts {
            family: "SigLIP",
            image_size: 32,
            patch_size: 8,
            frames: None,
            max_patches: None,
            text_len: 4,
            vocabulary: 9,
            dim: 8,
            vision: tower.clone(),
            text: tower,
            parameters: 0,
            token_parameters: 0,
        };
        let config = Settings { path: Path::new(FLAT), fields: settings.as_object().unwrap() }
            .read(&facts, &rules)
            .unwrap();
        config.normalisation.levels(1)
    }

    #[test]
    fn pixels_are_rescaled_then_shifted_then_divided() {
        assert_eq!(levels(json!({}))[255], 1.0);
        assert_eq!(levels(json!({}))[0], -1.0);
        let own = json!({"rescale_factor": 0.5, "image_mean": [9, 2.0, 9], "image_std": [9, 4.0, 9]});
        assert_eq!(levels(own)[10], (10.0 * 0.5 - 2.0) / 4.0);
        assert_eq!(levels(json!({"image_mean": 0.25, "image_std": 2}))[255], (1.0 - 0.25) / 2.0);
        assert_eq!(levels(json!({"do_rescale": false, "rescale_factor": 7}))[3], (3.0 - 0.5) / 0.5);
        assert_eq!(levels(json!({"do_normalize": false, "image_mean": 9}))[255], 1.0);
        assert_eq!(levels(json!({"do_normalize": false, "do_rescale": false}))[255], 255.0);
    }
}
