//! Which clip is on the screen, and what its background job embeds.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::align::Calibration;
use crate::explore::{Exploration, Method, Settings, Sources};
use crate::script::ClassId;
use crate::tui::action::{Checked, Effect, Live};
use crate::tui::clip::{Clip, Early, Progress};
use crate::tui::commands::Command;
use crate::tui::moments::Moments;
use crate::tui::state::State;
use crate::tui::thumbnails::Thumbnails;
use crate::tui::tour;
use crate::video::Sampling;

/// Shows another clip, in a ring. If the tour's next step is about a clip, that step shows it.
pub fn turn(state: &mut State, places: isize) {
    let next_step = state.tour.and_then(|step| tour::after(step, &state.clips));
    if next_step.and_then(|step| tour::subject(step, &state.clips)).is_some() {
        return;
    }
    let clips: Vec<usize> = state.clips_of_model().collect();
    if clips.len() == 1 {
        return state.say(format!("There is no other clip: {} opens one.", state.keymap.key(Command::Open)));
    }
    let (place, _) = state.place();
    show(state, clips[(place as isize - 1 + places).rem_euclid(clips.len() as isize) as usize])
}

/// Shows the clip under the next model, with the same class, step and time. Cell and calibration stay the model's own.
pub fn turn_model(state: &mut State) {
    let Some(twin) = state.next_twin() else {
        return state.say("There is one model: open several with --models A,B.");
    };
    let left = state.clip();
    let settings = knobs_of(&left.exploration, &state.clips[twin].exploration);
    let (cursor, step, has_selected, filter) =
        (left.cursor, left.step, left.has_selected, left.filter.clone());
    let (selected, compared) = (left.ids.get(left.selected).copied(), left.compared);
    let compared = compared.and_then(|class| left.ids.get(class).copied());
    show(state, twin);
    let clip = state.clip_mut();
    clip.exploration.set(settings);
    let place = |id: ClassId| clip.ids.iter().position(|&other| other == id);
    (clip.compared, clip.selected) =
        (compared.and_then(place), selected.and_then(place).unwrap_or(clip.selected));
    (clip.cursor, clip.step, clip.has_selected, clip.filter) = (cursor, step, has_selected, filter);
    state.say(format!("Model: {}", state.clip().sources.model));
}

/// Shows a clip with the knobs of the one before. The job of a clip that is fully embedded waits for texts; another job is
/// stopped, and goes on when its clip is shown again.
pub fn show(state: &mut State, index: usize) {
    let turns = index != state.shown;
    if turns {
        let left = state.shown;
        let settings = state.clip().exploration.settings().clone();
        let clip = state.clip_mut();
        // The next clip asks for evidence in its place.
        clip.evidence_asked = None;
        clip.without_asked = None;
        clip.moments.iter_mut().for_each(Moments::forget_search);
        if clip.job.is_some() && !clip.progress.idle {
            clip.job = None;
            state.effects.push(Effect::Stop(left));
        } else if clip.progress.texts_to_prefetch > 0 {
            clip.progress.texts_to_prefetch = 0;
            state.effects.push(Effect::PrefetchTexts { clip: left, texts: Vec::new() });
        }
        state.shown = index;
        state.message = None;
        state.playing = None;
        let clip = state.clip_mut();
        clip.exploration.set(settings);
        clip.stale = true;
    }
    let job = state.next_job;
    let clip = state.clip_mut();
    if clip.exploration.is_frozen() {
        clip.progress.idle = true;
        clip.progress.all_decoded = true;
        clip.progress.decoded = clip.exploration.frame_count();
        return;
    }
    if clip.job.is_none() {
        clip.job = Some(job);
        clip.progress = Progress::default();
        clip.early = Early::default();
        clip.sampled.clear();
        let (sampling, texts) = (clip.sampling, missing_texts(clip));
        let known = clip.exploration.embedded_frames().to_vec();
        state.effects.push(Effect::Start { clip: index, job, sampling, texts, known });
        state.next_job += 1;
    } else if turns {
        let texts = missing_texts(clip);
        state.effects.push(Effect::EmbedTexts(texts));
    }
}

/// The knobs of one clip for its twin, which keeps its own cell and calibration.
fn knobs_of(clip: &Exploration, twin: &Exploration) -> Settings {
    let own = twin.settings();
    let settings = clip.settings().clone();
    let method = Method { cell: own.method.cell, ..settings.method };
    Settings { method, calibration: own.calibration, ..settings }
}

/// Ranks the clip under the next model too, with the present knobs. An error is reported once that clip is shown.
pub fn refresh_twin(state: &mut State) {
    let Some(twin) = state.next_twin() else { return };
    let settings = knobs_of(&state.clip().exploration, &state.clips[twin].exploration);
    let exploration = &mut state.clips[twin].exploration;
    if *exploration.settings() != settings {
        exploration.set(settings);
        exploration.refresh().ok();
    }
}

