//! Turning the knobs, which embeds no frame again.

use clap::ValueEnum;

use crate::align::{Aligner, Smoothing, mean_rate, width_in_frames};
use crate::explore::{Method, Settings};
use crate::script::Template;
use crate::tui::state::State;
use crate::tui::update::clips;

/// Changes the smoothing width by whole frames. Widths of 0 and 1 frame are off.
pub fn smooth(state: &mut State, frames: isize) {
    let clip = state.clip_mut();
    let outcome = clip.exploration.outcome();
    let rate = mean_rate(&outcome.times);
    if rate <= 0.0 {
        return;
    }
    // The width of the outcome may be older than the last key.
    let current = width_in_frames(clip.exploration.settings().smoothing_seconds, rate).max(1);
    let width = current.saturating_add_signed(frames).clamp(1, outcome.times.len().max(1));
    let seconds = if width <= 1 { 0.0 } else { width as f64 / rate };
    set(state, |settings| settings.smoothing_seconds = seconds);
    let preset = state.clip().exploration.settings().method.preset;
    // Windows away from the ends of the clip.
    let window = |width: usize| Smoothing { width, preset }.window(width, 3 * width).len();
    if width != current && window(width) == window(current) {
        let (least, most) = (width.min(current), width.max(current));
        state.say(format!("Widths of {least} and {most} smooth over the same {} frames.", window(width)));
    }
}

/// Opens or closes an end of the clip.
pub fn turn_end(state: &mut State, end: impl FnOnce(&mut Method) -> &mut bool) {
    let aligner = state.clip().exploration.settings().method.aligner;
    if aligner != Aligner::Segment {
        return state.say(format!("{aligner} has no ends to open: {}.", aligner.ends_help()));
    }
    turn(state, |method| {
        let is_open = end(method);
        *is_open = !*is_open;
    });
}

/// Changes the method.
pub fn turn(state: &mut State, change: impl FnOnce(&mut Method)) {
    set(state, |settings| change(&mut settings.method));
}

/// The value after this one, in a ring.
pub fn next<T: ValueEnum + PartialEq>(value: T) -> T {
    let all = T::value_variants();
    let at = all.iter().position(|other| *other == value).unwrap_or(0);
    all[(at + 1) % all.len()].clone()
}

/// Uses another of the templates.
pub fn turn_template(state: &mut State, places: isize) {
    let count = state.templates.len() as isize;
    let at = (state.template() as isize + places).rem_euclid(count);
    let template = state.templates[at as usize].clone();
    use_template(state, template)
}

/// Uses a template, and adds it to those that the template commands turn through.
pub fn use_template(state: &mut State, template: Template) {
    if !state.templates.contains(&template) {
        state.templates.push(template.clone());
    }
    set(state, |settings| settings.template = template);
    clips::embed(state)
}

/// Changes the settings of the clip on the screen.
pub fn set(state: &mut State, change: impl FnOnce(&mut Settings)) {
    let clip = state.clip_mut();
    let mut settings = clip.exploration.settings().clone();
    change(&mut settings);
    clip.exploration.set(settings);
    clip.stale = true;
}
