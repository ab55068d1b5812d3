//! What the explorer shows, as plain data.

use ratatui::layout::Rect;

use crate::align::Cell;
use crate::error_chain::on_one_line;
use crate::plot::scale::Scale;
use crate::script::{ClassId, Document, Template};
use crate::tui::clip::Clip;
use crate::tui::keymap::Keymap;
use crate::tui::models::{Proposal, Wanted};
use crate::tui::overlay::{Ask, Overlay, TokenCount};
use crate::tui::results::Results;
use crate::tui::theme::{Palette, Theme};

/// A line that tells the user what came of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
}

/// What fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Script, matrix and film of the selected class.
    #[default]
    Script,
    /// Two classes on one time axis and one scale.
    Compare,
    /// The matrix before and after smoothing.
    Smoothing,
    /// The frame under the cursor, large.
    Frame,
    /// A map of the steps of all classes.
    Map,
}

impl View {
    /// All views, in the order in which they are turned to.
    pub const ALL: [Self; 5] = [Self::Script, Self::Compare, Self::Smoothing, Self::Frame, Self::Map];

    /// Its name on the screen and in snapshots.
    pub fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Compare => "compare",
            Self::Smoothing => "smoothing",
            Self::Frame => "frame",
            Self::Map => "map",
        }
    }

    /// Whether it shows what a snapshot does not have.
    pub fn needs_embeddings(self) -> bool {
        matches!(self, Self::Smoothing | Self::Map)
    }

    /// The view of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// A clip that plays: its time moves on with the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playing {
    /// Time of the clip when it began to play, in seconds.
    pub from: f64,
    /// When that was, in seconds since the start.
    pub since: f64,
}

/// The whole state of the explorer.
pub struct State {
    /// The clips, at least one.
    pub clips: Vec<Clip>,
    /// Index of the clip that is shown.
    pub shown: usize,
    /// Number of the background work that is started next.
    pub next_job: u64,
    /// The scripts, as they are edited.
    pub scripts: Document,
    /// Templates that can be turned to.
    pub templates: Vec<Template>,
    /// Which key does what.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// The themes to turn among.
    pub themes: Vec<Palette>,
    /// Whether the mouse is the explorer's.
    pub mouse: bool,
    /// Whether the map is coloured by domain rather than by class.
    pub map_by_domain: bool,
    /// How matrix values become shades.
    pub scale: Scale,
    /// What fills the screen.
    pub view: View,
    /// The sentence whose tokens were counted last.
    pub tokens: Option<TokenCount>,
    /// The clip plays.
    pub playing: Option<Playing>,
    /// Columns and rows of the terminal.
    pub area: Rect,
    /// Whether there is a language model that writes scripts.
    pub has_writer: bool,
    /// The class whose script is being written.
    pub writing: Option<Wanted>,
    /// A script that is shown once nothing lies over the screen.
    pub proposal: Option<Proposal>,
    /// How many frames of a clip a vision-language model sees, where there is one.
    pub sight: Option<usize>,
    /// What was opened is being compared with what it was.
    pub is_checking: bool,
    /// What an evaluation came to on these clips.
    pub results: Option<Results>,
    /// Whether these clips have a guided tour.
    pub has_tour: bool,
    /// Index of the tour's present step, while it is under way.
    pub tour: Option<usize>,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// What came of the last command.
    pub message: Option<Message>,
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
            area: Rect::default(),
            has_writer: false,
            writing: None,
            proposal: None,
            sight: None,
            is_checking: false,
            results: None,
            has_tour: false,
            tour: None,
            overlay: None,
            message: None,
        }
    }

    /// The clip that is shown.
    pub fn clip(&self) -> &Clip {
        &self.clips[self.shown]
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

    /// Tells the user something that the next key clears.
    pub fn say(&mut self, text: impl Into<String>) {
        self.message = Some(Message { text: text.into(), is_error: false });
    }

    /// Tells the user what went wrong, until it is dismissed.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.message = Some(Message { text: on_one_line(&text.into()), is_error: true });
    }

    /// The selected class, by its place among the scripts.
    pub fn selected_id(&self) -> Option<ClassId> {
        self.clip().ids.get(self.clip().selected).copied()
    }

    /// The sentence that the answer to a prompt would make so far, for answers that make one.
    pub fn sentence(&self) -> Option<String> {
        let Some(Overlay::Prompt(prompt)) = &self.overlay else { return None };
        let clip = self.clip();
        let value = prompt.input.value().trim();
        let template = &clip.exploration.settings().template;
        let of_class = |class: ClassId| {
            let class_of = self.scripts.class(class)?;
            Some(template.fill(&class_of.name, self.scripts.domain_of(class), value))
        };
        match &prompt.ask {
            Ask::Template => {
                let class = clip.exploration.candidates().get(clip.selected)?;
                let step = class.steps.get(clip.focus_step().unwrap_or(0))?;
                Some(Template::parse(value).ok()?.fill(&class.name, &class.domain, step))
            }
            Ask::Step { class, .. } | Ask::NewStep { class, .. } => of_class(*class),
            Ask::FirstStep { name, domain } => Some(template.fill(name, domain, value)),
            _ => None,
        }
    }

    /// See [`State::clip`].
    pub fn clip_mut(&mut self) -> &mut Clip {
        &mut self.clips[self.shown]
    }
}
