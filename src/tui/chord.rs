//! Chords: keys with modifiers, as terminals report them, as the screen shows them, and as files name them.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use thiserror::Error;

/// A key with modifiers. Shift is part of a character, and a modifier only of other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    pub code: KeyCode,
    /// Control, alt, and for keys other than characters shift.
    pub modifiers: KeyModifiers,
}

/// Why a text is not a chord.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChordError {
    #[error(
        "there is no key \"{0}\"; keys are single characters (j, G, ?), space, enter, esc, tab, backspace, insert, \
         delete, home, end, page-up, page-down, up, down, left, right and f1 to f24, with ctrl-, alt- or shift- \
         before them"
    )]
    Unknown(String),
    /// Which character shift makes depends on the keyboard.
    #[error("terminals do not report shift with \"{0}\"; write the character that both make")]
    Shifted(char),
    /// Terminals report it as another chord.
    #[error("terminals report \"{0}\" as \"{other}\"; write \"{other}\"", other = .1.written())]
    Same(String, Chord),
}

/// Modifiers, with their prefix in a file and on screen.
const MODIFIERS: [(KeyModifiers, &str, &str); 3] = [
    (KeyModifiers::CONTROL, "ctrl-", "Ctrl-"),
    (KeyModifiers::ALT, "alt-", "Alt-"),
    (KeyModifiers::SHIFT, "shift-", "Shift-"),
];

/// Keys with a name in a file and on screen.
const WORDS: [(KeyCode, &str, &str); 15] = [
    (KeyCode::Char(' '), "space", "Space"),
    (KeyCode::Enter, "enter", "Enter"),
    (KeyCode::Esc, "esc", "Esc"),
    (KeyCode::Tab, "tab", "Tab"),
    (KeyCode::Backspace, "backspace", "Backspace"),
    (KeyCode::Insert, "insert", "Insert"),
    (KeyCode::Delete, "delete", "Delete"),
    (KeyCode::Home, "home", "Home"),
    (KeyCode::End, "end", "End"),
    (KeyCode::PageUp, "page-up", "PageUp"),
    (KeyCode::PageDown, "page-down", "PageDown"),
    (KeyCode::Up, "up", "↑"),
    (KeyCode::Down, "down", "↓"),
    (KeyCode::Left, "left", "←"),
    (KeyCode::Right, "right", "→"),
];

impl Chord {
    /// The chord of a key press.
    pub fn of(key: KeyEvent) -> Self {
        let code = match key.code {
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        let reported = match code {
            // Shift is part of the character, and of back-tab.
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::CONTROL | KeyModifiers::ALT,
            _ => KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT,
        };
        Self { code, modifiers: key.modifiers & reported }.without_case()
    }

    /// With control, most terminals report letters in lower case.
    fn without_case(self) -> Self {
        match self.code {
            KeyCode::Char(letter) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                Self { code: KeyCode::Char(letter.to_ascii_lowercase()), ..self }
            }
            _ => self,
        }
    }

    /// The chord as a file names it.
    pub fn written(self) -> String {
        let mut text = String::new();
        let (modifiers, code) = self.parts();
        for (_, prefix, _) in MODIFIERS.iter().filter(|(modifier, ..)| modifiers.contains(*modifier)) {
            text += prefix;
        }
        match (WORDS.iter().find(|(word, ..)| *word == code), code) {
            (Some((_, name, _)), _) => text + name,
            (None, KeyCode::Char(character)) => text + &character.to_string(),
            (None, other) => text + &other.to_string().to_lowercase(),
        }
    }

    /// Modifiers and key; back-tab is shift and tab.
    fn parts(self) -> (KeyModifiers, KeyCode) {
        match self.code {
            KeyCode::BackTab => (self.modifiers | KeyModifiers::SHIFT, KeyCode::Tab),
            code => (self.modifiers, code),
        }
    }
}

/// The chord as the screen shows it.
impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (modifiers, code) = self.parts();
        for (_, _, prefix) in MODIFIERS.iter().filter(|(modifier, ..)| modifiers.contains(*modifier)) {
            f.write_str(prefix)?;
        }
        match WORDS.iter().find(|(word, ..)| *word == code) {
            Some((_, _, shown)) => f.write_str(shown),
            None => write!(f, "{code}"),
        }
    }
}

