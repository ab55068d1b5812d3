//! `actalign-tui RESULTS`: the explorer on the clips of an evaluation.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, ensure};

use crate::align::Preset;
use crate::cli::inputs::ModelArgs;
use crate::cli::screen::{Opening, Screen, THUMBNAIL, open_explorer};
use crate::cli::seen;
use crate::eval::{self, Clip, ClipRecord, Dataset, DatasetPaths, Digests, Footage, Row, Run, Score};
use crate::explore::{Candidate, Exploration, Job, Model, Settings, Sources};
use crate::script::{Class, Document, ScriptFile, Strategy, Template};
use crate::store::Hashes;
use crate::tui::{Checked, ClipResult, ClipToExplore, Message, ResultRow, Results};
use crate::video::Sampling;

/// The folder of the evaluation that a path names, itself or by one of its files.
pub fn folder_of(path: &Path) -> Option<PathBuf> {
    let folder = if path.is_dir() { path } else { path.parent()? };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_result = path.is_dir() || path.extension().is_some_and(|end| end == "json" || end == "jsonl");
    (is_result && Run::is_at(folder)).then(|| folder.to_owned())
}

/// Opens the explorer on the clips of an evaluation.
pub fn run(folder: &Path, screen: Screen) -> Result<()> {
    let (run, records) = eval::load(folder)?;
    let paths = seen_from_here(&run);
    let dataset = Dataset::open(&paths)?;
    let model = seen::model(&run.working_folder, &run.model);
    let model = ModelArgs::of(model).with_precision(run.settings.model.precision).open()?;
    let sampling: Sampling = run.settings.sampling.parse()?;
    let records: HashMap<&str, &ClipRecord> = records.iter().map(|record| (&record.id[..], record)).collect();
    let clips: Vec<(&Clip, &ClipRecord)> =
        dataset.clips.iter().filter_map(|clip| Some((clip, *records.get(&clip.entry.id[..])?))).collect();
    ensure!(
        !clips.is_empty(),
        "{} lists none of the clips of this evaluation any more",
        paths.manifest.display()
    );

    let rows: Vec<ResultRow> = run.settings.rows.iter().map(result_row).collect();
    // The first that is looked at is the published method, else the last.
    let row = rows.iter().position(|row| row.name == "+smoothing").unwrap_or(rows.len() - 1);
    let settings = rows[row].settings.clone().unwrap_or_default();
    let templates = templates(&run.settings.rows);
    let results = Results {
        name: folder.display().to_string(),
        row,
        clips: clips.iter().map(|(clip, record)| result(clip, record, &run.settings.rows)).collect(),
        rows,
    };
    let scripts = Document::new(scripts_of(&clips), None);
    let mut opened = Vec::new();
    for (clip, _) in clips {
        opened.push(to_explore(clip, &run, &dataset, &model, sampling, &settings)?);
    }
    // The model's weights are read for it: that waits until the screen is up.
    let check = {
        let (digests, model) = (dataset.digests.clone(), model.clone());
        move || Checked {
            live: None,
            message: notice(&run, &digests, &model).map(|text| Message { text, is_error: true }),
        }
    };
    let opening = Opening {
        results: Some(results),
        check: Some(Box::new(check)),
        ..Opening::new(opened, scripts, templates)
    };
    open_explorer(opening, screen)
}

/// Where the dataset is, named from anywhere.
fn seen_from_here(run: &Run) -> DatasetPaths {
    let here = |path: &PathBuf| seen::file(&run.working_folder, path);
    DatasetPaths {
        manifest: here(&run.paths.manifest),
        scripts: run.paths.scripts.as_ref().map(here),
        scripts_short: run.paths.scripts_short.as_ref().map(here),
        clips: run.paths.clips.as_ref().map(here),
        embeddings: run.paths.embeddings.as_ref().map(here),
        preset: run.paths.preset,
    }
}

/// A row as the explorer can show it: with its knobs, where its matrices are those of the main scripts.
fn result_row(row: &Row) -> ResultRow {
    let has_matrices = row.score == Score::Alignment && row.prompt == Strategy::default();
    ResultRow { name: row.name.clone(), settings: has_matrices.then(|| row.settings.clone()) }
}

