//! Editing scripts: the ranking follows, edits can be undone, and nothing is lost.

use super::*;

/// Names of the candidates with their steps.
fn scripts(state: &State) -> Vec<(String, usize)> {
    let candidates = state.clip().exploration.candidates();
    candidates.iter().map(|candidate| (candidate.name.clone(), candidate.steps.len())).collect()
}

fn steps(state: &State) -> &[String] {
    &state.clip().exploration.candidates()[state.clip().selected].steps
}

#[test]
fn an_edited_step_embeds_only_its_text_and_moves_the_ranking() {
    let mut state = full_state();
    assert_eq!(state.clip().selected, 1);
    let before = state.clip().exploration.outcome().score(1).unwrap();
    type_keys(&mut state, "ne");
    assert!(screen(&mut state).contains("the athlete runs"), "the present text is there to be changed");
    let effects = type_keys(&mut state, "⌫⌫⌫⌫sleeps⏎");
    let embed = effects.iter().find_map(|effect| match effect {
        Effect::EmbedTexts(texts) => Some(texts),
        _ => None,
    });
    assert_eq!(embed.unwrap(), &["This is a video of doing long jump in athletics with the athlete sleeps"]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepDraft(_))));
    assert_eq!(state.clip().exploration.outcome().ranking.len(), 2, "the others stay ranked");
    assert!(screen(&mut state).contains("waiting for its steps"));
    embed_missing(&mut state);
    assert!(state.clip().exploration.outcome().score(1).unwrap() < before);

    let effects = type_keys(&mut state, "u");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::DiscardDraft(Some(_)))), "{effects:?}");
    assert_eq!(state.clip().exploration.outcome().score(1), Some(before), "what was embedded is remembered");
    assert!(screen(&mut state).contains("Undone: step 2 of long jump changed"));
    type_keys(&mut state, "U");
    assert_eq!(steps(&state)[1], "the athlete sleeps");
}

#[test]
fn steps_are_added_moved_and_deleted_at_the_selection() {
    let mut state = full_state();
    type_keys(&mut state, "nothe athlete breathes⏎");
    assert_eq!(steps(&state)[2], "the athlete breathes");
    assert_eq!(state.clip().focus_step(), Some(2));
    type_keys(&mut state, "K");
    assert_eq!((steps(&state)[1].as_str(), state.clip().focus_step()), ("the athlete breathes", Some(1)));
    type_keys(&mut state, "JJ");
    assert_eq!((steps(&state)[3].as_str(), state.clip().focus_step()), ("the athlete breathes", Some(3)));
    type_keys(&mut state, "Othe athlete waits⏎");
    assert_eq!(steps(&state)[3], "the athlete waits");
    type_keys(&mut state, "d");
    assert_eq!(steps(&state).len(), 5);
    type_keys(&mut state, "ddddd");
    assert_eq!(steps(&state).len(), 1);
    assert!(state.message.as_ref().is_some_and(|message| message.is_error), "the last one stays");
    type_keys(&mut state, "uuuuuuuuuuuuuu");
    assert_eq!(scripts(&state), scripts(&full_state()));
    assert!(!state.scripts.is_changed());
}

#[test]
fn a_refused_answer_stays_in_the_prompt_with_the_reason() {
    let mut state = full_state();
    type_keys(&mut state, "o⏎");
    assert!(state.overlay.is_some());
    assert!(screen(&mut state).contains("is empty; describe it"), "{}", screen(&mut state));
    type_keys(&mut state, "⎋");
    assert_eq!(scripts(&state), scripts(&full_state()));
}

#[test]
fn a_new_class_asks_for_its_steps_until_an_answer_is_empty() {
    let mut state = full_state();
    type_keys(&mut state, "+");
    type_keys(&mut state, "hop⏎the athlete stands⏎the athlete jumps⏎⏎");
    assert!(state.overlay.is_none());
    assert_eq!(scripts(&state)[3], ("hop".to_owned(), 2));
    assert_eq!(state.clip().exploration.candidates()[3].domain, "athletics");
    assert_eq!(state.clip().selected, 3);
    embed_missing(&mut state);
    assert_eq!(state.clip().exploration.outcome().ranking.len(), 4);
}

#[test]
fn a_class_is_renamed_with_its_domain() {
    let mut state = full_state();
    type_keys(&mut state, "E");
    assert!(screen(&mut state).contains("long jump / athletics"));
    type_keys(&mut state, &"⌫".repeat("long jump / athletics".len()));
    type_keys(&mut state, "far jump / sport⏎");
    let class = &state.clip().exploration.candidates()[1];
    assert_eq!((class.name.as_str(), class.domain.as_str()), ("far jump", "sport"));
}

