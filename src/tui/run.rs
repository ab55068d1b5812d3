//! The event loop.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use ratatui::Frame;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGTSTP};
use tracing::info;

use crate::output;
use crate::tui::images::{ImageProtocol, Images};
use crate::tui::terminal::{Input, Terminal, signals};
use crate::tui::theme::ColourDepth;

/// What runs on the screen: the explorer, or a quiz.
pub trait App {
    /// What can happen to it: what the terminal brings, and answers of background jobs.
    type Action: From<TerminalAction> + Send + 'static;

    /// Prepares a drawing. `resolution` is that of [`Images::resolution`].
    fn prepare(&mut self, resolution: (u16, u16));

    fn draw(&self, images: &mut Images, frame: &mut Frame);

    /// Starts what waited for the drawing.
    fn drawn(&mut self);

    /// When it wants a tick, in seconds since the start.
    fn next_tick(&self) -> Option<f64>;

    /// Whether it takes the mouse from the terminal.
    fn takes_mouse(&self) -> bool;

    /// Whether an action may wait for others, to be drawn together with them.
    fn can_wait(action: &Self::Action) -> bool;

    /// Applies an action, `now` seconds after the start. `Break` ends the program.
    fn act(&mut self, action: Self::Action, now: f64) -> Result<ControlFlow<()>>;
}

/// What the terminal brings.
#[derive(Debug)]
pub enum TerminalAction {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    /// Columns and rows.
    Resize(u16, u16),
    /// The time that the app asked for.
    Tick,
}

enum Event<A> {
    Terminal(TerminalEvent),
    Signal(i32),
    Action(A),
    /// A picture can be drawn.
    PictureEncoded,
    Closed,
}

/// Least time between two drawings for background jobs alone: a decoder sends hundreds of frames a second.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(40);

/// So many keys at once are a paste.
const PASTE: usize = 256;

/// Shortest time between two pressed keys.
const BURST: Duration = Duration::from_millis(2);

/// Refuses to go on without a terminal. `what` needs it; `help` is what to do.
///
/// # Errors
/// If standard output is no terminal, or no keys can be read.
pub fn check_terminal(what: &str, help: &str) -> Result<()> {
    // Standard input may be a clip: keys are then read from the terminal itself.
    let has_keys = io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
    if !output::stdout_is_terminal() || !has_keys {
        bail!("{what} needs a terminal\nhelp: {help}");
    }
    Ok(())
}

/// Runs an app until the user leaves, and returns it. `open` gets the way for answers of background jobs.
///
/// # Errors
/// If the app fails, or the terminal goes away.
pub fn run_app<A: App>(
    protocol: ImageProtocol,
    open: impl FnOnce(Arc<dyn Fn(A::Action) + Send + Sync>) -> A,
) -> Result<A> {
    let (sender, events) = channel();
    // Signals first: once the terminal is set up, each of them must restore it.
    let signalled = sender.clone();
    signals::watch(move |signal| signalled.send(Event::Signal(signal)).is_ok())?;
    let (mut terminal, input) =
        Terminal::set_up(protocol, ColourDepth::detect()).wrap_err("cannot set up the terminal")?;
    read_terminal(input, sender.clone());
    let encoded = sender.clone();
    terminal.wake_by(move || drop(encoded.send(Event::PictureEncoded)));
    // crossterm never reports that the terminal is gone: it tries to read for ever.
    let closed = sender.clone();
    signals::watch_terminal(move || drop(closed.send(Event::Closed)));

    let answer = sender.clone();
    let mut app = open(Arc::new(move |action| drop(answer.send(Event::Action(action)))));
    if app.takes_mouse() {
        // Everything works without a mouse.
        let _ = Terminal::capture_mouse(true);
    }
    let ended_by = match event_loop(&mut terminal, &mut app, &events) {
        // The terminal is gone: that is why it failed, and nobody can read it.
        Err(_) if signals::is_hung_up() => Ok(Some(SIGHUP)),
        ended_by => ended_by,
    };
    drop(terminal);
    if let Some(signal) = ended_by? {
        // Waits for files that are being written.
        drop(app);
        info!(signal, "ended by a signal");
        signals::end_by(signal);
    }
    Ok(app)
}

/// Returns the signal that ends the program, if one does.
fn event_loop<A: App>(
    terminal: &mut Terminal,
    app: &mut A,
    events: &Receiver<Event<A::Action>>,
) -> Result<Option<i32>> {
    let mut start = Instant::now();
    if app.act(size()?.into(), 0.0)?.is_break() {
        return Ok(None);
    }
    loop {
        app.prepare(terminal.resolution());
        // The picture is there before new jobs take the processor.
        terminal.draw(|images, frame| app.draw(images, frame))?;
        app.drawn();
        let tick = app.next_tick().map(|at| start + Duration::from_secs_f64(at.max(0.0)));
        let events = next_events::<A>(events, Instant::now() + BACKGROUND_PAUSE, tick)?;
        let ticks = tick
            .filter(|&tick| tick <= Instant::now())
            .map(|_| Event::Action(A::Action::from(TerminalAction::Tick)));
        for event in ticks.into_iter().chain(gather_pastes(events)) {
            // A signal does not wait for a long batch.
            if let Some(signal) = signals::ended_by() {
                return Ok(Some(signal));
            }
            let action = match event {
                Event::Terminal(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                    TerminalAction::Key(key).into()
                }
                Event::Terminal(TerminalEvent::Mouse(mouse)) => TerminalAction::Mouse(mouse).into(),
                Event::Terminal(TerminalEvent::Paste(text)) => TerminalAction::Paste(text).into(),
                Event::Terminal(TerminalEvent::Resize(columns, rows)) => {
                    TerminalAction::Resize(columns, rows).into()
                }
                Event::Terminal(_) | Event::PictureEncoded => continue,
                Event::Signal(SIGTSTP) => {
                    let stopped = Instant::now();
                    terminal.suspend();
                    signals::stop();
                    terminal.resume(app.takes_mouse())?;
                    // For the app no time has passed.
                    start += stopped.elapsed();
                    size()?.into()
                }
                // The shell, or what ran since, has left the terminal in other modes.
                Event::Signal(SIGCONT) => {
                    terminal.resume(app.takes_mouse())?;
                    size()?.into()
                }
                Event::Signal(signal) => return Ok(Some(signal)),
                Event::Action(action) => action,
                Event::Closed => bail!("the terminal was closed"),
            };
            if app.act(action, start.elapsed().as_secs_f64())?.is_break() {
                return Ok(None);
            }
        }
    }
}

