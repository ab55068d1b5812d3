//! Everything that can happen to the explorer, and the effects that it asks for in return.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::align::AlignError;
use crate::explore::{
    EmbeddedFrame, EvidenceRequest, EvidenceUpdate, Exploration, Job, Look, MapRequest, ScoresWithout,
    Sources, SparseClip, StepMaps, Thumbnail, Update, WithoutRequest,
};
use crate::find::{ClipMoments, MomentSearch};
use crate::script::{Class, ClassId, ScriptFile};
use crate::snapshot::Snapshot;
use crate::tui::commands::Command;
use crate::tui::drafts::Unsaved;
use crate::tui::frame_picture::{FramePicture, FramePlace, FrameRequest};
use crate::tui::models::Wanted;
use crate::tui::patches::EmbeddedPatches;
use crate::video::{Sampling, Segment};

/// A line for the user in the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub text: String,
    pub is_error: bool,
}

/// The number of tokens of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCount {
    pub sentence: String,
    /// Tokens that the model reads, the end token not counted.
    pub used: usize,
    /// How many the model reads at most.
    pub most: usize,
    /// Whether the sentence has more.
    pub cut: bool,
}

/// The files and folders of a folder.
#[derive(Debug)]
pub struct Listing {
    /// The folder as it was asked for.
    pub asked: PathBuf,
    /// The same, from the root.
    pub folder: PathBuf,
    pub entries: Vec<FileEntry>,
}

/// An entry of the file picker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileEntry {
    pub kind: EntryKind,
    pub name: String,
}

/// The kind of a [`FileEntry`], in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// The scripts that come with the program.
    Library,
    /// A script file of the library.
    InLibrary,
    Folder,
    File,
}

/// Something that happens to the state.
#[derive(Debug)]
pub enum Action {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    /// Columns and rows of the terminal.
    Resize(u16, u16),
    /// The playing clip reaches its next frame.
    Tick,
    /// Run a command.
    Do(Command),
    /// An update of the background job with this number.
    Background(u64, Update),
    /// The maps of the steps of the clip with this index.
    Mapped(usize, Box<StepMaps>),
    /// An update of the order evidence.
    Evidence(EvidenceUpdate),
    /// Scores without each step.
    Without(ScoresWithout),
    /// What a look at the frames embedded so far says about the winner of the clip with this index, and for which alignments
    /// it was asked.
    Looked(usize, u64, Result<Look, AlignError>),
    /// The moments of the clip with this index that the search with this number has found, or why it failed.
    MomentsFound(usize, u64, Result<Box<ClipMoments>, String>),
    FrameDecoded(FramePicture),
    /// A small picture of the clip with this index.
    FilmDecoded(usize, Box<Thumbnail>),
    /// So many pictures for the patches of a frame are embedded, of so many.
    PatchesEmbedding(FramePlace, usize, usize),
    /// The patches of a frame, for maps of it.
    PatchesEmbedded(EmbeddedPatches),
    Listed(Listing),
    /// A file is a clip. It gets the candidates and the model of the clip with index `like`.
    ClipFound {
        path: PathBuf,
        like: usize,
    },
    /// The scripts were saved; quit now if `quits`.
    ScriptsSaved {
        path: PathBuf,
        file: Box<ScriptFile>,
        quits: bool,
    },
    ScriptsNotSaved {
        path: PathBuf,
        quits: bool,
        reason: String,
    },
    Tokens(TokenCount),
    /// A script file was read.
    ScriptsRead(PathBuf, Box<ScriptFile>),
    /// A language model wrote a script, or failed.
    Written(Wanted, Result<Box<Class>, String>),
    /// A vision-language model named the class of the clip with index `clip`, or failed.
    Seen {
        clip: usize,
        model: String,
        answer: Result<ClassId, String>,
    },
    Checked(Box<Checked>),
    /// A snapshot or figure was saved.
    Saved(PathBuf),
    /// Something failed, in words.
    Failed(String),
}

/// The outcome of comparing the files behind a snapshot or an evaluation with what they were.
#[derive(Debug, Default)]
pub struct Checked {
    /// Replaces the matrices of a snapshot whose clip and model are unchanged.
    pub live: Option<Live>,
    pub message: Option<Message>,
}

/// The first clip with its embeddings, in place of a snapshot's matrices.
#[derive(Debug)]
pub struct Live {
    /// Its candidates, without frames.
    pub exploration: Exploration,
    pub sources: Sources,
    pub job: Job,
}

/// Compares files with what they were. It may read them in full, so it runs after the first drawing.
pub type Check = Box<dyn FnOnce() -> Checked + Send>;

