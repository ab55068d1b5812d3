//! The event loop.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail};
use crossterm::event::{Event as TerminalEvent, KeyEventKind};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::explore::Update;
use crate::output;
use crate::tui::action::{Action, Effect};
use crate::tui::explorer::Explorer;
use crate::tui::outside::Outside;
use crate::tui::state::State;
use crate::tui::terminal::{Input, Terminal};
use crate::tui::theme::ColourDepth;
use crate::tui::update::{self, next_tick, refresh, update};

/// Something that the loop waits for.
enum Event {
    Terminal(TerminalEvent),
    Signal(i32),
    /// News from the background, or what came of an effect.
    Action(Action),
    /// The terminal cannot be read any more.
    Closed,
}

/// Least time between two drawings that only the background asks for: a decoder alone sends hundreds of frames a second.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(40);

/// Runs the explorer until the user leaves.
///
/// # Errors
/// If there is no terminal, or it goes away.
pub fn run(explorer: Explorer) -> Result<()> {
    // A clip may come through standard input: keys are then read from the terminal itself.
    let has_keys = io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
    if !output::stdout_is_terminal() || !has_keys {
        bail!(
            "The explorer needs a terminal. Where there is none, add --plain, or use `actalign-tui classify`."
        );
    }
    let (sender, events) = channel();
    // Signals first: from the moment the terminal is ours, each of them must give it back.
    watch_signals(sender.clone())?;
    let (mut terminal, input) = Terminal::take_over(explorer.config.image_protocol, ColourDepth::detect())
        .wrap_err("The terminal cannot be taken over")?;
    read_terminal(input, sender.clone());
    if explorer.config.mouse {
        // A terminal without one is no reason not to start.
        let _ = Terminal::capture_mouse(true);
    }

    let answer = sender.clone();
    let (state, outside) = explorer.open(Arc::new(move |action| drop(answer.send(Event::Action(action)))));
    let ended_by = event_loop(&mut terminal, state, outside, &events);
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
    mut outside: Outside,
    events: &Receiver<Event>,
) -> Result<Option<i32>> {
    let start = Instant::now();
    let mut show = |state: &mut State| {
        let effects = refresh(state);
        terminal.draw(state).map(|()| effects)
    };
    let (columns, rows) = crossterm::terminal::size()?;
    update(&mut state, Action::Resize(columns, rows), 0.0);
    if state.results.is_some() {
        update::list_results(&mut state);
    }
    let mut effects = update::start(&mut state);
    // The first picture is there before the background takes the processor.
    effects.extend(show(&mut state)?);
    for effect in effects {
        outside.reach(&state, effect);
    }
    loop {
        let tick = next_tick(&state).map(|at| start + Duration::from_secs_f64(at.max(0.0)));
        let events = next_events(events, Instant::now() + BACKGROUND_PAUSE, tick)?;
        let ticks = tick.filter(|&tick| tick <= Instant::now()).map(|_| Action::Tick);
        let mut actions: Vec<Action> = ticks.into_iter().collect();
        for event in events {
            actions.push(match event {
                Event::Terminal(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                    Action::Key(key)
                }
                Event::Terminal(TerminalEvent::Mouse(mouse)) => Action::Mouse(mouse),
                Event::Terminal(TerminalEvent::Paste(text)) => Action::Paste(text),
                Event::Terminal(TerminalEvent::Resize(columns, rows)) => Action::Resize(columns, rows),
                Event::Terminal(_) => continue,
                Event::Signal(signal) => return Ok(Some(signal)),
                Event::Action(Action::Background(_, Update::Failed(report)))
                    if state.has_nothing_to_explore() =>
                {
                    return Err(report);
                }
                Event::Action(action) => action,
                Event::Closed => bail!("The terminal was closed."),
            });
        }
        for action in actions {
            for effect in update(&mut state, action, start.elapsed().as_secs_f64()) {
                if matches!(effect, Effect::Quit) {
                    return Ok(None);
                }
                outside.reach(&state, effect);
            }
        }
        for effect in show(&mut state)? {
            outside.reach(&state, effect);
        }
    }
}

/// Waits for an event, or until `tick`, and takes all that came with it: a burst is drawn once. News from the background is
/// gathered until `pause` is over; anything else is answered at once.
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
