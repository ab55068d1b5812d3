//! `actalign-tui model info`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use color_eyre::eyre::{Result, bail};
use serde::Serialize;

use super::list::millions;
use crate::backbone::{ModelFacts, TowerFacts, WeightFacts, inspect};
use crate::cache::Size;
use crate::output;
use crate::session::model_folder;
use crate::visible::json;

/// Describe a folder, or a model of the hub in the cache; if it cannot be used, why not and what to do
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// The folder, ORG/NAME, or `demo`
    #[arg(value_name = "DIR|ID")]
    model: PathBuf,
    /// Print one JSON document, sizes in bytes
    #[arg(long)]
    json: bool,
}

/// What `info --json` prints.
#[derive(Serialize)]
struct Info {
    folder: PathBuf,
    usable: bool,
    model: Option<ModelFacts>,
    /// Whether images are cut from the middle of the picture, so that the model does not see its ends.
    crops: bool,
    memory_f32_bytes: Option<u64>,
    memory_f16_bytes: Option<u64>,
    tokenizer: Option<&'static str>,
    weights: Option<WeightFacts>,
    files: Vec<Listed>,
    /// Assumptions.
    notices: Vec<String>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    bytes: u64,
}

pub fn run(args: &InfoArgs) -> Result<()> {
    let folder = model_folder(&args.model, None)?;
    let mut found = inspect(&folder);
    let files = files(&folder).unwrap_or_else(|error| {
        found.notices.push(format!("cannot list the folder: {error}"));
        Vec::new()
    });
    let info = Info {
        usable: found.problems.is_empty(),
        crops: found.crops,
        memory_f32_bytes: found.model.as_ref().map(|model| model.bytes(4)),
        memory_f16_bytes: found.model.as_ref().map(|model| model.bytes(2)),
        tokenizer: found.tokenizer.map(|family| family.describe()),
        weights: found.weights,
        model: found.model,
        files,
        notices: found.notices,
        problems: found.problems.iter().map(ToString::to_string).collect(),
        folder,
    };
    let text = if args.json { json(&info)? } else { in_words(&info) };
    output::print(text)?;
    if !info.usable {
        bail!("{} cannot be used as a model", info.folder.display());
    }
    Ok(())
}

/// The files of a folder by name, with the sizes of link targets.
fn files(folder: &Path) -> io::Result<Vec<Listed>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A dangling link is reported where the file is needed.
        if let Some(facts) = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file) {
            files.push(Listed { name: entry.file_name().to_string_lossy().into_owned(), bytes: facts.len() });
        }
    }
    files.sort_by(|a: &Listed, b| a.name.cmp(&b.name));
    Ok(files)
}

fn in_words(info: &Info) -> String {
    let mut text = format!("{}\n", info.folder.display());
    let mut line = |what: &str, finding: String| text += &format!("  {what:<11} {finding}\n");
    if let Some(model) = &info.model {
        let (side, patch) = (model.image_size, model.patch_size);
        line("family", model.family.to_owned());
        let size = match model.max_patches {
            None if info.crops => format!("{side}×{side}, cut from the middle of the picture"),
            None => format!("{side}×{side}"),
            Some(most) => format!("of their own proportions, up to {most} patches ({side}×{side} if square)"),
        };
        line("images", format!("{size}, patches of {patch}×{patch}"));
        if let Some(frames) = model.frames {
            line("clips", format!("{frames} frames, seen together: for eval --x-clip, not for --model"));
        }
        line("texts", format!("{} tokens of {}", model.text_len, model.vocabulary));
        line("embeddings", format!("{} dimensions", model.dim));
        line("image tower", tower(&model.vision));
        line("text tower", tower(&model.text));
        line("parameters", format!("{} ({})", model.parameters, millions(model.parameters)));
        line(
            "memory",
            format!(
                "{} with --precision f32, {} with f16; on the CPU without the token table, {} and {} less",
                Size(model.bytes(4)),
                Size(model.bytes(2)),
                Size(model.token_parameters * 4),
                Size(model.token_parameters * 2)
            ),
        );
    }
    if let Some(tokenizer) = info.tokenizer {
        line("tokenizer", tokenizer.to_owned());
    }
    if let Some(WeightFacts { types, tensors, logit_scale, logit_bias }) = &info.weights {
        let types: Vec<String> =
            types.iter().map(|(name, n)| format!("{} in {name}", millions(*n))).collect();
        line("weights", format!("{tensors} tensors, {}", types.join(", ")));
        let alpha = logit_scale.exp();
        let of_clips = info.model.as_ref().is_some_and(|model| model.frames.is_some());
        let bias = match logit_bias {
            _ if of_clips => String::new(),
            Some(bias) => format!(", bias {bias} (beta)"),
            None => ", no bias: cells are cosines, and beta of affinities is fitted to each clip".to_owned(),
        };
        line("calibration", format!("logit scale {logit_scale} (alpha {alpha:.3}){bias}"));
    }
    for file in &info.files {
        line("file", format!("{:>9}  {}", Size(file.bytes).to_string(), file.name));
    }
    for notice in &info.notices {
        line("note", notice.clone());
    }
    for problem in &info.problems {
        line("PROBLEM", problem.clone());
    }
    text
}

fn tower(tower: &TowerFacts) -> String {
    let TowerFacts { layers, hidden, mlp, heads } = tower;
    format!("{layers} layers of {hidden} dimensions, {heads} heads, MLP {mlp}")
}
