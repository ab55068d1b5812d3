//! `config.json`. Published files are sparse: what they leave out takes the values of the reference implementation.

use serde::Deserialize;
use serde_json::Value;

use crate::backbone::activation::Activation;
use crate::backbone::config::{Outline, Side, TowerSizes, check_quantisation};
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::shapes::Shapes;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    #[serde(default)]
    model_type: Option<String>,
    #[serde(default)]
    pub vision_config: VisionConfig,
    #[serde(default)]
    pub text_config: TextConfig,
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
    /// Patches of a square whose positions are known, at flexible resolution (NaFlex).
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

/// The `model_type` of checkpoints of flexible resolution. SigLIP 2 of fixed resolution has that of SigLIP.
pub(super) const NAFLEX: &str = "siglip2";
/// `num_patches` where a configuration does not say.
const NUM_PATCHES: usize = 256;
const ACTIVATION: &str = "gelu_pytorch_tanh";

/// `model_type` of one half of a model.
pub(super) const IMAGE_HALVES: [&str; 2] = ["siglip_vision_model", "siglip2_vision_model"];
pub(super) const TEXT_HALVES: [&str; 2] = ["siglip_text_model", "siglip2_text_model"];

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

    /// The same at flexible resolution.
    pub fn naflex(self) -> Self {
        Self { model_type: Some(NAFLEX.into()), ..self }
    }

    /// Whether images keep their proportions.
    pub fn is_flexible(&self) -> bool {
        self.model_type.as_deref() == Some(NAFLEX)
    }

    /// Patches of the square whose positions a checkpoint of flexible resolution knows.
    fn known_patches(&self) -> usize {
        self.vision_config.num_patches.unwrap_or(NUM_PATCHES)
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
        for (kinds, half, other) in [(IMAGE_HALVES, "image", "text"), (TEXT_HALVES, "text", "image")] {
            if model_type.is_some_and(|kind| kinds.contains(&kind)) {
                return Err(format!(
                    "this is only the {half} half of a SigLIP model, without the {other} half"
                ));
            }
        }
        check_quantisation(self.quantization_config.as_ref())?;
        for activation in [&vision.hidden_act, &text.hidden_act] {
            Activation::named(activation)?;
        }
        if !vision.vision_use_head {
            return Err("it has no pooling head, so it makes no image embeddings".into());
        }
        let known = self.known_patches();
        if self.is_flexible() && known != known.isqrt().pow(2) {
            return Err(format!("its {known} known positions (num_patches) are no square"));
        }
        self.outline().check()
    }

    pub fn outline(&self) -> Outline {
        let (vision, text) = (&self.vision_config, &self.text_config);
        Outline {
            vision: vision.encoder_sizes(),
            channels: vision.num_channels,
            image: match vision.patch_size.square() {
                Some(side) if self.is_flexible() => {
                    Side::Square(self.known_patches().isqrt().saturating_mul(side))
                }
                _ => vision.image_size,
            },
            patch: vision.patch_size,
            text: text.encoder_sizes(),
            vocabulary: text.vocab_size,
            positions: text.max_position_embeddings,
            dims: [vision.hidden_size, text.projection_size()],
        }
    }

    /// Names and shapes of the tensors of both towers.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let Outline { vision, text, vocabulary, positions, dims, .. } = self.outline();
        let (hidden, patch) = (vision.hidden, self.outline().patch_size());
        let mut shapes = Shapes::new("vision_model.");
        if self.is_flexible() {
            shapes.add("embeddings.patch_embedding.weight", &[hidden, 3 * patch * patch]);
        } else {
            shapes.add("embeddings.patch_embedding.weight", &[hidden, 3, patch, patch]);
        }
        shapes.add("embeddings.patch_embedding.bias", &[hidden]);
        shapes.add("embeddings.position_embedding.weight", &[self.outline().patches(), hidden]);
        shapes.add_layers(&vision);
        shapes.add_norm("post_layernorm", hidden);
        shapes.add_pooling_head(&vision);
        let of_vision = shapes.into_list();
        let mut shapes = Shapes::new("text_model.");
        shapes.add("embeddings.token_embedding.weight", &[vocabulary, text.hidden]);
        shapes.add("embeddings.position_embedding.weight", &[positions, text.hidden]);
        shapes.add_layers(&text);
        shapes.add_norm("final_layer_norm", text.hidden);
        shapes.add_linear("head", text.hidden, dims[1]);
        [of_vision, shapes.into_list()].concat()
    }
}

impl VisionConfig {
    pub fn encoder_sizes(&self) -> EncoderSizes {
        EncoderSizes {
            hidden: self.hidden_size,
            intermediate: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            eps: self.layer_norm_eps,
            activation: activation(&self.hidden_act),
            is_causal: false,
            rotary: None,
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
            activation: activation(&self.hidden_act),
            is_causal: false,
            rotary: None,
        }
    }
}

/// The activation of that name, which was checked before.
fn activation(name: &str) -> Activation {
    Activation::named(name).unwrap_or(Activation::GeluTanh)
}
