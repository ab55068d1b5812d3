//! The explorer: state → update → view, on one channel of events.

mod action;
mod chord;
mod clip;
mod command;
mod config;
mod counter;
mod difference;
mod drafts;
mod explorer;
mod fuzzy;
mod headless;
mod images;
mod keymap;
mod models;
mod outside;
mod overlay;
mod plain;
mod results;
mod run;
mod state;
// The screen is its own to draw on: no text of others gets there but through cells.
#[allow(clippy::disallowed_methods)]
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod tour;
mod update;
mod view;

pub use action::{Check, Checked, Live};
pub use chord::{Chord, ChordError};
pub use clip::Pinned;
pub use command::{About, COMMANDS, Command, Group};
pub use config::{Config, ConfigError, Fault};
pub use explorer::{ClipToExplore, Explorer, Moment};
pub use headless::Headless;
pub use images::ImageProtocol;
pub use keymap::Keymap;
pub use models::{Models, Sight};
pub use plain::run_plain;
pub use results::{ClipResult, ResultRow, Results};
pub use run::run;
pub use state::Message;
pub use terminal::{Input, Terminal};
pub use theme::{ColourDepth, Palette};
