//! Requests to language models, and their answers.

use crate::explore::evenly_spaced;
use crate::script::ClassId;
use crate::tui::action::Effect;
use crate::tui::clip::Vision;
use crate::tui::models::Wanted;
use crate::tui::state::State;
use crate::tui::update::cursor;

/// Has a language model write the script of the selected class, or stops it.
pub fn write_selected(state: &mut State) {
    if state.writing.is_some() {
        state.say("Stopping once the server has answered.");
        state.effects.push(Effect::StopWriting);
        return;
    }
    let Some(class) = state.selected_id() else { return };
    let name = state.scripts.class(class).map(|class| class.name.clone()).unwrap_or_default();
    let domain = state.scripts.domain_of(class).to_owned();
    write(state, Wanted { class: Some(class), name, domain })
}

/// Has a language model write a script.
pub fn write(state: &mut State, wanted: Wanted) {
    if !state.has_writer {
        return state.complain("No language model is named: start with --llm NAME --endpoint URL.");
    }
    if let Some(writing) = &state.writing {
        return state.complain(format!("A script of {} is still being written.", writing.name));
    }
    state.writing = Some(wanted.clone());
    state.effects.push(Effect::WriteScript(wanted));
}

/// Shows frames of the clip to the vision-language model.
pub fn look(state: &mut State) {
    let Some(frames) = state.sight else {
        return state
            .complain("No vision-language model is named: start with --vlm NAME --vlm-endpoint URL.");
    };
    let shown = state.shown;
    let clip = state.clip_mut();
    if clip.vision == Some(Vision::Asked) {
        return;
    }
    let outcome = clip.exploration.outcome();
    let times = outcome.times.iter().copied().zip(outcome.ordinals.iter().copied()).collect();
    let ordinals = evenly_spaced(times, frames);
    if ordinals.is_empty() {
        return state.complain("No frame is embedded yet.");
    }
    let candidates = clip.exploration.candidates();
    let domain = candidates.first().map_or_else(String::new, |class| class.domain.clone());
    let classes = clip.ids.iter().copied().zip(candidates.iter().map(|class| class.name.clone())).collect();
    clip.vision = Some(Vision::Asked);
    state.say(format!("The vision-language model is shown {} frames.", ordinals.len()));
    state.effects.push(Effect::Look { clip: shown, classes, ordinals, domain });
}

/// Handles the answer of the vision-language model about a clip.
pub fn seen(state: &mut State, clip: usize, model: &str, answer: Result<ClassId, String>) {
    let is_shown = clip == state.shown;
    let Some(clip) = state.clips.get_mut(clip) else { return };
    // Other scripts were opened meanwhile.
    if clip.vision != Some(Vision::Asked) {
        return;
    }
    match answer {
        Ok(class) => {
            clip.vision = Some(Vision::Says(class));
            let name = state.scripts.class(class).map_or("a deleted class", |class| &class.name);
            if is_shown {
                state.say(format!("{model} says {name}."));
            }
        }
        Err(reason) => {
            clip.vision = None;
            state.complain(format!("{model}: {reason}"));
        }
    }
    if is_shown {
        cursor::select(state, state.clip().selected);
    }
}