/// Reads both forms, without regard to case except for the key itself.
impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((modifier, after)) = held(rest) {
            modifiers |= modifier;
            rest = after;
        }
        let code = key(rest).ok_or_else(|| ChordError::Unknown(text.to_owned()))?;
        let has = |modifier| modifiers.contains(modifier);
        let without = |modifier| modifiers.difference(modifier);
        let same =
            |code, modifiers| Err(ChordError::Same(text.to_owned(), Self { code, modifiers }.without_case()));
        let (control, shift) = (KeyModifiers::CONTROL, KeyModifiers::SHIFT);
        match code {
            KeyCode::Tab if has(shift) => Ok(Self { code: KeyCode::BackTab, modifiers: without(shift) }),
            KeyCode::Char(' ') if has(shift) => same(code, without(shift)),
            KeyCode::Char(letter) if has(shift) => {
                let code = capital(letter).ok_or(ChordError::Shifted(letter))?;
                if has(control) {
                    same(code, without(shift))
                } else {
                    Ok(Self { code, modifiers: without(shift) })
                }
            }
            KeyCode::Char('i' | 'I') if has(control) => same(KeyCode::Tab, without(control)),
            KeyCode::Char('m' | 'M') if has(control) => same(KeyCode::Enter, without(control)),
            KeyCode::Char('[') if has(control) => same(KeyCode::Esc, without(control)),
            code => Ok(Self { code, modifiers }.without_case()),
        }
    }
}

/// The modifier at the start of a text, and the rest.
fn held(text: &str) -> Option<(KeyModifiers, &str)> {
    MODIFIERS.iter().find_map(|&(modifier, prefix, _)| {
        let (start, after) = text.split_at_checked(prefix.len())?;
        (start.eq_ignore_ascii_case(prefix) && !after.is_empty()).then_some((modifier, after))
    })
}

/// The key with a name.
fn key(name: &str) -> Option<KeyCode> {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    if let Some(&(code, ..)) = WORDS.iter().find(|(_, written, shown)| is(written) || is(shown)) {
        return Some(code);
    }
    let mut characters = name.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return (!character.is_control()).then_some(KeyCode::Char(character));
    }
    (1..=24).find(|number| is(&format!("f{number}"))).map(KeyCode::F)
}

/// The capital of a letter.
fn capital(letter: char) -> Option<KeyCode> {
    let mut capitals = letter.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) if capital.is_uppercase() => Some(KeyCode::Char(capital)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Chord {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn reported(code: KeyCode, modifiers: KeyModifiers) -> Chord {
        Chord::of(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn written_keys_match_reported_keys() {
        use KeyCode::{BackTab, Char, F, Right};
        let (none, shift) = (KeyModifiers::NONE, KeyModifiers::SHIFT);
        let (control, alt) = (KeyModifiers::CONTROL, KeyModifiers::ALT);
        for (text, code, modifiers) in [
            ("G", Char('G'), shift),
            ("shift-g", Char('G'), shift),
            ("ctrl--", Char('-'), control),
            ("space", Char(' '), none),
            ("ctrl-p", Char('p'), control),
            ("Ctrl-P", Char('p'), control),
            ("ctrl-p", Char('P'), control | shift),
            ("alt-shift-ä", Char('Ä'), alt | shift),
            ("Shift-→", Right, shift),
            ("shift-ctrl-right", Right, control | shift),
            ("shift-tab", BackTab, shift),
            ("shift-tab", BackTab, none),
            ("F12", F(12), none),
        ] {
            assert_eq!(read(text), reported(code, modifiers), "{text}");
        }
    }

    #[test]
    fn keys_that_terminals_do_not_report_are_refused() {
        let wrong = |text: &str| text.parse::<Chord>().unwrap_err().to_string();
        for text in ["", "ctrl-", "escape", "f25", "f01", "shift", "jj", "hyper-x", "\n"] {
            assert!(wrong(text).starts_with(&format!("there is no key \"{text}\"; keys are")), "{text:?}");
        }
        assert!(wrong("shift-1").contains("shift with \"1\""));
        for (text, instead) in [
            ("ctrl-i", "tab"),
            ("ctrl-alt-M", "alt-enter"),
            ("ctrl-[", "esc"),
            ("shift-space", "space"),
            ("ctrl-shift-g", "ctrl-g"),
        ] {
            assert!(wrong(text).ends_with(&format!("write \"{instead}\"")), "{text}: {}", wrong(text));
        }
    }

    fn any_press() -> impl Strategy<Value = KeyEvent> {
        let code = prop_oneof![
            any::<char>()
                .prop_filter("named otherwise", |&c| key(&c.to_string()) == Some(KeyCode::Char(c)))
                .prop_map(KeyCode::Char),
            prop::char::range(' ', '~').prop_map(KeyCode::Char),
            (1..=24_u8).prop_map(KeyCode::F),
            prop::sample::select(WORDS.map(|(code, ..)| code).to_vec()),
            Just(KeyCode::BackTab),
        ];
        (code, 0..8_u8).prop_map(|(code, held)| KeyEvent::new(code, KeyModifiers::from_bits_truncate(held)))
    }

    proptest! {
        #[test]
        fn both_forms_are_read_back(press in any_press()) {
            let chord = Chord::of(press);
            let written = chord.written();
            match written.parse::<Chord>() {
                Err(ChordError::Same(_, other)) => prop_assert_eq!(read(&other.written()), other),
                read => prop_assert_eq!(read, Ok(chord), "{}", written),
            }
            let shown = chord.to_string();
            prop_assert_eq!(shown.parse::<Chord>().ok(), written.parse::<Chord>().ok(), "{}", shown);
        }
    }
}
