//! Everything that can happen to the explorer, and what it asks of the outside in return.

use std::path::PathBuf;

use crate::explore::Update;
use crate::store::Snapshot;

/// One thing that happens to the state.
#[derive(Debug)]
pub enum Action {
    /// Select the class this many places further down the ranking.
    SelectBy(isize),
    /// Select the class at this place of the ranking, from 0.
    SelectPlace(usize),
    /// Move the time cursor by this many frames.
    MoveCursor(isize),
    /// Move the time cursor to the first or the last frame.
    CursorToStart,
    /// See [`Action::CursorToStart`].
    CursorToEnd,
    /// Move the time cursor to the next or the previous frame at which the path enters another step.
    NextStep,
    /// See [`Action::NextStep`].
    PreviousStep,
    /// Change the smoothing width by this many frames.
    Smooth(isize),
    /// Turn to the next template.
    NextTemplate,
    /// Turn to the previous template.
    PreviousTemplate,
    /// Turn to the next scale of the heatmap.
    NextScale,
    /// Save a snapshot.
    Save,
    /// A snapshot is saved, or could not be.
    Saved(Result<PathBuf, String>),
    /// Show or hide the help.
    ToggleHelp,
    /// Close what lies over the screen.
    Dismiss,
    /// News from the background work.
    Background(Update),
    /// Leave.
    Quit,
}

/// What the state asks of the outside.
#[derive(Debug)]
pub enum Effect {
    /// Embed these texts next.
    EmbedTexts(Vec<String>),
    /// Write this snapshot, then answer with [`Action::Saved`].
    Save(Box<Snapshot>),
    /// Leave.
    Quit,
}
