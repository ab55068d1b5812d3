//! The explorer without a terminal, for `benches/explorer.rs`.

use std::io;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::explore::{Candidate, Exploration, Sources, Update};
use crate::script::{Class, Document, ScriptFile, Template};
use crate::tui::action::{Action, Effect};
use crate::tui::clip::Clip;
use crate::tui::commands::Command;
use crate::tui::images::{Images, Mosaic, Rendering};
use crate::tui::keymap::Keymap;
use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, Theme};
use crate::tui::update::{refresh, start, update};
use crate::tui::view;
use crate::video::Sampling;

/// The explorer on one clip: the real update and drawing, down to the bytes for a terminal, which are discarded. No effect
/// runs; the benchmark answers in their place.
pub struct Headless {
    state: State,
    images: Images,
    terminal: Terminal<CrosstermBackend<io::Sink>>,
}

impl Headless {
    /// The explorer as it opens, on a terminal with 24-bit colours.
    pub fn new(exploration: Exploration, columns: u16, rows: u16) -> Self {
        let class = |candidate: &Candidate| Class {
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
        state.resolution = (2, 4);
        let area = Rect::new(0, 0, columns, rows);
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let terminal = Terminal::with_options(CrosstermBackend::new(io::sink()), options)
            .expect("a fixed viewport needs no terminal");
        let mut headless =
            Self { state, images: Images::new(Rendering::Mosaic(Mosaic::Quadrants), None, false), terminal };
        headless.act(Action::Resize(columns, rows));
        headless
    }

    /// Presses a key.
    pub fn press(&mut self, code: KeyCode) {
        self.act(Action::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Passes on what embedding would send.
    pub fn embedding_sent(&mut self, update: Update) {
        if let Some(job) = self.state.clip().job {
            self.act(Action::Background(job, update));
        }
    }

    /// Whether texts are to be embedded.
    pub fn lacks_texts(&self) -> bool {
        !self.state.clip().exploration.missing_texts().is_empty()
    }

    /// Embeds these texts by `embed`.
    pub fn embed(&mut self, embed: impl Fn(&str) -> Vec<f32>) {
        let missing = self.state.clip().exploration.missing_texts();
        let texts = missing.into_iter().map(|text| {
            let embedding = embed(&text);
            (text, embedding, false)
        });
        self.embedding_sent(Update::Texts(texts.collect()));
    }

    /// Looks for the moments, and waits for them.
    pub fn find_moments(&mut self) {
        self.act(Action::Do(Command::FindMoments));
        self.state.overlay = None;
        for effect in refresh(&mut self.state) {
            if let Effect::FindMoments { clip, number, search } = effect {
                let found = search.run(|| false).map_err(|error| error.to_string());
                let found = found.map(|found| Box::new(found.expect("nothing cancels it")));
                self.act(Action::MomentsFound(clip, number, found));
            }
        }
    }

    /// Updates what depends on the state, and draws the screen.
    pub fn draw(&mut self) {
        refresh(&mut self.state);
        let (state, images) = (&self.state, &mut self.images);
        self.terminal.draw(|frame| view::draw(state, images, frame)).expect("a sink takes everything");
    }

    fn act(&mut self, action: Action) {
        let _ = update(&mut self.state, action, 0.0);
    }
}
