//! What lies over the screen, and the keys that it takes.

use std::path::{Path, PathBuf};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use crate::align::Calibration;
use crate::script::Template;
use crate::tui::action::{Action, Effect};
use crate::tui::command::{COMMANDS, Command};
use crate::tui::keymap::Chord;
use crate::tui::overlay::{Ask, FileEntry, Files, Overlay, Palette, Prompt};
use crate::tui::state::State;
use crate::tui::update::{knobs, update};
use crate::video::Sampling;

/// Takes a key while something lies over the screen.
pub fn key(state: &mut State, key: KeyEvent, now: f64) -> Vec<Effect> {
    let command = state.keymap.command(Chord::of(key));
    let Some(overlay) = &mut state.overlay else { return Vec::new() };
    if key.code == KeyCode::Esc || (key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('c'))
    {
        return close(state);
    }
    match overlay {
        Overlay::Help(scroll) => match key.code {
            KeyCode::Down | KeyCode::Char('j') => *scroll = scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => *scroll = scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => *scroll = scroll.saturating_add(10),
            KeyCode::PageUp => *scroll = scroll.saturating_sub(10),
            // Any other key of the map does what the help says that it does.
            _ => {
                state.overlay = None;
                if let Some(command) = command.filter(|&command| command != Command::Help) {
                    return update(state, Action::Do(command), now);
                }
            }
        },
        Overlay::Palette(palette) => match key.code {
            KeyCode::Down | KeyCode::Tab => move_by(state, 1),
            KeyCode::Up | KeyCode::BackTab => move_by(state, -1),
            KeyCode::Enter => {
                let chosen = palette.found.get(palette.at).copied();
                state.overlay = None;
                if let Some(command) = chosen {
                    return update(state, Action::Do(command), now);
                }
            }
            _ => {
                palette.input.handle_event(&Event::Key(key));
                search(palette);
            }
        },
        Overlay::Prompt(prompt) => {
            if key.code == KeyCode::Enter {
                return answer(state);
            }
            prompt.input.handle_event(&Event::Key(key));
            prompt.refused = None;
            return typed(state);
        }
        Overlay::Files(files) => match key.code {
            KeyCode::Down | KeyCode::Tab => move_by(state, 1),
            KeyCode::Up | KeyCode::BackTab => move_by(state, -1),
            KeyCode::Left => return open_folder(state, |folder| folder.parent().map(Path::to_owned)),
            KeyCode::Backspace if files.input.value().is_empty() => {
                return open_folder(state, |folder| folder.parent().map(Path::to_owned));
            }
            KeyCode::Enter | KeyCode::Right => return choose_file(state),
            _ => {
                files.input.handle_event(&Event::Key(key));
                files.at = 0;
            }
        },
        Overlay::Leave => {}
    }
    Vec::new()
}

/// Takes pasted text as if it were typed, its line breaks as spaces.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let insert = |input: &mut Input| {
        for letter in text.chars() {
            input.handle(tui_input::InputRequest::InsertChar(letter));
        }
    };
    match &mut state.overlay {
        Some(Overlay::Palette(palette)) => {
            insert(&mut palette.input);
            search(palette);
        }
        Some(Overlay::Prompt(prompt)) => {
            insert(&mut prompt.input);
            prompt.refused = None;
            return typed(state);
        }
        Some(Overlay::Files(files)) => insert(&mut files.input),
        Some(Overlay::Help(_) | Overlay::Leave) | None => {}
    }
    Vec::new()
}

/// Closes what lies over the screen, unanswered.
fn close(state: &mut State) -> Vec<Effect> {
    if let Some(Overlay::Prompt(Prompt { ask: Ask::Filter, .. })) = state.overlay.take() {
        state.clip_mut().filter.clear();
    }
    Vec::new()
}

/// Moves the selection of a list.
pub fn move_by(state: &mut State, places: isize) {
    let moved = |at: usize, count: usize| at.saturating_add_signed(places).min(count.saturating_sub(1));
    match &mut state.overlay {
        Some(Overlay::Palette(palette)) => palette.at = moved(palette.at, palette.found.len()),
        Some(Overlay::Files(files)) => files.at = moved(files.at, files.matching().len()),
        _ => {}
    }
}

