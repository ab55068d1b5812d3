//! State and action in, changed state and effects out. Nothing here touches the terminal, the disk or a thread.

use std::collections::HashSet;
use std::time::SystemTime;

use crate::explore::{Settings, Update};
use crate::in_words;
use crate::store::{Hashes, Snapshot, SnapshotInput, ViewState};
use crate::tui::action::{Action, Effect};
use crate::tui::clip::{Clip, Progress, Thumbnails};
use crate::tui::state::{Message, State};
use crate::tui::tour::{self, TOUR};
use crate::video::Sampling;

/// Begins the background work on the clip that is shown first.
pub fn start(state: &mut State) -> Vec<Effect> {
    show(state, state.shown)
}

/// Applies one action. `now` is the time since the start, in seconds.
pub fn update(state: &mut State, action: Action, now: f64) -> Vec<Effect> {
    // What has been read makes room for the hints at the next key; an error stays until it is dismissed.
    if !matches!(action, Action::Background(..) | Action::Saved(_) | Action::Failed(_)) {
        state.message.take_if(|message| !message.is_error);
    }
    let tour_goes_on = state.tour.is_some_and(|step| (TOUR[step].asks_for)(&action));
    let mut effects = apply(state, action, now);
    if tour_goes_on {
        effects.extend(next_tour_step(state));
    }
    effects
}

fn apply(state: &mut State, action: Action, now: f64) -> Vec<Effect> {
    match action {
        Action::Background(job, news) => return hear(state, job, news, now),
        Action::Quit => return vec![Effect::Quit],
        Action::ToggleHelp => state.help = !state.help,
        Action::Dismiss => {
            if state.help || state.message.is_some() {
                state.help = false;
                state.message = None;
            } else {
                return end_tour(state);
            }
        }
        Action::BeginTour if state.has_tour => {
            state.tour = Some(0);
            state.help = false;
        }
        Action::BeginTour => {
            let text = "The tour is part of the demo: start actalign-tui without arguments.".to_owned();
            state.message = Some(Message { text, is_error: false });
        }
        Action::NextTourStep => return next_tour_step(state),
        Action::TurnClip(places) => return turn_clip(state, places),
        Action::SelectBy(places) => {
            let listed = state.clip().listed();
            let place = listed.iter().position(|&class| class == state.clip().selected).unwrap_or(0);
            select(state, place.saturating_add_signed(places).min(listed.len().saturating_sub(1)));
        }
        Action::SelectPlace(place) => select(state, place),
        Action::MoveCursor(frames) => move_cursor(state.clip_mut(), frames),
        Action::CursorToStart => move_cursor(state.clip_mut(), isize::MIN),
        Action::CursorToEnd => move_cursor(state.clip_mut(), isize::MAX),
        Action::NextStep => jump(state.clip_mut(), |entries, at| entries.iter().copied().find(|&t| t > at)),
        Action::PreviousStep => {
            jump(state.clip_mut(), |entries, at| entries.iter().rev().copied().find(|&t| t < at))
        }
        Action::Smooth(frames) => smooth(state.clip_mut(), frames),
        Action::NextTemplate => return turn_template(state, 1),
        Action::PreviousTemplate => return turn_template(state, -1),
        Action::NextScale => {
            state.scale = state.scale.next();
            shade(state);
        }
        Action::Save => return save(state),
        Action::Saved(path) => {
            state.message = Some(Message { text: format!("Saved {}", path.display()), is_error: false });
        }
        Action::Failed(text) => state.message = Some(Message { text, is_error: true }),
    }
    Vec::new()
}

/// Brings alignments and shades up to date. Called once before drawing, however many actions came before.
pub fn refresh(state: &mut State) {
    let clip = state.clip_mut();
    if !clip.stale {
        return;
    }
    clip.stale = false;
    if let Err(error) = clip.exploration.refresh() {
        state.message = Some(Message { text: error.to_string(), is_error: true });
        return;
    }
    if !clip.has_selected
        && let Some(&leader) = clip.exploration.outcome().ranking.first()
    {
        clip.selected = leader;
    }
    shade(state);
}

fn shade(state: &mut State) {
    let scale = state.scale;
    let clip = state.clip_mut();
    clip.shades = clip.selected_outcome().map(|class| scale.shades(class.cells.view()));
}

