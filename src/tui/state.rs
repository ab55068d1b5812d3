//! What the explorer shows, as plain data.

use crate::script::Template;
use crate::tui::clip::Clip;
use crate::tui::heat::Scale;

/// A line that tells the user what came of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
}

/// The whole state of the explorer.
pub struct State {
    /// The clips, at least one.
    pub clips: Vec<Clip>,
    /// Index of the clip that is shown.
    pub shown: usize,
    /// Number of the background work that is started next.
    pub next_job: u64,
    /// Templates that can be turned to.
    pub templates: Vec<Template>,
    /// How matrix values become shades.
    pub scale: Scale,
    /// Whether these clips have a guided tour.
    pub has_tour: bool,
    /// Index of the tour's present step, while it is under way.
    pub tour: Option<usize>,
    /// Whether the help lies over the screen.
    pub help: bool,
    /// What came of the last command.
    pub message: Option<Message>,
}

impl State {
    /// The state before anything is embedded.
    ///
    /// # Panics
    /// If there is no clip.
    pub fn new(clips: Vec<Clip>, templates: Vec<Template>) -> Self {
        assert!(!clips.is_empty(), "there is a clip to show");
        Self {
            clips,
            shown: 0,
            next_job: 0,
            templates,
            scale: Scale::default(),
            has_tour: false,
            tour: None,
            help: false,
            message: None,
        }
    }

    /// The clip that is shown.
    pub fn clip(&self) -> &Clip {
        &self.clips[self.shown]
    }

    /// Whether the only clip has not been opened.
    pub fn has_nothing_to_explore(&self) -> bool {
        matches!(&self.clips[..], [clip] if clip.info.is_none())
    }

    /// Index of the template in use.
    pub fn template(&self) -> usize {
        let template = &self.clip().exploration.settings().template;
        self.templates.iter().position(|t| t == template).unwrap_or(0)
    }

    /// See [`State::clip`].
    pub fn clip_mut(&mut self) -> &mut Clip {
        &mut self.clips[self.shown]
    }
}
