//! Parses a line of plain text: an optional count, a command by its name or key, an optional argument.

use crate::tui::chord::Chord;
use crate::tui::commands::{COMMANDS, Command};
use crate::tui::keymap::Keymap;

#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub count: usize,
    pub word: Word,
    pub argument: Option<String>,
}

/// A command of the explorer, or a word of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Command(Command),
    Status,
    Ranking,
    Script,
    Frame,
    Candidate,
    Go,
    Open,
    Help,
}

/// The words of plain text, with their help.
pub const WORDS: [(&str, Word, &str); 8] = [
    ("status", Word::Status, "say all settings, the ranking and the selected candidate"),
    ("ranking", Word::Ranking, "say the candidates from the best down"),
    ("script", Word::Script, "say the steps of the selected candidate, and the frames of each"),
    ("frame", Word::Frame, "say how well the frame at the cursor fits each step"),
    ("candidate", Word::Candidate, "select the candidate in this place of the ranking: candidate 2"),
    ("go", Word::Go, "move the time cursor to so many seconds: go 2.5"),
    ("open", Word::Open, "open a clip or a script file: open clip.mp4"),
    ("help", Word::Help, "say all commands, or one: help smooth-more"),
];

/// Largest count; larger ones are taken for it.
pub const MOST: usize = 10_000;

/// Parses a line; none if it is empty.
///
/// # Errors
/// A message with similar names if it is no command.
pub fn parse(line: &str, keymap: &Keymap) -> Result<Option<Line>, String> {
    let line = line.trim();
    let (count, rest) = match line.split_once(char::is_whitespace) {
        Some((count, rest)) => match count.parse::<usize>() {
            Ok(count) => (count.clamp(1, MOST), rest.trim_start()),
            Err(_) => (1, line),
        },
        None => (1, line),
    };
    if rest.is_empty() {
        return Ok(None);
    }
    let (name, argument) = match rest.split_once(char::is_whitespace) {
        Some((name, argument)) => (name, Some(argument.trim().to_owned())),
        None => (rest, None),
    };
    let word = WORDS.iter().find(|(word, ..)| *word == name).map(|&(_, word, _)| word);
    let command = || Command::named(name).map(Word::Command);
    let key = || Some(Word::Command(keymap.command(name.parse::<Chord>().ok()?)?));
    match word.or_else(command).or_else(key) {
        Some(word) => Ok(Some(Line { count, word, argument })),
        None => Err(format!("Error: unknown command {name}; {}", similar(name))),
    }
}

/// The names most similar to what was typed.
fn similar(typed: &str) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(name, typed);
    let mut names: Vec<&str> =
        COMMANDS.iter().map(|about| about.name).chain(WORDS.map(|(word, ..)| word)).collect();
    names.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    format!("similar are {} and {}; help lists all.", names[0], names[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Line {
        parse(line, &Keymap::default()).unwrap().unwrap()
    }

    #[test]
    fn a_line_is_a_name_or_a_key_with_a_count_and_an_argument() {
        let expected =
            |count, word, argument: Option<&str>| Line { count, word, argument: argument.map(str::to_owned) };
        assert_eq!(parsed("next-candidate"), expected(1, Word::Command(Command::NextCandidate), None));
        assert_eq!(parsed(" 5 ] "), expected(5, Word::Command(Command::SmoothMore), None));
        assert_eq!(parsed("space"), expected(1, Word::Command(Command::Play), None));
        assert_eq!(parsed("3").word, Word::Command(Command::Candidate3), "a digit alone is a key");
        assert_eq!(parsed("go 2.5"), expected(1, Word::Go, Some("2.5")));
        let edit = parsed("edit-step the player  waits");
        assert_eq!(edit, expected(1, Word::Command(Command::EditStep), Some("the player  waits")));
        assert_eq!(parsed("999999999 l").count, MOST);
        assert_eq!(parse("  ", &Keymap::default()), Ok(None));
    }
}
