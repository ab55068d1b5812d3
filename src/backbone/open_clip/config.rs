//! `model_cfg` of `open_clip_config.json`: which family it is, in the words of that family's own configuration.

use serde_json::{Map, Value, json};

use super::settings::Settings;
use super::timm::{self, SiglipTower};
use crate::backbone::cleaning::Cleaning;
use crate::backbone::clip;
use crate::backbone::config::TowerSizes;
use crate::backbone::family::{Backbone, Family};
use crate::backbone::{pe, siglip};

/// A model of one of the families, and what else decides its layout.
pub(super) struct Model {
    pub model: Box<dyn Backbone>,
    pub has_timm_tower: bool,
    /// Whether the text tower is an object of its own.
    pub has_text_object: bool,
    pub cleaning: Cleaning,
}

/// The text tower.
struct Text {
    tower: TowerSizes,
    vocabulary: usize,
    positions: usize,
    activation: &'static str,
    eps: f64,
    is_causal: bool,
    /// Whether the projection has a bias.
    has_bias: bool,
    /// Which position is projected.
    pool: String,
    end: usize,
    tokenizer: Option<String>,
    cleaning: Cleaning,
}

/// Reads `model_cfg`.
pub(super) fn read(fields: &Map<String, Value>) -> Result<Model, String> {
    let model = Settings { name: "model_cfg", fields };
    if let Some(kind) =
        [("multimodal_cfg", "CoCa, which writes captions")].iter().find(|(key, _)| model.has(key))
    {
        return Err(format!("this is {}", kind.1));
    }
    model.check_others(
        &["embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "custom_text"],
        // The tensors themselves say whether there is a bias; the rest concerns training.
        &["init_logit_scale", "init_logit_bias", "nonscalar_logit_scale", "output_dict"],
    )?;
    let dim = model.number("embed_dim", None)?;
    let is_quick = model.flag("quick_gelu")?;
    let vision = model.object("vision_cfg")?;
    let text = text(&model.object("text_cfg")?, is_quick)?;
    let has_text_object = model.flag("custom_text")?;
    let cleaning = text.cleaning;
    let (model, has_timm_tower) = match vision.text("timm_model_name")? {
        None => (clip(&vision, text, dim, is_quick)?, false),
        Some(name) => (with_timm_tower(name, &vision, text, dim)?, true),
    };
    Ok(Model { model, has_timm_tower, has_text_object, cleaning })
}

fn text(text: &Settings, is_quick: bool) -> Result<Text, String> {
    if let Some(name) = text.text("hf_model_name")? {
        return Err(format!("its text tower is {name}, of transformers"));
    }
    let known = [
        "context_length",
        "vocab_size",
        "hf_tokenizer_name",
        "tokenizer_kwargs",
        "width",
        "heads",
        "layers",
        "mlp_ratio",
        "no_causal_mask",
        "pool_type",
        "eos_id",
        "proj_bias",
        "proj_type",
        "act_kwargs",
        "norm_kwargs",
        "block_type",
    ];
    text.check_others(
        &known,
        &["pad_id", "output_tokens", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type"],
    )?;
    text.expect("proj_type", "linear")?;
    text.expect("block_type", "default")?;
    let tokenizer = text.text("hf_tokenizer_name")?.map(str::to_owned);
    let mut cleaning = if tokenizer.is_some() { Cleaning::Whitespace } else { Cleaning::Lower };
    if let Some(rules) = text.object_if_there("tokenizer_kwargs")? {
        rules.check_others(&["clean"], &[])?;
        cleaning = rules.text("clean")?.map_or(Ok(cleaning), Cleaning::named)?;
    }
    let width = text.number("width", Some(512))?;
    Ok(Text {
        tower: [
            width,
            text.widened(width)?,
            text.number("layers", Some(12))?,
            text.number("heads", Some(8))?,
        ],
        vocabulary: text.number("vocab_size", Some(49_408))?,
        positions: text.number("context_length", Some(77))?,
        activation: text.activation(is_quick)?,
        eps: text.eps()?,
        is_causal: !text.flag("no_causal_mask")?,
        has_bias: text.flag("proj_bias")?,
        pool: text.text("pool_type")?.unwrap_or("argmax").to_owned(),
        end: text.number("eos_id", Some(2))?,
        tokenizer,
        cleaning,
    })
}

/// A model with OpenCLIP's own ViT.
fn clip(vision: &Settings, text: Text, dim: usize, is_quick: bool) -> Result<Box<dyn Backbone>, String> {
    if vision.is_list("layers") {
        return Err("its image tower is a ResNet".into());
    }
    let known = [
        "layers",
        "width",
        "head_width",
        "mlp_ratio",
        "patch_size",
        "image_size",
        "pos_embed_type",
        "pool_type",
        "act_kwargs",
        "norm_kwargs",
        "block_type",
    ];
    let of_training = ["patch_dropout", "output_tokens", "attn_pooler_queries", "attn_pooler_heads"];
    vision.check_others(&known, &of_training)?;
    vision.expect("pos_embed_type", "learnable")?;
    vision.expect("pool_type", "tok")?;
    vision.expect("block_type", "default")?;
    let width = vision.number("width", Some(768))?;
    let head = vision.number("head_width", Some(64))?.max(1);
    let is_metaclip = text.tokenizer.as_ref().is_some_and(|name| name.contains("xlm-v"));
    let end = match text.pool.as_str() {
        // The highest id, which the family has this number for.
        "argmax" if !is_metaclip => 2,
        "eos" => text.end,
        pool => return Err(format!("\"text_cfg.pool_type\": {pool:?} is not that of a CLIP")),
    };
    if !text.is_causal || text.has_bias {
        return Err(
            "its text tower is not causal, or has a bias in the projection, unlike that of a CLIP".into()
        );
    }
    let (family, kind) = if is_metaclip { (&clip::METACLIP_2, "metaclip_2") } else { (&clip::CLIP, "clip") };
    let tower = [width, vision.widened(width)?, vision.number("layers", Some(12))?, width / head];
    let mut of_vision = tower_config(tower, vision.activation(is_quick)?, vision.eps()?);
    of_vision["image_size"] = vision.value("image_size").cloned().unwrap_or(json!(224));
    of_vision["patch_size"] = vision.value("patch_size").cloned().unwrap_or(json!(16));
    let mut of_text = text.config();
    of_text["eos_token_id"] = json!(end);
    read_as(
        family,
        json!({"model_type": kind, "projection_dim": dim, "vision_config": of_vision, "text_config": of_text}),
    )
}

fn with_timm_tower(
    name: &str,
    vision: &Settings,
    text: Text,
    dim: usize,
) -> Result<Box<dyn Backbone>, String> {
    let known = ["timm_model_name", "timm_pool", "timm_proj", "image_size"];
    let of_training = ["timm_model_pretrained", "timm_drop", "timm_drop_path", "patch_dropout"];
    vision.check_others(&known, &of_training)?;
    if let Some(sizes) = pe::tower(name) {
        vision.expect_only("timm_pool", "map")?;
        // No projection beside the tower's own.
        if vision.text("timm_proj")?.is_some_and(|projection| !projection.is_empty()) {
            return Err("its image tower has a projection that PE-Core does not have".into());
        }
        check_image(name, vision, sizes.image)?;
        let is_known = text.is_causal && !text.has_bias && text.pool == "argmax" && text.tokenizer.is_none();
        if !is_known || text.activation != "gelu" || text.eps != 1e-5 {
            return Err("its text tower is not that of PE-Core".into());
        }
        let Text { tower, vocabulary, positions, .. } = text;
        let text = pe::TextSizes { tower, vocabulary, positions };
        return Ok(Box::new(pe::Config { vision: sizes, text, dim }.checked()?));
    }
    let Some(SiglipTower { tower, image, patch, activation }) = timm::siglip(name) else {
        return Err(format!("its image tower is timm's {name}"));
    };
    vision.expect_only("timm_pool", "map")?;
    vision.expect_only("timm_proj", "none")?;
    check_image(name, vision, image)?;
    if text.is_causal || !text.has_bias || text.pool != "last" {
        return Err("its text tower is not that of SigLIP".into());
    }
    let mut of_vision = tower_config(tower, activation, timm::EPS);
    of_vision["image_size"] = json!(image);
    of_vision["patch_size"] = json!(patch);
    let mut of_text = text.config();
    of_text["projection_size"] = json!(dim);
    read_as(
        &siglip::FAMILY,
        json!({"model_type": "siglip", "vision_config": of_vision, "text_config": of_text}),
    )
}

/// OpenCLIP prepares images of one size for a tower that has its own.
fn check_image(name: &str, vision: &Settings, image: usize) -> Result<(), String> {
    match vision.number("image_size", Some(224))? {
        size if size == image => Ok(()),
        size => Err(format!("\"vision_cfg.image_size\" is {size}, and {name} takes images of {image}")),
    }
}

impl Text {
    fn config(&self) -> Value {
        let mut config = tower_config(self.tower, self.activation, self.eps);
        config["vocab_size"] = json!(self.vocabulary);
        config["max_position_embeddings"] = json!(self.positions);
        config
    }
}

/// A tower in the words of transformers.
fn tower_config([width, mlp, layers, heads]: TowerSizes, activation: &str, eps: f64) -> Value {
    json!({
        "hidden_size": width,
        "intermediate_size": mlp,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "hidden_act": activation,
        "layer_norm_eps": eps,
    })
}

fn read_as(family: &Family, config: Value) -> Result<Box<dyn Backbone>, String> {
    let files = family.in_transformers.as_ref().ok_or("it has no configuration of transformers")?;
    (files.read)(&config)
}
