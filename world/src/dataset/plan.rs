//! Which action a clip shows, among which candidates, and how.

use clap::ValueEnum;
use serde::Serialize;

use crate::encode::Format;
use crate::rendered::{ACTIONS, Action, Clip, Rng, Sport, Telling, Timing, all_actions};

/// How hard clips are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Difficulty {
    /// One athlete in a spotlight, five candidates
    Easy,
    /// Filmed badly among others, with cuts, replays, repeated and left out steps; ten candidates, most of them alike
    Video,
}

/// Kinds of candidates, and a kind of timing. Every fourth clip is planned for each; others may belong to it too.
const GROUPS: [&str; 4] = ["order-pair", "shared-phase", "near-twin", "late-start"];

const EASY_CANDIDATES: usize = 5;
const VIDEO_CANDIDATES: usize = 10;
/// Order pairs among the candidates of a video clip, at least.
const ORDER_PAIRS: usize = 2;
/// Candidates of a video clip that are near-twins of another, at least.
const NEAR_TWINS: usize = 4;

/// A line of the manifest.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub video: String,
    pub domain: &'static str,
    pub candidates: Vec<&'static str>,
    pub answer: usize,
    pub groups: Vec<&'static str>,
}

/// A clip to be rendered.
pub struct Plan {
    pub entry: Entry,
    pub clip: Clip,
    pub format: Format,
}

impl Plan {
    pub fn new(seed: u64, number: usize, difficulty: Difficulty) -> Self {
        match difficulty {
            Difficulty::Easy => Self::easy(seed, number),
            Difficulty::Video => Self::video(seed, number),
        }
    }

    fn easy(seed: u64, number: usize) -> Self {
        let rng = &mut Rng::new(seed, "plan", number as u64);
        let start = Start::new(rng, number, ACTIONS.iter());
        let Start { action, timing, .. } = start;
        let mut rivals = start.rivals;
        rng.shuffle(&mut rivals);
        rivals.truncate(2);
        let mut others: Vec<&'static Action> = ACTIONS
            .iter()
            .filter(|other| other.sport == action.sport && *other != action && !rivals.contains(other))
            .collect();
        rng.shuffle(&mut others);
        let mut candidates: Vec<&'static Action> = [action].into_iter().chain(rivals).chain(others).collect();
        candidates.truncate(EASY_CANDIDATES);
        rng.shuffle(&mut candidates);
        Self {
            clip: Clip::easy(&mut Rng::new(seed, "clip", number as u64), action, timing),
            entry: Entry::new(action, &candidates, timing, format!("{number:04}"), &[]),
            // Small files in which the flat colours stay clean.
            format: Format::EASY,
        }
    }

    fn video(seed: u64, number: usize) -> Self {
        let rng = &mut Rng::new(seed, "video plan", number as u64);
        let start = Start::new(rng, number, all_actions());
        let Start { action, timing, .. } = start;
        let candidates = alike(rng, action, start.rivals);
        let dispensable = action.dispensable(&candidates);
        let skipped = (!dispensable.is_empty() && rng.chance(0.35)).then(|| *rng.pick(&dispensable));
        let repeated =
            rng.chance(0.3).then(|| rng.below(action.steps.len())).filter(|step| skipped != Some(*step));
        let telling = Telling { timing, skipped, repeated };
        let clip = Clip::video(&mut Rng::new(seed, "video clip", number as u64), action, telling);
        let mut traits = clip.traits();
        traits.extend(skipped.map(|_| "skipped-step"));
        traits.extend(repeated.map(|_| "repeated-step"));
        Self {
            entry: Entry::new(action, &candidates, timing, format!("video-{number:04}"), &traits),
            clip,
            format: Format {
                size: (256, 192),
                frames_per_second: 10,
                rate_factor: 26 + rng.below(11) as u32,
            },
        }
    }
}

/// What a plan begins with.
struct Start {
    action: &'static Action,
    /// Those that make it hard.
    rivals: Vec<&'static Action>,
    timing: Timing,
}

impl Start {
    fn new(rng: &mut Rng, number: usize, all: impl Iterator<Item = &'static Action> + Clone) -> Self {
        let group = GROUPS[number % GROUPS.len()];
        let sport = Sport::ALL[(number + number / GROUPS.len()) % Sport::ALL.len()];
        let rivals = |action: &Action| -> Vec<&'static Action> {
            let is_rival: fn(&Action, &Action) -> bool = match group {
                "shared-phase" => Action::is_shared_phase,
                "near-twin" => Action::is_near_twin,
                _ => Action::is_order_pair,
            };
            all.clone().filter(|other| is_rival(action, other)).collect()
        };
        let choice: Vec<&'static Action> = all
            .clone()
            .filter(|action| action.sport == sport && (group == "late-start" || !rivals(action).is_empty()))
            .collect();
        let action = *rng.pick(&choice);
        let timing = match group {
            "late-start" => *rng.pick(&[Timing::Late, Timing::Early]),
            _ => Timing::Whole,
        };
        Self { action, rivals: rivals(action), timing }
    }
}