/// What a record says, of the candidates that the clip has now: they are told by their names.
fn result(clip: &Clip, record: &ClipRecord, rows: &[Row]) -> ClipResult {
    match (&record.outcome, record.scores()) {
        (eval::ClipOutcome::Unread { reason }, _) => ClipResult::Unread(reason.clone()),
        (_, scores) => {
            let first = |row: usize| {
                let name = record.candidates.get(*scores?.rows.get(row)?.ranking.first()?)?;
                clip.candidates.iter().position(|candidate| candidate.name == *name)
            };
            ClipResult::Read((0..rows.len()).map(first).collect())
        }
    }
}

/// The built-in templates and those of the rows.
fn templates(rows: &[Row]) -> Vec<Template> {
    let mut templates: Vec<Template> = Template::built_in().into();
    for row in rows {
        if !templates.contains(&row.settings.template) {
            templates.push(row.settings.template.clone());
        }
    }
    templates
}

/// A script for every class that is a candidate somewhere; where clips have different ones, the first.
fn scripts_of(clips: &[(&Clip, &ClipRecord)]) -> ScriptFile {
    let mut classes: Vec<Class> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for Candidate { domain, name, steps } in clips.iter().flat_map(|(clip, _)| &clip.candidates) {
        if known.insert((domain, name)) {
            let (name, domain, steps) = (name.clone(), Some(domain.clone()), steps.clone());
            classes.push(Class { name, domain, steps, other: Default::default() });
        }
    }
    ScriptFile { domain: None, classes, other: Default::default() }
}

fn to_explore(
    clip: &Clip,
    run: &Run,
    dataset: &Dataset,
    model: &Arc<Model>,
    sampling: Sampling,
    settings: &Settings,
) -> Result<ClipToExplore> {
    let entry = &clip.entry;
    let dim = model.checkpoint().dim();
    let exploration = Exploration::new(clip.candidates.clone(), model.calibration(), dim, settings.clone());
    let (path, masks, rows_per_second) = match &clip.footage {
        Footage::Video(masks) => (entry.video.clone(), masks.clone(), None),
        Footage::Embeddings(path) => (path.clone(), Arc::default(), Some(eval::rate_of_rows(sampling)?)),
        Footage::None(_) => (entry.video.clone(), Arc::default(), None),
    };
    let sources = Sources {
        clip: path.display().to_string(),
        scripts: dataset.scripts.display().to_string(),
        model: run.model.display().to_string(),
        device: model.device().describe(),
        sampling: sampling.describe(),
        start: entry.start,
        end: entry.end,
    };
    let job = Job {
        clip: path,
        rows_per_second,
        sampling,
        segment: entry.segment(),
        masks,
        model: model.clone(),
        cover_evenly: true,
        thumbnails: Some(THUMBNAIL),
        texts: exploration.missing_texts(),
        known: Vec::new(),
    };
    Ok(ClipToExplore {
        id: entry.id.clone(),
        answer: Some(entry.answer).filter(|&answer| answer < clip.candidates.len()),
        groups: entry.groups.clone(),
        exploration,
        sampling,
        job: Some(job),
        sources,
    })
}

/// What is not as it was evaluated.
fn notice(run: &Run, now: &Digests, model: &Model) -> Option<String> {
    let then = &run.settings.digests;
    let (model_then, model_now) = (&run.settings.model, Hashes::of_model(model.checkpoint(), model.cache()));
    let is_same_model = (&model_now.vision, &model_now.text, &model_now.tokenizer)
        == (&model_then.vision, &model_then.text, &model_then.tokenizer);
    let changed = [
        ("the manifest", then.manifest != now.manifest),
        ("the scripts", then.scripts != now.scripts),
        ("the short scripts", then.scripts_short != now.scripts_short),
        ("the model", !is_same_model),
    ];
    let changed: Vec<&str> =
        changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect();
    if !changed.is_empty() {
        return Some(format!(
            "Changed since the evaluation: {}. Matrices and names may not be those of then.",
            changed.join(", ")
        ));
    }
    (run.paths.preset == Preset::Released).then(|| {
        "Texts are padded to their full length here, and not to the longest of a script as evaluated: values differ a little."
            .to_owned()
    })
}
