//! Scripts by a language model, answers of a vision-language model, and doubtful steps.

use serde_json::json;

use super::*;
use crate::tui::clip::Vision;
use crate::tui::models::Wanted;

fn with_writer() -> State {
    let mut state = full_state();
    state.has_writer = true;
    state
}

/// A class as a model writes it.
fn written(name: &str, steps: &[&str]) -> Box<Class> {
    Box::new(Class {
        name: name.to_owned(),
        domain: Some("athletics".to_owned()),
        steps: steps.iter().map(|step| format!("the athlete {step}")).collect(),
        other: serde_json::Map::from_iter([("generated".to_owned(), json!({"model": "scribe"}))]),
    })
}

fn steps(state: &State, name: &str) -> Vec<String> {
    let class = state.scripts.classes().find(|(_, class)| class.name == name);
    class.map_or_else(Vec::new, |(_, class)| class.steps.clone())
}

#[test]
fn a_proposed_script_is_compared_accepted_and_undone() {
    let mut state = with_writer();
    // The clip shows the long jump; the script of the nap is improved.
    type_keys(&mut state, "/nap⏎⎋");
    let old = steps(&state, "nap");
    let effects = type_keys(&mut state, "I");
    let [Effect::WriteScript(wanted)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((&wanted.name[..], &wanted.domain[..]), ("nap", "athletics"));
    assert!(screen(&mut state).contains("A script of nap is being written · I stops it"));
    let again = type_keys(&mut state, "I");
    assert!(matches!(&again[..], [Effect::StopWriting]), "{again:?}");

    let wanted = wanted.clone();
    let new = written("nap", &["stands", "runs", "jumps", "lands"]);
    act(&mut state, Action::Written(wanted.clone(), Ok(new.clone())));
    assert_screens!("proposal", &mut state);
    type_keys(&mut state, "⎋");
    assert_eq!((steps(&state, "nap"), state.overlay.is_none()), (old.clone(), true), "left");

    act(&mut state, Action::Written(wanted, Ok(new.clone())));
    let effects = type_keys(&mut state, "⏎");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepDraft(_))), "{effects:?}");
    assert_eq!(steps(&state, "nap"), new.steps);
    let id = state.selected_id().unwrap();
    let model = &state.scripts.class(id).unwrap().other["generated"]["model"];
    assert_eq!(model, "scribe", "it is known who wrote it");
    embed_missing(&mut state);
    let shown = screen(&mut state);
    assert!(shown.contains("pinned: rank"), "the ranking before is beside the new one: {shown}");
    assert!(shown.contains("▲"), "it has moved up: {shown}");
    type_keys(&mut state, "u");
    assert_eq!(steps(&state, "nap"), old);
    assert!(screen(&mut state).contains("Undone: nap written anew"));
}

#[test]
fn a_language_model_writes_the_script_of_a_new_class() {
    let mut state = with_writer();
    type_keys(&mut state, "+");
    type_keys(&mut state, "⌫".repeat(20).as_str());
    let effects = type_keys(&mut state, "triple jump⏎⏎");
    let Some(Effect::WriteScript(wanted)) =
        effects.into_iter().find(|effect| matches!(effect, Effect::WriteScript(_)))
    else {
        panic!("nothing is asked for")
    };
    assert_eq!(wanted, Wanted { class: None, name: "triple jump".into(), domain: "athletics".into() });
    act(&mut state, Action::Written(wanted, Ok(written("triple jump", &["runs", "jumps", "lands"]))));
    assert!(steps(&state, "triple jump").is_empty(), "not before it is taken");
    type_keys(&mut state, "⏎");
    assert_eq!(steps(&state, "triple jump").len(), 3);
    assert_eq!(state.clip().exploration.candidates().len(), 4);
    assert_eq!(state.clip().exploration.candidates()[state.clip().selected].name, "triple jump");
    type_keys(&mut state, "u");
    assert_eq!(state.clip().exploration.candidates().len(), 3);
}

