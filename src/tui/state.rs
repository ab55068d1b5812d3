//! The whole state of the explorer, as plain data.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::align::Cell;
use crate::error_chain::on_one_line;
use crate::plot::scale::Scale;
use crate::script::{ClassId, Document, Template};
pub use crate::tui::action::Message;
use crate::tui::action::{Effect, Listing, TokenCount};
use crate::tui::clip::Clip;
use crate::tui::commands::Command;
use crate::tui::frame_picture::{FramePicture, FramePlace, FrameRequest};
use crate::tui::keymap::Keymap;
use crate::tui::models::Wanted;
use crate::tui::patches::PatchKind;
use crate::tui::results::Results;
use crate::tui::theme::{Palette, Theme};

/// A view: what fills the screen between candidates and footer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Script, matrix and film of the selected class.
    #[default]
    Script,
    /// Two classes on one time axis and one scale.
    Compare,
    /// What each step adds to the scores of the two, and what the gap is without it.
    Ledger,
    /// The matrix before and after smoothing.
    Smoothing,
    /// The frame under the cursor, large.
    Frame,
    /// A map of the steps of all classes.
    Map,
}

impl View {
    /// All views, in the order of the next-view command.
    pub const ALL: [Self; 6] =
        [Self::Script, Self::Compare, Self::Ledger, Self::Smoothing, Self::Frame, Self::Map];

    /// Its name on the screen and in snapshots.
    pub fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Compare => "compare",
            Self::Ledger => "ledger",
            Self::Smoothing => "smoothing",
            Self::Frame => "frame",
            Self::Map => "map",
        }
    }

    /// Whether it shows two classes.
    pub fn compares(self) -> bool {
        matches!(self, Self::Compare | Self::Ledger)
    }

    /// Whether it needs embeddings, which a snapshot does not have.
    pub fn needs_embeddings(self) -> bool {
        matches!(self, Self::Smoothing | Self::Map)
    }

    /// The view of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// A playing clip: its time moves on with the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playing {
    /// Time of the clip when it began to play, in seconds.
    pub from: f64,
    /// When that was, in seconds since the start.
    pub since: f64,
}

/// A box over the screen that takes the keys, such as the help or a prompt: one file of `overlays` each.
///
/// While one of the methods runs, the overlay is not in the state. Another that the method puts there follows it.
pub trait Overlay {
    /// Handles a key. Those that close every overlay do not come here.
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After;

    /// Inserts pasted text into the line that is being typed.
    fn paste(&mut self, state: &mut State, _text: &str) {
        state.complain(NO_PASTE);
    }

    /// Scrolls, or moves the selection, by clicks of the mouse wheel.
    fn wheel(&mut self, _state: &State, _clicks: isize) {}

    /// Undoes what typing has done, since the overlay is closed without an answer.
    fn cancel(&mut self, _state: &mut State) {}

    /// Draws the box over the screen.
    fn draw(&self, state: &State, frame: &mut Frame, area: Rect);

    /// The question it asks in plain text, if it asks one.
    fn question(&self, _state: &State) -> Option<String> {
        None
    }

    /// Takes a line of plain text as the answer. Overlays without a question take none.
    fn line(&mut self, _state: &mut State, _line: &str) -> Option<After> {
        None
    }
}

/// What follows a key of an [`Overlay`].
pub enum After {
    /// It stays open.
    Stays,
    Closes,
    /// It closes, and a command is run.
    Runs(Command),
}

/// The error of a paste where nothing can be typed.
pub const NO_PASTE: &str = "There is no text field here; the paste was ignored.";

/// The whole state of the explorer.
pub struct State {
    /// The clips, at least one.
    pub clips: Vec<Clip>,
    /// Index of the clip on the screen.
    pub shown: usize,
    /// Number of the background work that is started next.
    pub next_job: u64,
    /// The scripts, as they are edited.
    pub scripts: Document,
    /// Templates that the template commands turn through.
    pub templates: Vec<Template>,
    pub keymap: Keymap,
    pub theme: Theme,
    /// Themes that the theme command turns through.
    pub themes: Vec<Palette>,
    /// Whether mouse events come here, and do not select text in the terminal.
    pub mouse: bool,
    /// Whether the map is coloured by domain rather than by class.
    pub map_by_domain: bool,
    /// How matrix values become shades.
    pub scale: Scale,
    pub view: View,
    /// The sentence whose tokens were counted last.
    pub tokens: Option<TokenCount>,
    pub playing: Option<Playing>,
    /// The frame that was to be decoded last for the frame view.
    pub frame_asked: Option<FrameRequest>,
    pub frame_picture: Option<FramePicture>,
    /// The map over the frame, if one is shown.
    pub patches: Option<PatchKind>,
    /// The frame whose patches are being embedded.
    pub patches_asked: Option<FramePlace>,
    /// How many of its pictures are embedded, of how many; 0 before the first batch.
    pub patches_done: (usize, usize),
    /// The frame whose patches could not be embedded last, and why.
    pub patches_failed: Option<(FramePlace, String)>,
    /// Pixels of a picture in a cell, across and down. Both are 0 where no pictures are drawn.
    pub resolution: (u16, u16),
    /// Columns and rows of the terminal.
    pub area: Rect,
    /// Whether there is a language model that writes scripts.
    pub has_writer: bool,
    /// The class whose script is being written.
    pub writing: Option<Wanted>,
    /// How many frames of a clip a vision-language model sees, where there is one.
    pub sight: Option<usize>,
    /// Whether the files are still being compared with those of the snapshot or evaluation.
    pub is_checking: bool,
    /// The results of an evaluation on these clips.
    pub results: Option<Results>,
    /// Whether these clips have a guided tour.
    pub has_tour: bool,
    /// Index of the tour's present step, while it is under way.
    pub tour: Option<usize>,
    /// The box over the screen.
    pub overlay: Option<Box<dyn Overlay>>,
    /// An overlay that opens when the present one is closed.
    pub next_overlay: Option<Box<dyn Overlay>>,
    /// The folder that was listed last.
    pub listing: Option<Listing>,
    /// The line in the footer, in place of the hints.
    pub message: Option<Message>,
    /// Effects that `update` has not returned yet.
    pub effects: Vec<Effect>,
}

