//! The part of the clip that matrix and film show.

use crate::tui::clip::Clip;
use crate::tui::state::State;

/// Frames that are shown at least.
const FEWEST: f64 = 4.0;

/// Shows so many times as long a time. The cursor stays where it is on the screen.
pub fn by(state: &mut State, times: f64) {
    let clip = state.clip_mut();
    let (start, end) = clip.window();
    let share = ((clip.cursor - start) / (end - start)).clamp(0.0, 1.0);
    let seconds = ((end - start) * times).max(least(clip));
    let start = clip.cursor - share * seconds;
    show(clip, start, start + seconds);
}

/// Shows everything.
pub fn off(state: &mut State) {
    state.clip_mut().zoom = None;
}

/// Shows the seconds from `start` to `end`, as far as the clip has them.
pub fn show(clip: &mut Clip, start: f64, end: f64) {
    let (first, last) = clip.span();
    let seconds = (end - start).max(least(clip));
    // All but a rounding error is all.
    let is_all = seconds >= (last - first) * 0.999;
    let start = start.min(last - seconds).max(first);
    clip.zoom = (!is_all).then_some((start, start + seconds));
}

/// Moves the window to where the cursor is, and keeps it within the clip.
pub fn follow(state: &mut State) {
    let clip = state.clip_mut();
    let Some((start, end)) = clip.zoom else { return };
    let is_shown = start <= clip.cursor && clip.cursor < end;
    let start = if is_shown { start } else { clip.cursor - (end - start) / 2.0 };
    let seconds = clip.zoom.map_or(0.0, |(start, end)| end - start);
    show(clip, start, start + seconds);
}

/// Seconds of the shortest window.
fn least(clip: &Clip) -> f64 {
    let (first, last) = clip.span();
    FEWEST * (last - first) / clip.exploration.outcome().times.len().max(1) as f64
}
