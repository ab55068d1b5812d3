//! The results of an evaluation, and the aligners with their knobs.

use super::*;
use crate::eval::{CLUSTERS, Facts};
use crate::explore::Method;
use crate::tui::results::Prediction::{Class, LeftOut, Missed};
use crate::tui::results::{ClipResult, ResultRow, Results};
use crate::tui::state::View;

/// Four clips of which the true class is the second: one is right, one wrong, one cannot be compared, one not read. The
/// second row has matrices of its own, the first none.
fn evaluated() -> State {
    let clips = ["a", "b", "c", "d"].map(|id| clip(id, Some(1), &[])).into();
    let mut state = state_of(clips);
    let drop = Method::default().with_aligner("drop:background=p98:cell=logit").unwrap();
    let settings = Settings { method: drop, smoothing_seconds: 0.0, ..Settings::default() };
    state.results = Some(Results {
        name: "results".to_owned(),
        rows: vec![
            ResultRow { name: "mean-pool".to_owned(), settings: None },
            ResultRow { name: drop.in_words(), settings: Some(settings) },
        ],
        row: 1,
        // The second clip is in two clusters, the first in one of them; of the third, which no row aligns, nothing is known.
        facts: vec![
            vec![None, Some(Facts { other_orders: Some(0.0), extent: Some([0.4, 1.0]), ..Facts::default() })],
            vec![None, Some(Facts { other_orders: Some(0.5), extent: Some([0.6, 1.0]), ..Facts::default() })],
            vec![None, None],
            Vec::new(),
        ],
        clips: vec![
            ClipResult::Read(vec![Class(0), Class(1)]),
            ClipResult::Read(vec![Class(1), Class(2)]),
            ClipResult::Read(vec![Class(1), Missed]),
            ClipResult::Unread("it is broken".to_owned()),
        ],
    });
    start(&mut state);
    embed_all(&mut state);
    state
}

#[test]
fn a_chosen_result_shows_prediction_and_true_class() {
    let mut state = evaluated();
    act(&mut state, Action::Do(Command::ShowResults));
    assert_screens!("results", &mut state);
    let effects = type_keys(&mut state, "↓⏎");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Start { clip: 1, .. })), "{effects:?}");
    embed_all(&mut state);
    let clip = state.clip();
    assert_eq!((state.shown, state.view, clip.selected, clip.compared), (1, View::Compare, 2, Some(1)));
    assert_eq!(clip.exploration.settings().method.in_words(), "drop:background=p98:cell=logit");
    let shown = screen(&mut state);
    assert!(shown.contains("says long jump backwards; it is long jump."), "{shown}");

    // A key alone goes on to the next wrong one, in a ring, and over those that are right.
    type_keys(&mut state, ">");
    assert_eq!((state.shown, state.view), (2, View::Script));
    assert!(screen(&mut state).contains("cannot compare this clip"));
    type_keys(&mut state, ">");
    assert!(screen(&mut state).contains("The evaluation could not read it: it is broken"));
    type_keys(&mut state, ">");
    assert_eq!(state.shown, 1);
    type_keys(&mut state, "<");
    assert_eq!(state.shown, 3);
}

#[test]
fn results_are_filtered_by_text_and_by_wrong_only() {
    let mut state = evaluated();
    let listed = |state: &mut State| -> Vec<String> {
        let screen = screen(state);
        let id = |line: &str| line.split(['✗', '✓']).nth(1)?.split_whitespace().next().map(str::to_owned);
        screen.lines().filter(|line| line.contains('│')).filter_map(id).collect()
    };
    type_keys(&mut state, "R");
    assert_eq!(listed(&mut state), ["a", "b", "c", "d"]);
    type_keys(&mut state, "⇥");
    assert_eq!(listed(&mut state), ["b", "c", "d"]);
    type_keys(&mut state, "→");
    assert_eq!(listed(&mut state), ["a", "d"], "by the other row");
    type_keys(&mut state, "broken");
    assert_eq!(listed(&mut state), ["d"]);
    type_keys(&mut state, "⌫⌫⌫⌫⌫⌫xyz");
    assert!(screen(&mut state).contains("no clip matches"));
    type_keys(&mut state, "⏎");
    assert_eq!(state.shown, 0, "nothing is chosen");
    // A row without matrices says so.
    type_keys(&mut state, "⌫⌫⌫⏎");
    assert!(
        screen(&mut state)
            .contains("mean-pool says nap; it is long jump. These matrices are not those of the row.")
    );
}

