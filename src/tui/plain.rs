//! The explorer as linear text, for screen readers, logs and scripts: lines in, sentences out, the same state.

mod line;
mod narrator;
mod words;

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Report, Result, ensure};

use crate::explore::Update;
use crate::output;
use crate::script::library;
use crate::tui::action::{Action, Effect};
use crate::tui::commands::{Command, Need};
use crate::tui::effects::Effects;
use crate::tui::explorer::Explorer;
use crate::tui::plain::line::{Line, MOST, Word, parse};
use crate::tui::plain::narrator::Narrator;
use crate::tui::state::State;
use crate::tui::update::{self, next_tick, refresh, update};
use crate::visible::visible_line;

/// Most bytes of a line; the rest of a longer one is another line.
const LONGEST_LINE: u64 = 1 << 20;

/// How often to look whether jobs are done.
const POLL: Duration = Duration::from_millis(5);

enum Event {
    Line(String),
    End,
    Action(Action),
}

/// Runs the explorer on standard input and output, until a line quits or, after the last line, everything is embedded.
///
/// # Errors
/// If the only clip cannot be opened, or not everything can be embedded.
pub fn run_plain(explorer: Explorer) -> Result<()> {
    let (sender, events) = channel();
    let clip_is_input = explorer.clips.iter().any(|clip| clip.id == "-");
    let answer = sender.clone();
    let (state, effects) = explorer.open(Arc::new(move |action| drop(answer.send(Event::Action(action)))));
    if clip_is_input {
        // Standard input is the clip: no lines come.
        let _ = sender.send(Event::End);
    } else {
        read_lines(sender);
    }
    let conversation = Conversation {
        state,
        effects,
        narrator: Narrator::default(),
        start: Instant::now(),
        waiting: VecDeque::new(),
        is_script: !output::stdin_is_terminal(),
        has_ended: false,
        quits: false,
    };
    match conversation.run_to_end(&events) {
        // The reader has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        outcome => outcome,
    }
}

fn is_broken_pipe(error: &Report) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn read_lines(sender: Sender<Event>) {
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if sender.send(Event::Line(String::from_utf8_lossy(&line).trim_end().to_owned())).is_err() {
                return;
            }
            line.clear();
        }
        let _ = sender.send(Event::End);
    });
}

struct Conversation {
    state: State,
    effects: Effects,
    narrator: Narrator,
    start: Instant,
    /// Lines to do. Those of a script wait until all is embedded, so that its output does not depend on the machine.
    waiting: VecDeque<String>,
    is_script: bool,
    has_ended: bool,
    quits: bool,
}

