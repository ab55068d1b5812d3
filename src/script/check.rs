//! What is doubtful about scripts, before any clip is compared with them.
//!
//! Nothing here is an error: a script with warnings can be used. What needs a checkpoint is handed in: whether it reads a
//! sentence to its end, and what it embeds.

mod cut;
mod likeness;
mod vague;

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::script::{Class, ScriptFile, Strategy};
use crate::siglip::canonical;

pub use cut::{Cut, cut};
pub use likeness::{Likeness, MOST, Pair, likeness};
pub use vague::Vague;

/// What is doubtful about a step, or about a script as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// It shows nothing.
    Vague(Vague),
    /// It reads like an earlier step of its script.
    Repeated {
        /// The earlier step, from 0.
        earlier: usize,
    },
    /// It reads like a step of other classes.
    Shared {
        /// The names of the classes: all of them, or the first [`LISTED`] of very many.
        classes: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// A step of a short-fixed script that is too short or too long.
    Words {
        /// How many words it has.
        words: usize,
    },
    /// A short-fixed script of more or fewer steps than ten.
    Steps {
        /// How many steps it has.
        steps: usize,
    },
    /// The checkpoint does not read its sentence to the end.
    Cut {
        /// Name of the template, or its text where it is the user's own.
        template: String,
        /// What is read and what is lost.
        cut: Cut,
    },
}

impl Warning {
    /// A word for each kind, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Vague(_) => "vague",
            Self::Repeated { .. } => "repeated",
            Self::Shared { .. } => "shared",
            Self::Words { .. } => "words",
            Self::Steps { .. } => "steps",
            Self::Cut { .. } => "cut",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Strategy::WORDS;
        match self {
            Self::Vague(why) => why.fmt(f),
            Self::Repeated { earlier } => write!(f, "the same as step {}", earlier + 1),
            Self::Shared { classes, more: 0 } => write!(f, "also a step of {}", classes.join(", ")),
            Self::Shared { classes, more } => {
                write!(f, "also a step of {} and {more} more classes", classes.join(", "))
            }
            Self::Words { words: 1 } => {
                write!(f, "1 word; a short-fixed step has {} or {}", words.start(), words.end())
            }
            Self::Words { words: count } => {
                write!(f, "{count} words; a short-fixed step has {} or {}", words.start(), words.end())
            }
            Self::Steps { steps: 1 } => write!(f, "1 step; a short-fixed script has {}", Strategy::STEPS),
            Self::Steps { steps } => write!(f, "{steps} steps; a short-fixed script has {}", Strategy::STEPS),
            Self::Cut { template, cut } => write!(f, "too long in {template}: {cut}"),
        }
    }
}

/// A warning and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Index of the class in the file.
    pub class: usize,
    /// The step, from 0; none where the script as a whole is meant.
    pub step: Option<usize>,
    /// What is doubtful.
    pub warning: Warning,
}

impl Serialize for Finding {
    /// With the class and the step counted from 0, the kind, and the words for people.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("class", &self.class)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("kind", self.warning.kind())?;
        map.serialize_entry("message", &self.warning.to_string())?;
        match &self.warning {
            Warning::Repeated { earlier } => map.serialize_entry("earlier", earlier)?,
            Warning::Shared { classes, more } => {
                map.serialize_entry("classes", classes)?;
                if *more > 0 {
                    map.serialize_entry("more_classes", more)?;
                }
            }
            Warning::Cut { template, cut } => {
                map.serialize_entry("template", template)?;
                map.serialize_entry("kept", &cut.kept)?;
                map.serialize_entry("lost", &cut.lost)?;
            }
            Warning::Vague(_) | Warning::Words { .. } | Warning::Steps { .. } => {}
        }
        map.end()
    }
}

/// What is doubtful about a step for itself and within its script, without a checkpoint. Steps count from 0; a step that
/// is not there has no warnings.
pub fn warnings_of_step(class: &Class, step: usize, strategy: Strategy) -> Vec<Warning> {
    let Some(text) = class.steps.get(step) else { return Vec::new() };
    let read = canonical(text);
    let earlier = class.steps[..step].iter().position(|other| canonical(other) == read);
    warnings_of_text(text, &read, earlier, strategy)
}

/// The same of a step that reads like an `earlier` one. `read` is its text in canonical form.
fn warnings_of_text(text: &str, read: &str, earlier: Option<usize>, strategy: Strategy) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = vague::vague(read).map(Warning::Vague).into_iter().collect();
    warnings.extend(earlier.map(|earlier| Warning::Repeated { earlier }));
    let words = text.split_whitespace().count();
    if strategy == Strategy::ShortFixed && !Strategy::WORDS.contains(&words) {
        warnings.push(Warning::Words { words });
    }
    warnings
}

/// What is doubtful about the number of a script's steps.
pub fn warning_of_class(class: &Class, strategy: Strategy) -> Option<Warning> {
    let steps = class.steps.len();
    (strategy == Strategy::ShortFixed && steps != Strategy::STEPS).then_some(Warning::Steps { steps })
}

/// Classes of a file up to which every warning names all others that share a step. Beyond, it names [`LISTED`] of them:
/// where thousands of classes share a step, their names would outgrow the file a thousand times.
const ALL_LISTED: usize = 1000;

/// Classes that a warning names in files of more than [`ALL_LISTED`].
pub const LISTED: usize = 5;

/// Everything that is doubtful about a file without a checkpoint, in the order of the file. `count` is told of every class.
pub fn check(file: &ScriptFile, mut count: impl FnMut()) -> Vec<Finding> {
    let strategy = Strategy::of(file);
    let read: Vec<Vec<String>> =
        file.classes.iter().map(|class| class.steps.iter().map(|step| canonical(step)).collect()).collect();
    // The classes of each step, once each.
    let mut sharing: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, steps) in read.iter().enumerate() {
        for step in steps {
            let classes = sharing.entry(step).or_default();
            if classes.last() != Some(&index) {
                classes.push(index);
            }
        }
    }
    let most = if file.classes.len() > ALL_LISTED { LISTED } else { ALL_LISTED };
    let mut findings = Vec::new();
    for (index, class) in file.classes.iter().enumerate() {
        let of_class = warning_of_class(class, strategy);
        findings.extend(of_class.map(|warning| Finding { class: index, step: None, warning }));
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (step, (text, read)) in class.steps.iter().zip(&read[index]).enumerate() {
            let earlier = Some(*first.entry(read).or_insert(step)).filter(|&earlier| earlier < step);
            let mut warnings = warnings_of_text(text, read, earlier, strategy);
            let others = sharing[&read[..]].len() - 1;
            if others > 0 {
                let classes = sharing[&read[..]].iter().filter(|&&other| other != index).take(most);
                let classes: Vec<String> = classes.map(|&other| file.classes[other].name.clone()).collect();
                let more = others - classes.len();
                warnings.push(Warning::Shared { classes, more });
            }
            let found = |warning| Finding { class: index, step: Some(step), warning };
            findings.extend(warnings.into_iter().map(found));
        }
        count();
    }
    findings
}

#[cfg(test)]
mod tests;
