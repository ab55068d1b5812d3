//! Turning from clip to clip, and the guided tour.

use super::*;
use crate::tui::tour::TOUR;

/// Three clips, of which the last starts late, at the first step of the tour.
pub fn demo_state() -> State {
    let clips = vec![
        clip("jump-1", Some(1), &["plain"]),
        clip("jump-2", Some(2), &["plain"]),
        clip("late-1", Some(1), &["hard", "late-start"]),
    ];
    let mut state = state_of(clips);
    state.has_tour = true;
    state.tour = Some(0);
    start(&mut state);
    state
}

#[test]
fn an_embedded_clip_keeps_its_job() {
    let mut state = demo_state();
    embed_all(&mut state);
    type_keys(&mut state, "k→");
    let effects = type_keys(&mut state, "N");
    let [Effect::PrefetchTexts { clip: 0, texts: none }, Effect::Start { clip: 1, job: 1, texts, .. }] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(none.is_empty(), "the clip that is shown has the model to itself");
    assert_eq!(texts.len(), 13);
    assert!(screen(&mut state).starts_with("clip 2/3 · jump-2"));
    assert_eq!(state.clip().exploration.frame_count(), 0);
    embed_all(&mut state);
    let effects = type_keys(&mut state, "P");
    assert!(
        matches!(&effects[..], [Effect::PrefetchTexts { clip: 1, .. }, Effect::EmbedTexts(texts)] if texts.is_empty()),
        "{effects:?}"
    );
    assert_eq!((state.clip().exploration.frame_count(), state.clip().cursor_frame()), (FRAMES, Some(1)));
    assert_eq!(state.clip().exploration.outcome().ranking.len(), 3);
    type_keys(&mut state, "P");
    assert_eq!(state.shown, 2, "the clips are a ring");
}

