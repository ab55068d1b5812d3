//! `config.json`. Published files are sparse: what they leave out takes the values of the reference implementation.

use serde::Deserialize;
use serde_json::Value;

use crate::backbone::encoder::EncoderSizes;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    #[serde(default)]
    model_type: Option<String>,
    #[serde(default)]
    pub vision_config: VisionConfig,
    #[serde(default)]
    pub text_config: TextConfig,
    /// Only checkpoints of integers or 8-bit floats have it.
    #[serde(default)]
    quantization_config: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct VisionConfig {
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    num_channels: usize,
    image_size: Side,
    patch_size: Side,
    hidden_act: String,
    pub layer_norm_eps: f64,
    vision_use_head: bool,
    /// Only flexible-resolution (NaFlex) checkpoints have it.
    num_patches: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct TextConfig {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub max_position_embeddings: usize,
    hidden_act: String,
    pub layer_norm_eps: f64,
    projection_size: Option<usize>,
}

/// A tower: dimensions, those of the MLP, layers, heads.
pub(super) type TowerSizes = [usize; 4];

/// A side in pixels: a number, or height and width.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Side {
    Square(usize),
    HeightWidth([usize; 2]),
}

impl Side {
    fn square(self) -> Option<usize> {
        match self {
            Self::Square(side) => Some(side),
            Self::HeightWidth([height, width]) => (height == width).then_some(height),
        }
    }
}

/// Sizes beyond these would exhaust the memory.
const SIZES: std::ops::RangeInclusive<usize> = 1..=1 << 20;
const MOST_LAYERS: usize = 1000;

const ACTIVATION: &str = "gelu_pytorch_tanh";

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            num_channels: 3,
            image_size: Side::Square(224),
            patch_size: Side::Square(16),
            hidden_act: ACTIVATION.into(),
            layer_norm_eps: 1e-6,
            vision_use_head: true,
            num_patches: None,
        }
    }
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 32000,
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            max_position_embeddings: 64,
            hidden_act: ACTIVATION.into(),
            layer_norm_eps: 1e-6,
            projection_size: None,
        }
    }
}

impl Config {
    /// The configuration of towers of those sizes: dimensions, those of the MLP, layers, heads.
    pub fn of_sizes(
        vision: TowerSizes,
        text: TowerSizes,
        image: usize,
        patch: usize,
        vocab_size: usize,
        positions: usize,
    ) -> Self {
        let [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads] = vision;
        let projection_size = Some(hidden_size);
        let (image_size, patch_size) = (Side::Square(image), Side::Square(patch));
        let vision_config = VisionConfig {
            hidden_size,
            intermediate_size,
            num_hidden_layers,
            num_attention_heads,
            image_size,
            patch_size,
            ..VisionConfig::default()
        };
        let [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads] = text;
        let max_position_embeddings = positions;
        let text_config = TextConfig {
            vocab_size,
            hidden_size,
            intermediate_size,
            num_hidden_layers,
            num_attention_heads,
            max_position_embeddings,
            projection_size,
            ..TextConfig::default()
        };
        Self { model_type: Some("siglip".into()), vision_config, text_config, quantization_config: None }
    }

    /// Checks a configuration: after this, every size is usable as it is.
    pub fn read(config: &Value) -> Result<Self, String> {
        let config = Self::deserialize(config).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let (vision, text) = (&self.vision_config, &self.text_config);
        let model_type = self.model_type.as_deref();
        if model_type == Some("siglip2") || vision.num_patches.is_some() {
            return Err("this is a flexible-resolution (NaFlex) checkpoint".into());
        }
        for (kind, half, other) in
            [("siglip_vision_model", "image", "text"), ("siglip_text_model", "text", "image")]
        {
            if model_type == Some(kind) {
                return Err(format!(
                    "this is only the {half} half of a SigLIP model, without the {other} half"
                ));
            }
        }
        if let Some(how) = &self.quantization_config {
            let method = how.get("quant_method").and_then(Value::as_str).unwrap_or("an unnamed method");
            return Err(format!("its weights are quantised ({method}), which are not read"));
        }
        for eps in [vision.layer_norm_eps, text.layer_norm_eps] {
            if !(0.0..1.0).contains(&eps) {
                return Err(format!("a layer_norm_eps of {eps} makes no sense"));
            }
        }
        for activation in [&vision.hidden_act, &text.hidden_act] {
            if activation != ACTIVATION {
                return Err(format!("the activation {activation:?} is not SigLIP's {ACTIVATION:?}"));
            }
        }
        if vision.num_channels != 3 {
            return Err(format!("it takes images of {} channels, not RGB", vision.num_channels));
        }
        if !vision.vision_use_head {
            return Err("it has no pooling head, so it makes no image embeddings".into());
        }
        let (Some(image), Some(patch)) = (vision.image_size.square(), vision.patch_size.square()) else {
            return Err("it takes images or patches that are not square".into());
        };
        if patch == 0 || image < patch {
            return Err(format!("no patch of {patch} pixels fits an image of {image}"));
        }
        let sizes =
            [vision.hidden_size, vision.intermediate_size, text.hidden_size, text.intermediate_size, image];
        let sizes =
            sizes.into_iter().chain([text.vocab_size, text.max_position_embeddings, text.projection_size()]);
        let layers = [vision.num_hidden_layers, text.num_hidden_layers];
        if let Some(size) =
            sizes.filter(|s| !SIZES.contains(s)).chain(layers.into_iter().filter(|l| *l > MOST_LAYERS)).next()
        {
            return Err(format!("a size of {size} makes no sense"));
        }
        for (tower, hidden, heads) in [
            ("vision", vision.hidden_size, vision.num_attention_heads),
            ("text", text.hidden_size, text.num_attention_heads),
        ] {
            if heads == 0 || hidden % heads != 0 {
                return Err(format!("{heads} {tower} heads do not share {hidden} dimensions evenly"));
            }
        }
        if text.max_position_embeddings < 2 {
            return Err(format!("{} text positions leave no room for text", text.max_position_embeddings));
        }
        if text.projection_size() != vision.hidden_size {
            return Err(format!(
                "image embeddings have {} dimensions and text embeddings {}, so they cannot be compared",
                vision.hidden_size,
                text.projection_size()
            ));
        }
        Ok(())
    }
}

impl VisionConfig {
    pub fn image_size(&self) -> usize {
        self.image_size.square().unwrap_or_default()
    }

    pub fn patch_size(&self) -> usize {
        self.patch_size.square().unwrap_or(1)
    }

    /// Patches along a side; pixels beyond the last whole patch are ignored.
    pub fn grid(&self) -> usize {
        self.image_size() / self.patch_size()
    }

    /// Values of a patch, all colours together.
    pub fn patch_values(&self) -> usize {
        3 * self.patch_size() * self.patch_size()
    }

    pub fn encoder_sizes(&self) -> EncoderSizes {
        EncoderSizes {
            hidden: self.hidden_size,
            intermediate: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            eps: self.layer_norm_eps,
        }
    }
}

impl TextConfig {
    pub fn projection_size(&self) -> usize {
        self.projection_size.unwrap_or(self.hidden_size)
    }

    pub fn encoder_sizes(&self) -> EncoderSizes {
        EncoderSizes {
            hidden: self.hidden_size,
            intermediate: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            eps: self.layer_norm_eps,
        }
    }
}
