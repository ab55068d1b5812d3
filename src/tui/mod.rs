//! The explorer: state → update → view, on one channel of events.

mod action;
mod chord;
mod clip;
mod commands;
mod config;
mod difference;
mod drafts;
mod effects;
mod explorer;
mod frame_picture;
mod headless;
mod images;
mod keymap;
mod models;
mod moments;
mod overlays;
mod patches;
mod plain;
mod quiz;
mod results;
mod run;
mod state;
mod steps;
// The screen is its own to draw on: no text of others gets there but through cells.
#[allow(clippy::disallowed_methods)]
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod thumbnails;
mod tour;
mod update;
mod view;

pub use action::{Check, Checked, Live, Message};
pub use chord::{Chord, ChordError};
pub use clip::Pinned;
pub use commands::{About, COMMANDS, Command, Group};
pub use config::{Config, ConfigError, Fault};
pub use explorer::{ClipToExplore, Explorer, Moment, run};
#[doc(hidden)]
pub use headless::Headless;
pub use images::ImageProtocol;
pub use keymap::Keymap;
pub use models::{Models, Vlm};
pub use patches::{FrameMap, StepPlace};
pub use plain::run_plain;
pub use quiz::{Progress as QuizProgress, QuizClip, key_table as quiz_keys, run as run_quiz};
pub use results::{ClipResult, Prediction, ResultRow, Results};
pub use run::check_terminal;
pub use terminal::{Input, Terminal};
pub use theme::{ColourDepth, Palette};
