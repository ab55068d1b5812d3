//! The questions that prompts ask, each with its present value, its notes and what the answer does.

use std::path::PathBuf;

use crate::align::Calibration;
use crate::script::{ClassId, Template};
use crate::tui::action::Effect;
use crate::tui::models::Wanted;
use crate::tui::overlays::prompt::Prompt;
use crate::tui::state::State;
use crate::tui::update::{clips, cursor, edit, knobs, models};
use crate::video::Sampling;

/// Lists only candidates that match a text, while it is typed.
pub fn filter(state: &mut State) {
    Prompt::new("List candidates that match", |state, _| {
        if !state.clip().listed().contains(&state.clip().selected) {
            cursor::select_place(state, 0);
        }
        Ok(())
    })
    .present(state.clip().filter.clone())
    .typed(|state, value| value.clone_into(&mut state.clip_mut().filter))
    .note(|state, _| match state.clip().listed().len() {
        1 => Some("1 candidate matches".to_owned()),
        count => Some(format!("{count} candidates match")),
    })
    .open(state)
}

/// Writes a template.
pub fn template(state: &mut State) {
    let parse = |value: &str| Template::parse(value).map_err(|error| error.to_string());
    Prompt::new("Template with {step}, {action}, {domain}", move |state, value| {
        knobs::use_template(state, parse(value)?);
        Ok(())
    })
    .present(state.clip().exploration.settings().template.text())
    .note(move |_, value| parse(value).err())
    .sentence(move |state, value| {
        let clip = state.clip();
        let class = clip.exploration.candidates().get(clip.selected)?;
        let step = class.steps.get(clip.focus_step().unwrap_or(0))?;
        Some(parse(value).ok()?.fill(&class.name, &class.domain, step))
    })
    .open(state)
}

/// Writes the aligner with its knobs.
pub fn aligner(state: &mut State) {
    Prompt::new("Aligner, such as segment:open-start:background=p75:band=0.2", |state, value| {
        let method = state.clip().exploration.settings().method.with_aligner(value)?;
        knobs::turn(state, |present| *present = method);
        Ok(())
    })
    .present(state.clip().exploration.settings().method.aligner_in_words())
    .open(state)
}

/// Overrides alpha and beta.
pub fn calibration(state: &mut State) {
    let Calibration { alpha, beta } = state.clip().exploration.calibration_in_force();
    Prompt::new("alpha and beta (empty: the checkpoint's)", |state, value| {
        let calibration = parse_calibration(value)?;
        knobs::set(state, |settings| settings.calibration = calibration);
        Ok(())
    })
    .present(format!("{alpha} {beta}"))
    .note(|_, value| parse_calibration(value).err())
    .open(state)
}

/// Alpha and beta from two numbers; `None`, which stands for the checkpoint's, from an empty text.
fn parse_calibration(text: &str) -> Result<Option<Calibration>, String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
    let numbers: Result<Vec<f32>, _> = parts.map(str::parse).collect();
    match numbers.as_deref() {
        Ok([]) if text.is_empty() => Ok(None),
        Ok(&[alpha, beta]) if alpha.is_finite() && beta.is_finite() => Ok(Some(Calibration { alpha, beta })),
        _ => Err("Give alpha and beta, such as 117.3 -12.9; leave it empty for the checkpoint's.".to_owned()),
    }
}

/// Changes the sampling rate.
pub fn sampling(state: &mut State) {
    Prompt::new("Frames per second, or native", |state, value| {
        let sampling = value.parse::<Sampling>().map_err(|error| error.to_string())?;
        clips::resample(state, sampling);
        Ok(())
    })
    .present(state.clip().sampling.to_string())
    .open(state)
}

/// Changes the text of the selected step.
pub fn step(state: &mut State) {
    let Some((class, step)) = edit::focus(state) else { return };
    let present = state.scripts.class(class).and_then(|class| class.steps.get(step).cloned());
    Prompt::new(format!("Step {}", step + 1), move |state, value| edit::set_step(state, class, step, value))
        .present(present.unwrap_or_default())
        .sentence(move |state, value| sentence_of(state, class, value))
        .open(state)
}

/// The sentence of a step of a class under the present template.
fn sentence_of(state: &State, id: ClassId, step: &str) -> Option<String> {
    let class = state.scripts.class(id)?;
    let template = &state.clip().exploration.settings().template;
    Some(template.fill(&class.name, state.scripts.domain_of(id), step))
}

