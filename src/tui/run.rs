//! The event loop.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGTSTP};
use tracing::info;

use crate::explore::Update;
use crate::output;
use crate::tui::action::{Action, Effect};
use crate::tui::effects::Effects;
use crate::tui::explorer::Explorer;
use crate::tui::state::State;
use crate::tui::terminal::{Input, Terminal, signals};
use crate::tui::theme::ColourDepth;
use crate::tui::update::{self, next_tick, refresh, update};

enum Event {
    Terminal(TerminalEvent),
    Signal(i32),
    Action(Action),
    /// A picture can be drawn.
    PictureEncoded,
    Closed,
}

/// Least time between two drawings for embedding alone: a decoder sends hundreds of frames a second.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(40);

/// So many keys at once are a paste.
const PASTE: usize = 256;

/// Shortest time between two pressed keys.
const BURST: Duration = Duration::from_millis(2);

/// Runs the explorer until the user leaves.
///
/// # Errors
/// If there is no terminal, or it goes away.
pub fn run(explorer: Explorer) -> Result<()> {
    // Standard input may be a clip: keys are then read from the terminal itself.
    let has_keys = io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
    if !output::stdout_is_terminal() || !has_keys {
        bail!(
            "the explorer needs a terminal\nhelp: without one, add --plain, or use `actalign-tui classify`"
        );
    }
    let (sender, events) = channel();
    // Signals first: once the terminal is set up, each of them must restore it.
    let signalled = sender.clone();
    signals::watch(move |signal| signalled.send(Event::Signal(signal)).is_ok())?;
    let (mut terminal, input) = Terminal::set_up(explorer.config.image_protocol, ColourDepth::detect())
        .wrap_err("cannot set up the terminal")?;
    read_terminal(input, sender.clone());
    let encoded = sender.clone();
    terminal.wake_by(move || drop(encoded.send(Event::PictureEncoded)));
    // crossterm never reports that the terminal is gone: it tries to read for ever.
    let closed = sender.clone();
    signals::watch_terminal(move || drop(closed.send(Event::Closed)));
    if explorer.config.mouse {
        // The explorer works without a mouse.
        let _ = Terminal::capture_mouse(true);
    }

    let answer = sender.clone();
    let (state, mut effects) =
        explorer.open(Arc::new(move |action| drop(answer.send(Event::Action(action)))));
    let ended_by = match event_loop(&mut terminal, state, &mut effects, &events) {
        // The terminal is gone: that is why it failed, and nobody can read it.
        Err(_) if signals::is_hung_up() => Ok(Some(SIGHUP)),
        ended_by => ended_by,
    };
    drop(terminal);
    // Waits for files and drafts that are being written.
    drop(effects);
    if let Some(signal) = ended_by? {
        info!(signal, "ended by a signal");
        signals::end_by(signal);
    }
    Ok(())
}

fn event_loop(
    terminal: &mut Terminal,
    mut state: State,
    runner: &mut Effects,
    events: &Receiver<Event>,
) -> Result<Option<i32>> {
    let start = Instant::now();
    update(&mut state, size()?, 0.0);
    if state.results.is_some() {
        update::list_results(&mut state);
    }
    let mut effects = update::start(&mut state);
    loop {
        state.resolution = terminal.resolution();
        effects.extend(refresh(&mut state));
        // The picture is there before new jobs take the processor.
        terminal.draw(&state)?;
        for effect in effects.drain(..) {
            runner.run(&state, effect);
        }
        let tick = next_tick(&state).map(|at| start + Duration::from_secs_f64(at.max(0.0)));
        let events = next_events(events, Instant::now() + BACKGROUND_PAUSE, tick)?;
        let ticks = tick.filter(|&tick| tick <= Instant::now()).map(|_| Event::Action(Action::Tick));
        for event in ticks.into_iter().chain(gather_pastes(events)) {
            // A signal does not wait for a long batch.
            if let Some(signal) = signals::ended_by() {
                return Ok(Some(signal));
            }
            let action = match event {
                Event::Terminal(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                    Action::Key(key)
                }
                Event::Terminal(TerminalEvent::Mouse(mouse)) => Action::Mouse(mouse),
                Event::Terminal(TerminalEvent::Paste(text)) => Action::Paste(text),
                Event::Terminal(TerminalEvent::Resize(columns, rows)) => Action::Resize(columns, rows),
                Event::Terminal(_) | Event::PictureEncoded => continue,
                Event::Signal(SIGTSTP) => {
                    terminal.suspend();
                    signals::stop();
                    terminal.resume(state.mouse)?;
                    size()?
                }
                // The shell, or what ran since, has left the terminal in other modes.
                Event::Signal(SIGCONT) => {
                    terminal.resume(state.mouse)?;
                    size()?
                }
                Event::Signal(signal) => return Ok(Some(signal)),
                Event::Action(Action::Background(_, Update::Failed(report)))
                    if state.has_nothing_to_explore() =>
                {
                    return Err(report);
                }
                Event::Action(action) => action,
                Event::Closed => bail!("the terminal was closed"),
            };
            for effect in update(&mut state, action, start.elapsed().as_secs_f64()) {
                if matches!(effect, Effect::Quit) {
                    return Ok(None);
                }
                runner.run(&state, effect);
            }
        }
    }
}

fn size() -> io::Result<Action> {
    crossterm::terminal::size().map(|(columns, rows)| Action::Resize(columns, rows))
}

/// Makes one paste of each long run of different keys: that is how terminals without bracketed paste deliver one.
fn gather_pastes(events: Vec<Event>) -> Vec<Event> {
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
fn letter(event: &Event) -> Option<char> {
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

/// Waits for an event, or until `tick`, and takes all that came with it, so that a burst is drawn once. Updates of
/// embedding are gathered until `pause`; anything else is answered at once.
fn next_events(events: &Receiver<Event>, pause: Instant, tick: Option<Instant>) -> Result<Vec<Event>> {
    let mut gathered = Vec::new();
    match tick {
        None => gathered.push(events.recv()?),
        Some(tick) => {
            gathered.extend(events.recv_timeout(tick.saturating_duration_since(Instant::now())).ok())
        }
    }
    let pause = tick.map_or(pause, |tick| tick.min(pause));
    while !gathered.is_empty()
        && gathered.iter().all(|event| matches!(event, Event::Action(Action::Background(..))))
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

fn read_terminal(mut input: Input, sender: Sender<Event>) {
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

    fn keys(text: &str) -> Vec<Event> {
        let key = |letter| match letter {
            '\n' => KeyCode::Enter,
            letter => KeyCode::Char(letter),
        };
        text.chars().map(|letter| Event::Terminal(TerminalEvent::Key(KeyEvent::from(key(letter))))).collect()
    }

    fn pastes(events: Vec<Event>) -> Vec<String> {
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