#[test]
fn a_failed_request_is_reported_and_changes_nothing() {
    let mut state = full_state();
    type_keys(&mut state, "I");
    assert!(screen(&mut state).contains("start with --llm NAME --endpoint URL"));
    type_keys(&mut state, "V");
    assert!(screen(&mut state).contains("start with --vlm NAME"));

    let mut state = with_writer();
    let effects = type_keys(&mut state, "I");
    let [Effect::WriteScript(wanted)] = &effects[..] else { panic!("{effects:?}") };
    act(&mut state, Action::Written(wanted.clone(), Err("the server is gone".to_owned())));
    assert!(screen(&mut state).contains("No script of long jump: the server is gone"));
    assert!(state.writing.is_none() && state.overlay.is_none());

    // The class goes while its script is written.
    type_keys(&mut state, "I");
    type_keys(&mut state, "D");
    act(&mut state, Action::Written(wanted.clone(), Ok(written("long jump", &["runs"]))));
    assert!(state.overlay.is_none());
    assert!(screen(&mut state).contains("long jump was deleted or renamed; its new script is discarded."));
}

/// No typed text is lost, and no Enter accepts an unseen script.
#[test]
fn a_proposal_waits_until_the_open_overlay_is_closed() {
    let mut state = with_writer();
    let effects = type_keys(&mut state, "I");
    let [Effect::WriteScript(wanted)] = &effects[..] else { panic!("{effects:?}") };
    type_keys(&mut state, "e and waits");
    act(&mut state, Action::Written(wanted.clone(), Ok(written("long jump", &["runs"]))));
    assert!(screen(&mut state).contains("and waits"), "the prompt is still there");
    type_keys(&mut state, "⏎");
    assert!(steps(&state, "long jump").iter().any(|step| step.ends_with("and waits")));
    assert!(screen(&mut state).contains("A new script"));
    type_keys(&mut state, "⎋");
    assert_eq!(steps(&state, "long jump").len(), 4, "left");
}

/// Ids of classes are of one document.
#[test]
fn answers_about_replaced_scripts_are_dropped() {
    let mut state = with_writer();
    state.sight = Some(2);
    let effects = type_keys(&mut state, "I");
    let [Effect::WriteScript(wanted)] = &effects[..] else { panic!("{effects:?}") };
    let wanted = wanted.clone();
    type_keys(&mut state, "V");
    let classes = ["sprint", "hurdles", "relay"].map(|name| class(name, &["the athlete runs"])).into();
    let file = Box::new(script_file("athletics", classes));
    act(&mut state, Action::ScriptsRead("other.json".into(), file));
    let first = state.scripts.ids()[0];
    act(&mut state, Action::Seen { clip: 0, model: "oracle".to_owned(), answer: Ok(first) });
    assert_eq!(state.clip().vision, None);
    act(&mut state, Action::Written(wanted, Ok(written("long jump", &["runs"]))));
    assert!(screen(&mut state).contains("long jump was deleted or renamed; its new script is discarded."));
    assert!(state.overlay.is_none());
}

#[test]
fn a_vision_language_model_has_its_own_column() {
    let mut state = full_state();
    state.sight = Some(4);
    assert!(screen(&mut state).contains("vlm"));
    let effects = type_keys(&mut state, "V");
    let [Effect::Look { clip: 0, classes, ordinals, domain }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((ordinals.len(), classes.len(), &domain[..]), (4, 3, "athletics"));
    assert!(type_keys(&mut state, "V").is_empty(), "it is asked once");
    let nap = classes.iter().find(|(_, name)| name == "nap").unwrap().0;
    act(&mut state, Action::Seen { clip: 0, model: "oracle".to_owned(), answer: Ok(nap) });
    assert_eq!(state.clip().vision, Some(Vision::Says(nap)));
    let shown = screen(&mut state);
    assert!(shown.contains("oracle says nap."), "{shown}");
    let line = shown.lines().find(|line| line.contains("nap") && line.contains('●'));
    assert!(line.is_some(), "{shown}");
    type_keys(&mut state, "V");
    act(&mut state, Action::Seen { clip: 0, model: "oracle".to_owned(), answer: Err("a riddle".to_owned()) });
    assert!(screen(&mut state).contains("oracle: a riddle"));
    assert_eq!(state.clip().vision, None);
}

#[test]
fn a_doubtful_step_is_marked_with_the_reason() {
    let mut state = full_state();
    let why = "? \"gets ready\" fits any action";
    assert!(!screen(&mut state).contains(why));
    type_keys(&mut state, "e");
    type_keys(&mut state, "⌫".repeat(40).as_str());
    type_keys(&mut state, "gets ready⏎");
    embed_missing(&mut state);
    let shown = text(&draw(&mut state, ColourDepth::True, 160, 40));
    assert!(shown.contains(why), "{shown}");
    let figures = |line: &&str| line.contains("? ") && line.contains("f ") && line.contains("s ");
    assert_eq!(shown.lines().filter(figures).filter(|line| line.contains('–')).count(), 1, "{shown}");
}
