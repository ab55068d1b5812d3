//! Editing scripts in place.

use std::path::PathBuf;

use crate::explore::Candidate;
use crate::script::{ClassId, Document, EditError, ScriptFile, library};
use crate::tui::action::Effect;
use crate::tui::clip::Clip;
use crate::tui::commands::Command;
use crate::tui::drafts::Unsaved;
use crate::tui::state::State;
use crate::tui::update::{clips, cursor, views};

/// Deletes the selected step.
pub fn delete_step(state: &mut State) {
    let Some((class, step)) = focus(state) else { return };
    change(state, |scripts| scripts.delete_step(class, step));
    let last = state.scripts.class(class).map_or(0, |class| class.steps.len().saturating_sub(1));
    state.clip_mut().step = Some(step.min(last));
}

/// Moves the selected step up or down.
pub fn move_step(state: &mut State, places: isize) {
    let Some((class, step)) = focus(state) else { return };
    let count = state.scripts.class(class).map_or(0, |class| class.steps.len());
    let Some(to) = step.checked_add_signed(places).filter(|&to| to < count) else { return };
    change(state, |scripts| scripts.move_step(class, step, to));
    state.clip_mut().step = Some(to);
}

/// Deletes the selected class.
pub fn delete_class(state: &mut State) {
    let Some(class) = state.selected_id() else { return };
    if state.clip().ids.len() == 1 {
        return state.complain("This is the only candidate of the clip: add another before you delete it.");
    }
    let (listed, name) = (state.clip().listed(), state.scripts.class(class).map(|class| class.name.clone()));
    let place = listed.iter().position(|&other| other == state.clip().selected);
    let next = place.and_then(|place| listed.get(place + 1).or_else(|| listed.get(place.checked_sub(1)?)));
    let next = next.map(|&index| state.clip().ids[index]);
    match try_change(state, |scripts| scripts.delete_class(class)) {
        Err(reason) => state.complain(reason),
        Ok(()) => {
            if let Some(index) = state.clip().ids.iter().position(|&id| Some(id) == next) {
                cursor::select(state, index);
            }
            let undo = state.keymap.key(Command::Undo);
            state.say(format!("Deleted {}; {undo} undoes that.", name.unwrap_or_default()));
        }
    }
}

/// Undoes the last edit.
pub fn undo(state: &mut State) {
    let edit = state.scripts.undo().map(|edit| format!("Undone: {edit}"));
    follow_with(state, edit, "Nothing to undo.");
}

/// Redoes the edit that was undone last.
pub fn redo(state: &mut State) {
    let edit = state.scripts.redo().map(|edit| format!("Redone: {edit}"));
    follow_with(state, edit, "Nothing to redo.");
}

fn follow_with(state: &mut State, edit: Option<String>, nothing: &str) {
    if edit.is_some() {
        follow(state);
    }
    state.say(edit.unwrap_or_else(|| nothing.to_owned()));
}

/// Changes the text of a step.
pub fn set_step(state: &mut State, class: ClassId, step: usize, text: &str) -> Result<(), String> {
    try_change(state, |scripts| scripts.set_step(class, step, text))?;
    state.clip_mut().step = Some(step);
    Ok(())
}

/// Inserts a step at a place.
pub fn insert_step(state: &mut State, class: ClassId, at: usize, text: &str) -> Result<(), String> {
    try_change(state, |scripts| scripts.insert_step(class, at, text))?;
    cursor::select_step(state, at);
    state.clip_mut().step = Some(at);
    Ok(())
}

/// Renames a class, from `name / domain`.
pub fn rename_class(state: &mut State, class: ClassId, text: &str) -> Result<(), String> {
    let (name, domain) = name_and_domain(state, text);
    try_change(state, |scripts| scripts.rename_class(class, &name, &domain))
}

/// Adds a class to the candidates of the clip on the screen, and selects it.
pub fn add_class(
    state: &mut State,
    add: impl FnOnce(&mut Document) -> Result<ClassId, EditError>,
) -> Result<ClassId, String> {
    let class = add(&mut state.scripts).map_err(|error| error.to_string())?;
    if let Some(members) = &mut state.clip_mut().members {
        members.push(class);
    }
    follow(state);
    let clip = state.clip_mut();
    if let Some(index) = clip.ids.iter().position(|&id| id == class) {
        clip.select(index);
        clip.step = Some(0);
    }
    Ok(class)
}

/// Replaces all scripts by those of another file, in every clip. Unsaved edits must be saved or undone first.
pub fn open(state: &mut State, file: ScriptFile, path: PathBuf) {
    if state.scripts.is_changed() {
        let (save, undo) = (state.keymap.key(Command::SaveScripts), state.keymap.key(Command::Undo));
        return state
            .complain(format!("The scripts have changes: save them ({save}) or undo them ({undo}) first."));
    }
    if state.clip().exploration.is_frozen() {
        return state
            .complain("This snapshot is open without its clip or model: its scripts cannot be replaced.");
    }
    for clip in &mut state.clips {
        // Ids are of one document.
        clip.members = None;
        clip.ids = Vec::new();
        clip.truth = None;
        clip.vision = None;
        clip.as_given = Vec::new();
        clip.has_own_scripts = false;
        clip.sources.scripts = path.display().to_string();
    }
    state.say(format!("Scripts of {}", path.display()));
    // Scripts of the library have no file to be saved in.
    state.scripts = Document::new(file, Some(path).filter(|path| !library::is_name(path)));
    follow(state);
}

