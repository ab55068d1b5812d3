//! Scripts of all classes, in several wordings.

use serde_json::Map;

use super::plan::Difficulty;
use crate::rendered::{ACTIONS, Action, Rng, Sport, Step, all_actions, step_named};
use actalign_tui::script::{Class, ScriptFile};

const SHORT_STEPS: usize = 10;

/// How steps are worded. No step is a caption of the training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// A sentence with its subject.
    ContextRich,
    /// Ten phrases of two or three words.
    ShortFixed,
    /// [`Wording::ContextRich`] with a quarter of its words replaced by those of [`Wording::Other`].
    QuarterOther,
    /// With half of its words replaced.
    HalfOther,
    /// In words unknown to training.
    Other,
}

impl Wording {
    pub const ALL: [Self; 5] =
        [Self::ContextRich, Self::ShortFixed, Self::QuarterOther, Self::HalfOther, Self::Other];

    pub fn file_name(self) -> &'static str {
        match self {
            Self::ContextRich => "scripts.json",
            Self::ShortFixed => "scripts-short.json",
            Self::QuarterOther => "scripts-quarter-other-words.json",
            Self::HalfOther => "scripts-half-other-words.json",
            Self::Other => "scripts-other-words.json",
        }
    }

    fn steps(self, action: &Action) -> Vec<String> {
        match self {
            Self::ContextRich => context_rich(action),
            Self::ShortFixed => short_fixed(action),
            Self::QuarterOther => partly_other_words(action, 0.25),
            Self::HalfOther => partly_other_words(action, 0.5),
            Self::Other => other_words(action),
        }
    }
}

/// The script file of all classes that clips of a difficulty can show.
pub fn script_file(wording: Wording, difficulty: Difficulty) -> ScriptFile {
    let class = |action: &Action| Class {
        name: action.name.to_owned(),
        domain: Some(action.sport.name().to_owned()),
        steps: wording.steps(action),
        other: Map::new(),
    };
    let classes = match difficulty {
        Difficulty::Easy => ACTIONS.iter().map(class).collect(),
        Difficulty::Video => all_actions().map(class).collect(),
    };
    ScriptFile { domain: None, classes, other: Map::new() }
}

fn actor(step: &Step) -> &'static str {
    match step.sport {
        Some(Sport::Basketball | Sport::Tennis) => "the player",
        Some(Sport::FigureSkating) => "the skater",
        Some(Sport::Weightlifting) => "the lifter",
        None => "the athlete",
    }
}

fn context_rich(action: &Action) -> Vec<String> {
    let steps = action.steps.iter().map(|key| step_named(key));
    steps.map(|step| format!("{} {}", actor(step), step.words.script)).collect()
}

fn short_fixed(action: &Action) -> Vec<String> {
    let count = action.steps.len();
    (0..SHORT_STEPS)
        .map(|i| {
            let step = i * count / SHORT_STEPS;
            let first = (step * SHORT_STEPS).div_ceil(count);
            step_named(action.steps[step]).words.short[(i - first) % 3].to_owned()
        })
        .collect()
}

fn other_words(action: &Action) -> Vec<String> {
    let steps = action.steps.iter().map(|key| step_named(key));
    steps.map(|step| format!("the athlete {}", step.words.unseen)).collect()
}

/// The steps of [`context_rich`] with a random `share` of words replaced by those of [`other_words`].
fn partly_other_words(action: &Action, share: f32) -> Vec<String> {
    let replaced = |step: &Step| {
        // By step, so that it reads the same in every script.
        let mut rng = Rng::new(0, step.key, 0);
        let others: Vec<&str> = step.words.unseen.split(' ').collect();
        let script = step.words.script.split(' ');
        let words = script.map(|word| if rng.chance(share) { *rng.pick(&others) } else { word });
        format!("{} {}", actor(step), words.collect::<Vec<_>>().join(" "))
    };
    action.steps.iter().map(|key| replaced(step_named(key))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_partly_in_other_words_by_the_share_asked_for() {
        for (share, allowed) in [(0.0, 0.0..=0.0), (0.25, 0.15..=0.35), (0.5, 0.4..=0.6)] {
            let (mut words, mut replaced) = (0, 0);
            for action in all_actions() {
                for (whole, partly) in context_rich(action).iter().zip(partly_other_words(action, share)) {
                    let pairs: Vec<_> = whole.split(' ').zip(partly.split(' ')).skip(2).collect();
                    words += pairs.len();
                    replaced += pairs.iter().filter(|(a, b)| a != b).count();
                }
            }
            let measured = replaced as f32 / words as f32;
            assert!(allowed.contains(&measured), "{share}: {measured}");
        }
    }

    #[test]
    fn short_scripts_have_ten_steps_in_the_classes_order() {
        for action in all_actions() {
            let steps = short_fixed(action);
            assert_eq!(steps.len(), SHORT_STEPS, "{}", action.name);
            assert!(steps.iter().all(|step| (2..=3).contains(&step.split(' ').count())), "{steps:?}");
            let of: Vec<usize> = steps
                .iter()
                .map(|text| {
                    let is = |key: &&str| step_named(key).words.short.contains(&text.as_str());
                    action.steps.iter().position(is).unwrap()
                })
                .collect();
            assert!(of.is_sorted(), "{}: {of:?}", action.name);
            assert!((0..action.steps.len()).all(|step| of.contains(&step)));
        }
    }
}
