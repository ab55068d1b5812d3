//! The keys of a quiz, one row each: footer, `--help` and keyboard follow from the rows.

use crate::tui::chord::Chord;

/// What a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Number,
    Down,
    Up,
    Choose,
    Pause,
    Replay,
    Forward,
    Backward,
    Skip,
    Previous,
    Suspend,
    Quit,
}

/// A row of the table.
pub struct Row {
    pub command: Command,
    /// Separated by spaces, the first one as the footer shows it.
    pub keys: &'static str,
    /// A word for the footer; none if it is not there.
    pub label: Option<&'static str>,
    pub help: &'static str,
}

const fn row(command: Command, keys: &'static str, label: Option<&'static str>, help: &'static str) -> Row {
    Row { command, keys, label, help }
}

/// All keys, in the order of the footer.
pub const KEYS: [Row; 12] = [
    row(Command::Number, "1 2 3 4 5 6 7 8 9", Some("answer"), "answer with the candidate of that number"),
    row(Command::Down, "down j", None, "select the next candidate"),
    row(Command::Up, "up k", None, "select the previous candidate"),
    row(Command::Choose, "enter", Some("the selected one"), "answer with the selected candidate"),
    row(Command::Pause, "space", Some("pause"), "pause the clip, or play on"),
    row(Command::Replay, "r", Some("again"), "play the clip again from its beginning"),
    row(Command::Backward, "left h", Some("frame back"), "go one frame back"),
    row(Command::Forward, "right l", Some("forward"), "go one frame forward"),
    row(Command::Skip, "s tab", Some("skip"), "skip the clip; it comes back at the end"),
    row(
        Command::Previous,
        "b backspace",
        Some("previous"),
        "go back to the clip before, to change its answer",
    ),
    row(Command::Suspend, "ctrl-z", None, "go back to the shell; fg comes back here"),
    row(Command::Quit, "q ctrl-c", Some("stop"), "stop; the same command continues later"),
];

impl Row {
    fn chords(&self) -> impl Iterator<Item = Chord> {
        self.keys.split_whitespace().filter_map(|key| key.parse().ok())
    }

    /// The key that the footer names.
    pub fn shown(&self) -> String {
        match self.command {
            Command::Number => "1–9".to_owned(),
            _ => self.chords().next().map_or_else(String::new, |chord| chord.to_string()),
        }
    }
}

/// The command of a chord.
pub fn command(chord: Chord) -> Option<Command> {
    KEYS.iter().find(|row| row.chords().any(|known| known == chord)).map(|row| row.command)
}

/// The first key of a command, as the screen shows it.
pub fn key(command: Command) -> String {
    KEYS.iter().find(|row| row.command == command).map_or_else(String::new, Row::shown)
}

/// All keys with their help, for `--help`.
pub fn table() -> String {
    let keys = |row: &Row| match row.command {
        Command::Number => row.shown(),
        _ => row.chords().map(|chord| chord.to_string()).collect::<Vec<_>>().join(" "),
    };
    let width = KEYS.iter().map(|row| keys(row).chars().count()).max().unwrap_or(0);
    let lines: Vec<String> =
        KEYS.iter().map(|row| format!("  {:<width$}  {}", keys(row), row.help)).collect();
    format!("Keys:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_a_chord_of_one_command() {
        let mut seen = std::collections::HashSet::new();
        for row in &KEYS {
            for key in row.keys.split_whitespace() {
                let chord: Chord = key.parse().unwrap();
                assert!(seen.insert(chord), "{key}");
                assert_eq!(command(chord), Some(row.command));
            }
        }
    }
}
