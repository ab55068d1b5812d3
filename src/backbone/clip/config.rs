//! `config.json` of CLIP and MetaCLIP 2. Published files are sparse: what they leave out takes the values of the reference
//! implementation.

use serde::Deserialize;
use serde_json::Value;

use crate::backbone::activation::Activation;
use crate::backbone::config::{Outline, Side, TowerSizes, check_quantisation};
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::shapes::Shapes;

#[derive(Debug, Clone)]
pub(in crate::backbone) struct Config {
    pub vision: VisionConfig,
    pub text: TextConfig,
    /// Dimensions of the embeddings.
    pub projection_dim: usize,
    /// Which of the two it is: they differ in the tokenizer.
    pub generation: Generation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backbone) enum Generation {
    Clip,
    MetaClip2,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(in crate::backbone) struct VisionConfig {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_channels: usize,
    image_size: Side,
    patch_size: Side,
    hidden_act: String,
    layer_norm_eps: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(in crate::backbone) struct TextConfig {
    pub vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    pub max_position_embeddings: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    eos_token_id: i32,
}

/// Which position of a text is projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backbone) enum End {
    /// The first of the highest id: older files state an `eos_token_id` of 2, whatever it is.
    Highest,
    /// The first of this id.
    Token(i32),
}

impl End {
    /// The position in the ids of a text. As in the reference implementation it is the first if there is no end.
    pub fn position(self, ids: &[i32]) -> usize {
        let end = match self {
            Self::Highest => ids.iter().max().copied().unwrap_or_default(),
            Self::Token(id) => id,
        };
        ids.iter().position(|id| *id == end).unwrap_or_default()
    }
}

const QUICK_GELU: &str = "quick_gelu";

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            num_channels: 3,
            image_size: Side::Square(224),
            patch_size: Side::Square(32),
            hidden_act: QUICK_GELU.into(),
            layer_norm_eps: 1e-5,
        }
    }
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49408,
            hidden_size: 512,
            intermediate_size: 2048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: QUICK_GELU.into(),
            layer_norm_eps: 1e-5,
            eos_token_id: 49407,
        }
    }
}

/// What stands in the file.
#[derive(Deserialize)]
struct File {
    model_type: String,
    #[serde(default)]
    vision_config: Option<VisionConfig>,
    #[serde(default)]
    text_config: Option<TextConfig>,
    /// Older files state towers here; they then count whole.
    #[serde(default)]
    vision_config_dict: Option<VisionConfig>,
    #[serde(default)]
    text_config_dict: Option<TextConfig>,
    #[serde(default = "default_dim")]
    projection_dim: usize,
    #[serde(default)]
    quantization_config: Option<Value>,
}

fn default_dim() -> usize {
    512
}

impl Config {
    /// Checks a configuration: after this, every size is usable as it is.
    pub fn read(config: &Value, generation: Generation) -> Result<Self, String> {
        let file = File::deserialize(config).map_err(|error| error.to_string())?;
        for (half, other) in [("vision", "text"), ("text", "vision")] {
            if file.model_type.ends_with(&format!("_{half}_model")) {
                let [half, other] = [half, other].map(|half| if half == "vision" { "image" } else { half });
                return Err(format!("this is only the {half} half of a model, without the {other} half"));
            }
        }
        check_quantisation(file.quantization_config.as_ref())?;
        let config = Self {
            vision: file.vision_config_dict.or(file.vision_config).unwrap_or_default(),
            text: file.text_config_dict.or(file.text_config).unwrap_or_default(),
            projection_dim: file.projection_dim,
            generation,
        };
        for activation in [&config.vision.hidden_act, &config.text.hidden_act] {
            Activation::named(activation)?;
        }
        config.outline().check()?;
        if config.text.max_position_embeddings < 3 {
            return Err("its text positions have no room for text between start and end".into());
        }
        Ok(config)
    }

    /// The configuration of towers of those sizes.
    pub fn of_sizes(
        generation: Generation,
        [vision, text]: [TowerSizes; 2],
        [image, patch]: [usize; 2],
        vocab_size: usize,
        projection_dim: usize,
    ) -> Self {
        let [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads] = vision;
        let (image_size, patch_size) = (Side::Square(image), Side::Square(patch));
        let vision = VisionConfig {
            hidden_size,
            intermediate_size,
            num_hidden_layers,
            num_attention_heads,
            image_size,
            patch_size,
            ..VisionConfig::default()
        };
        let [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads] = text;
        let text = TextConfig {
            vocab_size,
            hidden_size,
            intermediate_size,
            num_hidden_layers,
            num_attention_heads,
            ..TextConfig::default()
        };
        Self { vision, text, projection_dim, generation }
    }

    pub fn end(&self) -> End {
        match (self.generation, self.text.eos_token_id) {
            (Generation::Clip, 2) => End::Highest,
            (_, id) => End::Token(id),
        }
    }

    pub fn outline(&self) -> Outline {
        let Self { vision, text, projection_dim, .. } = self;
        // Checked by `read`.
        let activation = |name: &str| Activation::named(name).unwrap_or(Activation::QuickGelu);
        Outline {
            vision: EncoderSizes {
                hidden: vision.hidden_size,
                intermediate: vision.intermediate_size,
                layers: vision.num_hidden_layers,
                heads: vision.num_attention_heads,
                eps: vision.layer_norm_eps,
                activation: activation(&vision.hidden_act),
                is_causal: false,
                rotary: None,
            },
            channels: vision.num_channels,
            image: vision.image_size,
            patch: vision.patch_size,
            text: EncoderSizes {
                hidden: text.hidden_size,
                intermediate: text.intermediate_size,
                layers: text.num_hidden_layers,
                heads: text.num_attention_heads,
                eps: text.layer_norm_eps,
                activation: activation(&text.hidden_act),
                is_causal: true,
                rotary: None,
            },
            vocabulary: text.vocab_size,
            positions: text.max_position_embeddings,
            dims: [*projection_dim; 2],
        }
    }

    /// Names and shapes of the tensors of both towers.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let outline = self.outline();
        let vision = outline.vision;
        let (hidden, patch) = (vision.hidden, outline.patch_size());
        let mut shapes = Shapes::new("vision_model.");
        shapes.add("embeddings.class_embedding", &[hidden]);
        shapes.add("embeddings.patch_embedding.weight", &[hidden, 3, patch, patch]);
        shapes.add("embeddings.position_embedding.weight", &[outline.patches() + 1, hidden]);
        shapes.add_norm("pre_layrnorm", hidden);
        shapes.add_layers(&vision);
        shapes.add_norm("post_layernorm", hidden);
        let of_vision = shapes.into_list();
        let mut shapes = Shapes::new("");
        shapes.add("visual_projection.weight", &[outline.dims[0], hidden]);
        [of_vision, shapes.into_list(), text_shapes(&outline)].concat()
    }
}

/// Names and shapes of the tensors of a text tower.
pub(in crate::backbone) fn text_shapes(outline: &Outline) -> Vec<(String, Vec<usize>)> {
    let Outline { text, vocabulary, positions, dims, .. } = outline;
    let mut shapes = Shapes::new("text_model.");
    shapes.add("embeddings.token_embedding.weight", &[*vocabulary, text.hidden]);
    shapes.add("embeddings.position_embedding.weight", &[*positions, text.hidden]);
    shapes.add_layers(text);
    shapes.add_norm("final_layer_norm", text.hidden);
    let tower = shapes.into_list();
    let mut shapes = Shapes::new("");
    shapes.add("text_projection.weight", &[dims[1], text.hidden]);
    [tower, shapes.into_list()].concat()
}
