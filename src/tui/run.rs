//! The event loop.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail};
use crossterm::event::{self, Event as TerminalEvent, KeyEventKind};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::explore::{Exploration, Job, Pipeline, Sources, Update};
use crate::script::Template;
use crate::store;
use crate::tui::action::{Action, Effect};
use crate::tui::keymap;
use crate::tui::state::State;
use crate::tui::terminal::Terminal;
use crate::tui::theme::ColourDepth;
use crate::tui::update::{refresh, update};

/// What the explorer opens.
pub struct Explorer {
    /// The candidates and the first settings.
    pub exploration: Exploration,
    /// What to embed.
    pub job: Job,
    /// Where everything comes from.
    pub sources: Sources,
    /// Templates that can be turned to.
    pub templates: Vec<Template>,
    /// Where snapshots go.
    pub folder: PathBuf,
}

/// Something that the loop waits for.
enum Event {
    Terminal(TerminalEvent),
    Signal(i32),
    Background(Update),
    Saved(Result<PathBuf, String>),
    /// The terminal cannot be read any more.
    Closed,
}

/// Least time between two drawings that only the background asks for: a decoder alone sends hundreds of frames a second.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(40);

/// Runs the explorer until the user leaves.
///
/// # Errors
/// If standard input or output is not a terminal, or the terminal goes away.
pub fn run(explorer: Explorer) -> Result<()> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        bail!("The explorer needs a terminal. Use `actalign-tui classify` where there is none.");
    }
    let (sender, events) = channel();
    // Signals first: from the moment the terminal is ours, each of them must give it back.
    watch_signals(sender.clone())?;
    let mut terminal = Terminal::take_over().wrap_err("The terminal cannot be taken over")?;
    read_terminal(sender.clone());

    let Explorer { exploration, job, sources, templates, folder } = explorer;
    let background = sender.clone();
    let pipeline = Pipeline::start(job, move |news| {
        // Nobody listens only after the loop has ended.
        let _ = background.send(Event::Background(news));
    });
    let state = State::new(exploration, sources, templates);
    let ended_by = event_loop(&mut terminal, state, &events, &sender, &pipeline, &folder);
    drop(terminal);
    if let Some(signal) = ended_by? {
        // The parent learns what ended the program, as if the signal had not been caught.
        emulate_default_handler(signal)?;
    }
    Ok(())
}

fn event_loop(
    terminal: &mut Terminal,
    mut state: State,
    events: &Receiver<Event>,
    sender: &Sender<Event>,
    pipeline: &Pipeline,
    folder: &std::path::Path,
) -> Result<Option<i32>> {
    let start = Instant::now();
    let depth = ColourDepth::detect();
    loop {
        refresh(&mut state);
        terminal.draw(&state, depth)?;
        for event in next_events(events, Instant::now() + BACKGROUND_PAUSE)? {
            let action = match event {
                Event::Terminal(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                    let Some(action) = keymap::action(key) else { continue };
                    action
                }
                Event::Terminal(_) => continue,
                Event::Signal(signal) => return Ok(Some(signal)),
                Event::Background(news) => Action::Background(news),
                Event::Saved(outcome) => Action::Saved(outcome),
                Event::Closed => bail!("The terminal was closed."),
            };
            for effect in update(&mut state, action, start.elapsed().as_secs_f64()) {
                match effect {
                    Effect::Quit => return Ok(None),
                    Effect::EmbedTexts(texts) => pipeline.embed_texts(texts),
                    Effect::Save(snapshot) => {
                        let (sender, folder) = (sender.clone(), folder.to_owned());
                        thread::spawn(move || {
                            let outcome = store::save(&snapshot, &folder)
                                .map_err(|error| format!("No snapshot in {}: {error}", folder.display()));
                            let _ = sender.send(Event::Saved(outcome));
                        });
                    }
                }
            }
        }
    }
}

/// Waits for an event and takes all that came with it: a burst is drawn once. News from the background is gathered
/// until `pause` is over; anything else is answered at once.
fn next_events(events: &Receiver<Event>, pause: Instant) -> Result<Vec<Event>> {
    let mut gathered = vec![events.recv()?];
    while gathered.iter().all(|event| matches!(event, Event::Background(_))) {
        match events.recv_timeout(pause.saturating_duration_since(Instant::now())) {
            Ok(event) => gathered.push(event),
            Err(_) => break,
        }
    }
    gathered.extend(events.try_iter());
    Ok(gathered)
}

fn watch_signals(sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if sender.send(Event::Signal(signal)).is_err() {
                break;
            }
        }
    });
    Ok(())
}

fn read_terminal(sender: Sender<Event>) {
    thread::spawn(move || {
        loop {
            let event = event::read().map_or(Event::Closed, Event::Terminal);
            let closed = matches!(event, Event::Closed);
            if sender.send(event).is_err() || closed {
                break;
            }
        }
    });
}