/// Opens the command palette.
pub fn open_palette(state: &mut State) {
    let mut palette = Palette::default();
    search(&mut palette);
    state.overlay = Some(Overlay::Palette(palette));
}

fn search(palette: &mut Palette) {
    let typed = palette.input.value().to_lowercase();
    palette.found = COMMANDS
        .iter()
        .filter(|about| about.name.contains(&typed) || about.help.contains(&typed))
        .map(|about| about.command)
        .collect();
    palette.at = 0;
}

/// Asks for a line of text, the present answer filled in.
pub fn ask(state: &mut State, ask: Ask) {
    let clip = state.clip();
    let settings = clip.exploration.settings();
    let present = match ask {
        Ask::Filter => clip.filter.clone(),
        Ask::Template => settings.template.text().to_owned(),
        Ask::Calibration => {
            let Calibration { alpha, beta } = clip.exploration.calibration();
            format!("{alpha} {beta}")
        }
        Ask::Sampling => String::new(),
    };
    state.overlay = Some(Overlay::Prompt(Prompt { ask, input: present.into(), refused: None }));
}

/// What follows from each letter that is typed into a prompt.
fn typed(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &state.overlay else { return Vec::new() };
    let value = prompt.input.value().to_owned();
    if prompt.ask == Ask::Filter {
        state.clip_mut().filter = value;
    }
    Vec::new()
}

/// Takes the answer to a prompt; one that cannot be used stays, with the reason.
fn answer(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &state.overlay else { return Vec::new() };
    let (ask, value) = (prompt.ask, prompt.input.value().trim().to_owned());
    let outcome = match ask {
        Ask::Filter => {
            state.clip_mut().filter = value;
            Ok(Vec::new())
        }
        Ask::Template => Template::parse(&value)
            .map(|template| knobs::use_template(state, template))
            .map_err(|e| e.to_string()),
        Ask::Calibration => Ok(Vec::new()),
        Ask::Sampling => value.parse::<Sampling>().map(|_| Vec::new()).map_err(|e| e.to_string()),
    };
    match outcome {
        Ok(effects) => {
            state.overlay = None;
            effects
        }
        Err(reason) => {
            if let Some(Overlay::Prompt(prompt)) = &mut state.overlay {
                prompt.refused = Some(reason);
            }
            Vec::new()
        }
    }
}

/// Opens the file picker in the folder of the clip that is shown.
pub fn pick_file(state: &mut State) -> Vec<Effect> {
    let clip = Path::new(&state.clip().sources.clip);
    let folder = clip.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.to_owned();
    state.overlay =
        Some(Overlay::Files(Files { folder: folder.clone(), entries: None, input: Input::default(), at: 0 }));
    vec![Effect::List(folder)]
}

/// Takes what is in a folder, if it is the one that is shown.
pub fn listed(state: &mut State, asked: &Path, folder: PathBuf, mut entries: Vec<FileEntry>) {
    if let Some(Overlay::Files(files)) = &mut state.overlay
        && files.folder == asked
    {
        entries.sort();
        files.folder = folder;
        files.entries = Some(entries);
    }
}

fn open_folder(state: &mut State, other: impl Fn(&Path) -> Option<PathBuf>) -> Vec<Effect> {
    let Some(Overlay::Files(files)) = &mut state.overlay else { return Vec::new() };
    let Some(folder) = other(&files.folder) else { return Vec::new() };
    *files = Files { folder: folder.clone(), entries: None, input: Input::default(), at: 0 };
    vec![Effect::List(folder)]
}

fn choose_file(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Files(files)) = &state.overlay else { return Vec::new() };
    let Some(entry) = files.matching().get(files.at).copied().cloned() else { return Vec::new() };
    let path = files.folder.join(&entry.name);
    if !entry.is_file {
        return open_folder(state, |folder| Some(folder.join(&entry.name)));
    }
    state.overlay = None;
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        vec![Effect::OpenScripts(path)]
    } else {
        vec![Effect::OpenClip(path)]
    }
}
