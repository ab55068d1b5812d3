//! What the configurations of all families have in common, and its checks.

use serde::Deserialize;
use serde_json::Value;

use super::encoder::EncoderSizes;
use super::facts::{ModelFacts, TowerFacts};

/// A side in pixels: a number, or height and width.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(super) enum Side {
    Square(usize),
    HeightWidth([usize; 2]),
}

impl Side {
    pub fn square(self) -> Option<usize> {
        match self {
            Self::Square(side) => Some(side),
            Self::HeightWidth([height, width]) => (height == width).then_some(height),
        }
    }
}

/// A tower: dimensions, those of the MLP, layers, heads.
pub(super) type TowerSizes = [usize; 4];

/// Two towers as a configuration describes them.
#[derive(Debug)]
pub(super) struct Outline {
    pub vision: EncoderSizes,
    /// Colours of an image.
    pub channels: usize,
    pub image: Side,
    pub patch: Side,
    pub text: EncoderSizes,
    pub vocabulary: usize,
    /// Text positions, the end token among them.
    pub positions: usize,
    /// Dimensions of an image's and of a text's embedding.
    pub dims: [usize; 2],
}

/// Sizes beyond these would exhaust the memory.
const SIZES: std::ops::RangeInclusive<usize> = 1..=1 << 20;
const MOST_LAYERS: usize = 1000;

impl Outline {
    /// Checks that the sizes fit each other: after this, each is usable as it is.
    pub fn check(&self) -> Result<(), String> {
        let Self { vision, text, .. } = self;
        for eps in [vision.eps, text.eps] {
            if !(0.0..1.0).contains(&eps) {
                return Err(format!("a layer_norm_eps of {eps} makes no sense"));
            }
        }
        if self.channels != 3 {
            return Err(format!("it takes images of {} channels, not RGB", self.channels));
        }
        let (Some(image), Some(patch)) = (self.image.square(), self.patch.square()) else {
            return Err("it takes images or patches that are not square".into());
        };
        if patch == 0 || image < patch {
            return Err(format!("no patch of {patch} pixels fits an image of {image}"));
        }
        let sizes = [vision.hidden, vision.intermediate, text.hidden, text.intermediate, image];
        let sizes = sizes.into_iter().chain([self.vocabulary, self.positions]).chain(self.dims);
        let layers = [vision.layers, text.layers];
        let absurd = layers.into_iter().filter(|layers| *layers > MOST_LAYERS);
        if let Some(size) = sizes.filter(|size| !SIZES.contains(size)).chain(absurd).next() {
            return Err(format!("a size of {size} makes no sense"));
        }
        for (tower, EncoderSizes { hidden, heads, .. }) in [("vision", vision), ("text", text)] {
            if *heads == 0 || hidden % heads != 0 {
                return Err(format!("{heads} {tower} heads do not share {hidden} dimensions evenly"));
            }
        }
        if self.positions < 2 {
            return Err(format!("{} text positions leave no room for text", self.positions));
        }
        let [images, texts] = self.dims;
        if images != texts {
            return Err(format!(
                "image embeddings have {images} dimensions and text embeddings {texts}, so they cannot be compared"
            ));
        }
        Ok(())
    }

    /// Side of an image in pixels.
    pub fn image_size(&self) -> usize {
        self.image.square().unwrap_or_default()
    }

    /// Side of a patch in pixels.
    pub fn patch_size(&self) -> usize {
        self.patch.square().unwrap_or(1)
    }

    /// Patches of an image.
    pub fn patches(&self) -> usize {
        (self.image_size() / self.patch_size()).pow(2)
    }

    /// Facts of a model of a family with tensors of these shapes, and so many values beside them.
    pub fn facts(&self, family: &'static str, shapes: &[(String, Vec<usize>)], others: u64) -> ModelFacts {
        let values = |shape: &[usize]| shape.iter().map(|side| *side as u64).product::<u64>();
        ModelFacts {
            family,
            image_size: self.image_size(),
            patch_size: self.patch_size(),
            frames: None,
            max_patches: None,
            text_len: self.positions,
            vocabulary: self.vocabulary,
            dim: self.dims[0],
            vision: TowerFacts::of(&self.vision),
            text: TowerFacts::of(&self.text),
            parameters: shapes.iter().map(|(_, shape)| values(shape)).sum::<u64>() + others,
            token_parameters: values(&[self.vocabulary, self.text.hidden]),
        }
    }
}

/// Refuses weights of integers or 8-bit floats: only their configurations have this.
pub(super) fn check_quantisation(quantization_config: Option<&Value>) -> Result<(), String> {
    let Some(how) = quantization_config else { return Ok(()) };
    let method = how.get("quant_method").and_then(Value::as_str).unwrap_or("an unnamed method");
    Err(format!("its weights are quantised ({method}), which are not read"))
}
