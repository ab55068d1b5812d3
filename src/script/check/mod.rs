//! Warnings about scripts, before any clip is compared with them. A script with warnings can be used.
//!
//! Results of a checkpoint are passed in: whether it reads a sentence to its end, and its embeddings.

mod cut;
mod likeness;
mod vague;

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::backbone::canonical;
use crate::script::{Class, ScriptFile, Strategy, range_text};

pub use cut::{Cut, cut};
pub use likeness::{Likeness, MAX_COMPARED, Pair, in_order, likeness};
pub use vague::Vague;

/// A warning about a step, or about a whole script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Nothing that a picture could show.
    Vague(Vague),
    /// The same as an earlier step of the script.
    Repeated {
        /// The earlier step, from 0.
        earlier: usize,
    },
    /// Also a step of other classes.
    Shared {
        /// Names of these classes; of very many, the first [`LISTED`].
        classes: Vec<String>,
        /// Number of further classes.
        more: usize,
    },
    /// Fewer or more words than the strategy allows.
    Words { words: usize, strategy: Strategy },
    /// Fewer or more steps than the strategy's exact number.
    Steps { steps: usize, strategy: Strategy },
    /// The sentence is longer than the checkpoint reads.
    Cut {
        /// Name of the template, or its text if it is custom.
        template: String,
        cut: Cut,
    },
}

impl Warning {
    /// The kind in JSON.
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
        let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        match self {
            Self::Vague(why) => why.fmt(f),
            Self::Repeated { earlier } => write!(f, "the same as step {}", earlier + 1),
            Self::Shared { classes, more: 0 } => write!(f, "also a step of {}", classes.join(", ")),
            Self::Shared { classes, more } => {
                write!(f, "also a step of {} and {more} more classes", classes.join(", "))
            }
            Self::Words { words, strategy } => {
                let allowed = strategy.words().map_or_else(String::new, |range| range_text(&range));
                write!(f, "{}; a {strategy} step has {allowed}", count(*words, "word"))
            }
            Self::Steps { steps, strategy } => {
                let allowed = range_text(&strategy.steps());
                write!(f, "{}; a {strategy} script has {allowed}", count(*steps, "step"))
            }
            Self::Cut { template, cut } => write!(f, "too long in {template}: {cut}"),
        }
    }
}

/// A warning and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub class: usize,
    /// Index of the step; `None` for the whole script.
    pub step: Option<usize>,
    pub warning: Warning,
}

impl Serialize for Finding {
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

/// Warnings about a step by itself and within its script.
pub fn warnings_of_step(class: &Class, step: usize, strategy: Strategy) -> Vec<Warning> {
    let Some(text) = class.steps.get(step) else { return Vec::new() };
    let read = canonical(text);
    let earlier = class.steps[..step].iter().position(|other| canonical(other) == read);
    warnings_of_text(text, &read, earlier, strategy)
}

/// `read` is the canonical form of the text, `earlier` an equal step before it.
fn warnings_of_text(text: &str, read: &str, earlier: Option<usize>, strategy: Strategy) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = vague::vague(read).map(Warning::Vague).into_iter().collect();
    warnings.extend(earlier.map(|earlier| Warning::Repeated { earlier }));
    let words = text.split_whitespace().count();
    if strategy.words().is_some_and(|range| !range.contains(&words)) {
        warnings.push(Warning::Words { words, strategy });
    }
    warnings
}

/// In files of up to this many classes, a warning names all classes that share a step. In larger ones it names [`LISTED`]:
/// the names could outgrow the file a thousand times.
const ALL_LISTED: usize = 1000;

/// Classes that a warning names in larger files than [`ALL_LISTED`].
pub const LISTED: usize = 5;

/// All warnings that need no checkpoint, in the order of the file. Calls `count` for every class.
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
        let steps = class.steps.len();
        if strategy.exact_steps().is_some_and(|exact| steps != exact) {
            let warning = Warning::Steps { steps, strategy };
            findings.push(Finding { class: index, step: None, warning });
        }
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
pub mod tests;