fn select(state: &mut State, place: usize) {
    let clip = state.clip_mut();
    if let Some(&class) = clip.listed().get(place) {
        clip.selected = class;
        clip.has_selected = true;
        shade(state);
    }
}

fn move_cursor(clip: &mut Clip, frames: isize) {
    if let Some(at) = clip.cursor_frame() {
        let times = &clip.exploration.outcome().times;
        clip.cursor = times[at.saturating_add_signed(frames).min(times.len() - 1)];
    }
}

/// Moves the cursor to one of the frames at which the selected class' path enters a step.
fn jump(clip: &mut Clip, choose: impl Fn(&[usize], usize) -> Option<usize>) {
    let (Some(at), Some(class)) = (clip.cursor_frame(), clip.selected_outcome()) else { return };
    let mut entries: Vec<usize> =
        class.alignment.path.chunk_by(|a, b| a.0 == b.0).map(|run| run[0].1).collect();
    entries.dedup();
    if let Some(frame) = choose(&entries, at) {
        clip.cursor = clip.exploration.outcome().times[frame];
    }
}

/// Changes the width by whole frames; widths of 0 and 1 frame are both off.
fn smooth(clip: &mut Clip, frames: isize) {
    let outcome = clip.exploration.outcome();
    let rate = crate::align::mean_rate(&outcome.times);
    if rate <= 0.0 {
        return;
    }
    let current = outcome.width.max(1);
    let width = current.saturating_add_signed(frames).clamp(1, outcome.times.len().max(1));
    let seconds = if width <= 1 { 0.0 } else { width as f64 / rate };
    let settings = Settings { smoothing_seconds: seconds, ..clip.exploration.settings().clone() };
    clip.exploration.set(settings);
    clip.stale = true;
}

fn turn_template(state: &mut State, places: isize) -> Vec<Effect> {
    let count = state.templates.len() as isize;
    let at = (state.template() as isize + places).rem_euclid(count);
    let template = state.templates[at as usize].clone();
    let clip = state.clip_mut();
    let settings = clip.exploration.settings().clone();
    clip.exploration.set(Settings { template, ..settings });
    clip.stale = true;
    vec![Effect::EmbedTexts(missing_texts(clip))]
}

fn missing_texts(clip: &mut Clip) -> Vec<String> {
    let missing = clip.exploration.missing_texts();
    clip.progress.texts_missing = missing.len();
    // Who asks for texts takes back what was to be prefetched; it is asked for anew once these are there.
    clip.progress.texts_to_prefetch = 0;
    missing
}

