use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

/// Why a step is vague.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vague {
    /// Only function words.
    NoContent,
    /// A phrase that fits any action, and little else.
    Phrase(String),
    /// Only content words that fit any action.
    Generic,
}

impl fmt::Display for Vague {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContent => f.write_str("has no word that a picture could show"),
            Self::Phrase(phrase) => write!(f, "\"{phrase}\" fits any action; say what a picture shows"),
            Self::Generic => f.write_str("fits any action; say what a picture shows"),
        }
    }
}

/// Content words beside a phrase of [`PHRASES`] that make a step specific.
const MIN_CONTENT: usize = 3;

/// Phrases that fit any action. `a|b` is either word; function words in between do not count.
const PHRASES: &[&str] = &[
    "move|moves|moving position|place",
    "get|gets|getting position|place",
    "take|takes|taking position|place",
    "adjust|adjusts|adjusting position|stance|posture",
    "get|gets|getting ready|set|started",
    "is|are|stand|stands ready",
    "prepare|prepares|preparing|preparation",
    "start|starts|starting|begin|begins|beginning action|movement|motion|sequence|routine|exercise",
    "continue|continues|continuing",
    "repeat|repeats|repeating|repeated",
    "perform|performs|performing",
    "execute|executes|executing",
    "complete|completes|completing|finish|finishes|finishing action|movement|motion|sequence|routine|exercise|move",
    "follow|follows|following through",
    "final position|pose",
    "starting|initial position|stance|pose",
    "maintain|maintains|maintaining form|balance|control|focus",
    "focus|focuses|focusing",
    "as needed|required|necessary",
    "if needed|required|necessary",
    "and so on",
    "etc",
    "next step|phase",
];

/// Words without content.
const FUNCTION: &str = "\
    a about after again against all an and any are as at away back be been before being both but by each \
    for from has have having he her here him his how if in into is it its just more now of off on once \
    one onto or other out over own she so some than that the their them then there these they this those \
    through to too towards until up very was well were when where which while who will with";

static FUNCTION_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| FUNCTION.split(' ').collect());
static GENERIC_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| GENERIC.iter().flat_map(|list| list.split(' ')).collect());

/// Content words that fit any action.
const GENERIC: [&str; 4] = [
    // Actors.
    "actor athlete athletes body competitor competitors individual man men participant people performer \
     person player players someone subject woman women",
    // Parts.
    "action activity exercise form motion move movement phase pose position posture routine sequence \
     skill stance step technique thing trick",
    // Verbs.
    "act acts adjust adjusting adjusts approach approaches approaching begin beginning begins change \
     changes changing do does doing end ending ends finish finishes finishing get gets getting go goes \
     going hold holding holds look looking looks make makes making move moves moving proceed proceeds \
     ready rest resting rests set start starting starts stop stops take takes transition transitions \
     tries try trying use uses using wait waiting waits",
    // Adverbs and the like, which no single picture shows.
    "careful carefully correct correctly final first fully good initial last next proper properly \
     second slowly smoothly successfully",
];

/// Why a step is vague, if it is. `canonical` is lower case without punctuation.
pub fn vague(canonical: &str) -> Option<Vague> {
    let words: Vec<&str> = canonical.split(' ').collect();
    let has_content = |word: &&str| !word.is_empty() && !FUNCTION_WORDS.contains(word);
    let content: Vec<&str> = words.iter().copied().filter(has_content).collect();
    if content.is_empty() {
        return Some(Vague::NoContent);
    }
    for phrase in PHRASES {
        if let Some(found) = find(phrase, &words) {
            let inside = words[found.clone()].iter().filter(|word| has_content(word)).count();
            if content.len() - inside < MIN_CONTENT {
                return Some(Vague::Phrase(words[found].join(" ")));
            }
        }
    }
    content.iter().all(|word| GENERIC_WORDS.contains(word)).then_some(Vague::Generic)
}

/// The words that match a phrase.
fn find(phrase: &str, words: &[&str]) -> Option<std::ops::Range<usize>> {
    (0..words.len()).find_map(|start| {
        let mut at = start;
        for (place, alternatives) in phrase.split(' ').enumerate() {
            let is_this = |word: &str| alternatives.split('|').any(|one| one == word);
            if place > 0 {
                at += words[at..]
                    .iter()
                    .take_while(|word| FUNCTION_WORDS.contains(*word) && !is_this(word))
                    .count();
            }
            if !words.get(at).is_some_and(|word| is_this(word)) {
                return None;
            }
            at += 1;
        }
        Some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_that_fits_any_action_is_vague_without_more_words() {
        for (step, found) in [
            ("moves into his position", "moves into his position"),
            ("gets ready for the serve", "gets ready"),
            ("continue", "continue"),
            ("repeats with the other leg", "repeats"),
            ("maintains balance", "maintains balance"),
            ("executes the trick", "executes"),
        ] {
            assert_eq!(vague(step), Some(Vague::Phrase(found.to_owned())), "{step}");
        }
    }

    #[test]
    fn words_without_visible_content_are_vague() {
        for step in ["and then", "it is over", "of the other one"] {
            assert_eq!(vague(step), Some(Vague::NoContent), "{step}");
        }
        for step in ["move", "looks up", "the athlete moves", "does the trick", "final movement"] {
            assert_eq!(vague(step), Some(Vague::Generic), "{step}");
        }
    }

    #[test]
    fn visible_actions_are_not_vague() {
        for step in [
            "jump",
            "the skater spins",
            "knee bends",
            "climber gets ready below a steep wall with chalked hands",
            "spins fast with the body in a vertical split position",
            "player moves the racket behind the back",
            "the pan is jerked upwards",
        ] {
            assert_eq!(vague(step), None, "{step}");
        }
    }
}
