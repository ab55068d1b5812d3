//! Another sampling rate: embedded frames are shown at once, and none is embedded twice.

use super::*;

/// Answers the question for the rate.
fn sample(state: &mut State, rate: &str) -> Vec<Effect> {
    type_keys(state, &format!("r{}{rate}⏎", "⌫".repeat(8)))
}

/// The background decodes every other frame.
fn decode_half(state: &mut State) {
    for index in (0..FRAMES).step_by(2) {
        let EmbeddedFrame { ordinal, time, .. } = frame(index);
        send(state, Update::Decoded { ordinal, time, thumbnail: None });
    }
    send(state, Update::AllDecoded { frames: FRAMES / 2, faults: Faults::default() });
}

#[test]
fn another_rate_reuses_every_embedded_frame() {
    let mut state = full_state();
    let ranking = state.clip().exploration.outcome().ranking.clone();
    let effects = sample(&mut state, "5");
    let [Effect::Stop(0), Effect::Start { clip: 0, sampling: Sampling::Fps(5.0), texts, known, .. }] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(texts.is_empty(), "texts are remembered");
    assert_eq!(known.len(), FRAMES, "and so are frames");
    assert_eq!(state.clip().exploration.frame_count(), FRAMES / 2);
    assert_eq!(state.clip().exploration.outcome().ranking, ranking);
    assert!(screen(&mut state).contains("r 5 fps"));
    let pictures = |state: &State| state.clip().thumbnails.pictures().count();
    let before = pictures(&state);
    assert!(before > 0, "the film stays while the frames are decoded again");
    decode_half(&mut state);
    assert!((1..before).contains(&pictures(&state)), "without those that are not taken");
    assert_eq!(state.clip().exploration.frame_count(), FRAMES / 2);

    let effects = sample(&mut state, "10");
    let [Effect::Stop(0), Effect::Start { texts, known, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((texts.len(), known.len()), (0, FRAMES), "nothing is asked for twice");
    assert_eq!(state.clip().exploration.frame_count(), FRAMES, "nothing has to be embedded again");
    assert_eq!(state.clip().exploration.outcome().ranking, ranking);
}

#[test]
fn frames_outside_the_new_rate_are_dropped_once_decoded() {
    let mut state = full_state();
    // 7 a second would take other frames than `decode_half` then decodes.
    sample(&mut state, "7");
    let shown = state.clip().exploration.frame_count();
    assert!(shown > FRAMES / 2 && shown < FRAMES, "{shown}");
    decode_half(&mut state);
    let kept: Vec<u64> = state.clip().exploration.outcome().ordinals.clone();
    assert!(kept.iter().all(|ordinal| ordinal % 6 == 0), "{kept:?}");
}

#[test]
fn the_same_rate_and_an_invalid_rate_change_nothing() {
    let mut state = full_state();
    assert!(sample(&mut state, "10").is_empty());
    assert!(sample(&mut state, "0").is_empty());
    assert!(screen(&mut state).contains("'0' is not a sampling rate"));
    act(&mut state, Action::Key(KeyEvent::from(KeyCode::Esc)));
    assert_eq!(state.clip().sampling, Sampling::Fps(10.0));
}
