//! Commands that match what is typed.

use std::cmp::Reverse;
use std::fmt;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::commands::{About, COMMANDS};

/// A command that matches, and where. Places count characters, ascending.
#[derive(Clone)]
pub struct Match {
    /// The command.
    pub about: &'static About,
    /// Places of its name that are typed.
    pub name: Vec<usize>,
    /// Places of its help that are typed.
    pub help: Vec<usize>,
}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about.name)
    }
}

/// The commands that match a query, best first; all of them, in the order of the help, where it is empty.
///
/// Each word of the query is looked for in the name, with gaps, or as it is in the help. A name that matches comes before a
/// help that does.
pub fn matches(query: &str) -> Vec<Match> {
    let atom = |word, kind| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, kind, false);
    let words: Vec<(Atom, Atom)> = query
        .split_whitespace()
        .map(|word| (atom(word, AtomKind::Fuzzy), atom(word, AtomKind::Substring)))
        .collect();
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let mut found: Vec<(Score, Match)> =
        COMMANDS.iter().filter_map(|about| of(about, &words, &mut matcher)).collect();
    if !words.is_empty() {
        found.sort_by_key(|(score, found)| (Reverse(*score), found.about.name.len()));
    }
    found.into_iter().map(|(_, found)| found).collect()
}

/// How many words are in the name, and how well all of them match.
type Score = (usize, u32);

/// Where all words match a command, and how well; none if one of them does not.
fn of(about: &'static About, words: &[(Atom, Atom)], matcher: &mut Matcher) -> Option<(Score, Match)> {
    let (mut name, mut help) = (Vec::new(), Vec::new());
    let (mut in_name, mut score) = (0, 0);
    let (mut name_letters, mut help_letters) = (Vec::new(), Vec::new());
    let name_text = Utf32Str::new(about.name, &mut name_letters);
    let help_text = Utf32Str::new(about.help, &mut help_letters);
    for (with_gaps, as_it_is) in words {
        if let Some(points) = with_gaps.indices(name_text, matcher, &mut name) {
            in_name += 1;
            score += u32::from(points);
        } else {
            score += u32::from(as_it_is.indices(help_text, matcher, &mut help)?);
        }
    }
    Some(((in_name, score), Match { about, name: places(name), help: places(help) }))
}

/// The places of all words together.
fn places(mut places: Vec<u32>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|place| place as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<&'static str> {
        matches(query).into_iter().map(|found| found.about.name).collect()
    }

    #[test]
    fn nothing_typed_finds_all_in_the_order_of_the_help() {
        let all: Vec<_> = COMMANDS.iter().map(|about| about.name).collect();
        assert_eq!(names(""), all);
        assert_eq!(names("  "), all);
        assert!(matches("").iter().all(|found| found.name.is_empty() && found.help.is_empty()));
    }

    #[test]
    fn a_name_finds_its_command_first() {
        for about in COMMANDS {
            assert_eq!(names(about.name)[0], about.name);
            assert_eq!(names(&about.name.to_uppercase().replace('-', " "))[0], about.name);
        }
    }

    #[test]
    fn letters_in_order_and_words_of_the_help_find_commands() {
        for name in ["smooth-less", "smooth-more", "smooth-much-less", "smooth-much-more"] {
            assert!(names("smth")[..5].contains(&name), "{:?}", names("smth"));
        }
        assert_eq!(names("smm")[0], "smooth-more");
        assert!(names("checkpoint").is_empty());
        assert_eq!(names("bottom line"), Vec::<&str>::new());
        assert_eq!(names("paper")[0], "next-preset");
        assert_eq!(names("alpha edit"), ["edit-calibration"]);
        assert!(names("mtoohs").is_empty());
    }

    #[test]
    fn names_come_before_helps_and_places_are_those_of_the_letters() {
        let found = matches("step");
        let is_in_name = |found: &Match| found.about.name.contains("step");
        assert!(found.is_sorted_by_key(|found| !is_in_name(found)));
        assert!(found.iter().any(is_in_name) && !found.iter().all(is_in_name));
        for Match { about, name, help } in found {
            let letters = |text: &str, places: &[usize]| -> String {
                places.iter().map(|&place| text.chars().nth(place).unwrap()).collect()
            };
            let expected = if name.is_empty() { ("", "step") } else { ("step", "") };
            assert_eq!((&*letters(about.name, &name), &*letters(about.help, &help)), expected);
        }
    }
}
