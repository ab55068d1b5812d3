//! The questions that prompts ask, each with its present value, its notes and what the answer does.

use std::path::PathBuf;

use crate::align;
use crate::script::{ClassId, Template};
use crate::tui::action::Effect;
use crate::tui::models::Wanted;
use crate::tui::overlays::prompt::{self, Ask, ask};
use crate::tui::state::State;
use crate::tui::update::{clips, edit, knobs, models, selection};
use crate::video::Sampling;

/// The text that listed candidates match.
pub struct Filter;

impl Ask for Filter {
    fn title(&self) -> String {
        "List candidates that match".to_owned()
    }

    fn present(&self, state: &State) -> String {
        state.clip().filter.clone()
    }

    fn note(&self, state: &State, _value: &str) -> Option<String> {
        Some(match state.clip().listed().len() {
            1 => "1 candidate matches".to_owned(),
            count => format!("{count} candidates match"),
        })
    }

    fn typed(&self, state: &mut State, value: &str) {
        value.clone_into(&mut state.clip_mut().filter);
    }

    fn cancel(&self, state: &mut State) {
        state.clip_mut().filter.clear();
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        self.typed(state, value);
        if !state.clip().listed().contains(&state.clip().selected) {
            selection::select_place(state, 0);
        }
        Ok(Vec::new())
    }
}

/// The template of the sentences.
pub struct EditTemplate;

impl Ask for EditTemplate {
    fn title(&self) -> String {
        "Template with {step}, {action}, {domain}".to_owned()
    }

    fn present(&self, state: &State) -> String {
        state.clip().exploration.settings().template.text().to_owned()
    }

    fn note(&self, _state: &State, value: &str) -> Option<String> {
        Template::parse(value).err().map(|error| error.to_string())
    }

    fn sentence(&self, state: &State, value: &str) -> Option<String> {
        let clip = state.clip();
        let class = clip.exploration.candidates().get(clip.selected)?;
        let step = class.steps.get(clip.focus_step().unwrap_or(0))?;
        Some(Template::parse(value).ok()?.fill(&class.name, &class.domain, step))
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let template = Template::parse(value).map_err(|error| error.to_string())?;
        Ok(knobs::use_template(state, template))
    }
}

/// The aligner with its knobs.
pub struct EditAligner;

impl Ask for EditAligner {
    fn title(&self) -> String {
        "Aligner, such as segment:open-start:background=p75:band=0.2".to_owned()
    }

    fn present(&self, state: &State) -> String {
        state.clip().exploration.settings().method.aligner_in_words()
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let method = state.clip().exploration.settings().method.with_aligner(value)?;
        knobs::turn(state, |present| *present = method);
        Ok(Vec::new())
    }
}

/// Alpha and beta of the affinity.
pub struct EditCalibration;

impl Ask for EditCalibration {
    fn title(&self) -> String {
        "alpha and beta (empty: the checkpoint's)".to_owned()
    }

    fn present(&self, state: &State) -> String {
        let align::Calibration { alpha, beta } = state.clip().exploration.calibration_in_force();
        format!("{alpha} {beta}")
    }

    fn note(&self, _state: &State, value: &str) -> Option<String> {
        calibration(value).err()
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let calibration = calibration(value)?;
        knobs::set(state, |settings| settings.calibration = calibration);
        Ok(Vec::new())
    }
}

/// Alpha and beta from two numbers; `None`, which stands for the checkpoint's, from an empty text.
fn calibration(text: &str) -> Result<Option<align::Calibration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_separator = |c: char| c.is_whitespace() || c == ',';
    let numbers: Result<Vec<f32>, _> =
        text.split(is_separator).filter(|part| !part.is_empty()).map(str::parse).collect();
    match numbers.as_deref() {
        Ok(&[alpha, beta]) if alpha.is_finite() && beta.is_finite() => {
            Ok(Some(align::Calibration { alpha, beta }))
        }
        _ => Err("Give two numbers, alpha and beta, such as 117.3 -12.9; or nothing for the checkpoint's."
            .to_owned()),
    }
}

/// The sampling rate.
pub struct EditSampling;

impl Ask for EditSampling {
    fn title(&self) -> String {
        "Frames per second, or native".to_owned()
    }

    fn present(&self, state: &State) -> String {
        state.clip().sampling.to_string()
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let sampling = value.parse::<Sampling>().map_err(|error| error.to_string())?;
        Ok(clips::resample(state, sampling))
    }
}

/// The sentence of a step of a class under the present template.
fn sentence_of(state: &State, id: ClassId, step: &str) -> Option<String> {
    let class = state.scripts.class(id)?;
    let template = &state.clip().exploration.settings().template;
    Some(template.fill(&class.name, state.scripts.domain_of(id), step))
}

/// The text of a step.
struct Step {
    class: ClassId,
    /// Its place, from 0.
    step: usize,
}

/// Asks for the text of the selected step.
pub fn edit_step(state: &mut State) -> Vec<Effect> {
    match edit::focus(state) {
        Some((class, step)) => ask(state, Step { class, step }),
        None => Vec::new(),
    }
}

impl Ask for Step {
    fn title(&self) -> String {
        format!("Step {}", self.step + 1)
    }