/// Adds a clip with the candidates of the clip `like`, under each open model, and shows it.
pub fn add(state: &mut State, path: PathBuf, like: usize) {
    let Some(clip) = state.clips.get(like) else { return };
    let model = clip.model;
    let likes = if clip.twins.is_empty() { vec![like] } else { clip.twins.clone() };
    let first = state.clips.len();
    let twins = if likes.len() == 1 { Vec::new() } else { (first..first + likes.len()).collect() };
    for like in likes {
        let other = &state.clips[like];
        let id = path.display().to_string();
        let sources = Sources {
            clip: id.clone(),
            sampling: other.sampling.describe(),
            start: None,
            end: None,
            ..other.sources.clone()
        };
        let exploration = other.exploration.without_frames();
        let mut clip = Clip::new(id, None, Vec::new(), exploration, sources, other.sampling);
        clip.ids.clone_from(&other.ids);
        clip.members.clone_from(&other.members);
        (clip.model, clip.twins) = (other.model, twins.clone());
        state.clips.push(clip);
        state.effects.push(Effect::AddClip { path: path.clone(), like, part: None });
    }
    show(state, first + model.min(state.clips.len() - first - 1));
}

/// Embeds the texts that the clip on the screen lacks; a job that failed is started again.
pub fn embed(state: &mut State) {
    let clip = state.clip_mut();
    if clip.job.is_none() && !clip.exploration.is_frozen() {
        return show(state, state.shown);
    }
    let texts = missing_texts(clip);
    state.effects.push(Effect::EmbedTexts(texts));
}

/// Handles the outcome of comparing files with what they were: a snapshot whose files are unchanged goes live, with the
/// present knobs.
pub fn checked(state: &mut State, checked: Checked) {
    state.is_checking = false;
    if let Some(message) = checked.message {
        state.message = Some(message);
    }
    let Some(Live { mut exploration, sources, job }) = checked.live else { return };
    let clip = &mut state.clips[0];
    let (before, own) = (clip.exploration.calibration(), exploration.calibration());
    let again = |calibration: Option<Calibration>| Some(calibration.unwrap_or(before)).filter(|&c| c != own);
    let mut settings = clip.exploration.settings().clone();
    settings.calibration = again(settings.calibration);
    exploration.set(settings);
    if let Some(pinned) = &mut clip.pinned {
        pinned.settings.calibration = again(pinned.settings.calibration);
    }
    clip.exploration = exploration;
    clip.sources = sources;
    clip.thumbnails = Thumbnails::default();
    clip.evidence_asked = None;
    clip.stale = true;
    state.effects.push(Effect::SetJob(0, Box::new(job)));
    // It could not be decoded.
    state.frame_asked = None;
    state.patches_failed = None;
    if state.shown == 0 {
        show(state, 0);
    }
}

/// Samples other frames of the clip on the screen.
pub fn resample(state: &mut State, sampling: Sampling) {
    let index = state.shown;
    let clip = state.clip_mut();
    if clip.sampling == sampling {
        return;
    }
    clip.sampling = sampling;
    clip.sources.sampling = sampling.describe();
    // Embedded frames that the new sampling should take are shown at once. Those that it does not take after all are dropped
    // once all is decoded.
    let ticks = clip.ticks(clip.segment());
    clip.info = None;
    clip.exploration.choose_rows(|frame| ticks.rows(frame.time, frame.shown.until));
    clip.stale = true;
    if clip.job.take().is_some() {
        state.effects.push(Effect::Stop(index));
    }
    show(state, index);
}

/// The texts that the settings of a clip need and that are not embedded.
pub fn missing_texts(clip: &mut Clip) -> Vec<String> {
    let missing = clip.exploration.missing_texts();
    clip.progress.texts_missing = missing.len();
    // These replace the texts to prefetch, which are asked for again afterwards.
    clip.progress.texts_to_prefetch = 0;
    missing
}

/// Embeds the texts of the other templates ahead of time, those of the next template first.
pub fn prefetch(state: &mut State) {
    let (before, after) = state.templates.split_at(state.template());
    let exploration = &state.clip().exploration;
    let mut seen = HashSet::new();
    let texts: Vec<String> = after
        .iter()
        .chain(before)
        .flat_map(|template| exploration.missing_texts_in(template))
        .filter(|text| seen.insert(text.clone()))
        .collect();
    if texts.is_empty() {
        return;
    }
    state.clip_mut().progress.texts_to_prefetch = texts.len();
    state.effects.push(Effect::PrefetchTexts { clip: state.shown, texts });
}
