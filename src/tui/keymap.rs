//! Which key does what. The help is made from this table.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::action::Action;

/// A line of the keymap: keys that belong together and what they do.
pub struct Binding {
    /// The keys as the help shows them.
    pub keys: &'static str,
    /// What they do.
    pub help: &'static str,
    /// A word for the hint line, for the keys that matter most.
    pub hint: Option<&'static str>,
    matches: fn(KeyEvent) -> Option<Action>,
}

/// The keymap in force.
pub const KEYMAP: &[Binding] = &[
    Binding {
        keys: "j k",
        help: "select the next or previous candidate (also ↓ ↑)",
        hint: Some("candidate"),
        matches: |key| match key.code {
            KeyCode::Char('j') | KeyCode::Down => Some(Action::SelectBy(1)),
            KeyCode::Char('k') | KeyCode::Up => Some(Action::SelectBy(-1)),
            _ => None,
        },
    },
    Binding {
        keys: "1-9",
        help: "select the candidate at this rank",
        hint: None,
        matches: |key| match key.code {
            KeyCode::Char(digit @ '1'..='9') => Some(Action::SelectPlace(digit as usize - '1' as usize)),
            _ => None,
        },
    },
    Binding {
        keys: "← →",
        help: "move the time cursor by a frame, with shift by ten (also h l, H L)",
        hint: Some("time"),
        matches: |key| {
            let far = if key.modifiers.contains(KeyModifiers::SHIFT) { 10 } else { 1 };
            match key.code {
                KeyCode::Left | KeyCode::Char('h') => Some(Action::MoveCursor(-far)),
                KeyCode::Right | KeyCode::Char('l') => Some(Action::MoveCursor(far)),
                KeyCode::Char('H') => Some(Action::MoveCursor(-10)),
                KeyCode::Char('L') => Some(Action::MoveCursor(10)),
                _ => None,
            }
        },
    },
    Binding {
        keys: "n p",
        help: "jump to where the path enters the next or previous step",
        hint: None,
        matches: |key| match key.code {
            KeyCode::Char('n') => Some(Action::NextStep),
            KeyCode::Char('p') => Some(Action::PreviousStep),
            _ => None,
        },
    },
    Binding {
        keys: "g G",
        help: "jump to the first or last frame (also Home End)",
        hint: None,
        matches: |key| match key.code {
            KeyCode::Char('g') | KeyCode::Home => Some(Action::CursorToStart),
            KeyCode::Char('G') | KeyCode::End => Some(Action::CursorToEnd),
            _ => None,
        },
    },
    Binding {
        keys: "[ ]",
        help: "smooth over fewer or more frames",
        hint: Some("smoothing"),
        matches: |key| match key.code {
            KeyCode::Char('[') => Some(Action::Smooth(-1)),
            KeyCode::Char(']') => Some(Action::Smooth(1)),
            _ => None,
        },
    },
    Binding {
        keys: "{ }",
        help: "smooth over ten frames fewer or more",
        hint: None,
        matches: |key| match key.code {
            KeyCode::Char('{') => Some(Action::Smooth(-10)),
            KeyCode::Char('}') => Some(Action::Smooth(10)),
            _ => None,
        },
    },
    Binding {
        keys: "t T",
        help: "put the steps into the next or previous template",
        hint: Some("template"),
        matches: |key| match key.code {
            KeyCode::Char('t') => Some(Action::NextTemplate),
            KeyCode::Char('T') => Some(Action::PreviousTemplate),
            _ => None,
        },
    },
    Binding {
        keys: "v",
        help: "colour the matrix by rank, logarithm or value",
        hint: None,
        matches: |key| (key.code == KeyCode::Char('v')).then_some(Action::NextScale),
    },
    Binding {
        keys: "N P",
        help: "turn to the next or previous clip, where there are several",
        hint: None,
        matches: |key| match key.code {
            KeyCode::Char('N') => Some(Action::TurnClip(1)),
            KeyCode::Char('P') => Some(Action::TurnClip(-1)),
            _ => None,
        },
    },
    Binding {
        keys: "s",
        help: "save a snapshot (JSON) in the folder where the program was started",
        hint: Some("save"),
        matches: |key| (key.code == KeyCode::Char('s')).then_some(Action::Save),
    },
    Binding {
        keys: "?",
        help: "show or hide this help",
        hint: Some("help"),
        matches: |key| (key.code == KeyCode::Char('?')).then_some(Action::ToggleHelp),
    },
    Binding {
        keys: "i",
        help: "begin the demo's guided tour, again",
        hint: None,
        matches: |key| (key.code == KeyCode::Char('i')).then_some(Action::BeginTour),
    },
    Binding {
        keys: "Enter",
        help: "go on in the tour",
        hint: None,
        matches: |key| (key.code == KeyCode::Enter).then_some(Action::NextTourStep),
    },
    Binding {
        keys: "Esc",
        help: "close the help, clear the message, end the tour",
        hint: None,
        matches: |key| (key.code == KeyCode::Esc).then_some(Action::Dismiss),
    },
    Binding {
        keys: "q",
        help: "quit (also Ctrl-C)",
        hint: Some("quit"),
        matches: |key| (key.code == KeyCode::Char('q')).then_some(Action::Quit),
    },
];

/// The action of a key press.
pub fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Action::Quit);
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    KEYMAP.iter().find_map(|binding| (binding.matches)(key))
}
