//! State and action in, changed state and effects out, without terminal, disk or threads.

mod background;
pub mod clips;
pub mod cursor;
pub mod edit;
pub mod knobs;
pub mod models;
mod mouse;
pub mod results;
mod saving;
mod tour;
pub mod views;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use crate::tui::action::{Action, Effect, SaveAs};
use crate::tui::commands::{Command, Need, table};
use crate::tui::keymap::Chord;
use crate::tui::overlays::{self, asks, files, help, leave, palette, proposal};
use crate::tui::state::{After, Overlay, State, View};
use crate::tui::tour::TOUR;

pub use cursor::{go_to, next_tick, select_place};
pub use edit::candidates;
pub use overlays::results::open as list_results;
pub use results::in_words as results_in_words;
pub use views::show as show_view;

/// Starts the background job of the first clip on the screen.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = clips::show(state, state.shown);
    if state.is_checking {
        effects.push(Effect::Check);
    }
    effects
}

/// Applies one action. `now` is the time since the start, in seconds.
pub fn update(state: &mut State, action: Action, now: f64) -> Vec<Effect> {
    match action {
        Action::Key(key) => {
            let command = state.keymap.command(Chord::of(key));
            // The suspend command works in every overlay, unless its key is typed text.
            let is_typed =
                matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty();
            if state.overlay.is_some() && (command != Some(Command::Suspend) || is_typed) {
                return overlay_key(state, key, now);
            }
            command.map_or_else(Vec::new, |command| update(state, Action::Do(command), now))
        }
        Action::Paste(text) => match with_overlay(state, |overlay, state| overlay.paste(state, &text)) {
            Some(effects) => effects,
            None => {
                state.complain("Nothing asks for text here: what was pasted is ignored.");
                Vec::new()
            }
        },
        Action::Mouse(mouse) => match mouse::handle(state, mouse) {
            Some(command) => update(state, Action::Do(command), now),
            None => Vec::new(),
        },
        Action::Resize(columns, rows) => {
            state.area = Rect::new(0, 0, columns, rows);
            Vec::new()
        }
        Action::Tick => {
            cursor::play_on(state, now);
            Vec::new()
        }
        Action::Do(command) => {
            // A message makes room for the hints; an error stays until it is dismissed.
            state.message.take_if(|message| !message.is_error);
            let tour_goes_on = state.tour.is_some_and(|step| (TOUR[step].asks_for)(command));
            let mut effects = dispatch(state, command, now);
            if tour_goes_on {
                effects.extend(tour::next(state));
            }
            effects
        }
        Action::Background(job, update) => background::handle(state, job, update, now),
        Action::Mapped(clip, maps) => {
            background::handle_maps(state, clip, maps);
            Vec::new()
        }
        Action::Evidence(evidence) => {
            background::handle_evidence(state, evidence);
            Vec::new()
        }
        Action::Listed(mut listing) => {
            listing.entries.sort();
            state.listing = Some(listing);
            Vec::new()
        }
        Action::ClipFound { path, like } => clips::add(state, path, like),
        Action::ScriptsSaved { path, file, quits } => edit::saved(state, path, *file, quits),
        Action::ScriptsRead(path, file) => edit::open(state, *file, path),
        Action::Tokens(tokens) => {
            state.tokens = Some(tokens);
            Vec::new()
        }
        Action::ScriptsNotSaved { path, quits, reason } => {
            asks::refuse_scripts_file(state, path, quits, reason);
            Vec::new()
        }
        Action::Written(wanted, script) => {
            proposal::propose(state, wanted, script);
            Vec::new()
        }
        Action::Seen { clip, model, answer } => {
            models::seen(state, clip, &model, answer);
            Vec::new()
        }
        Action::Checked(checked) => clips::checked(state, *checked),
        Action::Saved(path) => {
            let what = if path.extension().is_some_and(|extension| extension == "png") {
                "Saved as PNG, with an SVG beside it: "
            } else {
                "Saved "
            };
            state.say(format!("{what}{}", path.display()));
            Vec::new()
        }
        Action::Failed(text) => {
            state.complain(text);
            Vec::new()
        }
    }
}

/// Calls `handle` with the open overlay taken out of the state; it stays open unless another is opened.
fn with_overlay<T>(state: &mut State, handle: impl FnOnce(&mut dyn Overlay, &mut State) -> T) -> Option<T> {
    let mut overlay = state.overlay.take()?;
    let outcome = handle(&mut *overlay, state);
    state.overlay.get_or_insert(overlay);
    Some(outcome)
}

/// Gives a key to the open overlay, or closes it.
fn overlay_key(state: &mut State, key: KeyEvent, now: f64) -> Vec<Effect> {
    let Some(mut overlay) = state.overlay.take() else { return Vec::new() };
    let closes = key.code == KeyCode::Esc
        || (key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('c'));
    if closes {
        overlay.cancel(state);
        return Vec::new();
    }
    let after = overlay.key(state, key);
    follow(state, overlay, after, now)
}

/// Gives a line of plain text to the open overlay. `None` if it asks no question, so that the line is a command.
pub fn answer(state: &mut State, line: &str, now: f64) -> Option<Vec<Effect>> {
    let mut overlay = state.overlay.take()?;
    match overlay.line(state, line) {
        Some(after) => Some(follow(state, overlay, after, now)),
        None => {
            state.overlay = Some(overlay);
            None
        }
    }
}

fn follow(state: &mut State, overlay: Box<dyn Overlay>, after: After, now: f64) -> Vec<Effect> {
    match after {
        After::Stays(effects) => {
            state.overlay = Some(overlay);
            effects
        }
        After::Closes(effects) => effects,
        After::Runs(command) => update(state, Action::Do(command), now),
    }
}

/// Brings everything on the screen up to date. Called once before drawing, however many actions came before.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    if state.overlay.is_none() {
        state.overlay = state.next_overlay.take();
    }
    views::refresh(state)
}

/// Runs a command, unless the clip lacks what it needs.
fn dispatch(state: &mut State, command: Command, now: f64) -> Vec<Effect> {
    let needs_scripts = command.needs(Need::Scripts);
    if (needs_scripts || command.needs(Need::Embeddings)) && state.clip().exploration.is_frozen() {
        state.say(if state.is_checking {
            "This needs embeddings: clip and model are still being checked."
        } else {
            "This needs embeddings; the snapshot is open without its clip or model."
        });
        return Vec::new();
    }
    if needs_scripts && state.clip().has_own_scripts {
        state.say("This clip has steps of its own, from its dataset: edit them there.");
        return Vec::new();
    }
    run(state, command, now)
}

/// Effects or nothing, which commands return.
trait Outcome {
    fn effects(self) -> Vec<Effect>;
}

impl Outcome for Vec<Effect> {
    fn effects(self) -> Vec<Effect> {
        self
    }
}

impl Outcome for () {
    fn effects(self) -> Vec<Effect> {
        Vec::new()
    }
}

macro_rules! define {
    (|$state:ident, $now:ident| $($group:ident {
        $($variant:ident $name:literal $keys:literal $help:literal [$($need:ident)*] => $does:expr;)*
    })*) => {
        /// Runs the last part of a command's row.
        fn run($state: &mut State, command: Command, $now: f64) -> Vec<Effect> {
            match command {
                $($(Command::$variant => $does.effects(),)*)*
            }
        }
    };
}
table!(define);
