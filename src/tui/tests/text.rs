//! Control characters in names are shown as escapes.

use super::*;
use crate::tui::action::{EntryKind, FileEntry, Listing};

const HOSTILE: &str = "a\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200f}b";

/// The explorer with a hostile name wherever one is shown.
fn hostile_state() -> State {
    let mut clips = vec![clip(HOSTILE, Some(0), &[HOSTILE]), clip("second", None, &[])];
    for clip in &mut clips {
        let hostile = || Candidate {
            domain: HOSTILE.to_owned(),
            name: HOSTILE.to_owned(),
            steps: vec![format!("the {HOSTILE} stands"), "the athlete runs".to_owned()],
        };
        let candidates = vec![hostile(), candidate("nap", &["sleeps"])];
        let calibration = Calibration { alpha: 10.0, beta: -10.0 };
        clip.exploration = Exploration::new(candidates, calibration, KINDS.len(), Settings::default());
        clip.sources.clip = format!("clips/{HOSTILE}.mp4");
        clip.sources.model = HOSTILE.to_owned();
    }
    let mut state = state_of(clips);
    start(&mut state);
    embed_all(&mut state);
    refresh(&mut state);
    state
}

#[track_caller]
fn assert_shown(state: &mut State) {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let buffer = draw(state, ColourDepth::True, width, height);
        let text = text(&buffer);
        let obeyed = |c: char| {
            c != '\n'
                && (c.is_control()
                    || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        };
        assert!(!text.contains(obeyed), "{text:?}");
        assert!(text.contains("\\u{1b}]0;x"), "{text}");
    }
}

#[test]
fn control_characters_are_shown_on_the_screen() {
    let mut state = hostile_state();
    assert_shown(&mut state);
    for keys in ["c", "b", "f", "m", "e", "E", "/"] {
        let mut state = hostile_state();
        type_keys(&mut state, keys);
        assert_shown(&mut state);
    }
    let mut state = hostile_state();
    act(&mut state, Action::Failed(format!("cannot read {HOSTILE}")));
    assert_shown(&mut state);
}

#[test]
fn control_characters_in_file_names_are_shown_in_the_picker() {
    let entry = |kind| FileEntry { kind, name: HOSTILE.to_owned() };
    let mut state = hostile_state();
    let effects = act(&mut state, Action::Do(Command::Open));
    let [Effect::List(asked)] = &effects[..] else { panic!("{effects:?}") };
    let asked = asked.clone();
    let entries = vec![entry(EntryKind::Folder), entry(EntryKind::File)];
    act(&mut state, Action::Listed(Listing { asked, folder: format!("/tmp/{HOSTILE}").into(), entries }));
    assert_shown(&mut state);
}
