//! Captions of training pictures. None is a step of a script, and none has the wording of a template of the program.

use crate::rendered::actions::Sport;
use crate::rendered::rng::Rng;
use crate::rendered::steps::Step;
use crate::training::Caption;

const ANYBODY: [&str; 6] =
    ["the athlete", "a person", "someone", "an athlete", "the performer", "the competitor"];
const PLAYERS: [&str; 4] = ["the player", "the skater", "the player", "the lifter"];
const CROWD: [&str; 4] = ["the crowd", "the audience", "a crowd of fans", "many fans"];
const WATCHES: [&str; 4] =
    ["watches from the stands", "cheers and waves in the stands", "is seen from close up", "fills the seats"];

/// The wordings around a sentence, with the placeholders of the program's templates.
pub const WORDINGS: [&str; 15] = [
    "we see {step}",
    "{step} on the screen",
    "a still that shows {step}",
    "at this moment {step}",
    "{domain} footage where {step}",
    "a scene of {domain} {step}",
    "during {domain} {step}",
    "{step} at a {domain} event",
    "in this {domain} video {step}",
    "{step} while doing {domain}",
    "the {action} in {domain} shows {step}",
    "one part of the {domain} {action} is that {step}",
    "{step} as part of a {action} during {domain}",
    "{action} by a {domain} athlete then {step}",
    "the {action} begins and {step}",
];

/// Words of made-up action names, the same in every sport: a name that says nothing about its steps.
pub const FIRST: [&str; 28] = [
    "amber", "autumn", "basic", "blue", "border", "bronze", "coastal", "copper", "eastern", "evening",
    "famous", "green", "hidden", "island", "ivory", "lucky", "maple", "modern", "morning", "northern", "old",
    "orange", "river", "royal", "secret", "simple", "velvet", "violet",
];
pub const SECOND: [&str; 22] = [
    "attempt",
    "chapter",
    "detail",
    "drill",
    "effort",
    "element",
    "exercise",
    "figure",
    "habit",
    "idea",
    "lesson",
    "manoeuvre",
    "method",
    "moment",
    "number",
    "pattern",
    "phase",
    "piece",
    "practice",
    "routine",
    "task",
    "trick",
];
const SYLLABLES: [&str; 24] = [
    "al", "bi", "cle", "dun", "er", "fas", "gra", "hoo", "ie", "jer", "kip", "lan", "mi", "nat", "oop",
    "pra", "que", "rus", "ske", "tch", "un", "vol", "win", "xel",
];

/// The content number of pictures of the crowd: one more than the last step's.
pub fn crowd_content() -> usize {
    super::steps::all().count()
}

/// A name of two or three words that no class has. Half of them have a word that is not English.
fn made_up_name(rng: &mut Rng) -> String {
    let strange =
        |rng: &mut Rng| -> String { (0..2 + rng.below(3)).map(|_| *rng.pick(&SYLLABLES)).collect() };
    match rng.below(4) {
        0 => format!("{} {}", strange(rng), rng.pick(&SECOND)),
        1 => format!("{} {}", rng.pick(&FIRST), strange(rng)),
        2 => format!("{} {} {}", rng.pick(&FIRST), rng.pick(&FIRST), rng.pick(&SECOND)),
        _ => format!("{} {}", rng.pick(&FIRST), rng.pick(&SECOND)),
    }
}

/// A caption of pictures of a step in a sport, or of the crowd without a step.
pub fn caption(rng: &mut Rng, sport: Sport, step: Option<(usize, &Step)>) -> Caption {
    // The subject may reveal the sport.
    let mut tells_sport = false;
    let sentence = match step {
        None => format!("{} {}", rng.pick(&CROWD), rng.pick(&WATCHES)),
        Some((_, step)) if rng.chance(0.3) => (*rng.pick(&step.words.brief)).to_owned(),
        Some((_, step)) => {
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
    };
    // Basketball and tennis both have players.
    tells_sport &= !matches!(sport, Sport::Basketball | Sport::Tennis);
    let wording = *rng.pick(&WORDINGS);
    let text = wording
        .replace("{action}", &made_up_name(rng))
        .replace("{domain}", sport.name())
        .replace("{step}", &sentence);
    let names_sport = tells_sport || wording.contains("{domain}");
    Caption {
        text,
        step: step.map_or_else(crowd_content, |(index, _)| index),
        domain: names_sport.then_some(sport.index()),
    }
}
