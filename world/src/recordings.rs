//! Long recordings of the rendered world with their annotation.

use std::path::Path;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::dataset::{Difficulty, RenderError, Wording, script_file};
use crate::encode;
use crate::rendered::{ActionMoment, Recording, Rng, Sport};
use actalign_tui::files::atomic_write::write_atomically;

/// Renders recordings of so many seconds into `out`: `recordings/`, `scripts.json`, and `moments.json`, which says of each
/// video which classes happen when: `{"<video>": [{"class", "start", "end", "steps": [[start, end], …]}, …]}`, in seconds. It
/// is written last. `done` is called after each recording.
///
/// # Errors
/// See [`RenderError`].
pub fn render(
    seed: u64,
    recordings: usize,
    seconds: f32,
    out: &Path,
    done: impl Fn() + Sync,
) -> Result<(), RenderError> {
    let folder = out.join("recordings");
    std::fs::create_dir_all(&folder).map_err(|source| RenderError::Write { path: folder, source })?;
    script_file(Wording::ContextRich, Difficulty::Easy).save(&out.join(Wording::ContextRich.file_name()))?;
    let render = |number: usize| {
        let sport = Sport::ALL[number % Sport::ALL.len()];
        let recording = Recording::random(&mut Rng::new(seed, "recording", number as u64), sport, seconds);
        let video = format!("recordings/{}-{number:03}.mp4", sport.name().replace(' ', "-"));
        encode::write_recording(&recording, &out.join(&video))?;
        done();
        Ok((video, recording.moments().iter().map(in_json).collect()))
    };
    let moments: Map<String, Value> = (0..recordings)
        .into_par_iter()
        .map(render)
        .collect::<Result<Vec<_>, RenderError>>()?
        .into_iter()
        .collect();
    let path = out.join("moments.json");
    write_atomically(&path, (Value::Object(moments).to_string() + "\n").as_bytes())
        .map_err(|source| RenderError::Write { path, source })
}

fn in_json(moment: &ActionMoment) -> Value {
    let rounded = |seconds: f32| (f64::from(seconds) * 1e3).round() / 1e3;
    let steps: Vec<[f64; 2]> =
        moment.steps.iter().map(|&(start, end)| [rounded(start), rounded(end)]).collect();
    let (first, last) = (steps.first().map(|step| step[0]), steps.last().map(|step| step[1]));
    json!({"class": moment.action.name, "start": first, "end": last, "steps": steps})
}