impl State {
    /// The state before anything is embedded.
    ///
    /// # Panics
    /// If there is no clip.
    pub fn new(
        clips: Vec<Clip>,
        scripts: Document,
        templates: Vec<Template>,
        keymap: Keymap,
        theme: Theme,
    ) -> Self {
        assert!(!clips.is_empty(), "there is a clip to show");
        Self {
            clips,
            shown: 0,
            next_job: 0,
            scripts,
            templates,
            keymap,
            themes: vec![theme.palette.clone()],
            theme,
            mouse: false,
            map_by_domain: false,
            scale: Scale::default(),
            view: View::default(),
            tokens: None,
            playing: None,
            frame_asked: None,
            frame_picture: None,
            patches: None,
            patches_asked: None,
            patches_done: (0, 0),
            patches_failed: None,
            resolution: (0, 0),
            area: Rect::default(),
            has_writer: false,
            writing: None,
            sight: None,
            is_checking: false,
            results: None,
            has_tour: false,
            tour: None,
            overlay: None,
            next_overlay: None,
            listing: None,
            message: None,
            effects: Vec::new(),
        }
    }

    /// The two classes whose gap is explained: those that are compared, the pinned one first, or else the selected one and
    /// the best of the others.
    pub fn pair(&self) -> Option<[usize; 2]> {
        let clip = self.clip();
        match clip.compared {
            Some(pinned) if self.view.compares() && pinned != clip.selected => Some([pinned, clip.selected]),
            _ => Some([clip.selected, clip.exploration.outcome().rival(clip.selected)?]),
        }
    }

    /// The clip on the screen.
    pub fn clip(&self) -> &Clip {
        &self.clips[self.shown]
    }

    /// See [`State::clip`].
    pub fn clip_mut(&mut self) -> &mut Clip {
        &mut self.clips[self.shown]
    }

    /// Indices of the clips of the model on the screen.
    pub fn clips_of_model(&self) -> impl DoubleEndedIterator<Item = usize> {
        let model = self.clip().model;
        (0..self.clips.len()).filter(move |&index| self.clips[index].model == model)
    }

    /// The place of the clip on the screen among those of its model, from 1, and their number.
    pub fn place(&self) -> (usize, usize) {
        let before = self.clips_of_model().filter(|&index| index < self.shown).count();
        (before + 1, self.clips_of_model().count())
    }

    /// Index of the clip on the screen under the next model; `None` with one model.
    pub fn next_twin(&self) -> Option<usize> {
        let Clip { twins, model, .. } = self.clip();
        twins.get((model + 1) % twins.len().max(1)).copied()
    }

    /// Whether the only clip has not been opened.
    pub fn has_nothing_to_explore(&self) -> bool {
        let is_unknown = |clip: &Clip| clip.info.is_none() && clip.exploration.frame_count() == 0;
        matches!(&self.clips[..], [clip] if is_unknown(clip))
    }

    /// How values become shades: logarithms are of affinities alone, other cells may be negative.
    pub fn scale_in_force(&self) -> Scale {
        let cell = self.clip().exploration.settings().method.cell;
        if self.scale == Scale::Log && cell != Cell::Affinity { Scale::Linear } else { self.scale }
    }

    /// Index of the template in use.
    pub fn template(&self) -> usize {
        let template = &self.clip().exploration.settings().template;
        self.templates.iter().position(|t| t == template).unwrap_or(0)
    }

    /// Opens an overlay in place of the present one.
    pub fn open(&mut self, overlay: impl Overlay + 'static) {
        self.overlay = Some(Box::new(overlay));
    }

    /// Shows a message that the next command clears.
    pub fn say(&mut self, text: impl Into<String>) {
        self.message = Some(Message { text: text.into(), is_error: false });
    }

    /// Shows an error until it is dismissed.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.message = Some(Message { text: on_one_line(&text.into()), is_error: true });
    }

    /// The script of the selected class.
    pub fn selected_id(&self) -> Option<ClassId> {
        self.clip().ids.get(self.clip().selected).copied()
    }
}
