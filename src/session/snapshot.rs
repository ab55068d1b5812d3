//! Opens a snapshot: first as saved, then live if its clip and model are unchanged.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, eyre};

use super::model::ModelRequest;
use super::opened::{Session, for_explorer, scripts_of, shown};
use super::rebase_path;
use crate::align::Calibration;
use crate::error_chain::{error_chain, on_one_line};
use crate::explain::PatchMap;
use crate::explore::{Candidate, Exploration, Job, Model, Settings, Sources, Thumbnail};
use crate::script::Document;
use crate::snapshot::{self, Hashes, SampledPart, ShownPatches, Snapshot};
use crate::tui::{Checked, ClipToExplore, FrameMap, Live, Message, Moment, Pinned, StepPlace};

/// Opens the matrices that a snapshot holds. Its clip and model are compared with the snapshot in the background: they may
/// be large, or a pipe that never ends.
pub fn open(path: &Path) -> Result<Session> {
    let snapshot = Snapshot::load(path)?;
    let (exploration, sources) = snapshot
        .exploration()
        .zip(snapshot.settings.clip.as_ref().map(|clip| clip.sources.clone()))
        .ok_or_else(|| eyre!("{}: the snapshot names no clip", path.display()))?;
    let sources = rebase(path.parent().unwrap_or(Path::new("")), sources);
    let name = shown(path);
    let scripts = Document::new(scripts_of(exploration.candidates()), None);
    let template = exploration.settings().template.clone();
    let pictures = snapshot.thumbnails.iter().filter_map(|picture| Thumbnail::of(Arc::new(picture.clone())));
    let moment = Moment {
        view: snapshot.view.clone(),
        pinned: pinned(&snapshot, exploration.calibration()),
        pictures: pictures.collect(),
        patches: snapshot.patches.as_ref().and_then(frame_map),
        hashes: snapshot.hashes.clone(),
        notice: format!("{name}: checking its clip and model …"),
    };
    let check = {
        let (candidates, hashes, sampling) =
            (exploration.candidates().to_vec(), snapshot.hashes.clone(), snapshot.sampling);
        let sources = sources.clone();
        move || {
            let (live, text) = match unchanged_model(&hashes, &sources) {
                Ok(model) => (
                    Some(live(model, candidates, sampling, sources)),
                    format!("{name}, with its clip and model"),
                ),
                Err(reason) => (None, format!("{name}, without embeddings: {reason}")),
            };
            Checked { live, message: Some(Message { text, is_error: false }) }
        }
    };
    let clip = ClipToExplore {
        id: sources.clip.clone(),
        answer: None,
        groups: Vec::new(),
        exploration,
        sampling: snapshot.sampling.fps,
        model: 0,
        job: None,
        sources,
    };
    let session = Session::new(vec![clip], scripts, &[&template]);
    Ok(Session { moment: Some(moment), check: Some(Box::new(check)), ..session })
}

/// The map of a frame as the explorer has it.
fn frame_map(saved: &ShownPatches) -> Option<FrameMap> {
    let place = |(class, step): (usize, usize)| StepPlace { class, step };
    Some(FrameMap {
        ordinal: saved.picture.ordinal,
        time: saved.picture.time,
        of: place(saved.of),
        less: saved.less.map(place),
        map: PatchMap {
            cosine: saved.cosine,
            region: saved.region,
            values: snapshot::matrix(&saved.values)?,
        },
    })
}

/// The sources with the paths that were relative to the snapshot's folder rebased.
fn rebase(folder: &Path, sources: Sources) -> Sources {
    let file = |path: &str| shown(&rebase_path::file(folder, Path::new(path)));
    Sources {
        clip: file(&sources.clip),
        scripts: file(&sources.scripts),
        model: shown(&rebase_path::model(folder, Path::new(&sources.model))),
        ..sources
    }
}

/// The snapshot's model if it and the clip are unchanged; else what changed.
fn unchanged_model(then: &Hashes, sources: &Sources) -> Result<Arc<Model>, String> {
    let clip = Path::new(&sources.clip);
    if !clip.exists() {
        return Err(format!("the clip {} does not exist", clip.display()));
    }
    if !clip.is_file() && !clip.is_dir() {
        return Err(format!("the clip {} is neither a file nor a folder", clip.display()));
    }
    let precision = sources.precision.into();
    let model = ModelRequest { precision, ..ModelRequest::new(&sources.model) }.open();
    let model = model.map_err(|error| on_one_line(&error_chain(&error)))?;
    let now = Hashes::of(clip, Path::new(&sources.scripts), model.checkpoint(), model.cache());
    let is_same = |now: &Option<String>, then: &Option<String>| now.is_some() && now == then;
    if !is_same(&now.clip, &then.clip) {
        return Err(format!("the clip {} has changed", clip.display()));
    }
    let parts = [(&now.vision, &then.vision), (&now.text, &then.text), (&now.tokenizer, &then.tokenizer)];
    if !parts.into_iter().all(|(now, then)| is_same(now, then)) {
        return Err(format!("the model {} has changed", sources.model));
    }
    Ok(model)
}

/// The clip with its frames to be embedded again.
fn live(model: Arc<Model>, candidates: Vec<Candidate>, part: SampledPart, mut sources: Sources) -> Live {
    sources.sampling = part.fps.describe();
    sources.device = model.device().describe();
    let dim = model.checkpoint().dim();
    let exploration = Exploration::new(candidates, model.calibration(), dim, Settings::default());
    let job = Job::new(PathBuf::from(&sources.clip), model);
    let mut job = Job { sampling: part.fps, segment: part.segment(), ..job };
    for_explorer(&mut job);
    Live { exploration, sources, job }
}

/// The pinned settings. Alpha and beta override those of the clip, `own`, only where they differ.
fn pinned(snapshot: &Snapshot, own: Calibration) -> Option<Pinned> {
    let pinned = snapshot.pinned.as_ref()?;
    let calibration = Calibration { alpha: pinned.settings.alpha, beta: pinned.settings.beta };
    let place = |class: usize| {
        let rank = pinned.ranking.iter().position(|&other| other == class)? + 1;
        Some((rank, pinned.scores.get(class).copied().flatten()?))
    };
    let settings = Settings {
        calibration: Some(calibration).filter(|&calibration| calibration != own),
        ..snapshot::settings(&pinned.settings)?
    };
    let places = (0..snapshot.candidates.len()).map(place).collect();
    let rule = settings.method.rule_at(pinned.settings.background_level.unwrap_or_default());
    Some(Pinned { settings, width: pinned.settings.smoothing, rule, places })
}
