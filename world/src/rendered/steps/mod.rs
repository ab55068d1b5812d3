//! The steps that the world's actions are made of: how each looks and what can be said of it.

mod basketball;
mod figure_skating;
mod shared;
mod tennis;
mod weightlifting;

use std::f32::consts::TAU;

use crate::rendered::figure::Figure;
use crate::rendered::sport::Sport;

/// One step: a short part of an action that a single picture shows.
pub struct Step {
    /// By what the tables of actions name it.
    pub key: &'static str,
    /// The sport it belongs to; none if every sport has it.
    pub sport: Option<Sport>,
    /// What can be said of it.
    pub words: Words,
    /// How it looks, from its beginning (0) to its end (1).
    pub figure: fn(f32) -> Figure,
}

/// What can be said of a step, always about somebody: "the athlete …".
pub struct Words {
    /// What captions of the training say.
    pub said: &'static [&'static str],
    /// What scripts say: words of the training in a sentence that it has not.
    pub script: &'static str,
    /// Two or three words each, for scripts of ten short steps; captions of the training have them as well.
    pub short: [&'static str; 3],
    /// The same again in words that the training has not.
    pub outside: &'static str,
}

/// All steps. The fillers come last.
pub fn all() -> impl Iterator<Item = &'static Step> {
    [
        basketball::STEPS,
        figure_skating::STEPS,
        tennis::STEPS,
        weightlifting::STEPS,
        shared::STEPS,
        shared::FILLERS,
    ]
    .into_iter()
    .flatten()
}

/// The step of that name.
///
/// # Panics
/// If there is none: the tables of actions are checked by a test.
pub fn named(key: &str) -> &'static Step {
    all().find(|step| step.key == key).unwrap_or_else(|| panic!("no step is named {key}"))
}

/// Swings from −1 to 1 and back `times` times.
fn wave(progress: f32, times: f32) -> f32 {
    (TAU * times * progress).sin()
}

/// Rises from 0 to 1 and falls again `times` times, as a bouncing ball does.
fn bounce(progress: f32, times: f32) -> f32 {
    (TAU * times * progress / 2.0).sin().abs()
}

/// How a body that turns about itself is seen, `times` rounds; never quite edge-on.
fn turning(progress: f32, times: f32) -> f32 {
    let turn = (TAU * times * progress).cos();
    turn.signum() * turn.abs().max(0.3)
}
