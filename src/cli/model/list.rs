//! `actalign-tui model list`.

use clap::Args;
use color_eyre::eyre::Result;
use serde::Serialize;

use crate::backbone::registry::{KnownModel, models};
use crate::cache::Size;
use crate::hub::{HubCache, HubSettings, ModelId};
use crate::output;
use crate::visible::json;

/// List the published checkpoints that can be used, with sizes and whether they are in the cache
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print one JSON document, sizes in bytes
    #[arg(long)]
    json: bool,
}

/// What `list --json` prints of a model.
#[derive(Serialize)]
struct Listed {
    id: &'static str,
    image_size: usize,
    text_len: usize,
    dim: usize,
    parameters: u64,
    /// Weights in f32, as published; other files are small.
    download_bytes: u64,
    memory_f32_bytes: u64,
    memory_f16_bytes: u64,
    cached: bool,
}

impl Listed {
    fn of(model: &KnownModel, cache: Option<&HubCache>) -> Self {
        let facts = &model.facts;
        let id = model.id.parse::<ModelId>().ok();
        Self {
            id: model.id,
            image_size: facts.image_size,
            text_len: facts.text_len,
            dim: facts.dim,
            parameters: facts.parameters,
            download_bytes: facts.bytes(4),
            memory_f32_bytes: facts.bytes(4),
            memory_f16_bytes: facts.bytes(2),
            cached: id.zip(cache).is_some_and(|(id, cache)| cache.find(&id).is_some()),
        }
    }
}

const NOTES: &str = "\
Parameters and sizes are computed from the layers (published weights are f32; a tokenizer adds 2 to 35 MB). Memory is that
of the weights, with --precision f32 and f16; on the CPU the token table stays on disk. Any other SigLIP checkpoint in
safetensors works as well, except those of flexible resolution (google/siglip2-base-patch16-naflex and
google/siglip2-so400m-patch16-naflex): they have another architecture.
Fetch one: actalign-tui model fetch ID
";

pub fn run(args: &ListArgs) -> Result<()> {
    let cache = HubSettings::load().cache.map(HubCache::new);
    let models: Vec<Listed> = models().iter().map(|model| Listed::of(model, cache.as_ref())).collect();
    if args.json {
        return Ok(output::print(json(&models)?)?);
    }
    let mut text = format!(
        "{:<42}  {:>6}  {:>4}  {:>4}  {:>10}  {:>9}  {:>10}  {:>10}\n",
        "model", "images", "text", "dim", "parameters", "download", "memory f32", "memory f16"
    );
    for model in &models {
        text += &format!(
            "{:<42}  {:>6}  {:>4}  {:>4}  {:>10}  {:>9}  {:>10}  {:>10}{}\n",
            model.id,
            model.image_size,
            model.text_len,
            model.dim,
            millions(model.parameters),
            Size(model.download_bytes).to_string(),
            Size(model.memory_f32_bytes).to_string(),
            Size(model.memory_f16_bytes).to_string(),
            if model.cached { "  in the cache" } else { "" }
        );
    }
    Ok(output::print(text + "\n" + NOTES)?)
}

/// `203 M`.
pub fn millions(parameters: u64) -> String {
    if parameters < 10_000_000 {
        return format!("{:.2} M", parameters as f64 / 1e6);
    }
    format!("{:.0} M", parameters as f64 / 1e6)
}
