//! What lies over the screen, and the keys that it takes.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use crate::align::Calibration;
use crate::script::{ClassId, Template};
use crate::tui::action::{Action, Effect};
use crate::tui::commands::Command;
use crate::tui::fuzzy;
use crate::tui::keymap::Chord;
use crate::tui::models::Wanted;
use crate::tui::overlay::{
    Ask, EntryKind, FileEntry, Files, LONGEST_ANSWER, LONGEST_SEARCH, Overlay, Palette, Prompt, calibration,
    paste_into, type_key,
};
use crate::tui::state::State;
use crate::tui::update::{clips, edit, knobs, models, results, selection, update};
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
                let chosen = palette.found.get(palette.at).map(|found| found.about.command);
                state.overlay = None;
                if let Some(command) = chosen {
                    return update(state, Action::Do(command), now);
                }
            }
            _ => {
                let full = type_key(&mut palette.input, key, LONGEST_SEARCH);
                search(palette);
                full.into_iter().for_each(|full| state.complain(full));
            }
        },
        Overlay::Prompt(prompt) => {
            if key.code == KeyCode::Enter {
                return answer(state);
            }
            prompt.refused = type_key(&mut prompt.input, key, LONGEST_ANSWER);
            return typed(state);
        }
        Overlay::Files(files) => match key.code {
            KeyCode::Down | KeyCode::Tab => move_by(state, 1),
            KeyCode::Up | KeyCode::BackTab => move_by(state, -1),
            KeyCode::Left if files.is_in_library() => files.input.reset(),
            KeyCode::Left => return open_folder(state, |folder| folder.parent().map(Path::to_owned)),
            KeyCode::Backspace if files.input.value().is_empty() => {
                return open_folder(state, |folder| folder.parent().map(Path::to_owned));
            }
            KeyCode::Enter | KeyCode::Right => return choose_file(state),
            _ => {
                let full = type_key(&mut files.input, key, LONGEST_SEARCH);
                files.at = 0;
                full.into_iter().for_each(|full| state.complain(full));
            }
        },
        Overlay::Proposal(proposal) => match key.code {
            KeyCode::Down => proposal.scroll = proposal.scroll.saturating_add(1),
            KeyCode::Up => proposal.scroll = proposal.scroll.saturating_sub(1),
            KeyCode::Enter => return models::accept(state),
            _ => {}
        },
        Overlay::Results(list) => match key.code {
            KeyCode::Down => move_by(state, 1),
            KeyCode::Up => move_by(state, -1),
            KeyCode::PageDown => move_by(state, 10),
            KeyCode::PageUp => move_by(state, -10),
            KeyCode::Right => results::turn_row(state, 1),
            KeyCode::Left => results::turn_row(state, -1),
            KeyCode::Tab => {
                list.wrong_only = !list.wrong_only;
                list.at = 0;
            }
            KeyCode::Enter => return results::choose(state),
            _ => {
                let full = type_key(&mut list.input, key, LONGEST_SEARCH);
                list.at = 0;
                full.into_iter().for_each(|full| state.complain(full));
            }
        },
        Overlay::Leave => match key.code {
            KeyCode::Char('s') => return ask(state, Ask::ScriptsFile { quits: true }),
            KeyCode::Char('d') => {
                let path = state.scripts.path().map(Path::to_owned);
                return vec![Effect::DiscardDraft(path), Effect::Quit];
            }
            _ => {}
        },
    }
    Vec::new()
}

/// Takes pasted text into the line that is being typed. Where there is none it presses no keys.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    let said = match &mut state.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.refused = paste_into(&mut prompt.input, text, LONGEST_ANSWER);
            return typed(state);
        }
        Some(Overlay::Palette(palette)) => {
            let said = paste_into(&mut palette.input, text, LONGEST_SEARCH);
            search(palette);
            said
        }
        Some(Overlay::Files(files)) => {
            files.at = 0;
            paste_into(&mut files.input, text, LONGEST_SEARCH)
        }
        Some(Overlay::Results(list)) => {
            list.at = 0;
            paste_into(&mut list.input, text, LONGEST_SEARCH)
        }
        Some(Overlay::Help(_) | Overlay::Proposal(_) | Overlay::Leave) | None => {
            Some("Nothing asks for text here: what was pasted is ignored.".to_owned())
        }
    };
    said.into_iter().for_each(|said| state.complain(said));
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
        Some(Overlay::Results(list)) => {
            let count = state.results.as_ref().map_or(0, |results| results.listed(list, &state.clips).len());
            list.at = moved(list.at, count);
        }
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
    palette.found = fuzzy::matches(palette.input.value());
    palette.at = 0;
}