#[test]
fn failures_are_listed_by_cluster() {
    let mut state = evaluated();
    let back_tab = |state: &mut State| act(state, Action::Key(KeyEvent::from(KeyCode::BackTab)));
    type_keys(&mut state, "R");
    back_tab(&mut state);
    assert!(screen(&mut state).contains("collapsed path: 0 of 1 wrong clips (0 %), 0 of 1 right ones (0 %)"));
    assert!(screen(&mut state).contains("no clip matches"));
    back_tab(&mut state);
    back_tab(&mut state);
    assert_screens!("cluster", &mut state);
    // The right clips of the cluster too.
    type_keys(&mut state, "⇥");
    let both = screen(&mut state);
    assert!(both.contains("✓ a ") && both.contains("✗ b ") && !both.contains("✗ c "), "{both}");
    type_keys(&mut state, "⇥⏎");
    assert_eq!((state.shown, state.view), (1, View::Compare));
    let shown = text(&draw(&mut state, ColourDepth::True, 160, 40));
    assert!(shown.contains("it is long jump. Clusters: order-blind, late start."), "{shown}");

    // The other row has no facts.
    type_keys(&mut state, "R");
    for _ in 0..3 {
        back_tab(&mut state);
    }
    type_keys(&mut state, "←");
    assert!(screen(&mut state).contains("late start: not known"));
    // After the last cluster all failures are listed.
    for _ in 3..=CLUSTERS.len() {
        back_tab(&mut state);
    }
    type_keys(&mut state, "←");
    let all = screen(&mut state);
    assert!(all.contains("3 · wrong ones of 4") && all.contains("✗ c "), "{all}");
}

#[test]
fn plain_text_counts_clusters_and_the_help_explains_them() {
    let mut state = evaluated();
    let words = crate::tui::update::results_in_words(state.results.as_ref().unwrap(), &state.clips);
    let late = &CLUSTERS[2];
    let sentence = format!(
        "Cluster late start: 1 of 1 wrong clips (100 %), 1 of 1 right ones (100 %), p 1.000: {}.",
        late.help
    );
    assert!(words.contains(&sentence), "{words:?}");
    assert!(!words.iter().any(|line| line.contains("Cluster near-twin")), "{words:?}");
    assert!(
        words.contains(
            &"b: long jump backwards; it is long jump. Clusters: order-blind, late start.".to_owned()
        )
    );
    type_keys(&mut state, "?");
    let help = text(&draw(&mut state, ColourDepth::True, 200, 150));
    assert!(help.contains("Clusters of results") && help.contains(late.help), "{help}");
}

#[test]
fn unread_clips_do_not_count_as_wrong() {
    let state = evaluated();
    let words = crate::tui::update::results_in_words(state.results.as_ref().unwrap(), &state.clips);
    assert!(
        words[0].ends_with("33.33 % of 3 clips are right, 2 are wrong; 1 could not be read."),
        "{words:?}"
    );
}

#[test]
fn a_person_leaves_clips_out_which_are_neither_right_nor_wrong() {
    let mut state = evaluated();
    let results = state.results.as_mut().unwrap();
    results.rows.push(ResultRow { name: "human:ana".to_owned(), settings: None });
    results.row = 2;
    let said = [Class(1), LeftOut, Class(2)];
    for (clip, said) in results.clips.iter_mut().zip(said) {
        let ClipResult::Read(predictions) = clip else { panic!() };
        predictions.push(said);
    }
    let results = state.results.as_ref().unwrap();
    assert_eq!(results.accuracy(&state.clips), (50.0, 2));
    assert_eq!(results.line(1, &state.clips[1])[3], "not answered");
    let words = crate::tui::update::results_in_words(results, &state.clips);
    assert!(words[0].contains("50.00 % of 2 clips are right, 1 are wrong"), "{words:?}");
    assert_eq!(words[1], "human:ana leaves out 1 clips, which were not answered.");
    type_keys(&mut state, "R");
    let shown = screen(&mut state);
    assert!(shown.lines().any(|line| line.contains("  b ") && !line.contains('✗')), "{shown}");
    type_keys(&mut state, "↓⏎");
    assert_eq!(state.shown, 1);
    assert!(screen(&mut state).contains("human:ana has not answered this clip."));
    // The next wrong one is the third.
    type_keys(&mut state, ">");
    assert_eq!(state.shown, 2);
}

