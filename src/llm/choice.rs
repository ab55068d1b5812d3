use serde_json::Value;

use super::answer::{Final, one_line};
use super::completion::Answer;

/// Which candidate an answer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The candidate with this index.
    One(usize),
    /// No candidate.
    None,
    /// Several, one that it doubts, or the answer was cut off.
    Unclear,
}

/// The candidate that an answer settles on: in JSON, after the word "answer", or as the only one of a sentence; by number,
/// letter or name.
pub fn choice_in(answer: &Answer, names: &[String]) -> Choice {
    let said = Final::of(&answer.text);
    if said.lacks_its_end(answer.is_cut) || (said.text.is_empty() && !answer.text.trim().is_empty()) {
        return Choice::Unclear;
    }
    let names = Names::new(names);
    let choice = match said.json.iter().rev().find_map(|value| value.get("answer")) {
        Some(Value::String(text)) => names.in_prose(text),
        Some(value) => {
            value.as_u64().and_then(|number| names.counted(number)).map_or(Choice::None, Choice::One)
        }
        None => return names.in_prose(said.text),
    };
    // The text after it may take it back.
    let taken_back = match names.after_marker(said.rest) {
        Some(other) => other != choice,
        None => has_word(said.rest, TAKEN_BACK),
    };
    if taken_back { Choice::Unclear } else { choice }
}

/// Words that introduce the final choice.
const MARKERS: &str = "answer choice conclusion prediction";

/// Words between such a marker and the candidate.
const BETWEEN: &str = "\
    is was are would will be should must the an candidate option number choice class action \
    letter final therefore thus clearly definitely boxed text mathrm no";

/// Words that take back what came before.
const TAKEN_BACK: &str = "wait actually however correction instead rather sorry";

/// Words that doubt or deny.
const DOUBT: &str = "\
    not no never neither nor or either could might may maybe perhaps possibly unlikely unsure \
    unclear uncertain but unless without cannot t though although than unlike exclude ruled \
    wrong except if";

/// The candidates, found by number, letter or name.
struct Names {
    /// In lower case on one line.
    lower: Vec<String>,
}

impl Names {
    fn new(names: &[String]) -> Self {
        Self { lower: names.iter().map(|name| one_line(name).to_lowercase()).collect() }
    }

    /// The candidate of a number from 1.
    fn counted(&self, number: u64) -> Option<usize> {
        usize::try_from(number).ok()?.checked_sub(1).filter(|&place| place < self.lower.len())
    }

    /// The candidate of a number or a letter.
    fn marked(&self, mark: &str) -> Option<usize> {
        match mark.as_bytes() {
            [letter] if letter.is_ascii_alphabetic() => {
                self.counted(u64::from(letter.to_ascii_lowercase() - b'a') + 1)
            }
            _ => mark.parse().ok().and_then(|number| self.counted(number)),
        }
    }

    /// The candidate of exactly this name; unclear if two have it.
    fn named(&self, lower: &str) -> Option<Choice> {
        let mut places = (0..self.lower.len()).filter(|&place| self.lower[place] == lower);
        match (places.next(), places.next()) {
            (None, _) => None,
            (Some(place), None) => Some(Choice::One(place)),
            _ => Some(Choice::Unclear),
        }
    }

    fn in_prose(&self, text: &str) -> Choice {
        let text = one_line(text);
        if let Some(choice) = self.whole(&text.to_lowercase()).or_else(|| self.after_marker(&text)) {
            return choice;
        }
        let (places, rest) = self.mentioned(&text);
        match places[..] {
            [] => Choice::None,
            [place] if !has_word(&rest, DOUBT) && !has_word(&rest, TAKEN_BACK) => Choice::One(place),
            _ => Choice::Unclear,
        }
    }

    /// The candidate of a text that is nothing else: `2`, `(b)`, `fork`, `2. fork`, `b) fork`.
    fn whole(&self, lower: &str) -> Option<Choice> {
        let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
        if let Some(choice) = self.named(lower).or_else(|| self.named(bare)) {
            return Some(choice);
        }
        let (mark, rest) = bare.split_once(['.', ')', ':']).unwrap_or((bare, ""));
        let place = self.marked(mark)?;
        let rest = rest.trim();
        (rest.is_empty() || rest == self.lower[place]).then_some(Choice::One(place))
    }

