//! The keys of a configuration.

use std::ops::Range;
use std::slice;

use toml::de::{DeTable, DeValue};

use crate::tui::commands::{COMMANDS, Command};
use crate::tui::config::read::{Reader, Value, similar};
use crate::tui::keymap::{Chord, Keymap};

/// Commands that must keep a key: they lead out, and to all others.
const INDISPENSABLE: [Command; 3] = [Command::Quit, Command::Palette, Command::Help];

impl Reader<'_> {
    /// Binds the commands of the `[keys]` table.
    pub fn keys(&mut self, keys: &DeTable, keymap: &mut Keymap) {
        let mut bound: Vec<(Command, Vec<Chord>)> = Vec::new();
        let mut places: Vec<(Range<usize>, Command, Chord)> = Vec::new();
        for (name, value) in keys {
            let Some(command) = Command::named(name.get_ref()) else {
                let names: Vec<_> = COMMANDS.iter().map(|about| about.name).collect();
                let similar = similar(name.get_ref(), &names);
                let what = format!(
                    "unknown command \"{}\";{} `actalign-tui keys` lists all",
                    name.get_ref(),
                    similar.map_or_else(String::new, |similar| format!(" did you mean {similar}?"))
                );
                self.fault(name.span(), what);
                continue;
            };
            let Some(chords) = self.chords(name.get_ref(), value) else { continue };
            bound.push((command, chords.iter().map(|(_, chord)| *chord).collect()));
            places.extend(chords.into_iter().map(|(place, chord)| (place, command, chord)));
        }
        places.sort_by_key(|(place, ..)| place.start);
        for (at, (place, _, chord)) in places.iter().enumerate() {
            if let Some((first, command, _)) = places[..at].iter().find(|(.., earlier)| earlier == chord) {
                let what = format!(
                    "\"{}\" is already bound to {} in line {}; give each key to one command",
                    chord.written(),
                    command.about().name,
                    self.line(first.start)
                );
                self.fault(place.clone(), what);
            }
        }
        for (command, chords) in &bound {
            keymap.bind(*command, chords);
        }
        self.keep_indispensable(keys, &places, keymap);
    }

    /// Reports indispensable commands without a key.
    fn keep_indispensable(
        &mut self,
        keys: &DeTable,
        places: &[(Range<usize>, Command, Chord)],
        keymap: &Keymap,
    ) {
        let defaults = Keymap::default();
        for command in INDISPENSABLE {
            if keymap.chords(command).next().is_some() {
                continue;
            }
            let name = command.about().name;
            // The place where it was unbound, or where another command took its last key.
            let unbound = keys.get_key_value(name).map(|(key, _)| key.span());
            let taken = || places.iter().rfind(|(.., chord)| defaults.command(*chord) == Some(command));
            let place = unbound.or_else(|| taken().map(|(place, ..)| place.clone())).unwrap_or_default();
            let example: Vec<_> = defaults.chords(command).map(Chord::written).collect();
            let what = format!("{name} needs a key; by default it has {}", example.join(" and "));
            self.fault(place, what);
        }
    }

    /// The chords of a command; none if one is invalid.
    fn chords(&mut self, command: &str, value: &Value) -> Option<Vec<(Range<usize>, Chord)>> {
        let list = match value.get_ref() {
            DeValue::Boolean(false) => return Some(Vec::new()),
            DeValue::String(_) => slice::from_ref(value),
            DeValue::Array(list) => list,
            _ => {
                self.wrong_type(command, "a key, a list of keys, or false for none", value);
                return None;
            }
        };
        let mut chords = Vec::new();
        for value in list {
            match value.get_ref().as_str().map(str::parse::<Chord>) {
                Some(Ok(chord)) => chords.push((value.span(), chord)),
                Some(Err(error)) => self.fault(value.span(), error.to_string()),
                None => self.wrong_type("a key", "a string", value),
            }
        }
        (chords.len() == list.len()).then_some(chords)
    }
}
