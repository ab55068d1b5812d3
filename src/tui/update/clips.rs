//! Turning from clip to clip, and what the shown one asks the background for.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::align::Calibration;
use crate::explore::Sources;
use crate::tui::action::{Checked, Effect, Live};
use crate::tui::clip::{Clip, Progress, Thumbnails};
use crate::tui::command::Command;
use crate::tui::state::State;
use crate::tui::tour;
use crate::video::{Sampling, Segment, Ticks};

/// Turns to another clip, in a ring. Where the tour's next step has a clip of its own, that one follows.
pub fn turn(state: &mut State, places: isize) -> Vec<Effect> {
    let next_step = state.tour.and_then(|step| tour::after(step, &state.clips));
    if next_step.and_then(|step| tour::subject(step, &state.clips)).is_some() {
        return Vec::new();
    }
    let clips = state.clips.len() as isize;
    if clips == 1 {
        state.say(format!("There is no other clip: {} opens one", state.keymap.key(Command::Open)));
        return Vec::new();
    }
    show(state, (state.shown as isize + places).rem_euclid(clips) as usize)
}

/// Shows a clip, under the knobs of the one before. A clip that is done keeps its embeddings and its background work,
/// which waits for texts; one that is not makes room for the new one, and goes on when it is shown again.
pub fn show(state: &mut State, index: usize) -> Vec<Effect> {
    let mut effects = Vec::new();
    let turns = index != state.shown;
    if turns {
        let left = state.shown;
        let settings = state.clip().exploration.settings().clone();
        let clip = state.clip_mut();
        // What the next clip asks for takes the place of what this one still waits for.
        clip.evidence_asked = None;
        if clip.job.is_some() && !clip.progress.idle {
            clip.job = None;
            effects.push(Effect::Stop(left));
        } else if clip.progress.texts_to_prefetch > 0 {
            clip.progress.texts_to_prefetch = 0;
            effects.push(Effect::PrefetchTexts { clip: left, texts: Vec::new() });
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
        return effects;
    }
    if clip.job.is_none() {
        clip.job = Some(job);
        clip.progress = Progress::default();
        clip.sampled.clear();
        effects.push(Effect::Start {
            clip: index,
            job,
            sampling: clip.sampling,
            texts: missing_texts(clip),
            known: clip.exploration.embedded_frames().to_vec(),
        });
        state.next_job += 1;
    } else if turns {
        effects.push(Effect::EmbedTexts(missing_texts(clip)));
    }
    effects
}

/// Adds a clip with the candidates of the one with index `like`, and shows it.
pub fn add(state: &mut State, path: PathBuf, like: usize) -> Vec<Effect> {
    let Some(other) = state.clips.get(like) else { return Vec::new() };
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
    state.clips.push(clip);
    let mut effects = vec![Effect::AddClip { path, like }];
    effects.extend(show(state, state.clips.len() - 1));
    effects
}

/// Asks for the texts that the shown clip lacks; work that ended early begins again.
pub fn embed(state: &mut State) -> Vec<Effect> {
    let clip = state.clip_mut();
    if clip.job.is_none() && !clip.exploration.is_frozen() {
        return show(state, state.shown);
    }
    vec![Effect::EmbedTexts(missing_texts(state.clip_mut()))]
}

/// Takes what came of comparing files with what they were: a snapshot of which all is still the same goes live, under the
/// knobs that are turned by now.
pub fn take_checked(state: &mut State, checked: Checked) -> Vec<Effect> {
    state.is_checking = false;
    if let Some(message) = checked.message {
        state.message = Some(message);
    }
    let Some(Live { mut exploration, sources, job }) = checked.live else { return Vec::new() };
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
    let mut effects = vec![Effect::SetJob(0, Box::new(job))];
    if state.shown == 0 {
        effects.extend(show(state, 0));
    }
    effects
}

/// Takes other frames of the clip that is shown.
pub fn resample(state: &mut State, sampling: Sampling) -> Vec<Effect> {
    let index = state.shown;
    let clip = state.clip_mut();
    if clip.sampling == sampling {
        return Vec::new();
    }
    clip.sampling = sampling;
    clip.sources.sampling = sampling.describe();
    let tolerance = clip.info.take().map_or(0.0, |info| info.tolerance);
    // What is known of the new sampling is shown at once; what it does not take after all is dropped when the last frame is
    // decoded.
    let segment = Segment { start: clip.sources.start, end: clip.sources.end };
    let ticks = Ticks::new(sampling, segment, tolerance);
    clip.exploration.choose_rows(|frame| ticks.rows(frame.time, frame.shown.until));
    clip.stale = true;
    let was_running = clip.job.take().is_some();
    let mut effects = Vec::new();
    if was_running {
        effects.push(Effect::Stop(index));
    }
    effects.extend(show(state, index));
    effects
}

/// What the shown clip's settings need and is not embedded.
pub fn missing_texts(clip: &mut Clip) -> Vec<String> {
    let missing = clip.exploration.missing_texts();
    clip.progress.texts_missing = missing.len();
    // Who asks for texts takes back what was to be prefetched; it is asked for anew once these are there.
    clip.progress.texts_to_prefetch = 0;
    missing
}

/// Asks for the texts of the other templates, so that turning to them takes no time: the next one's first.
pub fn prefetch(state: &mut State) -> Vec<Effect> {
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
        return Vec::new();
    }
    state.clip_mut().progress.texts_to_prefetch = texts.len();
    vec![Effect::PrefetchTexts { clip: state.shown, texts }]
}