fn size() -> io::Result<TerminalAction> {
    crossterm::terminal::size().map(|(columns, rows)| TerminalAction::Resize(columns, rows))
}

/// Makes one paste of each long run of different keys: that is how terminals without bracketed paste deliver one.
fn gather_pastes<A>(events: Vec<Event<A>>) -> Vec<Event<A>> {
    let mut gathered = Vec::with_capacity(events.len());
    let mut events = events.into_iter().peekable();
    while let Some(event) = events.next() {
        let Some(first) = letter(&event) else {
            gathered.push(event);
            continue;
        };
        let (mut text, mut keys) = (String::from(first), vec![event]);
        while let Some(next) = events.peek().and_then(letter) {
            text.push(next);
            keys.extend(events.next());
        }
        if keys.len() >= PASTE && text.chars().any(|letter| letter != first) {
            gathered.push(Event::Terminal(TerminalEvent::Paste(text)));
        } else {
            gathered.extend(keys);
        }
    }
    gathered
}

/// The character of a key that a pasted text may contain.
fn letter<A>(event: &Event<A>) -> Option<char> {
    let Event::Terminal(TerminalEvent::Key(key)) = event else { return None };
    let is_plain = key.kind == KeyEventKind::Press && (key.modifiers - KeyModifiers::SHIFT).is_empty();
    match key.code {
        _ if !is_plain => None,
        KeyCode::Char(letter) => Some(letter),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    }
}

/// Waits for an event, or until `tick`, and takes all that came with it, so that a burst is drawn once. Actions
/// that can wait are gathered until `pause`; anything else is answered at once.
fn next_events<A: App>(
    events: &Receiver<Event<A::Action>>,
    pause: Instant,
    tick: Option<Instant>,
) -> Result<Vec<Event<A::Action>>> {
    let mut gathered = Vec::new();
    match tick {
        None => gathered.push(events.recv()?),
        Some(tick) => {
            gathered.extend(events.recv_timeout(tick.saturating_duration_since(Instant::now())).ok())
        }
    }
    let pause = tick.map_or(pause, |tick| tick.min(pause));
    while !gathered.is_empty()
        && gathered.iter().all(|event| matches!(event, Event::Action(action) if A::can_wait(action)))
    {
        match events.recv_timeout(pause.saturating_duration_since(Instant::now())) {
            Ok(event) => gathered.push(event),
            Err(_) => break,
        }
    }
    // The rest of a paste that comes as keys must not be taken for commands.
    while gathered.last().and_then(letter).is_some() && signals::ended_by().is_none() {
        match events.recv_timeout(BURST) {
            Ok(event) => gathered.push(event),
            Err(_) => break,
        }
    }
    gathered.extend(events.try_iter());
    Ok(gathered)
}

fn read_terminal<A: Send + 'static>(mut input: Input, sender: Sender<Event<A>>) {
    thread::spawn(move || {
        loop {
            let event = input.read().map_or(Event::Closed, Event::Terminal);
            let closed = matches!(event, Event::Closed);
            if sender.send(event).is_err() || closed {
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyEvent;

    fn keys(text: &str) -> Vec<Event<()>> {
        let key = |letter| match letter {
            '\n' => KeyCode::Enter,
            letter => KeyCode::Char(letter),
        };
        text.chars().map(|letter| Event::Terminal(TerminalEvent::Key(KeyEvent::from(key(letter))))).collect()
    }

    fn pastes(events: Vec<Event<()>>) -> Vec<String> {
        let paste = |event| match event {
            Event::Terminal(TerminalEvent::Paste(text)) => Some(text),
            _ => None,
        };
        gather_pastes(events).into_iter().filter_map(paste).collect()
    }

    #[test]
    fn a_long_run_of_keys_is_one_paste() {
        let text = "the king moves\n".repeat(1000);
        assert_eq!(pastes(keys(&text)), std::slice::from_ref(&text));
        let mut between = keys(&text);
        between.push(Event::Terminal(TerminalEvent::Key(KeyEvent::from(KeyCode::Esc))));
        between.extend(keys("q"));
        let gathered = gather_pastes(between);
        assert_eq!(gathered.len(), 3, "the paste, and the keys after it");
    }

    #[test]
    fn fast_typing_and_a_held_key_are_no_paste() {
        assert!(pastes(keys("e the king sits\nq")).is_empty());
        assert!(pastes(keys(&"l".repeat(5000))).is_empty());
        assert_eq!(gather_pastes(keys("abc\n")).len(), 4);
    }
}
