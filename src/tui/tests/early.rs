//! Whether the winner is settled before all frames are embedded.

use super::*;
use crate::explore::{Look, SparseClip};

/// Decodes all frames, embeds all texts, and every other frame.
fn half_embedded() -> State {
    let mut state = empty_state();
    send(
        &mut state,
        Update::Ticks((0..FRAMES).map(|index| (frame(index).time, frame(index).ordinal)).collect()),
    );
    decode_all(&mut state);
    embed_missing(&mut state);
    state
}

/// Embeds some frames, and returns what was asked to look at.
fn embed(state: &mut State, frames: impl Iterator<Item = usize>) -> Option<(u64, SparseClip)> {
    let job = state.clip().job.unwrap();
    update(state, Action::Background(job, Update::Frames(frames.map(frame).collect())), 0.0);
    asked(refresh(state))
}

fn asked(effects: Vec<Effect>) -> Option<(u64, SparseClip)> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::LookAhead { clip: 0, asked, so_far } => Some((asked, *so_far)),
        _ => None,
    })
}

fn sure(state: &State) -> Look {
    Look { leader: state.clip().exploration.outcome().ranking[0], lost: 0, next: vec![1] }
}

#[test]
fn two_sure_looks_settle_the_winner_and_the_screen_says_after_how_much() {
    let mut state = half_embedded();
    let (first, so_far) = embed(&mut state, (0..FRAMES - 4).step_by(2)).expect("a look");
    assert_eq!(so_far.rows, FRAMES);
    let look = sure(&state);
    let effects = act(&mut state, Action::Looked(0, first, Ok(look.clone())));
    let ordinal = frame(1).ordinal;
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::EmbedNext { ordinals, .. } if *ordinals == [ordinal])),
        "{effects:?}"
    );
    assert!(!screen(&mut state).contains("settled"), "after one look");

    let (second, _) = embed(&mut state, [1].into_iter()).expect("another look");
    act(&mut state, Action::Looked(0, second, Ok(look)));
    let seen = state.clip().settled().expect("settled");
    assert_eq!((seen.frames, seen.of), (FRAMES / 2 - 1, FRAMES));
    for (name, depth) in [("colours", ColourDepth::True), ("no colours", ColourDepth::None)] {
        let text = text(&draw(&mut state, depth, 80, 24));
        assert!(text.contains(&format!("settled at {} %", seen.percent())), "{name}:\n{text}");
    }
    assert!(embed(&mut state, [3].into_iter()).is_none(), "the question is answered");
}

#[test]
fn a_knob_asks_anew() {
    let mut state = half_embedded();
    for index in [0, 1] {
        let frames = (index..FRAMES - 4).step_by(2);
        let (generation, _) = embed(&mut state, frames).expect("a look");
        let look = sure(&state);
        act(&mut state, Action::Looked(0, generation, Ok(look)));
    }
    assert!(state.clip().settled().is_some());
    let effects = update(&mut state, Action::Do(Command::SmoothMore), 0.0);
    assert!(effects.is_empty(), "{effects:?}");
    let (generation, so_far) = asked(refresh(&mut state)).expect("a look with the new width");
    assert_eq!(so_far.smoothing.width, state.clip().exploration.outcome().width);
    assert!(state.clip().settled().is_none() && !screen(&mut state).contains("settled"));
    // An answer to the question before says nothing about this one.
    let look = sure(&state);
    act(&mut state, Action::Looked(0, generation - 1, Ok(look)));
    assert!(state.clip().settled().is_none());
}

#[test]
fn nothing_is_asked_before_the_clip_is_decoded_and_covered() {
    let mut state = empty_state();
    embed_missing(&mut state);
    assert!(embed(&mut state, 0..FRAMES / 2).is_none(), "not decoded");
    let mut state = half_embedded();
    assert!(embed(&mut state, 0..FRAMES / 2).is_none(), "the second half is not covered");
    let mut state = half_embedded();
    assert!(embed(&mut state, 0..FRAMES).is_none(), "nothing is left");
}
