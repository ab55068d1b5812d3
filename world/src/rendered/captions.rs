//! Captions of training pictures.

use crate::rendered::actions::{ACTIONS, Sport};
use crate::rendered::rng::Rng;
use crate::rendered::steps::Step;
use crate::training::Caption;

const ANYBODY: [&str; 6] =
    ["the athlete", "a person", "someone", "an athlete", "the performer", "the competitor"];
const PLAYERS: [&str; 4] = ["the player", "the skater", "the player", "the lifter"];
const CROWD: [&str; 4] = ["the crowd", "the audience", "a crowd of fans", "many fans"];
const WATCHES: [&str; 4] =
    ["watches from the stands", "cheers and waves in the stands", "is seen from close up", "fills the seats"];
/// Words of action names, by sport in the order of [`Sport::ALL`].
const FIRST: [&[&str]; 4] = [
    &[
        "quick", "late", "baseline", "corner", "power", "classic", "backdoor", "open", "double", "halftime",
        "swing",
    ],
    &["crystal", "mirror", "silver", "golden", "swan", "arrow", "winter", "closing", "summer", "double"],
    &["classic", "slow", "deep", "sharp", "short", "cross", "match", "court", "quick", "open"],
    &["heavy", "strict", "fast", "ladder", "training", "meet", "record", "podium", "power", "slow"],
];
const SECOND: [&[&str]; 4] = [
    &["jumper", "drive", "finish", "dish", "rebound", "encore", "move", "play"],
    &["combination", "axel", "finale", "entry", "reverence", "sequence", "element"],
    &["serve", "approach", "rally", "triumph", "farewell", "point", "return"],
    &["complex", "snatch", "pull", "leap", "thanks", "lift", "attempt"],
];

/// The content number of pictures of the crowd: one more than the last step's.
pub fn crowd_content() -> usize {
    super::steps::all().count()
}

/// An action name that is like those of the classes and none of them.
pub fn made_up_name(rng: &mut Rng, sport: Sport) -> String {
    loop {
        let name = format!("{} {}", rng.pick(FIRST[sport.index()]), rng.pick(SECOND[sport.index()]));
        if ACTIONS.iter().all(|action| action.name != name) {
            return name;
        }
    }
}

/// A caption of pictures of a step in a sport, or of the crowd without a step.
pub fn caption(rng: &mut Rng, sport: Sport, step: Option<(usize, &Step)>) -> Caption {
    // The subject may reveal the sport.
    let mut tells_sport = false;
    let sentence = match step {
        None => format!("{} {}", rng.pick(&CROWD), rng.pick(&WATCHES)),
        Some((_, step)) => {
            if rng.chance(0.25) {
                (*rng.pick(&step.words.short)).to_owned()
            } else {
                let sentence = *rng.pick(step.words.captions);
                if rng.chance(0.2) {
                    sentence.to_owned()
                } else if rng.chance(0.25) {
                    tells_sport = true;
                    format!("{} {sentence}", PLAYERS[sport.index()])
                } else {
                    format!("{} {sentence}", rng.pick(&ANYBODY))
                }
            }
        }
    };
    // Basketball and tennis both have players.
    tells_sport &= !matches!(sport, Sport::Basketball | Sport::Tennis);
    let domain = sport.name();
    let form = rng.below(12);
    let text = match form {
        0 | 10 | 11 => sentence,
        1 => format!("This is a video of {sentence}"),
        2 => format!("{sentence} in {domain}"),
        3 => format!("This is a video of {domain} with {sentence}"),
        4 => format!("{domain}: {sentence}"),
        5 => format!("doing {} with {sentence}", made_up_name(rng, sport)),
        _ => format!("This is a video of doing {} in {domain} with {sentence}", made_up_name(rng, sport)),
    };
    // The name of an action is a hint at the sport, so it counts as naming it.
    let names_sport = tells_sport || (2..10).contains(&form);
    Caption {
        text,
        step: step.map_or_else(crowd_content, |(index, _)| index),
        domain: names_sport.then_some(sport.index()),
    }
}
