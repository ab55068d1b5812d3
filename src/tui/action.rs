//! Everything that can happen to the explorer, and what it asks of the outside in return.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::explore::{
    EmbeddedFrame, EvidenceRequest, EvidenceUpdate, Exploration, Job, MapRequest, Sources, StepMaps, Update,
};
use crate::script::{Class, ClassId, ScriptFile};
use crate::store::{Snapshot, Unsaved};
use crate::tui::command::Command;
use crate::tui::models::Wanted;
use crate::tui::overlay::{FileEntry, TokenCount};
use crate::tui::state::Message;
use crate::video::Sampling;

/// One thing that happens to the state.
#[derive(Debug)]
pub enum Action {
    /// A key is pressed.
    Key(KeyEvent),
    /// Text is pasted.
    Paste(String),
    /// The mouse is moved, pressed or turned.
    Mouse(MouseEvent),
    /// The terminal has so many columns and rows.
    Resize(u16, u16),
    /// The playing clip comes to its next frame.
    Tick,
    /// The user asks for something.
    Do(Command),
    /// News from the background work of that number.
    Background(u64, Update),
    /// The maps of the steps of the clip with this index are there.
    Mapped(usize, Box<StepMaps>),
    /// News of the evidence in the order of steps.
    Evidence(EvidenceUpdate),
    /// What is in a folder.
    Listed {
        /// The folder as it was asked for.
        asked: PathBuf,
        /// The same, from the root.
        folder: PathBuf,
        /// Its files and folders.
        entries: Vec<FileEntry>,
    },
    /// A clip can be shown.
    ClipFound {
        /// The clip.
        path: PathBuf,
        /// Index of the clip whose candidates and model it gets.
        like: usize,
    },
    /// The scripts are saved there.
    ScriptsSaved {
        /// Where.
        path: PathBuf,
        /// What was saved.
        file: Box<ScriptFile>,
        /// Whether to quit now.
        quits: bool,
    },
    /// The scripts could not be saved there.
    ScriptsNotSaved {
        /// Where.
        path: PathBuf,
        /// Whether to quit once they are saved.
        quits: bool,
        /// Why not, in words.
        reason: String,
    },
    /// How many tokens a sentence has.
    Tokens(TokenCount),
    /// A script file is read.
    ScriptsRead(PathBuf, Box<ScriptFile>),
    /// A language model has written a script, or not, with the reason.
    Written(Wanted, Result<Box<Class>, String>),
    /// A vision-language model has looked at the clip with this index.
    Seen {
        /// The clip.
        clip: usize,
        /// The model.
        model: String,
        /// The class that it names, or why it names none.
        answer: Result<ClassId, String>,
    },
    /// What was opened has been compared with what it was.
    Checked(Box<Checked>),
    /// A file is saved.
    Saved(PathBuf),
    /// Something could not be done, in words.
    Failed(String),
}

/// What came of comparing the files of a snapshot or of an evaluation with what they were.
#[derive(Debug, Default)]
pub struct Checked {
    /// What takes the place of a snapshot's matrices, where its clip and model are still the same.
    pub live: Option<Live>,
    /// What the user is told.
    pub message: Option<Message>,
}

/// The first clip with its embeddings, in the place of matrices.
#[derive(Debug)]
pub struct Live {
    /// Its candidates, without frames.
    pub exploration: Exploration,
    /// Where everything comes from.
    pub sources: Sources,
    /// Its background work.
    pub job: Job,
}

/// Compares files with what they were. It may read them in full, so it is done once the first picture is up.
pub type Check = Box<dyn FnOnce() -> Checked + Send>;

/// What is made of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveAs {
    /// The snapshot itself.
    Snapshot,
    /// A figure of it.
    Figure,
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
        /// Which frames to take.
        sampling: Sampling,
        /// Texts to embed first.
        texts: Vec<String>,
        /// Frames that need not be embedded again.
        known: Vec<EmbeddedFrame>,
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
    /// Compute the maps of the steps of the clip with this index, and answer with [`Action::Mapped`].
    Map(usize, Box<MapRequest>),
    /// Find the evidence in the order of steps; what was asked before is not wanted any more.
    FindEvidence(EvidenceRequest),
    /// Take the mouse from the terminal, or leave it to it.
    CaptureMouse(bool),
    /// Tell what is in this folder, by [`Action::Listed`] or [`Action::Failed`].
    List(PathBuf),
    /// Look whether this is a clip, and answer with [`Action::ClipFound`] or [`Action::Failed`].
    OpenClip(PathBuf),
    /// Give a new clip, after the last, the background work of another.
    AddClip {
        /// The new clip.
        path: PathBuf,
        /// Index of the other.
        like: usize,
    },
    /// Compare what was opened with what it was, and answer with [`Action::Checked`].
    Check,
    /// The background work of the clip with this index.
    SetJob(usize, Box<Job>),
    /// Read this script file.
    OpenScripts(PathBuf),
    /// Count the tokens of a sentence; what was asked before is not wanted any more.
    CountTokens(String),
    /// Write the scripts there, then answer with [`Action::ScriptsSaved`] or [`Action::ScriptsNotSaved`].
    SaveScripts {
        /// Where.
        path: PathBuf,
        /// What.
        file: Box<ScriptFile>,
        /// Whether to quit once they are saved.
        quits: bool,
    },
    /// Have a language model write a script, and answer with [`Action::Written`].
    WriteScript(Wanted),
    /// Stop that.
    StopWriting,
    /// Show frames of a clip to a vision-language model, and answer with [`Action::Seen`].
    Look {
        /// Index of the clip.
        clip: usize,
        /// The candidates, with their names.
        classes: Vec<(ClassId, String)>,
        /// Ordinals of the frames.
        ordinals: Vec<u64>,
        /// The domain of the candidates.
        domain: String,
    },
    /// Keep what is not saved for the case of a crash.
    KeepDraft(Box<Unsaved>),
    /// Nothing is left to save of the scripts in this file.
    DiscardDraft(Option<PathBuf>),
    /// Remember that the tour has ended, or answer with [`Action::Failed`].
    EndTour,
    /// Write a snapshot, with the time and what the files contain, or a figure of it; then answer with [`Action::Saved`]
    /// or [`Action::Failed`].
    Save {
        /// Index of its clip.
        clip: usize,
        /// What to write.
        snapshot: Box<Snapshot>,
        /// As what.
        form: SaveAs,
    },
    /// Go back to the shell for a while, or answer with [`Action::Failed`].
    Suspend,
    /// Leave.
    Quit,
}

/// Sends actions to the event loop from any thread. After the loop has ended they are dropped.
pub type ActionSender = Arc<dyn Fn(Action) + Send + Sync>;
