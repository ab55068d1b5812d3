//! The explorer: state → update → view, on one channel of events.

mod action;
mod clip;
mod command;
mod counter;
mod drafts;
mod heat;
mod images;
mod keymap;
mod overlay;
mod run;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod tour;
mod update;
mod view;

pub use images::ImageProtocol;
pub use run::{ClipToExplore, Explorer, run};
pub use terminal::{Input, Terminal};
pub use theme::ColourDepth;
