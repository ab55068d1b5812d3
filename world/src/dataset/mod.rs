//! Clips of the rendered world as a dataset: a manifest, scripts, and H.264 files.

mod plan;
mod scripts;

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};
use thiserror::Error;

use crate::encode;
use crate::rendered::Boxes;
use actalign_tui::files::atomic_write::write_atomically;
use actalign_tui::script::ScriptError;

pub use self::plan::Difficulty;
use self::plan::Plan;
pub use self::scripts::{Wording, script_file};

/// A dataset that cannot be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error("cannot write {}: {source}\nhelp: choose another folder with --out", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Script(#[from] ScriptError),
    #[error("cannot encode {}: {reason}\nhelp: check with actalign-tui doctor that FFmpeg has libx264", path.display())]
    Encode { path: PathBuf, reason: String },
}

/// Renders `clips` clips into `out`: `manifest.jsonl`, `scripts.json`, `scripts-short.json` (ten steps of two or three
/// words), `clips/`, and scripts with a quarter, a half and all of their words replaced by words unknown to training:
/// `scripts-quarter-other-words.json`, `scripts-half-other-words.json`, `scripts-other-words.json`; and `boxes.json`, which
/// says where the athlete and the prop are in each frame. The manifest is written last. `done` is called after each clip.
///
/// # Errors
/// See [`RenderError`].
pub fn render(
    seed: u64,
    clips: usize,
    difficulty: Difficulty,
    out: &Path,
    done: impl Fn() + Sync,
) -> Result<(), RenderError> {
    let folder = out.join("clips");
    std::fs::create_dir_all(&folder).map_err(|source| RenderError::Write { path: folder, source })?;
    for wording in Wording::ALL {
        script_file(wording, difficulty).save(&out.join(wording.file_name()))?;
    }
    let plans: Vec<Plan> = (0..clips).map(|number| Plan::new(seed, number, difficulty)).collect();
    let encoded = plans.par_iter().map(|plan| {
        let boxes = encode::write(&plan.clip, plan.format, &out.join(&plan.entry.video))?;
        done();
        Ok((plan.entry.id.clone(), Value::from_iter(boxes.iter().map(in_json))))
    });
    let boxes: Vec<(String, Value)> = encoded.collect::<Result<_, RenderError>>()?;
    let write = |name: &str, text: String| {
        let path = out.join(name);
        write_atomically(&path, text.as_bytes()).map_err(|source| RenderError::Write { path, source })
    };
    write("boxes.json", Value::Object(boxes.into_iter().collect()).to_string() + "\n")?;
    write("manifest.jsonl", plans.iter().map(|plan| json!(plan.entry).to_string() + "\n").collect())
}

/// Time and boxes of a frame. Sides have four decimals: a tenth of a pixel.
fn in_json((time, boxes): &(f64, Boxes)) -> Value {
    let rounded = |sides: [f32; 4]| sides.map(|side| (f64::from(side) * 1e4).round() / 1e4);
    json!({"time": time, "athlete": boxes.athlete.map(rounded), "prop": boxes.prop.map(rounded)})
}
