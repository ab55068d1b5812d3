//! The explorer without a terminal: for benchmarks, and for tests that drive it from outside.

use std::io;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::explore::{Exploration, Sources, Update};
use crate::script::{Class, Document, ScriptFile, Template};
use crate::tui::action::{Action, Effect};
use crate::tui::clip::Clip;
use crate::tui::images::{Images, Means};
use crate::tui::keymap::Keymap;
use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, Theme};
use crate::tui::update::{refresh, start, update};
use crate::tui::view;
use crate::video::Sampling;

/// The explorer on one clip: the real update and drawing, down to the bytes for a terminal, which go nowhere. Nothing
/// runs in the background; what it would tell is told by [`Headless::hear`].
pub struct Headless {
    state: State,
    images: Images,
    terminal: Terminal<CrosstermBackend<io::Sink>>,
}

impl Headless {
    /// The explorer as it opens, on a terminal of so many columns and rows with 24-bit colours.
    ///
    /// # Panics
    /// Never: nothing is written anywhere that could fail.
    pub fn new(exploration: Exploration, columns: u16, rows: u16) -> Self {
        let class = |candidate: &crate::explore::Candidate| Class {
            name: candidate.name.clone(),
            domain: Some(candidate.domain.clone()),
            steps: candidate.steps.clone(),
            other: Default::default(),
        };
        let classes = exploration.candidates().iter().map(class).collect();
        let scripts = Document::new(ScriptFile { domain: None, classes, other: Default::default() }, None);
        let sources = Sources { clip: "clip.mp4".to_owned(), ..Sources::default() };
        let mut clip =
            Clip::new("clip".to_owned(), None, Vec::new(), exploration, sources, Sampling::Fps(10.0));
        clip.find_scripts(&scripts);
        let theme = Theme::new(ColourDepth::True);
        let mut state =
            State::new(vec![clip], scripts, Template::built_in().into(), Keymap::default(), theme);
        start(&mut state);
        let area = Rect::new(0, 0, columns, rows);
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let terminal = Terminal::with_options(CrosstermBackend::new(io::sink()), options)
            .expect("a fixed viewport asks nothing of the terminal");
        let mut headless = Self { state, images: Images::new(Means::HalfBlocks, None, false), terminal };
        headless.act(Action::Resize(columns, rows));
        headless
    }

    /// Presses a key.
    pub fn press(&mut self, code: KeyCode) {
        self.act(Action::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Hears news of the background.
    pub fn hear(&mut self, news: Update) {
        if let Some(job) = self.state.clip().job {
            self.act(Action::Background(job, news));
        }
    }

    /// Whether texts wait to be embedded.
    pub fn lacks_texts(&self) -> bool {
        !self.state.clip().exploration.missing_texts().is_empty()
    }

    /// Embeds the texts that are missing, as `embed` says.
    pub fn embed(&mut self, embed: impl Fn(&str) -> Vec<f32>) {
        let missing = self.state.clip().exploration.missing_texts();
        let texts = missing.into_iter().map(|text| {
            let embedding = embed(&text);
            (text, embedding, false)
        });
        self.hear(Update::Texts(texts.collect()));
    }

    /// Brings everything up to date and draws the screen.
    ///
    /// # Panics
    /// Never: nothing is written anywhere that could fail.
    pub fn draw(&mut self) {
        refresh(&mut self.state);
        let (state, images) = (&self.state, &mut self.images);
        self.terminal.draw(|frame| view::draw(state, images, frame)).expect("nothing is written");
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        update(&mut self.state, action, 0.0)
    }
}