/// Asks for the texts of the other templates, so that turning to them takes no time: the next one's first.
fn prefetch(state: &mut State) -> Vec<Effect> {
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

/// Turns to another clip, in a ring. Where the tour's next step has a clip of its own, that one follows.
fn turn_clip(state: &mut State, places: isize) -> Vec<Effect> {
    let next_step = state.tour.and_then(|step| tour::after(step, &state.clips));
    if next_step.and_then(|step| tour::subject(step, &state.clips)).is_some() {
        return Vec::new();
    }
    let clips = state.clips.len() as isize;
    show(state, (state.shown as isize + places).rem_euclid(clips) as usize)
}

/// Shows a clip, under the knobs of the one before. A clip that is done keeps its embeddings and its background work,
/// which waits for texts; one that is not makes room for the new one, and goes on when it is shown again.
fn show(state: &mut State, index: usize) -> Vec<Effect> {
    let mut effects = Vec::new();
    let turns = index != state.shown;
    if turns {
        let left = state.shown;
        let settings = state.clip().exploration.settings().clone();
        let clip = state.clip_mut();
        if clip.job.is_some() && !clip.progress.idle {
            clip.job = None;
            effects.push(Effect::Stop(left));
        } else if clip.progress.texts_to_prefetch > 0 {
            clip.progress.texts_to_prefetch = 0;
            effects.push(Effect::PrefetchTexts { clip: left, texts: Vec::new() });
        }
        state.shown = index;
        state.message = None;
        let clip = state.clip_mut();
        clip.exploration.set(settings);
        clip.stale = true;
    }
    let job = state.next_job;
    let clip = state.clip_mut();
    if clip.job.is_none() {
        clip.job = Some(job);
        clip.progress = Progress::default();
        clip.thumbnails = Thumbnails::default();
        effects.push(Effect::Start { clip: index, job, texts: missing_texts(clip) });
        state.next_job += 1;
    } else if turns {
        effects.push(Effect::EmbedTexts(missing_texts(clip)));
    }
    effects
}

fn next_tour_step(state: &mut State) -> Vec<Effect> {
    let Some(step) = state.tour else { return Vec::new() };
    let Some(next) = tour::after(step, &state.clips) else { return end_tour(state) };
    state.tour = Some(next);
    tour::subject(next, &state.clips).map_or_else(Vec::new, |clip| show(state, clip))
}

fn end_tour(state: &mut State) -> Vec<Effect> {
    if state.tour.take().is_some() { vec![Effect::EndTour] } else { Vec::new() }
}

fn save(state: &mut State) -> Vec<Effect> {
    refresh(state);
    let clip = state.clip();
    if clip.exploration.outcome().ranking.is_empty() {
        let text = "Nothing to save yet: no candidate is aligned.".to_owned();
        state.message = Some(Message { text, is_error: true });
        return Vec::new();
    }
    let embedded_all = clip.progress.all_decoded && clip.exploration.frame_count() >= clip.progress.decoded;
    let snapshot = Snapshot::new(SnapshotInput {
        exploration: &clip.exploration,
        sources: &clip.sources,
        sampling: clip.sources.sampling.trim_end_matches(" fps").parse().unwrap_or(Sampling::Native),
        complete: embedded_all,
        view: ViewState {
            view: "matrix".to_owned(),
            selected: clip.selected,
            compared: None,
            cursor: clip.cursor,
            scale: state.scale.name().to_owned(),
            step: clip.cursor_step(),
        },
        pictures: &[],
        hashes: Hashes::default(),
        pinned: None,
        created: SystemTime::now(),
    });
    vec![Effect::Save(Box::new(snapshot))]
}

fn hear(state: &mut State, job: u64, news: Update, now: f64) -> Vec<Effect> {
    // Work that was stopped may still have had news on its way.
    let Some(index) = state.clips.iter().position(|clip| clip.job == Some(job)) else { return Vec::new() };
    let clip = &mut state.clips[index];
    let progress = &mut clip.progress;
    match news {
        Update::Opened { info, expected_frames } => {
            if clip.info.is_none()
                && let Some(rate) = info.assumed_rate()
            {
                clip.sources.sampling += &format!(" of images at {rate} fps");
            }
            clip.info = Some(info);
            progress.expected_frames = expected_frames;
        }
        Update::Decoded { time, thumbnail, .. } => {
            progress.decoded += 1;
            if let Some(picture) = thumbnail {
                clip.thumbnails.push(time, picture);
            }
        }
        Update::AllDecoded { frames, skipped } => {
            progress.all_decoded = true;
            progress.decoded = frames;
            progress.expected_frames = Some(frames);
            progress.skipped = skipped;
        }
        Update::Frames(frames) => {
            match &mut progress.embedding_span {
                Some((_, last)) => {
                    *last = now;
                    progress.embedded_in_span += frames.len();
                }
                none => *none = Some((now, now)),
            }
            progress.idle = false;
            clip.exploration.add_frames(frames);
            clip.stale = true;
        }
        Update::Texts(texts) => {
            clip.exploration.add_texts(texts);
            progress.texts_missing = clip.exploration.missing_texts().len();
            progress.idle = false;
            clip.stale = true;
        }
        Update::Prefetched(text) => {
            clip.exploration.add_texts([text]);
            progress.texts_to_prefetch = progress.texts_to_prefetch.saturating_sub(1);
            // The user may have turned to its template meanwhile.
            let missing = clip.exploration.missing_texts().len();
            clip.stale |= missing != progress.texts_missing;
            progress.texts_missing = missing;
        }
        Update::Idle => {
            progress.idle = true;
            if index == state.shown {
                return prefetch(state);
            }
        }
        Update::Notice(text) => state.message = Some(Message { text, is_error: false }),
        Update::Failed(report) => {
            clip.job = None;
            state.message = Some(Message { text: in_words(&report), is_error: true });
        }
    }
    Vec::new()
}
