//! `actalign-tui SNAPSHOT`: the explorer at a moment that was saved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, eyre};

use crate::align::Calibration;
use crate::cli::inputs::ModelArgs;
use crate::cli::screen::{Opening, Screen, THUMBNAIL, open_explorer};
use crate::cli::seen;
use crate::error_chain::error_chain;
use crate::explore::{Candidate, Exploration, Fixed, Job, Model, Picture, Settings, Sources, Thumbnail};
use crate::script::{Class, Document, ScriptFile, Template};
use crate::store::{Hashes, Parts, SampledPart, Snapshot};
use crate::tui::{Checked, ClipToExplore, Live, Message, Moment, Pinned};
use crate::video::Sampling;

/// Opens the explorer on what a snapshot holds, and goes on with its clip and its model once both are found unchanged.
/// What the snapshot names may be large or never end, so it is looked at in the background alone.
pub fn run(path: &Path, screen: Screen) -> Result<()> {
    let snapshot = Snapshot::load(path)?;
    let (parts, sources) = snapshot
        .parts()
        .zip(snapshot.settings.clip.as_ref().map(|clip| clip.sources.clone()))
        .ok_or_else(|| eyre!("{}: this snapshot is of no clip", path.display()))?;
    let sources = seen_from(path.parent().unwrap_or(Path::new("")), sources);
    let name = path.display().to_string();
    let scripts = Document::new(scripts_of(&parts), None);
    let templates = templates(&parts.settings.template);
    let pictures = snapshot.thumbnails.iter().filter_map(|small| {
        let picture = Picture { ordinal: small.ordinal, time: small.time, jpeg: small.jpeg.clone() };
        Thumbnail::of(Arc::new(picture))
    });
    let moment = Moment {
        view: snapshot.view.clone(),
        pinned: pinned(&snapshot, parts.calibration),
        pictures: pictures.collect(),
        hashes: snapshot.hashes.clone(),
        notice: format!("{name}: comparing its clip and model with what they were …"),
    };
    let check = {
        let (candidates, hashes, sampling) =
            (parts.candidates.clone(), snapshot.hashes.clone(), snapshot.sampling);
        let sources = sources.clone();
        move || {
            let (live, text) = match model_of(&hashes, &sources) {
                Ok(model) => (
                    Some(live(model, candidates, sampling, sources)),
                    format!("{name}, with its clip and model"),
                ),
                Err(reason) => (None, format!("{name}, without embeddings: {reason}")),
            };
            Checked { live, message: Some(Message { text, is_error: false }) }
        }
    };
    let clip = frozen(parts, sources, snapshot.sampling.fps);
    let opening = Opening {
        moment: Some(moment),
        check: Some(Box::new(check)),
        ..Opening::new(vec![clip], scripts, templates)
    };
    open_explorer(opening, screen)
}

/// The same sources, with the paths that were relative to the snapshot's folder made to lead there from here.
fn seen_from(folder: &Path, sources: Sources) -> Sources {
    let file = |path: &str| seen::file(folder, Path::new(path)).display().to_string();
    Sources {
        clip: file(&sources.clip),
        scripts: file(&sources.scripts),
        model: seen::model(folder, Path::new(&sources.model)).display().to_string(),
        ..sources
    }
}

/// The model of a snapshot, if it and the clip are what they were; else what is missing.
fn model_of(then: &Hashes, sources: &Sources) -> Result<Arc<Model>, String> {
    let clip = Path::new(&sources.clip);
    if !clip.exists() {
        return Err(format!("the clip {} is not there", clip.display()));
    }
    if !clip.is_file() && !clip.is_dir() {
        return Err(format!("the clip {} is neither a file nor a folder", clip.display()));
    }
    let model = ModelArgs::of(PathBuf::from(&sources.model)).open().map_err(|error| error_chain(&error))?;
    let now = Hashes::of(clip, Path::new(&sources.scripts), model.checkpoint(), model.cache());
    let is_same = |now: &Option<String>, then: &Option<String>| now.is_some() && now == then;
    if !is_same(&now.clip, &then.clip) {
        return Err(format!("the clip {} is another one now", clip.display()));
    }
    let parts = [(&now.vision, &then.vision), (&now.text, &then.text), (&now.tokenizer, &then.tokenizer)];
    if !parts.into_iter().all(|(now, then)| is_same(now, then)) {
        return Err(format!("the model {} is another one now", sources.model));
    }
    Ok(model)
}

/// The clip as the snapshot holds it: with matrices in the place of embeddings.
fn frozen(parts: Parts, sources: Sources, sampling: Sampling) -> ClipToExplore {
    let Parts { candidates, settings, calibration, times, ordinals, width, cosines, mean_pool } = parts;
    let fixed = Fixed { times, ordinals, width, cosines, mean_pool };
    let exploration = Exploration::frozen(candidates, calibration, settings, fixed);
    let id = sources.clip.clone();
    ClipToExplore { id, answer: None, groups: Vec::new(), exploration, sampling, job: None, sources }
}

/// The clip as it can be explored: its frames are taken and embedded anew.
fn live(model: Arc<Model>, candidates: Vec<Candidate>, part: SampledPart, mut sources: Sources) -> Live {
    sources.sampling = part.fps.describe();
    sources.device = model.device().describe();
    let dim = model.checkpoint().dim();
    let exploration = Exploration::new(candidates, model.calibration(), dim, Settings::default());
    let job = Job {
        clip: PathBuf::from(&sources.clip),
        rows_per_second: None,
        sampling: part.fps,
        segment: part.segment(),
        masks: Arc::default(),
        cover_evenly: true,
        thumbnails: Some(THUMBNAIL),
        texts: Vec::new(),
        known: Vec::new(),
        model,
    };
    Live { exploration, sources, job }
}

/// The scripts that a snapshot was taken of, which are in no file.
fn scripts_of(parts: &Parts) -> ScriptFile {
    let classes = parts.candidates.iter().map(|candidate| Class {
        name: candidate.name.clone(),
        domain: Some(candidate.domain.clone()),
        steps: candidate.steps.clone(),
        other: Default::default(),
    });
    ScriptFile { domain: None, classes: classes.collect(), other: Default::default() }
}

fn templates(own: &Template) -> Vec<Template> {
    let mut templates: Vec<Template> = Template::built_in().into();
    if !templates.contains(own) {
        templates.insert(0, own.clone());
    }
    templates
}

/// The pinned settings; alpha and beta are an override where they are not the clip's `own`.
fn pinned(snapshot: &Snapshot, own: Calibration) -> Option<Pinned> {
    let pinned = snapshot.pinned.as_ref()?;
    let clip = pinned.settings.clip.as_ref()?;
    let calibration = Calibration { alpha: pinned.settings.alpha, beta: pinned.settings.beta };
    let place = |class: usize| {
        let rank = pinned.ranking.iter().position(|&other| other == class)? + 1;
        Some((rank, pinned.scores.get(class).copied().flatten()?))
    };
    let settings = Settings {
        method: pinned.settings.method,
        smoothing_seconds: clip.smoothing_seconds,
        template: Template::of_text(&clip.template_text).ok()?,
        calibration: Some(calibration).filter(|&calibration| calibration != own),
    };
    let places = (0..snapshot.candidates.len()).map(place).collect();
    let rule = settings.method.rule_at(pinned.settings.background_level.unwrap_or_default());
    Some(Pinned { settings, width: pinned.settings.smoothing, rule, places })
}