    fn present(&self, state: &State) -> String {
        let class = state.scripts.class(self.class);
        class.and_then(|class| class.steps.get(self.step)).cloned().unwrap_or_default()
    }

    fn sentence(&self, state: &State, value: &str) -> Option<String> {
        sentence_of(state, self.class, value)
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        edit::set_step(state, self.class, self.step, value)
    }
}

/// The text of a new step.
struct NewStep {
    class: ClassId,
    /// The place that it will have, from 0.
    at: usize,
    /// Whether the steps after it are asked for too, until an answer is empty.
    goes_on: bool,
}

/// Asks for a new step so many places after the selected one.
pub fn add_step(state: &mut State, places_on: usize) -> Vec<Effect> {
    let Some(class) = state.selected_id() else { return Vec::new() };
    let at = state.clip().focus_step().map_or(0, |step| step + places_on);
    ask(state, NewStep { class, at, goes_on: false })
}

impl Ask for NewStep {
    fn title(&self) -> String {
        let number = self.at + 1;
        if self.goes_on { format!("Step {number}, or nothing to end") } else { format!("New step {number}") }
    }

    fn sentence(&self, state: &State, value: &str) -> Option<String> {
        sentence_of(state, self.class, value)
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let Self { class, at, goes_on } = *self;
        if goes_on && value.is_empty() {
            return Ok(Vec::new());
        }
        let mut effects = edit::insert_step(state, class, at, value)?;
        if goes_on {
            effects.extend(ask(state, Self { class, at: at + 1, goes_on }));
        }
        Ok(effects)
    }
}

const NAME_AND_DOMAIN: &str = "Name, slash, domain: camel spin / figure skating";

/// Name and domain of a class.
struct ClassName(ClassId);

/// Asks for the name of the selected class.
pub fn rename_class(state: &mut State) -> Vec<Effect> {
    state.selected_id().map_or_else(Vec::new, |class| ask(state, ClassName(class)))
}

impl Ask for ClassName {
    fn title(&self) -> String {
        "Class / domain".to_owned()
    }

    fn present(&self, state: &State) -> String {
        let name = state.scripts.class(self.0).map_or("", |class| &class.name);
        format!("{name} / {}", state.scripts.domain_of(self.0))
    }

    fn note(&self, _state: &State, _value: &str) -> Option<String> {
        Some(NAME_AND_DOMAIN.to_owned())
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        edit::rename_class(state, self.0, value)
    }
}

/// Name and domain of a new class.
pub struct NewClass;

impl Ask for NewClass {
    fn title(&self) -> String {
        "New class / domain".to_owned()
    }

    /// The domain of the selected class.
    fn present(&self, state: &State) -> String {
        match state.selected_id().map_or("", |id| state.scripts.domain_of(id)) {
            "" => String::new(),
            domain => format!(" / {domain}"),
        }
    }

    fn begins_at_start(&self) -> bool {
        true
    }

    fn note(&self, _state: &State, _value: &str) -> Option<String> {
        Some(NAME_AND_DOMAIN.to_owned())
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let (name, domain) = edit::name_and_domain(state, value);
        if name.is_empty() {
            return Err("A class needs a name before the slash.".to_owned());
        }
        Ok(ask(state, FirstStep { name, domain }))
    }
}

/// The first step of a new class.
struct FirstStep {
    name: String,
    domain: String,
}

impl Ask for FirstStep {
    fn title(&self) -> String {
        format!("First step of {}", self.name)
    }

    fn note(&self, state: &State, _value: &str) -> Option<String> {
        state.has_writer.then(|| "Nothing has the language model write the script.".to_owned())
    }

    fn sentence(&self, state: &State, value: &str) -> Option<String> {
        Some(state.clip().exploration.settings().template.fill(&self.name, &self.domain, value))
    }

    fn empty_answer(&self, state: &State) -> Option<&'static str> {
        state.has_writer.then_some("has the language model write the script")
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        let Self { name, domain } = self;
        if value.is_empty() && state.has_writer {
            let wanted = Wanted { class: None, name: name.clone(), domain: domain.clone() };
            return Ok(models::write(state, wanted));
        }
        let (class, mut effects) = edit::add_class(state, name, domain, value)?;
        effects.extend(ask(state, NewStep { class, at: 1, goes_on: true }));
        Ok(effects)
    }
}

/// The file to save the scripts in.
pub struct ScriptsFile {
    /// Whether to quit once they are saved.
    pub quits: bool,
}

/// Asks for the file again after scripts could not be saved, unless another overlay is open by now.
pub fn refuse_scripts_file(state: &mut State, path: PathBuf, quits: bool, reason: String) {
    if state.overlay.is_some() {
        state.complain(reason);
    } else {
        prompt::open(state, ScriptsFile { quits }, path.display().to_string(), Some(reason));
    }
}

impl Ask for ScriptsFile {
    fn title(&self) -> String {
        "Save the scripts as".to_owned()
    }

    fn present(&self, state: &State) -> String {
        state.scripts.path().map_or_else(|| "scripts.json".into(), |path| path.display().to_string())
    }

    fn note(&self, _state: &State, _value: &str) -> Option<String> {
        Some("Their own file is replaced; another that is there is not.".to_owned())
    }

    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
        if value.is_empty() {
            return Err("Name a file.".to_owned());
        }
        Ok(edit::save(state, value.into(), self.quits))
    }
}
