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
    /// A snapshot is saved.
    Saved(PathBuf),
    /// Turn to the clip this many places on.
    TurnClip(isize),
    /// Show or hide the help.
    ToggleHelp,
    /// Close what lies over the screen; else end the tour.
    Dismiss,
    /// Begin the guided tour, from its first step.
    BeginTour,
    /// Go on to the next step of the tour.
    NextTourStep,
    /// News from the background work of that number.
    Background(u64, Update),
    /// Something could not be done, in words.
    Failed(String),
    /// Leave.
    Quit,
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
