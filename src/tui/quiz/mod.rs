//! The quiz: a person watches the clips of a dataset and says what they show, without any score.

mod clip;
mod decode;
mod film;
mod keys;
mod state;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;
use std::ops::ControlFlow;

use color_eyre::eyre::Result;
use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::eval::{Answer, Answers};
use crate::tui::config::Config;
use crate::tui::images::Images;
use crate::tui::quiz::decode::Decoder;
use crate::tui::quiz::film::Decoded;
use crate::tui::quiz::state::{Effect, State};
use crate::tui::run::{App, TerminalAction, run_app};
use crate::tui::terminal::signals;
use crate::tui::theme::{ColourDepth, Theme};

pub use clip::QuizClip;
pub use keys::table as key_table;

/// How far a person came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub answered: usize,
    pub skipped: usize,
}

/// Shows the clips until all are answered or the person stops. Each answer is in `answers` before the next clip is shown.
/// There is at least one clip.
///
/// # Errors
/// If an answer cannot be written, or the terminal goes away.
pub fn run(clips: Vec<QuizClip>, answers: Answers, config: &Config) -> Result<Progress> {
    let theme = Theme { depth: ColourDepth::detect(), palette: config.palette.clone() };
    let given: HashMap<String, Answer> =
        clips.iter().filter_map(|clip| Some((clip.id.clone(), answers.of(&clip.id)?.clone()))).collect();
    let state = State::new(answers.quiz().clone(), clips, given, theme);
    let running = run_app(config.image_protocol, |send| {
        let decoder = Decoder::new(move |(job, decoded)| send(Action::Decoded(job, decoded)));
        Running { state, answers, decoder }
    })?;
    let state = &running.state;
    Ok(Progress { answered: state.answered(), skipped: state.skipped() })
}

/// The quiz in the event loop.
struct Running {
    state: State,
    answers: Answers,
    decoder: Decoder,
}

/// What can happen to a quiz.
#[derive(Debug)]
enum Action {
    Key(KeyEvent),
    Resize(u16, u16),
    Tick,
    /// An answer of the decoder to a job.
    Decoded(u64, Decoded),
    /// What it does not use.
    Other,
}

impl From<TerminalAction> for Action {
    fn from(action: TerminalAction) -> Self {
        match action {
            TerminalAction::Key(key) => Self::Key(key),
            TerminalAction::Resize(columns, rows) => Self::Resize(columns, rows),
            TerminalAction::Tick => Self::Tick,
            TerminalAction::Paste(_) | TerminalAction::Mouse(_) => Self::Other,
        }
    }
}

impl Running {
    fn run_effects(&mut self) -> Result<ControlFlow<()>> {
        for effect in self.state.take_effects() {
            match effect {
                Effect::Record(answer) => self.answers.add(answer)?,
                Effect::Decode(request) => self.decoder.run(&self.state.clips[request.clip], request),
                // The signal comes back through the event loop, which gives the terminal back before it stops.
                Effect::Suspend => {
                    if !signals::stop_group() {
                        self.state.message =
                            Some("No shell could resume this program: it ignores Ctrl-Z.".to_owned());
                    }
                }
                Effect::Quit => return Ok(ControlFlow::Break(())),
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl App for Running {
    type Action = Action;

    fn prepare(&mut self, resolution: (u16, u16)) {
        self.state.resolution = resolution;
        view::set_size(&mut self.state);
    }

    fn draw(&self, images: &mut Images, frame: &mut Frame) {
        view::draw(&self.state, images, frame);
    }

    fn drawn(&mut self) {
        // Only requests to the decoder come of a drawing, which cannot fail.
        let _ = self.run_effects();
    }

    fn next_tick(&self) -> Option<f64> {
        self.state.film.next_tick().filter(|_| !self.state.is_over)
    }

    fn takes_mouse(&self) -> bool {
        false
    }

    fn can_wait(action: &Action) -> bool {
        matches!(action, Action::Decoded(..))
    }

    fn act(&mut self, action: Action, now: f64) -> Result<ControlFlow<()>> {
        match action {
            Action::Key(key) => self.state.press(key, now),
            Action::Resize(columns, rows) => self.state.area = Rect::new(0, 0, columns, rows),
            Action::Tick => self.state.film.play_on(now),
            Action::Decoded(job, answer) => self.state.decoded(job, answer, now),
            Action::Other => {}
        }
        self.run_effects()
    }
}
