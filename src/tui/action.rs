//! Everything that can happen to the explorer, and what it asks of the outside in return.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::explore::Update;
use crate::store::Snapshot;
use crate::tui::command::Command;

/// One thing that happens to the state.
#[derive(Debug)]
pub enum Action {
    /// A key is pressed.
    Key(KeyEvent),
    /// The user asks for something.
    Do(Command),
    /// News from the background work of that number.
    Background(u64, Update),
    /// A file is saved.
    Saved(PathBuf),
    /// Something could not be done, in words.
    Failed(String),
}

/// What the state asks of the outside.
#[derive(Debug)]
pub enum Effect {
    /// Start the background work on a clip.
    Start {
        /// Index of the clip.
        clip: usize,
        /// Number that its news carry.
        job: u64,
        /// Texts to embed first.
        texts: Vec<String>,
    },
    /// Stop the background work on the clip with this index.
    Stop(usize),
    /// Embed these texts next, by the background work on the clip that is shown.
    EmbedTexts(Vec<String>),
    /// Embed these texts while the background work on the clip with this index has nothing else to do; none stops that.
    PrefetchTexts {
        /// Index of the clip.
        clip: usize,
        /// The texts, the likeliest to be wanted first.
        texts: Vec<String>,
    },
    /// Remember that the tour has ended, or answer with [`Action::Failed`].
    EndTour,
    /// Write this snapshot, then answer with [`Action::Saved`] or [`Action::Failed`].
    Save(Box<Snapshot>),
    /// Leave.
    Quit,
}