impl Entry {
    fn new(
        action: &Action,
        candidates: &[&'static Action],
        timing: Timing,
        number: String,
        traits: &[&'static str],
    ) -> Self {
        let any = |is: fn(&Action, &Action) -> bool| candidates.iter().any(|other| is(action, other));
        let member = [
            any(Action::is_order_pair),
            any(Action::is_shared_phase),
            any(Action::is_near_twin),
            timing != Timing::Whole,
        ];
        let groups = GROUPS.iter().zip(member).filter(|(_, member)| *member).map(|(group, _)| *group);
        let id = format!("{}-{number}", action.sport.name().replace(' ', "-"));
        Self {
            video: format!("clips/{id}.mp4"),
            id,
            domain: action.sport.name(),
            answer: candidates.iter().position(|other| *other == action).unwrap_or_default(),
            candidates: candidates.iter().map(|other| other.name).collect(),
            groups: groups.chain(traits.iter().copied()).collect(),
        }
    }
}

/// Candidates that are hard to tell apart: some of the action's rivals and twins, and others, with enough order pairs and
/// near-twins among them all.
fn alike(rng: &mut Rng, action: &'static Action, mut rivals: Vec<&'static Action>) -> Vec<&'static Action> {
    rng.shuffle(&mut rivals);
    rivals.truncate(2);
    let same_sport = |other: &&'static Action| other.sport == action.sport && *other != action;
    let mut twins: Vec<_> = all_actions().filter(|other| action.is_near_twin(other)).collect();
    rng.shuffle(&mut twins);
    twins.truncate(2);
    let order = all_actions().filter(|other| action.is_order_pair(other));
    let mut first = vec![action];
    for other in rivals.into_iter().chain(twins).chain(order) {
        if !first.contains(&other) {
            first.push(other);
        }
    }
    loop {
        let mut others: Vec<_> =
            all_actions().filter(same_sport).filter(|other| !first.contains(other)).collect();
        rng.shuffle(&mut others);
        let mut candidates: Vec<_> = first.iter().copied().chain(others).collect();
        candidates.truncate(VIDEO_CANDIDATES);
        if order_pairs(&candidates) >= ORDER_PAIRS && near_twins(&candidates) >= NEAR_TWINS {
            rng.shuffle(&mut candidates);
            return candidates;
        }
    }
}

/// Pairs with the same steps in another order.
fn order_pairs(candidates: &[&Action]) -> usize {
    let pairs = candidates
        .iter()
        .enumerate()
        .map(|(i, action)| candidates[i + 1..].iter().filter(|other| action.is_order_pair(other)).count());
    pairs.sum()
}

/// Candidates that are near-twins of another one.
fn near_twins(candidates: &[&Action]) -> usize {
    candidates.iter().filter(|action| candidates.iter().any(|other| action.is_near_twin(other))).count()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn plans(difficulty: Difficulty, count: usize) -> Vec<Plan> {
        (0..count).map(|number| Plan::new(5, number, difficulty)).collect()
    }

    #[test]
    fn each_group_has_a_quarter_of_the_clips() {
        for difficulty in [Difficulty::Easy, Difficulty::Video] {
            let plans = plans(difficulty, 40);
            for group in GROUPS {
                let members = plans.iter().filter(|plan| plan.entry.groups.contains(&group)).count();
                assert!(members >= 10, "{difficulty:?}, {group}: {members}");
            }
        }
    }

    #[test]
    fn candidates_are_different_and_as_many_as_the_difficulty_has() {
        for (difficulty, count) in [(Difficulty::Easy, 5), (Difficulty::Video, 10)] {
            for Plan { entry, .. } in plans(difficulty, 200) {
                let names: HashSet<_> = entry.candidates.iter().collect();
                assert_eq!((names.len(), entry.candidates.len()), (count, count), "{entry:?}");
                let named = |name| all_actions().find(|action| action.name == name).unwrap();
                assert_eq!(named(entry.candidates[entry.answer]).sport.name(), entry.domain);
            }
        }
    }

    #[test]
    fn candidates_of_video_clips_resemble_each_other() {
        for Plan { entry, .. } in plans(Difficulty::Video, 400) {
            let named = |name: &&str| all_actions().find(|action| action.name == *name).unwrap();
            let candidates: Vec<_> = entry.candidates.iter().map(named).collect();
            assert!(order_pairs(&candidates) >= ORDER_PAIRS, "{entry:?}");
            assert!(near_twins(&candidates) >= NEAR_TWINS, "{entry:?}");
        }
    }

    #[test]
    fn video_clips_are_hard_in_many_ways() {
        let plans = plans(Difficulty::Video, 200);
        let groups = [
            "crowded",
            "hidden",
            "blurred",
            "flickering",
            "camouflaged",
            "far",
            "close",
            "skipped-step",
            "repeated-step",
        ];
        for group in groups {
            let members = plans.iter().filter(|plan| plan.entry.groups.contains(&group)).count();
            assert!((10..150).contains(&members), "{group}: {members}");
        }
    }
}
