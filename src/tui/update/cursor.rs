//! The selected candidate and step, and the time cursor.

use crate::tui::commands::Command;
use crate::tui::difference;
use crate::tui::state::{Playing, State};
use crate::tui::update::views;

/// Selects the class so many places further down the list.
pub fn select_by(state: &mut State, places: isize) {
    let listed = state.clip().listed();
    let at = listed.iter().position(|&class| class == state.clip().selected);
    let place = at.map_or(0, |at| at.saturating_add_signed(places).min(listed.len().saturating_sub(1)));
    select_place(state, place);
}

/// Selects the class at a place of the list, from 0.
pub fn select_place(state: &mut State, place: usize) {
    if let Some(&class) = state.clip().listed().get(place) {
        select(state, class);
    }
}

/// Selects a class.
pub fn select(state: &mut State, class: usize) {
    state.clip_mut().select(class);
    views::shade(state);
}

/// Moves the cursor by frames.
pub fn move_cursor(state: &mut State, frames: isize) {
    state.playing = None;
    let clip = state.clip_mut();
    if let Some(at) = clip.cursor_frame() {
        let times = &clip.exploration.outcome().times;
        clip.cursor = times[at.saturating_add_signed(frames).min(times.len() - 1)];
        clip.step = None;
    }
}

/// Moves the cursor to the frame nearest to a time, in seconds.
pub fn go_to(state: &mut State, time: f64) {
    let clip = state.clip_mut();
    clip.cursor = time;
    move_cursor(state, 0);
}

/// Moves the cursor to the frame at which the compared classes differ most.
pub fn go_where_they_part(state: &mut State) {
    match difference::of(state).and_then(|difference| difference.widest) {
        Some(frame) => go_to(state, state.clip().exploration.outcome().times[frame]),
        None => state.say(format!("Compare two classes first: {}", state.keymap.key(Command::Compare))),
    }
}

/// Selects the next step, and moves the cursor to its first frame.
pub fn next_step(state: &mut State) {
    let step = state.clip().focus_step().map_or(0, |step| step + 1);
    select_step(state, step);
}

/// Moves the cursor back to the first frame of the step, or of the step before.
pub fn previous_step(state: &mut State) {
    let clip = state.clip();
    let Some(step) = clip.focus_step() else { return };
    let is_inside = clip.entry_of(step).is_some_and(|entry| clip.cursor_frame() > Some(entry));
    select_step(state, if is_inside { step } else { step.saturating_sub(1) });
}

/// Selects a step of the selected class, if it has that many, and moves the cursor to its first frame.
pub fn select_step(state: &mut State, step: usize) {
    state.playing = None;
    let clip = state.clip_mut();
    if clip.exploration.candidates().get(clip.selected).is_none_or(|class| step >= class.steps.len()) {
        return;
    }
    clip.step = Some(step);
    if let Some(entry) = clip.entry_of(step) {
        clip.cursor = clip.exploration.outcome().times[entry];
    }
}

/// Plays from the cursor, or from the start if that is at the end; or stops.
pub fn play(state: &mut State, now: f64) {
    if state.playing.take().is_some() {
        return;
    }
    let clip = state.clip_mut();
    let Some(&last) = clip.exploration.outcome().times.last() else { return };
    if clip.cursor >= last {
        clip.cursor = clip.exploration.outcome().times[0];
    }
    clip.step = None;
    state.playing = Some(Playing { from: state.clip().cursor, since: now });
}

/// Moves the cursor on to the present time of the playing clip.
pub fn play_on(state: &mut State, now: f64) {
    let Some(Playing { from, since }) = state.playing else { return };
    let clip = state.clip_mut();
    let Some(&last) = clip.exploration.outcome().times.last() else { return };
    clip.cursor = (from + now - since).min(last);
    if clip.cursor >= last {
        state.playing = None;
    }
}

/// When the playing clip reaches its next frame, in seconds since the start.
pub fn next_tick(state: &State) -> Option<f64> {
    let Playing { from, since } = state.playing?;
    let clip = state.clip();
    let times = &clip.exploration.outcome().times;
    let next = times.get(times.partition_point(|&time| time <= clip.cursor)).or(times.last())?;
    Some(since + next - from)
}
