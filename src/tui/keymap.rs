//! Which key does what.

pub use crate::tui::chord::Chord;
use crate::tui::commands::{COMMANDS, Command};

/// The keymap in force: chords in the order in which they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    bindings: Vec<(Chord, Command)>,
}

impl Keymap {
    /// The command of a chord.
    pub fn command(&self, chord: Chord) -> Option<Command> {
        self.bindings.iter().find(|(bound, _)| *bound == chord).map(|&(_, command)| command)
    }

    /// The chords of a command.
    pub fn chords(&self, command: Command) -> impl Iterator<Item = Chord> {
        self.bindings.iter().filter(move |(_, bound)| *bound == command).map(|&(chord, _)| chord)
    }

    /// The first chord of a command as the screen shows it; empty where it has none.
    pub fn key(&self, command: Command) -> String {
        self.chords(command).next().map_or_else(String::new, |chord| chord.to_string())
    }

    /// The first chords of several commands, separated by spaces.
    pub fn keys(&self, commands: &[Command]) -> String {
        let keys: Vec<String> = commands.iter().map(|&command| self.key(command)).collect();
        keys.join(" ").trim().to_owned()
    }

    /// Gives a command these chords in place of those that it had, and takes them from other commands.
    pub fn bind(&mut self, command: Command, chords: &[Chord]) {
        self.bindings.retain(|(chord, bound)| *bound != command && !chords.contains(chord));
        self.bindings.extend(chords.iter().map(|&chord| (chord, command)));
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let chord = |text: &str| text.parse().expect("a test reads the chords of the table");
        let bindings = COMMANDS
            .iter()
            .flat_map(|about| about.keys.split_whitespace().map(move |text| (chord(text), about.command)));
        Self { bindings: bindings.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_chord_and_no_chord_two_commands() {
        let keymap = Keymap::default();
        for about in COMMANDS {
            assert_eq!(about.command.about().name, about.name, "the table is in the order of the enum");
            let mut chords = keymap.chords(about.command).peekable();
            // Without a key these are found in the palette alone.
            assert!(chords.peek().is_some() || matches!(about.command, Command::Mouse), "{}", about.name);
            assert!(chords.all(|chord| keymap.command(chord) == Some(about.command)), "{}", about.name);
        }
    }
}