/// Asks for a line of text, the present answer filled in.
pub fn ask(state: &mut State, ask: Ask) -> Vec<Effect> {
    let clip = state.clip();
    let settings = clip.exploration.settings();
    let step_text = |class: ClassId, step: usize| Some(state.scripts.class(class)?.steps.get(step)?.clone());
    let present = match &ask {
        Ask::Filter => clip.filter.clone(),
        Ask::Template => settings.template.text().to_owned(),
        Ask::Aligner => settings.method.aligner_in_words(),
        Ask::Calibration => {
            let Calibration { alpha, beta } = clip.exploration.calibration_in_force();
            format!("{alpha} {beta}")
        }
        Ask::Sampling => clip.sampling.to_string(),
        Ask::Step { class, step } => step_text(*class, *step).unwrap_or_default(),
        Ask::ClassName(class) => {
            let name = state.scripts.class(*class).map_or("", |class| &class.name);
            format!("{name} / {}", state.scripts.domain_of(*class))
        }
        Ask::NewClass => state.selected_id().map_or_else(String::new, |id| {
            let domain = state.scripts.domain_of(id);
            if domain.is_empty() { String::new() } else { format!(" / {domain}") }
        }),
        Ask::NewStep { .. } | Ask::FirstStep { .. } => String::new(),
        Ask::ScriptsFile { .. } => {
            state.scripts.path().map_or_else(|| "scripts.json".into(), |path| path.display().to_string())
        }
    };
    let mut input = Input::from(present);
    if ask == Ask::NewClass {
        input = input.with_cursor(0);
    }
    state.overlay = Some(Overlay::Prompt(Prompt { ask, input, refused: None }));
    typed(state)
}

/// Asks again where to save the scripts, since that could not be done; what lies over the screen by now stays.
pub fn refuse_file(state: &mut State, path: &Path, quits: bool, reason: String) {
    if state.overlay.is_some() {
        state.complain(reason);
        return;
    }
    let input = Input::from(path.display().to_string());
    let ask = Ask::ScriptsFile { quits };
    state.overlay = Some(Overlay::Prompt(Prompt { ask, input, refused: Some(reason) }));
}

/// What follows from each letter that is typed into a prompt.
fn typed(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &state.overlay else { return Vec::new() };
    if prompt.ask == Ask::Filter {
        let value = prompt.input.value().to_owned();
        state.clip_mut().filter = value;
        return Vec::new();
    }
    state.sentence().map(Effect::CountTokens).into_iter().collect()
}

/// Takes the answer to a prompt; one that cannot be used stays, with the reason.
fn answer(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &state.overlay else { return Vec::new() };
    let (ask, value) = (prompt.ask.clone(), prompt.input.value().trim().to_owned());
    // What is asked next takes the place of this prompt.
    let before = state.overlay.take();
    match take(state, ask, &value) {
        Ok(effects) => effects,
        Err(reason) => {
            state.overlay = before;
            if let Some(Overlay::Prompt(prompt)) = &mut state.overlay {
                prompt.refused = Some(reason);
            }
            Vec::new()
        }
    }
}

fn take(state: &mut State, asked: Ask, value: &str) -> Result<Vec<Effect>, String> {
    match asked {
        Ask::Filter => {
            state.clip_mut().filter = value.to_owned();
            let listed = state.clip().listed();
            if !listed.contains(&state.clip().selected) {
                selection::select_place(state, 0);
            }
            Ok(Vec::new())
        }
        Ask::Template => {
            let template = Template::parse(value).map_err(|error| error.to_string())?;
            Ok(knobs::use_template(state, template))
        }
        Ask::Aligner => {
            let method = state.clip().exploration.settings().method.with_aligner(value)?;
            knobs::turn(state, |present| *present = method);
            Ok(Vec::new())
        }
        Ask::Calibration => {
            let calibration = calibration(value)?;
            knobs::set(state, |settings| settings.calibration = calibration);
            Ok(Vec::new())
        }
        Ask::Sampling => {
            let sampling = value.parse::<Sampling>().map_err(|error| error.to_string())?;
            Ok(clips::resample(state, sampling))
        }
        Ask::Step { class, step } => edit::set_step(state, class, step, value),
        Ask::NewStep { goes_on: true, .. } if value.is_empty() => Ok(Vec::new()),
        Ask::NewStep { class, at, goes_on } => {
            let mut effects = edit::insert_step(state, class, at, value)?;
            if goes_on {
                effects.extend(ask(state, Ask::NewStep { class, at: at + 1, goes_on }));
            }
            Ok(effects)
        }
        Ask::ClassName(class) => edit::rename_class(state, class, value),
        Ask::NewClass => {
            let (name, domain) = edit::name_and_domain(state, value);
            if name.is_empty() {
                return Err("A class needs a name before the slash.".to_owned());
            }
            Ok(ask(state, Ask::FirstStep { name, domain }))
        }
        Ask::FirstStep { name, domain } if value.is_empty() && state.has_writer => {
            Ok(models::write(state, Wanted { class: None, name, domain }))
        }
        Ask::FirstStep { name, domain } => {
            let (class, mut effects) = edit::add_class(state, &name, &domain, value)?;
            effects.extend(ask(state, Ask::NewStep { class, at: 1, goes_on: true }));
            Ok(effects)
        }
        Ask::ScriptsFile { .. } if value.is_empty() => Err("Name a file.".to_owned()),
        Ask::ScriptsFile { quits } => Ok(edit::save(state, value.into(), quits)),
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
    let Some(Overlay::Files(files)) = &mut state.overlay else { return Vec::new() };
    let Some(entry) = files.matching().get(files.at).copied().cloned() else { return Vec::new() };
    let path = match entry.kind {
        EntryKind::Library => {
            files.input = Input::from(entry.name);
            files.at = 0;
            return Vec::new();
        }
        EntryKind::Folder => return open_folder(state, |folder| Some(folder.join(&entry.name))),
        EntryKind::InLibrary => PathBuf::from(entry.name),
        EntryKind::File => files.folder.join(&entry.name),
    };
    state.overlay = None;
    if entry.kind == EntryKind::InLibrary
        || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    {
        vec![Effect::OpenScripts(path)]
    } else {
        vec![Effect::OpenClip(path)]
    }
}
