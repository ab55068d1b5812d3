//! Opens the clips of a finished evaluation, with what each row ranked first.

use std::collections::HashMap;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, ensure};

use super::model::ModelRequest;
use super::opened::{Session, scripts_of, shown};
use super::rebase_path;
use super::setup::{Request, Setup};
use crate::eval::{
    self, Clip, ClipOutcome, ClipRecord, ClipSource, Dataset, DatasetPaths, Digests, Facts, Ranking, Row,
    Run, Score,
};
use crate::explore::{Job, Model};
use crate::script::{Document, Strategy, Template};
use crate::snapshot::Hashes;
use crate::tui::{Checked, ClipResult, ClipToExplore, Message, Prediction, ResultRow, Results};

/// The folder of the evaluation that a path names, itself or by one of its files.
pub fn folder_of(path: &Path) -> Option<PathBuf> {
    let folder = if path.is_dir() { path } else { path.parent()? };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_result = path.is_dir() || path.extension().is_some_and(|end| end == "json" || end == "jsonl");
    (is_result && Run::is_at(folder)).then(|| folder.to_owned())
}

/// Opens the clips of a finished evaluation. What changed since is found in the background.
pub fn open(folder: &Path) -> Result<Session> {
    let (run, records) = eval::load(folder)?;
    let (settings, records) = eval::join(&run.people, &run.settings, &records)?;
    let paths = rebase(&run);
    let dataset = Dataset::open(&paths)?;
    let names: Vec<&PathBuf> = iter::once(&run.model).chain(&run.other_models).collect();
    let precision = run.settings.model.precision.into();
    let models = names.iter().map(|name| {
        let name = rebase_path::model(&run.working_folder, name);
        ModelRequest { precision, ..ModelRequest::new(name) }.open()
    });
    let models = models.collect::<Result<Vec<_>>>()?;
    let records: HashMap<&str, &ClipRecord> = records.iter().map(|record| (&record.id[..], record)).collect();
    let clips: Vec<(&Clip, &ClipRecord)> =
        dataset.clips.iter().filter_map(|clip| Some((clip, *records.get(&clip.entry.id[..])?))).collect();
    ensure!(!clips.is_empty(), "{} no longer lists any clip of this evaluation", paths.manifest.display());

    let first_model = settings.rows.first().and_then(|row| row.model.as_ref());
    let rows: Vec<ResultRow> = settings.rows.iter().map(|row| result_row(row, first_model)).collect();
    // The published method is shown first, where there is one.
    let row =
        settings.rows.iter().position(|row| row.method() == "+smoothing").unwrap_or(settings.rows.len() - 1);
    let shown_settings = rows[row].settings.clone().unwrap_or_default();
    let scripts = scripts_of(clips.iter().flat_map(|(clip, _)| &clip.candidates));
    let mut opened = Vec::new();
    for (number, (name, model)) in names.iter().zip(&models).enumerate() {
        let mut settings = shown_settings.clone();
        settings.method.cell = if number == 0 { settings.method.cell } else { model.usual_cell() };
        let setup = Setup {
            request: Request {
                sampling: run.sampling()?,
                settings,
                ..Request::new(Vec::new(), dataset.scripts.clone(), ModelRequest::new((*name).clone()))
            },
            scripts: scripts.clone(),
            model: model.clone(),
        };
        for (clip, _) in &clips {
            opened.push(ClipToExplore { model: number, ..to_explore(clip, &setup)? });
        }
    }
    let results = Results {
        name: shown(folder),
        row,
        clips: clips.iter().map(|(clip, record)| result(clip, record, &settings.rows)).collect(),
        facts: clips.iter().map(|(_, record)| facts(record)).collect(),
        rows,
    };
    let templates: Vec<&Template> = run.settings.rows.iter().map(|row| &row.settings.template).collect();
    let session = Session::new(opened, Document::new(scripts, None), &templates);
    // Comparing the model reads its weights, so it waits until the screen is up.
    let digests = dataset.digests.clone();
    let check = move || Checked {
        live: None,
        message: changes(&run, &digests, &models).map(|text| Message { text, is_error: true }),
    };
    Ok(Session { results: Some(results), check: Some(Box::new(check)), ..session })
}

