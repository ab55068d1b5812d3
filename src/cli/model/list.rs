//! `actalign-tui model list`.

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::{Value, json};

use crate::backbone::registry::{KnownModel, models};
use crate::cache::Size;
use crate::hub::{HubCache, HubSettings, ModelId};
use crate::output;
use crate::visible;

/// List the published checkpoints that can be used, with sizes and whether they are in the cache
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print one JSON document, sizes in bytes
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
Parameters and sizes are computed from the layers (published weights are f32; a tokenizer adds 2 to 35 MB). Memory is that
of the weights, with --precision f32 and f16; on the CPU the token table stays on disk. Any other checkpoint of these
families works as well, MetaCLIP and DFN among the CLIPs, if it has safetensors and tokenizer.json, in the layout of
transformers or OpenCLIP. naflex models keep the proportions of images; the size is that of a square one. Licences are those
that the models' pages name; read them before you use a model.
Fetch one: actalign-tui model fetch ID
";

pub fn run(args: &ListArgs) -> Result<()> {
    let cache = HubSettings::load().cache.map(HubCache::new);
    let is_cached = |model: &KnownModel| {
        let id = model.id.parse::<ModelId>().ok();
        id.zip(cache.as_ref()).is_some_and(|(id, cache)| cache.find(&id).is_some())
    };
    if args.json {
        let models: Vec<Value> = models().iter().map(|model| document(model, is_cached(model))).collect();
        return Ok(output::print(visible::json(&models)?)?);
    }
    let mut text = format!(
        "{:<51}  {:>6}  {:>4}  {:>4}  {:>10}  {:>9}  {:>10}  {:>10}  licence\n",
        "model", "images", "text", "dim", "parameters", "download", "memory f32", "memory f16"
    );
    let mut family = "";
    for model in &models() {
        let facts = &model.facts;
        if facts.family != family {
            family = facts.family;
            let clips =
                if facts.frames.is_some() { " (models of whole clips, for eval --x-clip)" } else { "" };
            text += &format!("\n{family}{clips}\n");
        }
        text += &format!(
            "{:<51}  {:>6}  {:>4}  {:>4}  {:>10}  {:>9}  {:>10}  {:>10}  {}{}{}\n",
            model.id,
            facts.image_size,
            facts.text_len,
            facts.dim,
            millions(facts.parameters),
            Size(facts.bytes(4)).to_string(),
            Size(facts.bytes(4)).to_string(),
            Size(facts.bytes(2)).to_string(),
            model.licence,
            facts.frames.map_or(String::new(), |frames| format!("  {frames} frames")),
            if is_cached(model) { "  in the cache" } else { "" }
        );
    }
    Ok(output::print(text + "\n" + NOTES)?)
}

/// Published weights are f32; other files are small.
fn document(KnownModel { id, licence, facts }: &KnownModel, is_cached: bool) -> Value {
    json!({
        "id": id,
        "family": facts.family,
        "licence": licence,
        "image_size": facts.image_size,
        "frames": facts.frames,
        "max_patches": facts.max_patches,
        "text_len": facts.text_len,
        "dim": facts.dim,
        "parameters": facts.parameters,
        "download_bytes": facts.bytes(4),
        "memory_f32_bytes": facts.bytes(4),
        "memory_f16_bytes": facts.bytes(2),
        "cached": is_cached,
    })
}

/// `203 M`.
pub fn millions(parameters: u64) -> String {
    if parameters < 10_000_000 {
        return format!("{:.2} M", parameters as f64 / 1e6);
    }
    format!("{:.0} M", parameters as f64 / 1e6)
}