    /// The choice after the last of the [`MARKERS`]; `None` without a marker.
    fn after_marker(&self, text: &str) -> Option<Choice> {
        let lower = text.to_lowercase();
        let behind = |marker: &str| {
            let ends = lower.match_indices(marker).map(|(at, marker)| (at, at + marker.len()));
            ends.filter(|&(at, end)| {
                let is_word = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
                is_word(lower[..at].chars().next_back()) && is_word(lower[end..].chars().next())
            })
            .map(|(_, end)| end)
            // "This is my answer." introduces nothing.
            .filter(|&end| lower[end..].contains(char::is_alphanumeric))
            .last()
        };
        let end = MARKERS.split(' ').filter_map(behind).max()?;
        let Some((choice, rest)) = self.at_beginning(&lower[end..]) else { return Some(Choice::Unclear) };
        let Choice::One(place) = choice else { return Some(choice) };
        let sentence = rest.split(['.', '!', '\n']).next().unwrap_or_default();
        let (others, left) = self.mentioned(sentence);
        let is_doubted = words(&left).next().is_some_and(|word| is_in(word, DOUBT))
            || has_word(rest, TAKEN_BACK)
            || has_word(rest, "no but")
            || sentence.trim_start().starts_with(['?', '/']);
        if is_doubted || others.iter().any(|&other| other != place) {
            return Some(Choice::Unclear);
        }
        Some(choice)
    }

    /// The candidate that a text in lower case begins with, and the text after it.
    fn at_beginning<'a>(&self, lower: &'a str) -> Option<(Choice, &'a str)> {
        let mut rest = lower;
        for _ in 0..8 {
            rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
            let longest = self.lower.iter().filter(|name| begins(rest, name)).max_by_key(|name| name.len());
            if let Some(name) = longest {
                return Some((self.named(name)?, &rest[name.len()..]));
            }
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            // Before a word, "a" is an article and not a letter.
            let is_article = word == "a"
                && after.strip_prefix(' ').is_some_and(|after| after.starts_with(char::is_alphanumeric));
            match self.marked(word) {
                Some(place) if !is_article => return Some((Choice::One(place), after)),
                _ if is_article || is_in(word, BETWEEN) => rest = after,
                _ => return None,
            }
        }
        None
    }

    /// The candidates that a text mentions, and the text without their names.
    fn mentioned(&self, text: &str) -> (Vec<usize>, String) {
        let mut left = text.to_owned();
        let mut places = Vec::new();
        let mut longest_first: Vec<usize> = (0..self.lower.len()).collect();
        longest_first.sort_by_key(|&place| std::cmp::Reverse(self.lower[place].len()));
        // Longest names first: "fork" inside "royal fork" is no mention of "fork".
        let mut found: Vec<&str> = Vec::new();
        for place in longest_first {
            let name = &self.lower[place][..];
            let without = without(&left, name);
            if without.is_some() || found.contains(&name) {
                places.push(place);
                found.push(name);
            }
            left = without.unwrap_or(left);
        }
        let tokens: Vec<&str> =
            left.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty()).collect();
        for (at, token) in tokens.iter().enumerate() {
            // "A" is an article before most words, and "I" a pronoun.
            let is_mark = match *token {
                "I" => false,
                "A" => tokens.get(at + 1).is_none_or(|next| {
                    next.len() == 1 || ["and", "or", "is", "was", "but", "final", "because"].contains(next)
                }),
                token if token.len() == 1 && token.bytes().all(|byte| byte.is_ascii_uppercase()) => true,
                token => token.bytes().all(|byte| byte.is_ascii_digit()),
            };
            places.extend(self.marked(token).filter(|_| is_mark));
        }
        places.sort_unstable();
        places.dedup();
        (places, left)
    }
}

/// Whether a text begins with a name as whole words.
fn begins(text: &str, name: &str) -> bool {
    !name.is_empty()
        && text.strip_prefix(name).is_some_and(|rest| !rest.chars().next().is_some_and(char::is_alphanumeric))
}

/// Replaces a name in [`without`]: a word that no text has.
const NAME: char = '\u{3400}';

/// The text without `name` (lower case) where it occurs as whole words; `None` if it does not.
fn without(text: &str, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    // Lower case may be longer or shorter: then the result is in lower case.
    let lower = text.to_lowercase();
    let source = if lower.len() == text.len() { text } else { &lower[..] };
    let mut left = String::new();
    let mut end = 0;
    for (at, _) in lower.match_indices(name) {
        let before = lower[..at].chars().next_back();
        let after = lower[at + name.len()..].chars().next();
        if at >= end && ![before, after].into_iter().flatten().any(char::is_alphanumeric) {
            left.push_str(source.get(end..at)?);
            left.push(NAME);
            end = at + name.len();
        }
    }
    if end == 0 {
        return None;
    }
    left.push_str(source.get(end..)?);
    Some(left)
}

