//! Clips of the rendered world as a dataset: a manifest, scripts, and H.264 files.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::encode;
use crate::rendered::{ACTIONS, Action, Boxes, Clip, Rng, Sport, Step, Timing, step_named};
use actalign_tui::files::atomic_write::write_atomically;
use actalign_tui::script::{Class, ScriptError, ScriptFile};

const CANDIDATES: usize = 5;
const SHORT_STEPS: usize = 10;

/// Why a clip is hard.
const GROUPS: [&str; 4] = ["order-pair", "shared-phase", "near-twin", "late-start"];

/// A dataset that cannot be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error("cannot write {}: {source}\nhelp: choose another folder with --out", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Script(#[from] ScriptError),
    #[error("cannot encode {}: {reason}\nhelp: check with actalign-tui doctor that FFmpeg has libx264", path.display())]
    Encode { path: PathBuf, reason: String },
}

#[derive(Debug, Serialize, PartialEq, Eq)]
struct Entry {
    id: String,
    video: String,
    domain: &'static str,
    candidates: Vec<&'static str>,
    answer: usize,
    groups: Vec<&'static str>,
}

/// A clip to be rendered.
struct Plan {
    entry: Entry,
    action: &'static Action,
    timing: Timing,
}

impl Plan {
    /// Every fourth clip is planned for each group; others may belong to it too.
    fn new(seed: u64, number: usize) -> Self {
        let rng = &mut Rng::new(seed, "plan", number as u64);
        let group = GROUPS[number % GROUPS.len()];
        let sport = Sport::ALL[(number + number / GROUPS.len()) % Sport::ALL.len()];
        let rivals = |action: &Action| -> Vec<&'static Action> {
            let is_rival: fn(&Action, &Action) -> bool = match group {
                "shared-phase" => Action::is_shared_phase,
                "near-twin" => Action::is_near_twin,
                _ => Action::is_order_pair,
            };
            ACTIONS.iter().filter(|other| is_rival(action, other)).collect()
        };
        let choice: Vec<&'static Action> = ACTIONS
            .iter()
            .filter(|action| action.sport == sport && (group == "late-start" || !rivals(action).is_empty()))
            .collect();
        let action = *rng.pick(&choice);
        let timing = match group {
            "late-start" => *rng.pick(&[Timing::Late, Timing::Early]),
            _ => Timing::Whole,
        };

        let mut rivals = rivals(action);
        rng.shuffle(&mut rivals);
        rivals.truncate(2);
        let mut others: Vec<&'static Action> = ACTIONS
            .iter()
            .filter(|other| other.sport == sport && *other != action && !rivals.contains(other))
            .collect();
        rng.shuffle(&mut others);
        let mut candidates: Vec<&'static Action> = [action].into_iter().chain(rivals).chain(others).collect();
        candidates.truncate(CANDIDATES);
        rng.shuffle(&mut candidates);

        let any = |is: fn(&Action, &Action) -> bool| candidates.iter().any(|other| is(action, other));
        let member = [
            any(Action::is_order_pair),
            any(Action::is_shared_phase),
            any(Action::is_near_twin),
            timing != Timing::Whole,
        ];
        let id = format!("{}-{number:04}", sport.name().replace(' ', "-"));
        let entry = Entry {
            video: format!("clips/{id}.mp4"),
            id,
            domain: sport.name(),
            answer: candidates.iter().position(|other| *other == action).unwrap_or_default(),
            candidates: candidates.iter().map(|other| other.name).collect(),
            groups: GROUPS
                .iter()
                .zip(member)
                .filter(|(_, member)| *member)
                .map(|(group, _)| *group)
                .collect(),
        };
        Self { entry, action, timing }
    }
}