/// The form in which a snapshot is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveAs {
    Snapshot,
    Figure,
}

/// Something that the state asks for. Clips are given by their index.
#[derive(Debug)]
pub enum Effect {
    /// Start the background job of a clip under the number `job`, with these texts first. Frames in `known` are embedded
    /// already.
    Start {
        clip: usize,
        job: u64,
        sampling: Sampling,
        texts: Vec<String>,
        known: Vec<EmbeddedFrame>,
    },
    /// Stop the background job of a clip.
    Stop(usize),
    /// Embed these texts next, by the job of the clip on the screen.
    EmbedTexts(Vec<String>),
    /// Embed these texts, the likeliest to be wanted first, while the job of a clip is idle; none stops that.
    PrefetchTexts {
        clip: usize,
        texts: Vec<String>,
    },
    /// Compute the maps of the steps of a clip, and answer with [`Action::Mapped`].
    Map(usize, Box<MapRequest>),
    /// Embed the frames with these ordinals of a clip next.
    EmbedNext {
        clip: usize,
        ordinals: Vec<u64>,
    },
    /// Look whether the frames left of a clip can change its winner, and answer with [`Action::Looked`].
    LookAhead {
        clip: usize,
        asked: u64,
        so_far: Box<SparseClip>,
    },
    /// Find order evidence, in place of what was asked for before.
    FindEvidence(EvidenceRequest),
    /// Find scores without each step, in place of those asked for before, and answer with [`Action::Without`].
    FindWithout(WithoutRequest),
    /// Find the moments of a clip, in place of those asked for before, and answer with [`Action::MomentsFound`].
    FindMoments {
        clip: usize,
        number: u64,
        search: Box<MomentSearch>,
    },
    /// Cancel the search for moments.
    StopFinding,
    /// Decode a frame anew, in place of the one before, and answer with [`Action::FrameDecoded`].
    DecodeFrame(FrameRequest),
    /// Decode small pictures of these frames of a clip, in place of those asked for before, and answer each with
    /// [`Action::FilmDecoded`].
    DecodeFilm(Vec<FramePlace>),
    /// Embed the patches of a frame, in place of the one before, and answer with [`Action::PatchesEmbedded`].
    EmbedPatches(FramePlace),
    /// Take the mouse from the terminal, or leave it to the terminal.
    CaptureMouse(bool),
    /// List a folder, and answer with [`Action::Listed`]; if it fails also with [`Action::Failed`].
    List(PathBuf),
    /// Check that a file is a clip, and answer with [`Action::ClipFound`] or [`Action::Failed`].
    OpenClip(PathBuf),
    /// Add a clip after the last, with the job of the clip `like`: another file, or a part of the same.
    AddClip {
        path: PathBuf,
        like: usize,
        part: Option<Part>,
    },
    /// Run the [`Check`], and answer with [`Action::Checked`].
    Check,
    /// Give a clip a background job.
    SetJob(usize, Box<Job>),
    /// Read a script file, and answer with [`Action::ScriptsRead`] or [`Action::Failed`].
    OpenScripts(PathBuf),
    /// Count the tokens of a sentence, in place of the one before, and answer with [`Action::Tokens`].
    CountTokens(String),
    /// Save the scripts, and answer with [`Action::ScriptsSaved`] or [`Action::ScriptsNotSaved`].
    SaveScripts {
        path: PathBuf,
        file: Box<ScriptFile>,
        quits: bool,
    },
    /// Have a language model write a script, and answer with [`Action::Written`].
    WriteScript(Wanted),
    StopWriting,
    /// Show the frames with these ordinals to a vision-language model, and answer with [`Action::Seen`].
    Look {
        clip: usize,
        classes: Vec<(ClassId, String)>,
        ordinals: Vec<u64>,
        domain: String,
    },
    /// Keep unsaved edits in case of a crash.
    KeepDraft(Box<Unsaved>),
    /// Drop the kept edits of the scripts in this file.
    DiscardDraft(Option<PathBuf>),
    /// Remember that the tour has ended.
    EndTour,
    /// Save a snapshot of a clip, with the time and the hashes of its files, and answer with [`Action::Saved`] or
    /// [`Action::Failed`].
    Save {
        clip: usize,
        snapshot: Box<Snapshot>,
        form: SaveAs,
    },
    /// Return to the shell until the program is resumed.
    Suspend,
    Quit,
}

/// A part of a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub segment: Segment,
    /// Pictures of the clip before it.
    pub skipped: u64,
}

/// Sends actions to the event loop from any thread. After the loop has ended they are dropped.
pub type ActionSender = Arc<dyn Fn(Action) + Send + Sync>;