/// Whether a text has one of these lower-case words.
fn has_word(text: &str, list: &str) -> bool {
    words(&text.to_lowercase()).any(|word| is_in(word, list))
}

/// Whether a word is in a list of words separated by spaces.
fn is_in(word: &str, list: &str) -> bool {
    list.split(' ').any(|other| other == word)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Choice::{None, One, Unclear};
    use super::*;

    const NAMES: [&str; 4] = ["Fork", "absolute pin", "pin", "skewer"];

    fn choice(text: &str, is_cut: bool) -> Choice {
        choice_in(&Answer { text: text.to_owned(), is_cut }, &NAMES.map(str::to_owned))
    }

    #[test]
    fn an_answer_names_one_candidate_or_none() {
        for (answer, expected) in [
            (r#"{"answer": 2}"#, One(1)),
            ("```json\n{\"answer\": \"pin\"}\n```", One(2)),
            (r#"{"answer": "b"}"#, One(1)),
            ("<think>the fork?</think>{\"answer\": 3}", One(2)),
            ("2", One(1)),
            ("(B)", One(1)),
            ("1. fork", One(0)),
            ("b) absolute pin.", One(1)),
            ("The clip shows an Absolute Pin.", One(1)),
            ("It is a **pin**.", One(2)),
            ("A fork, or a pin", Unclear),
            ("forks and pins", None),
            (r#"{"answer": 0}"#, None),
            (r#"{"answer": 5}"#, None),
            (r#"{"answer": null}"#, None),
            ("2. fork", Unclear),
            ("", None),
            ("No idea", None),
            ("<think>a fork", Unclear),
        ] {
            assert_eq!(choice(answer, false), expected, "{answer}");
        }
    }

    #[test]
    fn the_last_choice_counts() {
        for (answer, expected) in [
            (r#"{"answer": 1} {"answer": 2}"#, One(1)),
            ("```json\n{\"answer\": 1}\n```\nNo:\n```json\n{\"answer\": 4}\n```", One(3)),
            (r#"{"answer": 1}</reasoning>final answer: B"#, One(1)),
            ("It could be a fork. Final answer: B", One(1)),
            ("My first answer was A. Final answer: **skewer**.", One(3)),
            ("The answer is a fork.", One(0)),
            ("Answer: A", One(0)),
            ("Answer: a pin", One(2)),
            ("The correct answer is option 2.", One(1)),
            ("\\boxed{B} is the answer: \\boxed{B}", One(1)),
            ("<answer>B</answer>", One(1)),
            ("{'answer': 2}", One(1)),
            (r#"{"answer": 2,}"#, One(1)),
            ("1. fork 2. absolute pin 3. pin 4. skewer. Answer: 3", One(2)),
            ("A skewer. This is my answer.", One(3)),
            (r#"{"answer": 2} The absolute pin: the piece cannot move, as a fork would allow."#, One(1)),
        ] {
            assert_eq!(choice(answer, false), expected, "{answer}");
        }
    }

    #[test]
    fn an_open_question_is_no_answer() {
        for answer in [
            "It could be a fork.",
            "It is not a fork.",
            "This isn't a fork",
            "A FORK? NO.",
            "A or B",
            "It is not an absolute pin, it is a pin",
            "Answer: A or B",
            "Answer: A? No, it is B",
            "Answer: A. Wait, the king moves. It is a skewer.",
            "The answer is not A.",
            "The answer is A. A better answer might be the second",
            "the right answer is the second one, not A",
            "A fork is what it looks like, which leaves B",
            r#"{"answer": 1} Wait, that is wrong."#,
            r#"{"answer": 1} The final answer is B."#,
            r#"{"answer": "A or B"}"#,
            r#"{"answer": 1, "final": {"answer": "#,
            r#"{"answer": 1} Final: {"answer": "#,
        ] {
            assert_eq!(choice(answer, false), Unclear, "{answer}");
        }
        assert_eq!(choice("It is a fork", true), Unclear);
        assert_eq!(choice(r#"{"answer": 1} or"#, true), Unclear);
        assert_eq!(choice(r#"{"answer": 1}"#, true), One(0));
        let twins = ["Fork", "fork"].map(str::to_owned);
        let said = |text: &str| choice_in(&Answer { text: text.to_owned(), is_cut: false }, &twins);
        assert_eq!((said("fork"), said("It is a fork."), said("B")), (Unclear, Unclear, One(1)));
    }
}