/// Renders `clips` clips into `out`: `manifest.jsonl`, `scripts.json`, `scripts-short.json` (ten steps of two or three
/// words), `clips/`, and scripts with a quarter, a half and all of their words replaced by words unknown to training:
/// `scripts-quarter-other-words.json`, `scripts-half-other-words.json`, `scripts-other-words.json`; and `boxes.json`, which
/// says where the athlete and the prop are in each frame. The manifest is written last. `done` is called after each clip.
///
/// # Errors
/// See [`RenderError`].
pub fn render(seed: u64, clips: usize, out: &Path, done: impl Fn() + Sync) -> Result<(), RenderError> {
    let folder = out.join("clips");
    std::fs::create_dir_all(&folder).map_err(|source| RenderError::Write { path: folder, source })?;
    scripts(context_rich).save(&out.join("scripts.json"))?;
    scripts(short_fixed).save(&out.join("scripts-short.json"))?;
    scripts(|action| partly_other_words(action, 0.25)).save(&out.join("scripts-quarter-other-words.json"))?;
    scripts(|action| partly_other_words(action, 0.5)).save(&out.join("scripts-half-other-words.json"))?;
    scripts(other_words).save(&out.join("scripts-other-words.json"))?;
    let plans: Vec<Plan> = (0..clips).map(|number| Plan::new(seed, number)).collect();
    let encoded = plans.par_iter().enumerate().map(|(number, plan)| {
        let clip = Clip::random(&mut Rng::new(seed, "clip", number as u64), plan.action, plan.timing);
        let boxes = encode::write(&clip, &out.join(&plan.entry.video))?;
        done();
        Ok((plan.entry.id.clone(), Value::from_iter(boxes.iter().map(in_json))))
    });
    let boxes: Vec<(String, Value)> = encoded.collect::<Result<_, RenderError>>()?;
    let write = |name: &str, text: String| {
        let path = out.join(name);
        write_atomically(&path, text.as_bytes()).map_err(|source| RenderError::Write { path, source })
    };
    write("boxes.json", Value::Object(boxes.into_iter().collect()).to_string() + "\n")?;
    write("manifest.jsonl", plans.iter().map(|plan| json!(plan.entry).to_string() + "\n").collect())
}

/// Time and boxes of a frame. Sides have four decimals: a tenth of a pixel.
fn in_json((time, boxes): &(f64, Boxes)) -> Value {
    let rounded = |sides: [f32; 4]| sides.map(|side| (f64::from(side) * 1e4).round() / 1e4);
    json!({"time": time, "athlete": boxes.athlete.map(rounded), "prop": boxes.prop.map(rounded)})
}

/// A script for every class.
pub fn scripts(steps: impl Fn(&Action) -> Vec<String>) -> ScriptFile {
    let class = |action: &Action| Class {
        name: action.name.to_owned(),
        domain: Some(action.sport.name().to_owned()),
        steps: steps(action),
        other: Map::new(),
    };
    ScriptFile { domain: None, classes: ACTIONS.iter().map(class).collect(), other: Map::new() }
}

fn actor(step: &Step) -> &'static str {
    match step.sport {
        Some(Sport::Basketball | Sport::Tennis) => "the player",
        Some(Sport::FigureSkating) => "the skater",
        Some(Sport::Weightlifting) => "the lifter",
        None => "the athlete",
    }
}

/// The script of a class in full sentences.
pub fn context_rich(action: &Action) -> Vec<String> {
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
    fn each_group_has_a_quarter_of_the_clips() {
        let plans: Vec<Plan> = (0..40).map(|number| Plan::new(5, number)).collect();
        for group in GROUPS {
            let members = plans.iter().filter(|plan| plan.entry.groups.contains(&group)).count();
            assert!(members >= 10, "{group}: {members}");
        }
        for Plan { entry, action, .. } in &plans {
            assert_eq!(entry.candidates.len(), CANDIDATES);
            assert_eq!(entry.candidates[entry.answer], action.name);
            let mut names = entry.candidates.clone();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), CANDIDATES, "no candidate twice");
        }
    }

    #[test]
    fn steps_are_partly_in_other_words_by_the_share_asked_for() {
        for (share, allowed) in [(0.0, 0.0..=0.0), (0.25, 0.15..=0.35), (0.5, 0.4..=0.6)] {
            let (mut words, mut replaced) = (0, 0);
            for action in ACTIONS {
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
        for action in ACTIONS {
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
