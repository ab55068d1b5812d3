//! The steps of the world's actions: how each looks, and sentences about it.

mod basketball;
mod figure_skating;
mod shared;
mod tennis;
mod weightlifting;

use std::f32::consts::TAU;

use crate::rendered::actions::Sport;
use crate::rendered::figure::Figure;

/// A short part of an action that a single picture shows.
pub struct Step {
    /// Its name in the tables of actions.
    pub key: &'static str,
    /// `None` if every sport has it.
    pub sport: Option<Sport>,
    pub words: Words,
    /// From the beginning of the step (0) to its end (1).
    pub figure: fn(f32) -> Figure,
}

/// Sentences about a step, without their subject: "the athlete …".
pub struct Words {
    /// For training captions.
    pub captions: &'static [&'static str],
    /// For scripts: words of the training in a new sentence.
    pub script: &'static str,
    /// A few words each, for training captions too.
    pub brief: [&'static str; 3],
    /// Two or three words each, for scripts of ten short steps: words of the training in new phrases.
    pub short: [&'static str; 3],
    /// In words that training does not have.
    pub unseen: &'static str,
}

/// Fillers come last.
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

///
/// # Panics
/// If there is none; a test checks the tables of actions.
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

/// The turn of a body that spins `times` rounds, never quite edge-on.
fn turning(progress: f32, times: f32) -> f32 {
    let turn = (TAU * times * progress).cos();
    turn.signum() * turn.abs().max(0.3)
}