/// Edits move candidates; what was predicted stays the same class.
#[test]
fn an_edit_changes_no_result() {
    let mut state = evaluated();
    let lines = |state: &State| -> Vec<[String; 4]> {
        let results = state.results.as_ref().unwrap();
        state.clips.iter().enumerate().map(|(at, clip)| results.line(at, clip)).collect()
    };
    let before = lines(&state);
    assert_eq!(before[1][3], "long jump backwards");
    type_keys(&mut state, "/nap⏎⎋D");
    assert_eq!(state.clip().exploration.candidates().len(), 2);
    assert_eq!(lines(&state), before);
    let results = state.results.as_ref().unwrap();
    assert_eq!(results.accuracy(&state.clips), (100.0 / 3.0, 3));
}

/// Where each clip brings its own steps, those of one clip are not given to another.
#[test]
fn clips_with_steps_of_their_own_keep_them() {
    let own = clip("own", Some(1), &[]);
    let mut other = clip("other", Some(1), &[]);
    let mut candidates = other.exploration.candidates().to_vec();
    candidates[1].steps = vec!["the athlete leaps".to_owned()];
    other.exploration.set_candidates(candidates.clone());
    let mut state = state_of(vec![own, other]);
    start(&mut state);
    embed_all(&mut state);
    type_keys(&mut state, "e!⏎");
    assert_eq!(state.clips[1].exploration.candidates(), candidates);
    type_keys(&mut state, "Ne");
    assert!(screen(&mut state).contains("This clip has steps of its own"));
    assert!(state.overlay.is_none());
}

#[test]
fn without_results_their_commands_say_how_to_open_some() {
    let mut state = full_state();
    for keys in ["R", ">", "<"] {
        type_keys(&mut state, keys);
        assert!(state.overlay.is_none());
        assert!(screen(&mut state).contains("No results are open"), "{keys}");
    }
}

#[test]
fn keys_turn_the_aligner_and_its_knobs() {
    let mut state = full_state();
    let words = |state: &State| state.clip().exploration.settings().method.aligner_in_words();
    type_keys(&mut state, "(");
    assert_eq!(words(&state), "dtw");
    assert!(screen(&mut state).contains("dtw has no ends to open"));
    type_keys(&mut state, "aa()");
    assert_eq!(words(&state), "segment:open-start:open-end");
    type_keys(&mut state, "(");
    assert_eq!(words(&state), "segment:open-end");
    type_keys(&mut state, "aaaaa");
    assert_eq!(words(&state), "segment:open-end", "around, with its knobs");
    type_keys(&mut state, "A");
    let prompt = screen(&mut state);
    assert!(prompt.contains("segment:open-end"), "the present one is there to be changed: {prompt}");
    type_keys(&mut state, ":band=2:background=zero⏎");
    assert!(screen(&mut state).contains("invalid background: 'zero'"));
    type_keys(&mut state, "⌫⌫⌫⌫p90⏎");
    assert_eq!(words(&state), "segment:open-end:background=p90:band=2");
}

/// Frames that `drop` leaves out are in no step, wherever frames are shown.
#[test]
fn dropped_frames_are_in_no_step() {
    let mut state = full_state();
    type_keys(&mut state, "A⌫⌫⌫drop:background=p90⏎x");
    let text = screen(&mut state);
    let outcome = state.clip().selected_outcome().unwrap();
    assert!(outcome.alignment.path.len() < FRAMES, "{:?}", outcome.alignment);
    assert!(text.contains("drop:background=p90"), "{text}");
    for view in ["c", "c", "b", "b", "f", "f", "m", "m"] {
        type_keys(&mut state, view);
        screen(&mut state);
    }
    assert_screens!("left_out", &mut state);
}