/// Adds a step, so many places after the selected one.
pub fn new_step(state: &mut State, places_on: usize) {
    let Some(class) = state.selected_id() else { return };
    let at = state.clip().focus_step().map_or(0, |step| step + places_on);
    let insert = move |state: &mut State, value: &str| edit::insert_step(state, class, at, value);
    Prompt::new(format!("New step {}", at + 1), insert)
        .sentence(move |state, value| sentence_of(state, class, value))
        .open(state)
}

/// Adds steps from a place on, one after the other, until an answer is empty.
fn new_steps(state: &mut State, class: ClassId, at: usize) {
    Prompt::new(format!("Step {}, or nothing to end", at + 1), move |state, value| {
        if value.is_empty() {
            return Ok(());
        }
        edit::insert_step(state, class, at, value)?;
        new_steps(state, class, at + 1);
        Ok(())
    })
    .sentence(move |state, value| sentence_of(state, class, value))
    .open(state)
}

const NAME_AND_DOMAIN: &str = "Name, slash, domain: camel spin / figure skating";

/// Renames the selected class.
pub fn class_name(state: &mut State) {
    let Some(id) = state.selected_id() else { return };
    let name = state.scripts.class(id).map_or("", |class| &class.name);
    let present = format!("{name} / {}", state.scripts.domain_of(id));
    Prompt::new("Class / domain", move |state, value| edit::rename_class(state, id, value))
        .present(present)
        .note(|_, _| Some(NAME_AND_DOMAIN.to_owned()))
        .open(state)
}

/// Adds a class, in the domain of the selected one unless another is typed.
pub fn new_class(state: &mut State) {
    let domain = state.selected_id().map_or("", |id| state.scripts.domain_of(id));
    let present = if domain.is_empty() { String::new() } else { format!(" / {domain}") };
    Prompt::new("New class / domain", |state, value| match edit::name_and_domain(state, value) {
        (name, _) if name.is_empty() => Err("A class needs a name before the slash.".to_owned()),
        (name, domain) => {
            first_step(state, name, domain);
            Ok(())
        }
    })
    .present(present)
    .with_cursor_at_start()
    .note(|_, _| Some(NAME_AND_DOMAIN.to_owned()))
    .open(state)
}

/// Asks for the first step of a new class. Where there is a language model, no answer has it write the script.
fn first_step(state: &mut State, name: String, domain: String) {
    let title = format!("First step of {name}");
    let wanted = Wanted { class: None, name: name.clone(), domain: domain.clone() };
    let (its_name, its_domain) = (name.clone(), domain.clone());
    let prompt = Prompt::new(title, move |state, value| {
        if value.is_empty() && state.has_writer {
            models::write(state, wanted.clone());
            return Ok(());
        }
        let class = edit::add_class(state, |scripts| scripts.add_class(&name, &domain, &[value]))?;
        new_steps(state, class, 1);
        Ok(())
    });
    let prompt = prompt.sentence(move |state, value| {
        Some(state.clip().exploration.settings().template.fill(&its_name, &its_domain, value))
    });
    if !state.has_writer {
        return prompt.open(state);
    }
    prompt
        .note(|_, _| Some("Leave it empty to have the language model write the script.".to_owned()))
        .empty_answer("has the language model write the script")
        .open(state)
}

/// Saves the scripts as a file, and quits then if asked to.
pub fn scripts_file(state: &mut State, quits: bool) {
    let path = state.scripts.path().map_or("scripts.json".into(), PathBuf::from);
    scripts_file_prompt(path, quits).open(state)
}

/// Asks for the file again after scripts could not be saved, unless another overlay is open by now.
pub fn refuse_scripts_file(state: &mut State, path: PathBuf, quits: bool, reason: String) {
    if state.overlay.is_some() {
        state.complain(reason);
    } else {
        scripts_file_prompt(path, quits).notice(reason).open(state);
    }
}

fn scripts_file_prompt(path: PathBuf, quits: bool) -> Prompt {
    Prompt::new("Save the scripts as", move |state, value| match value {
        "" => Err("Name a file.".to_owned()),
        path => {
            let file = Box::new(state.scripts.file().clone());
            state.effects.push(Effect::SaveScripts { path: path.into(), file, quits });
            Ok(())
        }
    })
    .present(path.display().to_string())
    .note(|_, _| Some("Only the file that they were opened from is overwritten.".to_owned()))
}
