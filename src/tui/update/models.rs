//! Asking language models, and taking what they answer.

use crate::explore::evenly_spaced;
use crate::script::Class;
use crate::tui::action::Effect;
use crate::tui::clip::Vision;
use crate::tui::commands::Command;
use crate::tui::models::{Proposal, Wanted};
use crate::tui::overlay::Overlay;
use crate::tui::state::State;
use crate::tui::update::{edit, selection, views};

/// Has the script of the selected class written anew; again, stops that.
pub fn write_selected(state: &mut State) -> Vec<Effect> {
    if state.writing.is_some() {
        state.say("It stops once the server has answered.");
        return vec![Effect::StopWriting];
    }
    let Some(class) = state.selected_id() else { return Vec::new() };
    let name = state.scripts.class(class).map(|class| class.name.clone()).unwrap_or_default();
    let domain = state.scripts.domain_of(class).to_owned();
    write(state, Wanted { class: Some(class), name, domain })
}

/// Has a script written.
pub fn write(state: &mut State, wanted: Wanted) -> Vec<Effect> {
    if !state.has_writer {
        state.complain("No language model is named: start with --llm NAME --endpoint URL.");
        return Vec::new();
    }
    if let Some(writing) = &state.writing {
        let text = format!("A script of {} is being written: it comes first.", writing.name);
        state.complain(text);
        return Vec::new();
    }
    state.writing = Some(wanted.clone());
    vec![Effect::WriteScript(wanted)]
}

/// Shows a script beside the one that is there, to be taken or left.
pub fn written(state: &mut State, wanted: Wanted, script: Result<Box<Class>, String>) -> Vec<Effect> {
    state.writing = None;
    match script {
        Err(reason) => state.complain(format!("No script of {}: {reason}", wanted.name)),
        Ok(_) if !is_there(state, &wanted) => {
            state.complain(format!("{} is gone, and so its new script is.", wanted.name));
        }
        Ok(new) => {
            let old = wanted.class.and_then(|class| state.scripts.class(class));
            let old = old.map_or_else(Vec::new, |class| class.steps.clone());
            if state.overlay.is_some() {
                state.say(format!("A script of {} is there, and shown once this is closed.", wanted.name));
            }
            state.proposal = Some(Proposal { wanted, old, new, scroll: 0 });
        }
    }
    Vec::new()
}

/// Whether the class is still what it was when its script was asked for.
fn is_there(state: &State, wanted: &Wanted) -> bool {
    wanted.class.is_none_or(|id| {
        let is_same =
            |class: &Class| class.name == wanted.name && state.scripts.domain_of(id) == wanted.domain;
        state.scripts.class(id).is_some_and(is_same)
    })
}

/// Shows a script that waits, where nothing lies over the screen.
pub fn show_proposal(state: &mut State) {
    if state.overlay.is_none()
        && let Some(proposal) = state.proposal.take()
    {
        state.overlay = Some(Overlay::Proposal(proposal));
    }
}

/// Takes the script that is shown. The ranking before is pinned, so that it is seen who moves.
pub fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Proposal(Proposal { wanted, new, .. })) = state.overlay.take() else {
        return Vec::new();
    };
    if !is_there(state, &wanted) {
        state.complain(format!("{} is gone, and so its new script is.", wanted.name));
        return Vec::new();
    }
    if state.clip().pinned.is_none() && !state.clip().exploration.outcome().ranking.is_empty() {
        views::pin(state);
    }
    let taken = match wanted.class {
        Some(class) => edit::replace_script(state, class, &new),
        None => edit::add_script(state, *new),
    };
    match taken {
        Err(reason) => {
            state.complain(reason);
            Vec::new()
        }
        Ok(effects) => {
            let (undo, pin) = (state.keymap.key(Command::Undo), state.keymap.key(Command::Pin));
            state.say(format!(
                "Taken; the ranking before is pinned. {undo} takes it back, {pin} the pin out."
            ));
            effects
        }
    }
}

/// Shows frames of the clip to the vision-language model.
pub fn look(state: &mut State) -> Vec<Effect> {
    let Some(frames) = state.sight else {
        state.complain("No vision-language model is named: start with --vlm NAME --vlm-endpoint URL.");
        return Vec::new();
    };
    let shown = state.shown;
    let clip = state.clip_mut();
    if clip.vision == Some(Vision::Asked) {
        return Vec::new();
    }
    let outcome = clip.exploration.outcome();
    let times = outcome.times.iter().copied().zip(outcome.ordinals.iter().copied()).collect();
    let ordinals = evenly_spaced(times, frames);
    if ordinals.is_empty() {
        state.complain("No frame is there yet to show.");
        return Vec::new();
    }
    let candidates = clip.exploration.candidates();
    let domain = candidates.first().map_or_else(String::new, |class| class.domain.clone());
    let classes = clip.ids.iter().copied().zip(candidates.iter().map(|class| class.name.clone())).collect();
    clip.vision = Some(Vision::Asked);
    state.say(format!("{} frames are being looked at.", ordinals.len()));
    vec![Effect::Look { clip: shown, classes, ordinals, domain }]
}

/// Takes what the vision-language model said of a clip.
pub fn seen(state: &mut State, clip: usize, model: &str, answer: Result<crate::script::ClassId, String>) {
    let is_shown = clip == state.shown;
    let Some(clip) = state.clips.get_mut(clip) else { return };
    // Other scripts were opened meanwhile, of which the answer does not speak.
    if clip.vision != Some(Vision::Asked) {
        return;
    }
    match answer {
        Ok(class) => {
            clip.vision = Some(Vision::Says(class));
            let name = state.scripts.class(class).map_or("a class that is gone", |class| &class.name);
            if is_shown {
                let text = format!("{model} says {name}.");
                state.say(text);
            }
        }
        Err(reason) => {
            clip.vision = None;
            state.complain(format!("{model}: {reason}"));
        }
    }
    if is_shown {
        let selected = state.clip().selected;
        selection::select(state, selected);
    }
}
