//! `config.json` of X-CLIP: that of a CLIP, and what makes it a model of clips.

use serde::Deserialize;
use serde_json::Value;

use crate::backbone::activation::Activation;
use crate::backbone::clip::{self, Generation, text_shapes};
use crate::backbone::config::Outline;
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::shapes::Shapes;

#[derive(Debug, Clone)]
pub(super) struct Config {
    pub clip: clip::Config,
    pub video: VideoConfig,
    pub prompts: PromptConfig,
}

/// What `vision_config` has beside the image tower: the frames of a clip, and the transformer over them (MIT).
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct VideoConfig {
    pub num_frames: usize,
    mit_hidden_size: usize,
    mit_intermediate_size: usize,
    mit_num_hidden_layers: usize,
    mit_num_attention_heads: usize,
}

/// The generator of prompts, which words texts in the light of a clip.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct PromptConfig {
    prompt_layers: usize,
    prompt_num_attention_heads: usize,
    prompt_hidden_act: String,
}

impl Default for VideoConfig {
    fn default() -> Self {
        Self {
            num_frames: 8,
            mit_hidden_size: 512,
            mit_intermediate_size: 2048,
            mit_num_hidden_layers: 1,
            mit_num_attention_heads: 8,
        }
    }
}

impl Default for PromptConfig {
    fn default() -> Self {
        Self { prompt_layers: 2, prompt_num_attention_heads: 8, prompt_hidden_act: "quick_gelu".into() }
    }
}

/// Where the frames stand in the file.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    vision_config: Option<VideoConfig>,
    /// Older files state it here; it then counts whole.
    #[serde(default)]
    vision_config_dict: Option<VideoConfig>,
}

/// More would exhaust the memory.
const MOST_FRAMES: usize = 1024;
const MOST_LAYERS: usize = 100;

impl Config {
    /// Checks a configuration: after this, every size is usable as it is.
    pub fn read(config: &Value) -> Result<Self, String> {
        let clip = clip::Config::read(config, Generation::Clip)?;
        let file = File::deserialize(config).map_err(|error| error.to_string())?;
        let prompts = PromptConfig::deserialize(config).map_err(|error| error.to_string())?;
        let video = file.vision_config_dict.or(file.vision_config).unwrap_or_default();
        Activation::named(&prompts.prompt_hidden_act)?;
        let config = Self { clip, video, prompts };
        config.check()?;
        Ok(config)
    }

    /// The configuration of a checkpoint whose parts have those sizes; embeddings have the dimensions of the MIT.
    pub fn of_sizes(clip: clip::Config, num_frames: usize, mit: [usize; 2]) -> Self {
        let [mit_hidden_size, mit_intermediate_size] = mit;
        let video =
            VideoConfig { num_frames, mit_hidden_size, mit_intermediate_size, ..VideoConfig::default() };
        Self { clip, video, prompts: PromptConfig::default() }
    }

    fn check(&self) -> Result<(), String> {
        let (mit, prompts) = (self.mit(), self.prompts());
        if !(1..=MOST_FRAMES).contains(&self.video.num_frames) {
            return Err(format!("{} frames of a clip make no sense", self.video.num_frames));
        }
        if mit.hidden != prompts.hidden {
            return Err(format!(
                "its frames have {} dimensions (mit_hidden_size) and its texts {} (projection_dim), so they cannot be compared",
                mit.hidden, prompts.hidden
            ));
        }
        for (what, sizes) in [("MIT", &mit), ("prompt", &prompts)] {
            if sizes.heads == 0 || sizes.hidden % sizes.heads != 0 {
                return Err(format!(
                    "{} {what} heads do not share {} dimensions evenly",
                    sizes.heads, sizes.hidden
                ));
            }
            if sizes.layers > MOST_LAYERS || !(1..=1 << 20).contains(&sizes.intermediate) {
                return Err(format!(
                    "{} {what} layers of {} values make no sense",
                    sizes.layers, sizes.intermediate
                ));
            }
        }
        Ok(())
    }

    pub fn outline(&self) -> Outline {
        self.clip.outline()
    }

    /// The transformer over the frames of a clip.
    pub fn mit(&self) -> EncoderSizes {
        EncoderSizes {
            hidden: self.video.mit_hidden_size,
            intermediate: self.video.mit_intermediate_size,
            layers: self.video.mit_num_hidden_layers,
            heads: self.video.mit_num_attention_heads,
            ..self.outline().vision
        }
    }

    /// The generator of prompts.
    pub fn prompts(&self) -> EncoderSizes {
        let PromptConfig { prompt_layers, prompt_num_attention_heads, prompt_hidden_act } = &self.prompts;
        let hidden = self.clip.projection_dim;
        EncoderSizes {
            hidden,
            intermediate: 4 * hidden,
            layers: *prompt_layers,
            heads: *prompt_num_attention_heads,
            // Checked by `read`.
            activation: Activation::named(prompt_hidden_act).unwrap_or(Activation::QuickGelu),
            is_causal: false,
            ..self.outline().text
        }
    }

    /// Names and shapes of all tensors but the scale.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let outline = self.outline();
        let (mit, prompts) = (self.mit(), self.prompts());
        let (hidden, dim, patch) = (outline.vision.hidden, prompts.hidden, outline.patch_size());

        let mut tower = Shapes::new("vision_model.");
        tower.add("embeddings.class_embedding", &[hidden]);
        tower.add("embeddings.patch_embedding.weight", &[hidden, 3, patch, patch]);
        tower.add("embeddings.position_embedding.weight", &[outline.patches() + 1, hidden]);
        tower.add_norm("pre_layernorm", hidden);
        tower.add_layers(&outline.vision);
        for layer in 0..outline.vision.layers {
            let name = |part: &str| format!("encoder.layers.{layer}.{part}");
            tower.add_linear(&name("message_fc"), hidden, hidden);
            tower.add_norm(&name("message_ln"), hidden);
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                tower.add_linear(&name(&format!("message_attn.{projection}")), hidden, hidden);
            }
        }
        tower.add_norm("post_layernorm", hidden);

        let mut over_frames = Shapes::new("mit.");
        over_frames.add("position_embedding", &[1, self.video.num_frames, mit.hidden]);
        over_frames.add_layers(&mit);

        let mut rest = Shapes::new("");
        rest.add("visual_projection.weight", &[dim, hidden]);
        rest.add_norm("prompts_visual_layernorm", hidden);
        rest.add("prompts_visual_projection", &[hidden, dim]);
        rest.add_norm("prompts_generator.layernorm", dim);
        rest.add("prompts_generator.alpha", &[dim]);
        for layer in 0..prompts.layers {
            let name = |part: &str| format!("prompts_generator.decoder.{layer}.{part}");
            for projection in ["q_proj", "k_proj", "v_proj"] {
                rest.add(&name(&format!("cross_attn.{projection}.weight")), &[dim, dim]);
            }
            rest.add_linear(&name("cross_attn.proj"), dim, dim);
            rest.add_norm(&name("norm1"), dim);
            rest.add_norm(&name("norm3"), dim);
            rest.add_linear(&name("mlp.0"), dim, prompts.intermediate);
            rest.add_linear(&name("mlp.3"), prompts.intermediate, dim);
        }
        [tower.into_list(), over_frames.into_list(), rest.into_list(), text_shapes(&outline)].concat()
    }
}
