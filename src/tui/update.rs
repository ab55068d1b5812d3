//! State and action in, changed state and effects out. Nothing here touches the terminal, the disk or a thread.

use crate::explore::{Settings, Update};
use crate::in_words;
use crate::store::Snapshot;
use crate::tui::action::{Action, Effect};
use crate::tui::state::{Message, State};

/// Applies one action. `now` is the time since the start, in seconds.
pub fn update(state: &mut State, action: Action, now: f64) -> Vec<Effect> {
    // What has been read makes room for the hints at the next key; an error stays until it is dismissed.
    if !matches!(action, Action::Background(_) | Action::Saved(_)) {
        state.message.take_if(|message| !message.is_error);
    }
    match action {
        Action::Background(news) => return hear(state, news, now),
        Action::Quit => return vec![Effect::Quit],
        Action::ToggleHelp => state.help = !state.help,
        Action::Dismiss => {
            state.help = false;
            state.message = None;
        }
        Action::SelectBy(places) => {
            let listed = state.listed();
            let place = listed.iter().position(|&class| class == state.selected).unwrap_or(0);
            select(state, place.saturating_add_signed(places).min(listed.len().saturating_sub(1)));
        }
        Action::SelectPlace(place) => select(state, place),
        Action::MoveCursor(frames) => move_cursor(state, frames),
        Action::CursorToStart => move_cursor(state, isize::MIN),
        Action::CursorToEnd => move_cursor(state, isize::MAX),
        Action::NextStep => jump(state, |entries, at| entries.iter().copied().find(|&t| t > at)),
        Action::PreviousStep => jump(state, |entries, at| entries.iter().rev().copied().find(|&t| t < at)),
        Action::Smooth(frames) => smooth(state, frames),
        Action::NextTemplate => return turn_template(state, 1),
        Action::PreviousTemplate => return turn_template(state, -1),
        Action::NextScale => {
            state.scale = state.scale.next();
            shade(state);
        }
        Action::Save => return save(state),
        Action::Saved(outcome) => {
            state.message = Some(match outcome {
                Ok(path) => Message { text: format!("Saved {}", path.display()), is_error: false },
                Err(text) => Message { text, is_error: true },
            });
        }
    }
    Vec::new()
}

/// Brings alignments and shades up to date. Called once before drawing, however many actions came before.
pub fn refresh(state: &mut State) {
    if !state.stale {
        return;
    }
    state.stale = false;
    if let Err(error) = state.exploration.refresh() {
        state.message = Some(Message { text: error.to_string(), is_error: true });
        return;
    }
    if !state.has_selected
        && let Some(&leader) = state.exploration.outcome().ranking.first()
    {
        state.selected = leader;
    }
    shade(state);
}

fn shade(state: &mut State) {
    state.shades = state.selected_outcome().map(|class| state.scale.shades(class.cells.view()));
}

fn select(state: &mut State, place: usize) {
    if let Some(&class) = state.listed().get(place) {
        state.selected = class;
        state.has_selected = true;
        shade(state);
    }
}

fn move_cursor(state: &mut State, frames: isize) {
    if let Some(at) = state.cursor_frame() {
        let times = &state.exploration.outcome().times;
        state.cursor = times[at.saturating_add_signed(frames).min(times.len() - 1)];
    }
}

/// Moves the cursor to one of the frames at which the selected class' path enters a step.
fn jump(state: &mut State, choose: impl Fn(&[usize], usize) -> Option<usize>) {
    let (Some(at), Some(class)) = (state.cursor_frame(), state.selected_outcome()) else { return };
    let mut entries: Vec<usize> =
        class.alignment.path.chunk_by(|a, b| a.0 == b.0).map(|run| run[0].1).collect();
    entries.dedup();
    if let Some(frame) = choose(&entries, at) {
        state.cursor = state.exploration.outcome().times[frame];
    }
}

/// Changes the width by whole frames; widths of 0 and 1 frame are both off.
fn smooth(state: &mut State, frames: isize) {
    let outcome = state.exploration.outcome();
    let rate = crate::align::mean_rate(&outcome.times);
    if rate <= 0.0 {
        return;
    }
    let current = outcome.width.max(1);
    let width = current.saturating_add_signed(frames).clamp(1, outcome.times.len().max(1));
    let seconds = if width <= 1 { 0.0 } else { width as f64 / rate };
    let settings = Settings { smoothing_seconds: seconds, ..state.exploration.settings().clone() };
    state.exploration.set(settings);
    state.stale = true;
}

fn turn_template(state: &mut State, places: isize) -> Vec<Effect> {
    let count = state.templates.len() as isize;
    let settings = state.exploration.settings().clone();
    let at = state.templates.iter().position(|t| *t == settings.template).unwrap_or(0) as isize;
    let template = state.templates[(at + places).rem_euclid(count) as usize].clone();
    state.exploration.set(Settings { template, ..settings });
    state.stale = true;
    let missing = state.exploration.missing_texts();
    state.progress.texts_missing = missing.len();
    vec![Effect::EmbedTexts(missing)]
}

fn save(state: &mut State) -> Vec<Effect> {
    refresh(state);
    if state.exploration.outcome().ranking.is_empty() {
        let text = "Nothing to save yet: no candidate is aligned.".to_owned();
        state.message = Some(Message { text, is_error: true });
        return Vec::new();
    }
    let embedded_all =
        state.progress.all_decoded && state.exploration.frame_count() >= state.progress.decoded;
    let snapshot = Snapshot::new(&state.exploration, &state.sources, embedded_all);
    vec![Effect::Save(Box::new(snapshot))]
}

fn hear(state: &mut State, news: Update, now: f64) -> Vec<Effect> {
    let progress = &mut state.progress;
    match news {
        Update::Opened { info, expected_frames } => {
            state.info = Some(info);
            progress.expected_frames = expected_frames;
        }
        Update::Decoded { time, thumbnail, .. } => {
            progress.decoded += 1;
            if let Some(picture) = thumbnail {
                state.thumbnails.push(time, picture);
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
                Some((_, last)) => *last = now,
                none => {
                    *none = Some((now, now));
                    progress.first_batch = frames.len();
                }
            }
            progress.idle = false;
            state.exploration.add_frames(frames);
            state.stale = true;
        }
        Update::Texts(texts) => {
            state.exploration.add_texts(texts);
            progress.texts_missing = state.exploration.missing_texts().len();
            progress.idle = false;
            state.stale = true;
        }
        Update::Idle => progress.idle = true,
        Update::Failed(report) => {
            state.message = Some(Message { text: in_words(&report), is_error: true });
        }
    }
    Vec::new()
}