/// Name and domain from `name / domain`; the domain of the selected class if the text has none.
pub fn name_and_domain(state: &State, text: &str) -> (String, String) {
    match text.rsplit_once(" / ") {
        Some((name, domain)) => (name.trim().to_owned(), domain.trim().to_owned()),
        None => {
            let domain = state.selected_id().map_or("", |id| state.scripts.domain_of(id));
            (text.trim().to_owned(), domain.to_owned())
        }
    }
}

/// Handles that the scripts were saved in a file.
pub fn saved(state: &mut State, path: PathBuf, file: ScriptFile, quits: bool) {
    let before = state.scripts.path().map(PathBuf::from);
    state.say(format!("Saved {}", path.display()));
    for clip in &mut state.clips {
        clip.sources.scripts = path.display().to_string();
    }
    state.scripts.mark_saved(path, file);
    state.effects.push(Effect::DiscardDraft(before));
    if state.scripts.is_changed() {
        state.effects.push(Effect::KeepDraft(Box::new(Unsaved::new(&state.scripts))));
    } else if quits {
        state.effects.push(Effect::Quit);
    }
}

/// The selected step; says so if there is none.
pub fn focus(state: &mut State) -> Option<(ClassId, usize)> {
    let found = state.selected_id().zip(state.clip().focus_step());
    if found.is_none() {
        state.say("No step is selected.");
    }
    found
}

fn change(state: &mut State, operation: impl FnOnce(&mut Document) -> Result<bool, EditError>) {
    if let Err(reason) = try_change(state, operation) {
        state.complain(reason);
    }
}

/// Edits the scripts, and brings the clips up to date.
pub fn try_change(
    state: &mut State,
    operation: impl FnOnce(&mut Document) -> Result<bool, EditError>,
) -> Result<(), String> {
    if operation(&mut state.scripts).map_err(|error| error.to_string())? {
        follow(state);
    }
    Ok(())
}

/// Gives all clips the edited scripts, and keeps a draft.
fn follow(state: &mut State) {
    for clip in &mut state.clips {
        candidates(clip, &state.scripts);
    }
    // The edited class stays selected while its texts are embedded.
    state.clip_mut().has_selected = true;
    views::shade(state);
    let draft = if state.scripts.is_changed() {
        Effect::KeepDraft(Box::new(Unsaved::new(&state.scripts)))
    } else {
        Effect::DiscardDraft(state.scripts.path().map(PathBuf::from))
    };
    state.effects.push(draft);
    clips::embed(state);
}

/// Gives a clip the candidates that the scripts have for it.
pub fn candidates(clip: &mut Clip, scripts: &Document) {
    // The matrices of a snapshot belong to its own scripts.
    if clip.exploration.is_frozen() || clip.has_own_scripts {
        return;
    }
    let members = clip.members.as_deref().unwrap_or(scripts.ids()).iter().copied();
    let ids: Vec<ClassId> = members.filter(|&id| scripts.class(id).is_some()).collect();
    let candidates = ids.iter().filter_map(|&id| {
        let class = scripts.class(id)?;
        let domain = scripts.domain_of(id).to_owned();
        Some(Candidate { domain, name: class.name.clone(), steps: class.steps.clone() })
    });
    clip.exploration.set_candidates(candidates.collect());
    clip.stale = true;
    // The indices of the selected, compared, pinned and true classes change.
    let before = std::mem::replace(&mut clip.ids, ids);
    let now = |index: usize| {
        let id = before.get(index)?;
        clip.ids.iter().position(|other| other == id)
    };
    let selected = now(clip.selected);
    clip.compared = clip.compared.and_then(now);
    clip.answer = clip.truth.and_then(|truth| clip.ids.iter().position(|&id| id == truth));
    if let Some(pinned) = &mut clip.pinned {
        let then = |id: &ClassId| before.iter().position(|other| other == id);
        let places = clip.ids.iter().map(|id| pinned.places.get(then(id)?).copied().flatten());
        pinned.places = places.collect();
    }
    if selected.is_none() {
        clip.step = None;
    }
    let last = clip.ids.len().saturating_sub(1);
    clip.selected = selected.unwrap_or_else(|| clip.selected.min(last));
    if let Some(step) = clip.step {
        let steps = clip.exploration.candidates().get(clip.selected).map_or(0, |class| class.steps.len());
        clip.step = Some(step.min(steps.saturating_sub(1)));
    }
}
