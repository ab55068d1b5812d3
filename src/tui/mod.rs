//! The explorer: state → update → view, on one channel of events.

mod action;
mod heat;
mod keymap;
mod run;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod update;
mod view;

pub use run::{Explorer, run};
pub use terminal::Terminal;
pub use theme::ColourDepth;
