//! One clip under several models.

use super::*;
use crate::align::Cell;
use crate::tui::explorer::find_twins;

/// Two clips under two models. The second model sees the frames in the opposite order.
fn twin_state() -> State {
    let mut clips: Vec<Clip> = ["jump", "nap", "jump", "nap"].map(|id| clip(id, None, &[])).into();
    clips[2..].iter_mut().for_each(|clip| {
        clip.model = 1;
        clip.sources.model = "models/other".into();
    });
    find_twins(&mut clips);
    let mut state = state_of(clips);
    start(&mut state);
    embed_all(&mut state);
    state
}

fn embed_other(state: &mut State) {
    decode_all(state);
    embed_missing(state);
    let reversed = (0..FRAMES)
        .map(|index| EmbeddedFrame { embedding: frame(FRAMES - 1 - index).embedding, ..frame(index) });
    send(state, Update::Frames(reversed.collect()));
    send(state, Update::Idle);
}

fn ranking(state: &State, clip: usize) -> Vec<usize> {
    state.clips[clip].exploration.outcome().ranking.clone()
}

#[test]
fn the_next_model_shows_the_same_class_step_and_time() {
    let mut state = twin_state();
    type_keys(&mut state, "nnn");
    let left = state.clip();
    let (selected, step, cursor) = (left.selected, left.step, left.cursor);
    assert!(step.is_some() && cursor > 0.0, "{step:?} {cursor}");
    act(&mut state, Action::Do(Command::NextModel));
    assert_eq!(state.shown, 2);
    let clip = state.clip();
    assert_eq!((clip.selected, clip.step, clip.cursor), (selected, step, cursor));
    assert!(screen(&mut state).contains("Model: models/other"));
    act(&mut state, Action::Do(Command::NextModel));
    assert_eq!(state.shown, 0, "a ring");
}

#[test]
fn both_rankings_are_listed_under_the_same_knobs() {
    let mut state = twin_state();
    assert!(screen(&mut state).contains("other model"));
    act(&mut state, Action::Do(Command::NextModel));
    embed_other(&mut state);
    act(&mut state, Action::Do(Command::NextModel));
    assert_eq!((ranking(&state, 0)[0], ranking(&state, 2)[0]), (1, 2));
    let screen = screen(&mut state);
    let forward = screen.lines().find(|line| line.contains("long jump ")).unwrap();
    assert!(forward.trim_end().ends_with("▲1") || forward.trim_end().ends_with("▲2"), "{forward}");

    let widths = |state: &State| {
        [0, 2].map(|clip| {
            let exploration = &state.clips[clip].exploration;
            (exploration.settings().smoothing_seconds, exploration.outcome().width)
        })
    };
    let before = widths(&state);
    type_keys(&mut state, "]]");
    let after = widths(&state);
    assert_ne!(after[0], before[0]);
    assert_eq!(after[0], after[1], "the other ranking follows");
    // A cell suits one model and not another.
    type_keys(&mut state, "x");
    let cell = |clip: usize| state.clips[clip].exploration.settings().method.cell;
    assert_eq!((cell(0), cell(2)), (Cell::Logit, Cell::Affinity));
}

#[test]
fn clips_are_turned_and_counted_within_a_model() {
    let mut state = twin_state();
    assert!(screen(&mut state).contains("clip 1/2 · jump"));
    type_keys(&mut state, "N");
    assert_eq!(state.shown, 1);
    act(&mut state, Action::Do(Command::NextModel));
    assert_eq!(state.shown, 3);
    assert!(screen(&mut state).contains("clip 2/2 · nap"));
    type_keys(&mut state, "N");
    assert_eq!(state.shown, 2);

    let effects = act(&mut state, Action::ClipFound { path: "new.mp4".into(), like: 2 });
    let added: Vec<usize> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::AddClip { like, .. } => Some(*like),
            _ => None,
        })
        .collect();
    assert_eq!((added, state.shown), (vec![0, 2], 5));
    act(&mut state, Action::Do(Command::NextModel));
    assert_eq!((state.shown, state.clip().id.as_str()), (4, "new.mp4"));
}

#[test]
fn one_model_has_no_next_one() {
    let mut state = full_state();
    act(&mut state, Action::Do(Command::NextModel));
    assert!(screen(&mut state).contains("There is one model"));
    assert!(!screen(&mut state).contains("other model"));
}