/// The dataset's paths as seen from the current folder.
fn rebase(run: &Run) -> DatasetPaths {
    let here = |path: &PathBuf| rebase_path::file(&run.working_folder, path);
    DatasetPaths {
        manifest: here(&run.paths.manifest),
        scripts: run.paths.scripts.as_ref().map(here),
        other_scripts: run.paths.other_scripts.map(here),
        clips: run.paths.clips.as_ref().map(here),
        embeddings: run.paths.embeddings.as_ref().map(here),
        preset: run.paths.preset,
    }
}

/// A row with its settings, where its matrices are alignments of the main scripts by the first model.
fn result_row(row: &Row, first_model: Option<&String>) -> ResultRow {
    let has_matrices = row.score == Score::Alignment
        && row.prompt == Strategy::default()
        && row.model.as_ref() == first_model;
    ResultRow { name: row.name.clone(), settings: has_matrices.then(|| row.settings.clone()) }
}

/// What each row ranked first. Candidates are matched by name: their order may have changed since.
fn result(clip: &Clip, record: &ClipRecord, rows: &[Row]) -> ClipResult {
    let scores = match &record.outcome {
        ClipOutcome::Unread { reason } => return ClipResult::Unread(reason.clone()),
        ClipOutcome::Read(scores) => scores,
    };
    let first = |ranking: &Ranking| {
        let name = record.candidates.get(*ranking.ranking.first()?)?;
        clip.candidates.iter().position(|candidate| candidate.name == *name)
    };
    let prediction = |(row, spec): (usize, &Row)| match scores.rows.get(row) {
        Some(ranking) if !spec.includes(ranking) => Prediction::LeftOut,
        ranking => ranking.and_then(first).map_or(Prediction::Missed, Prediction::Class),
    };
    ClipResult::Read(rows.iter().enumerate().map(prediction).collect())
}

/// The facts of each row.
fn facts(record: &ClipRecord) -> Vec<Option<Facts>> {
    record.scores().map_or_else(Vec::new, |scores| scores.rows.iter().map(|row| row.facts.clone()).collect())
}

fn to_explore(clip: &Clip, setup: &Setup) -> Result<ClipToExplore> {
    let entry = &clip.entry;
    let (path, masks, rows_per_second) = match &clip.source {
        ClipSource::Video(masks) => (&entry.video, masks.clone(), None),
        ClipSource::Embeddings(path) => {
            (path, Arc::default(), Some(eval::rate_of_rows(setup.request.sampling)?))
        }
        ClipSource::Missing(_) => (&entry.video, Arc::default(), None),
    };
    let opened = setup.clip_of(path, entry.segment(), clip.candidates.clone());
    Ok(ClipToExplore {
        id: entry.id.clone(),
        answer: Some(entry.answer).filter(|&answer| answer < clip.candidates.len()),
        groups: entry.groups.clone(),
        job: opened.job.map(|job| Job { masks, rows_per_second, segment: clip.segment(), ..job }),
        ..opened
    })
}

/// What changed since the evaluation, as a sentence.
fn changes(run: &Run, now: &Digests, models: &[Arc<Model>]) -> Option<String> {
    let then = &run.settings.digests;
    let models_then = iter::once(&run.settings.model).chain(&run.settings.other_models);
    let is_same_model = models_then.zip(models).all(|(then, model)| {
        let now = Hashes::of_model(model.checkpoint(), model.cache());
        (&now.vision, &now.text, &now.tokenizer) == (&then.vision, &then.text, &then.tokenizer)
    });
    let changed = [
        ("the manifest", then.manifest != now.manifest),
        ("the scripts", then.scripts != now.scripts),
        ("the scripts of other prompts", then.other_scripts != now.other_scripts),
        ("the model", !is_same_model),
    ];
    let changed: Vec<&str> =
        changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect();
    if !changed.is_empty() {
        let changed = changed.join(", ");
        return Some(format!("Changed since the evaluation: {changed}. Matrices and names may differ."));
    }
    eval::protocol(run.paths.preset).explorer_note.map(str::to_owned)
}