#[test]
fn an_unfinished_clip_stops_and_goes_on_when_it_is_shown_again() {
    let mut state = demo_state();
    embed_missing(&mut state);
    send(&mut state, Update::Frames((0..7).map(frame).collect()));
    let effects = type_keys(&mut state, "N");
    assert!(matches!(&effects[..], [Effect::Stop(0), Effect::Start { clip: 1, job: 1, .. }]), "{effects:?}");
    act(&mut state, Action::Background(0, Update::Frames((7..9).map(frame).collect())));
    assert_eq!(state.clips[0].exploration.frame_count(), 7, "what the stopped work still sends is dropped");
    assert_eq!(state.clips[1].exploration.frame_count(), 0);

    let effects = type_keys(&mut state, "P");
    let [Effect::Stop(1), Effect::Start { clip: 0, job: 2, texts, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(texts.is_empty(), "texts are remembered");
    assert_eq!(state.clip().exploration.outcome().ranking.len(), 3, "what is known is shown at once");
    embed_all(&mut state);
    assert_eq!(state.clip().exploration.frame_count(), FRAMES, "no frame counts twice");
}

#[test]
fn the_next_clip_has_the_same_knobs() {
    let mut state = demo_state();
    embed_all(&mut state);
    type_keys(&mut state, "[tv");
    embed_missing(&mut state);
    send(&mut state, Update::Idle);
    let settings = state.clip().exploration.settings().clone();
    type_keys(&mut state, "N");
    assert_eq!(*state.clip().exploration.settings(), settings);
    embed_all(&mut state);
    let screen = screen(&mut state);
    assert!(screen.contains("= 9 frames") && screen.contains("template step  v scale log"), "{screen}");
    type_keys(&mut state, "T");
    embed_missing(&mut state);
    send(&mut state, Update::Idle);
    let effects = type_keys(&mut state, "P");
    assert_eq!(state.clip().exploration.settings().template.name(), "context");
    assert!(
        matches!(&effects[..], [Effect::PrefetchTexts { clip: 1, .. }, Effect::EmbedTexts(texts)] if texts.is_empty()),
        "it had that template before: {effects:?}"
    );
}

#[test]
fn a_clip_that_failed_is_tried_again() {
    let mut state = demo_state();
    send(&mut state, Update::Failed(color_eyre::eyre::eyre!("no such file")));
    type_keys(&mut state, "N");
    assert_eq!(state.message, None, "the message was about the other clip");
    let effects = type_keys(&mut state, "P");
    assert!(matches!(&effects[..], [Effect::Stop(1), Effect::Start { clip: 0, .. }]), "{effects:?}");
}

#[test]
fn every_step_of_the_tour_ends_with_the_key_it_asks_for() {
    let mut state = demo_state();
    embed_all(&mut state);
    let keys = [
        ("j", "⏎"),
        ("v", "j"),
        ("[", "→"),
        ("j", "["),
        ("v", "t"),
        ("j", "v"),
        ("j", "c"),
        ("c", "N"),
        ("v", "⏎"),
        ("t", "s"),
    ];
    assert_eq!(keys.len(), TOUR.len());
    for (step, (other, key)) in keys.into_iter().enumerate() {
        type_keys(&mut state, other);
        assert_eq!(state.tour, Some(step), "{other} is not what step {step} asks for");
        assert!(
            key == "⏎" || TOUR[step].text(&state.keymap).contains(&format!("`{key}`")),
            "step {step} names {key}"
        );
        type_keys(&mut state, key);
        assert_eq!(state.tour, (step + 1 < TOUR.len()).then_some(step + 1), "{key} ends step {step}");
    }
}

#[test]
fn enter_ends_every_step_and_the_end_of_the_tour_is_remembered() {
    let mut state = demo_state();
    for step in 1..TOUR.len() {
        type_keys(&mut state, "⏎");
        assert_eq!(state.tour, Some(step));
    }
    assert!(matches!(type_keys(&mut state, "⏎")[..], [Effect::EndTour]));
    assert!(type_keys(&mut state, "⏎").is_empty(), "after the end the key does nothing");
}

#[test]
fn a_step_about_a_clip_shows_it_or_is_left_out() {
    let about = TOUR.iter().position(|step| step.about.is_some()).unwrap();
    let mut state = demo_state();
    state.tour = Some(about - 1);
    let effects = type_keys(&mut state, "N");
    assert!(matches!(&effects[..], [Effect::Stop(0), Effect::Start { clip: 2, .. }]), "{effects:?}");
    assert_eq!((state.shown, state.tour), (2, Some(about)));

    let mut state = demo_state();
    state.clips.pop();
    state.tour = Some(about - 1);
    type_keys(&mut state, "N");
    assert_eq!((state.shown, state.tour), (1, Some(about + 1)), "without such a clip the step is left out");
}

#[test]
fn escape_closes_the_help_first_and_then_the_tour() {
    let mut state = demo_state();
    type_keys(&mut state, "?");
    assert!(type_keys(&mut state, "⎋").is_empty());
    assert_eq!((state.overlay.is_none(), state.tour), (true, Some(0)));
    assert!(matches!(type_keys(&mut state, "⎋")[..], [Effect::EndTour]));
    assert_eq!(state.tour, None);
    type_keys(&mut state, "?i");
    assert_eq!((state.overlay.is_none(), state.tour), (true, Some(0)), "it can be seen again");
}

#[test]
fn only_the_demo_has_a_tour() {
    let mut state = full_state();
    type_keys(&mut state, "i");
    assert_eq!(state.tour, None);
    assert!(state.message.is_some_and(|message| message.text.contains("demo")));
}

#[test]
fn every_step_of_the_tour_fits_at_every_size() {
    let mut state = demo_state();
    embed_all(&mut state);
    for (width, height, rows) in [(60, 18, 3), (80, 24, 2), (200, 60, 1)] {
        for (step, its) in TOUR.iter().enumerate() {
            state.tour = Some(step);
            let screen = text(&draw(&mut state, ColourDepth::True, width, height));
            let lines: Vec<&str> = screen.lines().collect();
            let foot = lines[lines.len() - 1 - rows..lines.len() - 1].join(" ");
            for word in its.text(&state.keymap.clone()).split_whitespace().map(|word| word.replace('`', "")) {
                assert!(foot.contains(&word), "{width}×{height}: {word:?} of step {step} is in {foot:?}");
            }
            assert!(foot.contains(&format!("{}/{}", step + 1, TOUR.len())) && foot.contains("Esc"));
            assert!(lines[lines.len() - 1].ends_with("q quit"), "the hints are there");
            assert!(screen.contains("▲0.00s"), "and the time axis");
        }
    }
}

#[test]
fn the_keys_of_the_tour_are_bold_and_only_its_hint_is_dim() {
    let mut state = demo_state();
    state.tour = Some(1);
    let buffer = draw(&mut state, ColourDepth::True, 80, 24);
    let foot: Vec<_> = (21..23).flat_map(|y| (5..80).map(move |x| (x, y))).map(|at| &buffer[at]).collect();
    let with = |modifier| -> String {
        foot.iter().filter(|cell| cell.modifier.contains(modifier)).map(|cell| cell.symbol()).collect()
    };
    assert_eq!(with(Modifier::BOLD), "j");
    assert_eq!(with(Modifier::DIM), "Enter next · Esc end");
}

#[test]
fn the_tour_begins_at_80_by_24() {
    let mut state = demo_state();
    embed_all(&mut state);
    insta::assert_snapshot!(screen(&mut state));
}

#[test]
fn the_tour_on_a_late_start_at_120_by_40() {
    let mut state = demo_state();
    state.tour = Some(7);
    type_keys(&mut state, "N");
    embed_all(&mut state);
    insta::assert_snapshot!(text(&draw(&mut state, ColourDepth::True, 120, 40)));
}
