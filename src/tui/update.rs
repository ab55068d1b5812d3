//! State and action in, changed state and effects out, without terminal, disk or threads.

mod background;
pub mod clips;
pub mod cursor;
pub mod edit;
mod frame;
pub mod knobs;
pub mod models;
pub mod moments;
mod mouse;
pub mod results;
mod saving;
mod tour;
pub mod views;
pub mod zoom;

use std::mem::take;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use crate::tui::action::{Action, Effect, SaveAs};
use crate::tui::commands::{Command, Need, table};
use crate::tui::keymap::Chord;
use crate::tui::overlays::{self, asks, files, help, leave, palette, proposal};
use crate::tui::patches::PatchKind;
use crate::tui::state::{After, NO_PASTE, Overlay, State, View};
use crate::tui::tour::TOUR;

pub use cursor::{go_to, next_tick, select_place};
pub use edit::candidates;
pub use overlays::results::open as list_results;
pub use results::in_words as results_in_words;
pub use views::show as show_view;

/// Starts the background job of the first clip on the screen.
pub fn start(state: &mut State) -> Vec<Effect> {
    clips::show(state, state.shown);
    if state.is_checking {
        state.effects.push(Effect::Check);
    }
    take(&mut state.effects)
}

/// Applies one action. `now` is the time since the start, in seconds.
pub fn update(state: &mut State, action: Action, now: f64) -> Vec<Effect> {
    apply(state, action, now);
    take(&mut state.effects)
}

fn apply(state: &mut State, action: Action, now: f64) {
    match action {
        Action::Key(key) => press(state, key, now),
        Action::Paste(text) => match state.overlay.take() {
            Some(mut overlay) => {
                overlay.paste(state, &text);
                state.overlay.get_or_insert(overlay);
            }
            None => state.complain(NO_PASTE),
        },
        Action::Mouse(mouse) => {
            if let Some(command) = mouse::handle(state, mouse) {
                dispatch(state, command, now);
            }
        }
        Action::Resize(columns, rows) => state.area = Rect::new(0, 0, columns, rows),
        Action::Tick => cursor::play_on(state, now),
        Action::Do(command) => dispatch(state, command, now),
        Action::Background(job, update) => background::handle(state, job, update, now),
        Action::Mapped(clip, maps) => background::handle_maps(state, clip, maps),
        Action::Evidence(evidence) => background::handle_evidence(state, evidence),
        Action::Without(found) => background::handle_without(state, found),
        Action::Looked(clip, asked, look) => background::handle_look(state, clip, asked, look),
        Action::MomentsFound(clip, number, found) => moments::found(state, clip, number, found),
        Action::FrameDecoded(picture) => frame::decoded(state, picture),
        Action::FilmDecoded(clip, picture) => frame::film_decoded(state, clip, *picture),
        Action::PatchesEmbedding(place, done, of) => frame::patches_embedding(state, place, (done, of)),
        Action::PatchesEmbedded(patches) => frame::patches_embedded(state, patches),
        Action::Listed(mut listing) => {
            listing.entries.sort();
            state.listing = Some(listing);
        }
        Action::ClipFound { path, like } => clips::add(state, path, like),
        Action::ScriptsSaved { path, file, quits } => edit::saved(state, path, *file, quits),
        Action::ScriptsRead(path, file) => edit::open(state, *file, path),
        Action::Tokens(tokens) => state.tokens = Some(tokens),
        Action::ScriptsNotSaved { path, quits, reason } => {
            asks::refuse_scripts_file(state, path, quits, reason);
        }
        Action::Written(wanted, script) => proposal::propose(state, wanted, script),
        Action::Seen { clip, model, answer } => models::seen(state, clip, &model, answer),
        Action::Checked(checked) => clips::checked(state, *checked),
        Action::Saved(path) => saving::saved(state, &path),
        Action::Failed(text) => state.complain(text),
    }
}

/// Gives a key to the open overlay, or runs its command.
fn press(state: &mut State, key: KeyEvent, now: f64) {
    let command = state.keymap.command(Chord::of(key));
    let is_typed = matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty();
    // The suspend command works in every overlay, unless its key is typed text.
    let is_command = command == Some(Command::Suspend) && !is_typed;
    match state.overlay.take_if(|_| !is_command) {
        Some(mut overlay) if closes(key) => overlay.cancel(state),
        Some(mut overlay) => {
            let after = overlay.key(state, key);
            follow(state, overlay, after, now);
        }
        None => command.into_iter().for_each(|command| dispatch(state, command, now)),
    }
}

/// Whether a key closes every overlay.
fn closes(key: KeyEvent) -> bool {
    key.code == KeyCode::Esc || (key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('c'))
}

/// Gives a line of plain text to the open overlay. `None` if it asks no question, so that the line is a command.
pub fn answer(state: &mut State, line: &str, now: f64) -> Option<Vec<Effect>> {
    let mut overlay = state.overlay.take()?;
    let Some(after) = overlay.line(state, line) else {
        state.overlay = Some(overlay);
        return None;
    };
    follow(state, overlay, after, now);
    Some(take(&mut state.effects))
}

fn follow(state: &mut State, overlay: Box<dyn Overlay>, after: After, now: f64) {
    match after {
        After::Stays => state.overlay = Some(overlay),
        After::Closes => {}
        After::Runs(command) => dispatch(state, command, now),
    }
}

/// Brings everything on the screen up to date. Called once before drawing, however many actions came before.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    if state.overlay.is_none() {
        state.overlay = state.next_overlay.take();
    }
    views::refresh(state);
    frame::request(state);
    frame::request_film(state);
    frame::request_patches(state);
    take(&mut state.effects)
}

/// Runs a command, unless the clip lacks what it needs. The tour goes on if it asked for the command.
fn dispatch(state: &mut State, command: Command, now: f64) {
    // A message makes room for the hints; an error stays until it is dismissed.
    state.message.take_if(|message| !message.is_error);
    let tour_goes_on = state.tour.is_some_and(|step| (TOUR[step].asks_for)(command));
    let needs_scripts = command.needs(Need::Scripts);
    if (needs_scripts || command.needs(Need::Embeddings)) && state.clip().exploration.is_frozen() {
        state.say(if state.is_checking {
            "This needs embeddings: clip and model are still being checked."
        } else {
            "This needs embeddings; the snapshot is open without its clip or model."
        });
    } else if needs_scripts && state.clip().has_own_scripts {
        state.say("This clip has steps of its own, from its dataset: edit them there.");
    } else {
        run(state, command, now);
    }
    if tour_goes_on {
        tour::next(state);
    }
}

macro_rules! define {
    (|$state:ident, $now:ident| $($group:ident $heading:literal {
        $($variant:ident $name:literal $keys:literal $help:literal [$($need:ident)*] => $does:expr;)*
    })*) => {
        /// Runs the last part of a command's row.
        fn run($state: &mut State, command: Command, $now: f64) {
            match command {
                $($(Command::$variant => $does,)*)*
            }
        }
    };
}
table!(define);