#[test]
fn deleting_a_class_keeps_selection_comparison_pin_and_truth() {
    let mut state = demo::demo_state();
    embed_all(&mut state);
    type_keys(&mut state, "wc");
    let clip = state.clip();
    assert_eq!((clip.selected, clip.compared, clip.answer), (2, Some(1), Some(1)));
    let pinned = clip.pinned.clone().unwrap().places;
    // The nap goes, and with it the first index.
    type_keys(&mut state, "3D");
    let clip = state.clip();
    assert_eq!(scripts(&state).len(), 2);
    assert_eq!((clip.compared, clip.answer), (Some(0), Some(0)));
    assert_eq!(clip.pinned.clone().unwrap().places, pinned[1..]);
    type_keys(&mut state, "DD");
    assert_eq!(scripts(&state).len(), 1);
    assert!(state.message.as_ref().is_some_and(|message| message.is_error), "the last class stays");
    type_keys(&mut state, "⎋uu");
    assert_eq!((scripts(&state).len(), state.clip().answer), (3, Some(1)), "and all comes back");
    type_keys(&mut state, "1D");
    assert!(screen(&mut state).contains("Deleted long jump; u undoes that."));
    let name = &state.clip().exploration.candidates()[state.clip().selected].name;
    assert_eq!(name, "long jump backwards", "the next of the ranking is selected");
}

#[test]
fn an_edit_reaches_every_clip_with_the_class() {
    let mut state = demo::demo_state();
    embed_all(&mut state);
    type_keys(&mut state, "d");
    let changed = scripts(&state);
    type_keys(&mut state, "N");
    assert_eq!(scripts(&state), changed);
}

#[test]
fn quitting_with_unsaved_changes_asks_first() {
    let mut state = full_state();
    assert!(matches!(type_keys(&mut full_state(), "q")[..], [Effect::Quit]));
    type_keys(&mut state, "d");
    assert!(type_keys(&mut state, "q").is_empty());
    assert_screens!("leave", &mut state);
    type_keys(&mut state, "⎋");
    assert!(state.overlay.is_none(), "and one can stay");
    let effects = type_keys(&mut state, "qd");
    assert!(matches!(&effects[..], [Effect::DiscardDraft(Some(_)), Effect::Quit]), "{effects:?}");

    let effects = type_keys(&mut state, "⎋qs⏎");
    let [Effect::SaveScripts { path, file, quits: true }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(path.to_str(), Some("scripts.json"));
    let saved = Action::ScriptsSaved { path: path.clone(), file: file.clone(), quits: true };
    let effects = act(&mut state, saved);
    assert!(matches!(&effects[..], [Effect::DiscardDraft(_), Effect::Quit]), "{effects:?}");
    assert!(!state.scripts.is_changed());
}

#[test]
fn a_failed_save_asks_for_the_file_again() {
    let mut state = full_state();
    type_keys(&mut state, "dqs");
    let effects = type_keys(&mut state, "⏎");
    let Some(Effect::SaveScripts { path, quits: true, .. }) = effects.last() else { panic!("{effects:?}") };
    let (path, reason) = (path.clone(), "the disk is full".to_owned());
    act(&mut state, Action::ScriptsNotSaved { path, quits: true, reason });
    assert!(screen(&mut state).contains("the disk is full"));
    let effects = type_keys(&mut state, "2⏎");
    let Some(Effect::SaveScripts { path, quits: true, .. }) = effects.last() else { panic!("{effects:?}") };
    assert!(path.display().to_string().ends_with("2"), "{}", path.display());
}

#[test]
fn another_script_file_replaces_all_scripts() {
    let mut state = state_of(vec![clip("a", Some(1), &[]), clip("b", None, &[])]);
    start(&mut state);
    embed_all(&mut state);
    let file =
        || script_file("own", ["walk", "stroll"].map(|name| class(name, &["the athlete runs"])).into());
    type_keys(&mut state, "d");
    act(&mut state, Action::ScriptsRead("own.json".into(), Box::new(file())));
    assert_eq!(scripts(&state).len(), 3, "unsaved edits are not lost");
    type_keys(&mut state, "u");
    act(&mut state, Action::ScriptsRead("own.json".into(), Box::new(file())));
    for clip in &state.clips {
        let names: Vec<&str> = clip.exploration.candidates().iter().map(|class| &class.name[..]).collect();
        assert_eq!((names, &clip.sources.scripts[..]), (vec!["walk", "stroll"], "own.json"));
        assert_eq!(clip.answer, None, "the truth was a class of the other file");
    }
    assert_eq!(state.scripts.path(), Some(std::path::Path::new("own.json")));
    assert!(!state.scripts.is_changed());
    type_keys(&mut state, "u");
    assert_eq!(scripts(&state)[0].0, "walk", "its own edits alone can be undone");
}

#[test]
fn edits_made_during_a_save_are_still_unsaved() {
    let mut state = full_state();
    type_keys(&mut state, "d");
    let effects = type_keys(&mut state, "W⏎");
    let [Effect::SaveScripts { path, file, .. }] = &effects[..] else { panic!("{effects:?}") };
    type_keys(&mut state, "d");
    let saved = Action::ScriptsSaved { path: path.clone(), file: file.clone(), quits: true };
    let effects = act(&mut state, saved);
    assert!(matches!(&effects[..], [Effect::DiscardDraft(_), Effect::KeepDraft(_)]), "{effects:?}");
    assert!(state.scripts.is_changed());
}