impl Conversation {
    fn run_to_end(mut self, events: &Receiver<Event>) -> Result<()> {
        say(words::greeting(&self.state))?;
        let effects = update::start(&mut self.state);
        self.run(effects);
        self.say_news()?;
        while !self.quits {
            // Before the events are read, among which are then all answers.
            let is_busy = self.effects.is_busy();
            if let Ok(event) = events.try_recv() {
                self.handle(event)?;
                continue;
            }
            if (!self.is_script || !is_busy && self.is_done())
                && let Some(line) = self.waiting.pop_front()
            {
                self.do_line(&line)?;
                self.say_news()?;
                continue;
            }
            if self.has_ended && !is_busy && self.is_done() {
                ensure!(!self.has_failed(), "{}: not everything could be embedded", self.state.clip().id);
                break;
            }
            let tick = next_tick(&self.state).map(|at| self.start + Duration::from_secs_f64(at.max(0.0)));
            let poll = is_busy.then(|| Instant::now() + POLL);
            let event = match tick.into_iter().chain(poll).min() {
                None => Some(events.recv()?),
                Some(until) => events.recv_timeout(until.saturating_duration_since(Instant::now())).ok(),
            };
            match event {
                Some(event) => self.handle(event)?,
                None if tick.is_some_and(|tick| tick <= Instant::now()) => {
                    self.handle(Event::Action(Action::Tick))?;
                }
                None => {}
            }
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<()> {
        match event {
            Event::End => self.has_ended = true,
            Event::Line(line) => self.waiting.push_back(line),
            Event::Action(Action::Background(_, Update::Failed(report)))
                if self.state.has_nothing_to_explore() =>
            {
                return Err(report);
            }
            Event::Action(action) => {
                // A prompt here would take the next line for its answer.
                let action = match action {
                    Action::ScriptsNotSaved { reason, .. } => Action::Failed(reason),
                    action => action,
                };
                self.act(action);
            }
        }
        self.say_news()
    }

    /// Whether all is embedded and nothing plays.
    fn is_done(&self) -> bool {
        let clip = self.state.clip();
        let is_embedded = clip.progress.idle && clip.progress.texts_missing == 0 && !clip.stale;
        self.state.playing.is_none() && (is_embedded || self.has_failed())
    }

    /// Whether embedding ended early, which was said.
    fn has_failed(&self) -> bool {
        let clip = self.state.clip();
        clip.job.is_none() && !clip.exploration.is_frozen()
    }

    fn act(&mut self, action: Action) {
        let now = self.start.elapsed().as_secs_f64();
        let effects = update(&mut self.state, action, now);
        self.run(effects);
    }

    fn run(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.quits |= matches!(effect, Effect::Quit);
            // The mouse stays the terminal's.
            if !matches!(effect, Effect::CaptureMouse(_)) {
                self.effects.run(&self.state, effect);
            }
        }
    }

    /// Says what has changed since last time.
    fn say_news(&mut self) -> Result<()> {
        let effects = refresh(&mut self.state);
        self.run(effects);
        let sentences = self.narrator.news(&self.state);
        say(sentences)
    }

    /// Runs a line: an answer, a command or a word.
    fn do_line(&mut self, line: &str) -> Result<()> {
        self.state.playing = None;
        // The same message again is news.
        self.state.message = None;
        self.narrator.forget_message();
        if let Some(effects) = update::answer(&mut self.state, line, self.start.elapsed().as_secs_f64()) {
            self.run(effects);
            return Ok(());
        }
        let line = match parse(line, &self.state.keymap) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(unknown) => return say(vec![unknown]),
        };
        let Line { count, word, argument } = line;
        match word {
            Word::Command(command) => {
                // `next-candidate 3`: a number after a command that takes no text is a count.
                let often = argument
                    .as_deref()
                    .filter(|_| !command.needs(Need::Line))
                    .and_then(|count| count.parse().ok());
                for _ in 0..often.unwrap_or(count).min(MOST) {
                    self.dispatch(command, argument.as_deref())?;
                }
            }
            Word::Status => say(words::status(&self.state))?,
            Word::Ranking => say(words::ranking(&self.state))?,
            Word::Script => say(words::script(&self.state))?,
            Word::Frame => say(words::frame_values(&self.state))?,
            Word::Help => say(words::help(&self.state, argument.as_deref()))?,
            Word::Go => match argument.as_deref().map(str::parse::<f64>) {
                Some(Ok(time)) if time.is_finite() => update::go_to(&mut self.state, time),
                _ => say(vec!["Say where to go in seconds: go 2.5".to_owned()])?,
            },
            Word::Candidate => match argument.as_deref().map(str::parse::<usize>) {
                Some(Ok(place @ 1..)) => update::select_place(&mut self.state, place - 1),
                _ => say(vec!["Say which place of the ranking: candidate 2".to_owned()])?,
            },
            Word::Open => match argument {
                Some(path) => self.open(path.into()),
                None => say(vec!["Say which file: open clip.mp4".to_owned()])?,
            },
        }
        Ok(())
    }

    fn dispatch(&mut self, command: Command, argument: Option<&str>) -> Result<()> {
        // In place of overlays.
        match (command, &self.state.results) {
            (Command::Help | Command::Palette, _) => return say(words::help(&self.state, argument)),
            (Command::ShowResults, Some(results)) => {
                return say(update::results_in_words(results, &self.state.clips));
            }
            (Command::FindMoments, _) if !words::moments(&self.state).is_empty() => {
                return say(words::moments(&self.state));
            }
            (Command::Open, _) => return say(vec!["Say which file: open clip.mp4".to_owned()]),
            _ => self.act(Action::Do(command)),
        }
        if let Some(argument) = argument.filter(|_| command.needs(Need::Line)) {
            let now = self.start.elapsed().as_secs_f64();
            let effects = update::answer(&mut self.state, argument, now);
            self.run(effects.unwrap_or_default());
        }
        if command == Command::FindMoments {
            self.state.overlay = None;
        }
        let effects = refresh(&mut self.state);
        self.run(effects);
        say(words::view(&self.state, command))
    }

    fn open(&mut self, path: PathBuf) {
        let is_scripts = library::is_name(&path)
            || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let effect = if is_scripts { Effect::OpenScripts(path) } else { Effect::OpenClip(path) };
        self.run(vec![effect]);
    }
}

/// One sentence a line.
fn say(sentences: Vec<String>) -> Result<()> {
    for sentence in sentences {
        output::print_line(&visible_line(&sentence))?;
    }
    Ok(())
}
