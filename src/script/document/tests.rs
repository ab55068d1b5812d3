use proptest::prelude::*;
use serde_json::json;

use super::{Document, EditError};
use crate::script::check::tests::file;
use crate::script::history::MAX_UNDO;
use crate::script::{ClassId, Fault, ScriptFile};

fn skating() -> ScriptFile {
    file(json!({
        "domain": "figure skating",
        "licence": "CC0",
        "classes": [
            {"name": "camel spin", "steps": ["glide", "lift the free leg", "spin"], "level": 4},
            {"name": "serve", "domain": "tennis", "steps": ["toss", "hit"]},
        ],
    }))
}

fn open() -> (Document, ClassId, ClassId) {
    let document = Document::new(skating(), Some("scripts.json".into()));
    let [camel, serve] = document.ids().try_into().unwrap();
    (document, camel, serve)
}

fn steps(document: &Document, id: ClassId) -> Vec<&str> {
    document.class(id).unwrap().steps.iter().map(String::as_str).collect()
}

#[test]
fn steps_are_changed_inserted_moved_and_deleted() {
    let (mut document, camel, _) = open();
    assert_eq!(document.set_step(camel, 2, "  spin on one leg \n"), Ok(true));
    assert_eq!(steps(&document, camel), ["glide", "lift the free leg", "spin on one leg"]);
    assert_eq!(document.insert_step(camel, 3, " stop "), Ok(true));
    assert_eq!(document.insert_step(camel, 0, "enter"), Ok(true));
    assert_eq!(steps(&document, camel), ["enter", "glide", "lift the free leg", "spin on one leg", "stop"]);
    assert_eq!(document.move_step(camel, 0, 3), Ok(true));
    assert_eq!(document.move_step(camel, 4, 1), Ok(true));
    assert_eq!(steps(&document, camel), ["glide", "stop", "lift the free leg", "spin on one leg", "enter"]);
    assert_eq!(document.delete_step(camel, 1), Ok(true));
    assert_eq!(steps(&document, camel), ["glide", "lift the free leg", "spin on one leg", "enter"]);
}

#[test]
fn classes_are_added_renamed_and_deleted_and_keep_their_ids() {
    let (mut document, camel, serve) = open();
    let sit = document.add_class(" sit spin ", " figure skating ", &[" sit ", "spin"]).unwrap();
    let volley = document.add_class("volley", "tennis", &["volley"]).unwrap();
    assert_eq!(document.class(sit).unwrap().domain, None);
    assert_eq!(document.class(volley).unwrap().domain.as_deref(), Some("tennis"));
    assert_eq!((steps(&document, sit), document.domain_of(sit)), (vec!["sit", "spin"], "figure skating"));

    assert_eq!(document.delete_class(camel), Ok(true));
    assert_eq!(document.ids(), [serve, sit, volley]);
    assert_eq!((document.class(camel), document.position(sit)), (None, Some(1)));
    assert_eq!(document.rename_class(serve, "biellmann", ""), Ok(true));
    assert_eq!(document.class(serve).unwrap().domain, None);
    assert_eq!(document.domain_of(serve), "figure skating");

    assert_eq!(document.undo(), Some("serve renamed to biellmann in figure skating"));
    assert_eq!(document.undo(), Some("camel spin deleted"));
    assert_eq!(document.undo(), Some("volley added"));
    assert_eq!(document.ids(), [camel, serve, sit]);
    assert_eq!(document.class(camel).unwrap().other["level"], 4);
    assert_eq!(document.redo(), Some("volley added"));
    assert_eq!(document.ids(), [camel, serve, sit, volley]);
}

#[test]
fn operations_are_described() {
    let (mut document, camel, serve) = open();
    document.set_step(camel, 2, "turn").unwrap();
    document.insert_step(camel, 3, "stop").unwrap();
    document.move_step(camel, 0, 1).unwrap();
    document.delete_step(serve, 1).unwrap();
    document.rename_class(camel, "camel", "figure skating").unwrap();
    document.rename_class(camel, "camel", "roller skating").unwrap();
    document.replace(skating()).unwrap();
    let mut undone = Vec::new();
    while let Some(what) = document.undo() {
        undone.push(what.to_owned());
    }
    let words = [
        "all scripts replaced",
        "camel moved to roller skating",
        "camel spin renamed to camel",
        "step 2 of serve deleted",
        "step 1 of camel spin moved to 2",
        "step 4 of camel spin added",
        "step 3 of camel spin changed",
    ];
    assert_eq!(undone, words);
    for what in words.iter().rev() {
        assert_eq!(document.redo(), Some(*what));
    }
    assert_eq!(document.redo(), None);
}

#[test]
fn operations_that_break_a_rule_are_refused() {
    let (mut document, camel, serve) = open();
    let said = |result: Result<bool, EditError>| result.unwrap_err().to_string();
    let words = said(document.set_step(camel, 1, " \n "));
    assert_eq!(
        words,
        "no change: step 2 of class 1 (\"camel spin\") is empty\nhelp: describe it or remove it"
    );
    let fault = Fault::EmptyStep { step: 1, class: 2, name: "serve".into() };
    assert_eq!(document.insert_step(serve, 0, ""), Err(fault.into()));
    assert_eq!(document.rename_class(camel, " ", "tennis"), Err(Fault::NoName { class: 1 }.into()));
    let duplicate =
        Fault::Duplicate { first: 1, second: 2, name: "camel spin".into(), domain: "figure skating".into() };
    assert_eq!(document.rename_class(serve, "camel spin", "figure skating"), Err(duplicate.into()));
    assert!(matches!(
        document.add_class("serve", "tennis", &["hit"]),
        Err(EditError::Fault(Fault::Duplicate { .. }))
    ));
    assert!(matches!(
        document.add_class::<&str>("lob", "tennis", &[]),
        Err(EditError::Fault(Fault::NoSteps { .. }))
    ));
    let none = ScriptFile { domain: None, classes: vec![], other: serde_json::Map::new() };
    assert_eq!(document.replace(none), Err(Fault::NoClasses.into()));

    let words = said(document.move_step(serve, 0, 2));
    assert_eq!(words, "\"serve\" has 2 steps, no step 3");
    for result in [
        document.set_step(serve, 2, "x"),
        document.insert_step(serve, 3, "x"),
        document.delete_step(serve, 9),
    ] {
        assert!(matches!(result, Err(EditError::NoStep { .. })), "{result:?}");
    }
    assert_eq!(document.file(), &skating());
    assert_eq!(document.undo(), None);

    document.delete_step(serve, 0).unwrap();
    assert_eq!(document.delete_step(serve, 0), Err(EditError::LastStep { name: "serve".into() }));
    document.delete_class(camel).unwrap();
    assert_eq!(document.delete_class(serve), Err(EditError::LastClass { name: "serve".into() }));
    assert_eq!(document.set_step(camel, 0, "x"), Err(EditError::NoClass));
}

#[test]
fn a_class_needs_a_domain_if_the_file_has_none() {
    let plain = file(json!({"classes": [{"name": "serve", "domain": "tennis", "steps": ["hit"]}]}));
    let mut document = Document::new(plain, None);
    let serve = document.ids()[0];
    let fault = Fault::NoDomain { class: 1, name: "serve".into() };
    assert_eq!(document.rename_class(serve, "serve", ""), Err(fault.into()));
    assert_eq!(document.domain_of(serve), "tennis");
}

#[test]
fn an_operation_that_changes_nothing_makes_no_version() {
    let (mut document, camel, serve) = open();
    document.set_step(camel, 0, "x").unwrap();
    document.undo();
    assert_eq!(document.set_step(camel, 0, " glide "), Ok(false));
    assert_eq!(document.move_step(camel, 1, 1), Ok(false));
    assert_eq!(document.rename_class(camel, "camel spin", ""), Ok(false));
    assert_eq!(document.rename_class(serve, " serve", "tennis "), Ok(false));
    assert_eq!(document.replace(skating()), Ok(false));
    assert_eq!(document.undo(), None);
    assert_eq!(document.redo(), Some("step 1 of camel spin changed"));
}

#[test]
fn changes_are_relative_to_the_file_on_disk() {
    let (mut document, camel, _) = open();
    assert!(!document.is_changed());
    document.set_step(camel, 0, "x").unwrap();
    assert!(document.is_changed());
    let written = document.file().clone();
    document.set_step(camel, 1, "y").unwrap();
    document.mark_saved("other.json".into(), written.clone());
    assert_eq!(document.path(), Some("other.json".as_ref()));
    assert!(document.is_changed(), "it was edited while it was saved");
    document.undo();
    assert!(!document.is_changed());
    assert_eq!(document.saved(), &written);
    document.undo();
    assert!(document.is_changed());
}

#[test]
fn history_is_bounded_and_changes_are_still_known() {
    let (mut document, camel, _) = open();
    for number in 0..=MAX_UNDO {
        document.set_step(camel, 0, &number.to_string()).unwrap();
    }
    let undone = std::iter::from_fn(|| document.undo().map(str::to_owned)).count();
    assert_eq!((undone, steps(&document, camel)[0]), (MAX_UNDO, "0"));
    assert!(document.is_changed());
    document.set_step(camel, 0, "glide").unwrap();
    assert!(!document.is_changed());
}

#[test]
fn classes_keep_their_ids_when_all_is_replaced() {
    let (mut document, camel, serve) = open();
    let other = file(json!({"classes": [
        {"name": "serve", "domain": "tennis", "steps": ["toss"], "source": "book"},
        {"name": "camel spin", "domain": "roller skating", "steps": ["spin"]},
        {"name": "camel spin", "domain": "figure skating", "steps": ["spin"]},
    ]}));
    assert_eq!(document.replace(other.clone()), Ok(true));
    let [first, second, third] = document.ids().try_into().unwrap();
    assert_eq!((first, third), (serve, camel));
    assert!(![serve, camel].contains(&second));
    assert_eq!((document.file(), document.is_changed()), (&other, true));
    document.undo();
    assert_eq!((document.file(), document.ids()), (&skating(), &[camel, serve][..]));
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    SetStep,
    InsertStep,
    DeleteStep,
    MoveStep,
    AddClass,
    RenameClass,
    DeleteClass,
    Replace,
    Undo,
    Redo,
}

/// What an operation may need: a class, two steps, two texts and the steps of a new class.
type Arguments = (usize, [usize; 2], [String; 2], Vec<String>);

fn operation() -> impl Strategy<Value = (Operation, Arguments)> {
    use Operation::*;
    let operations = vec![
        SetStep,
        InsertStep,
        DeleteStep,
        MoveStep,
        AddClass,
        RenameClass,
        DeleteClass,
        Replace,
        Undo,
        Redo,
    ];
    // Few different texts, so that duplicates, empty texts and operations that change nothing occur.
    let text = || {
        prop::sample::select(vec!["", "  ", "spin", " spin", "serve", "tennis", "camel spin"])
            .prop_map(str::to_owned)
    };
    let arguments = (0..5_usize, [0..5_usize, 0..5], [text(), text()], prop::collection::vec(text(), 0..3));
    (prop::sample::select(operations), arguments)
}

/// Does an operation to the class of that number, and says whether it made a version.
fn run(
    document: &mut Document,
    ids: &mut Vec<ClassId>,
    operation: Operation,
    (class, [step, to], [text, domain], steps): &Arguments,
) -> bool {
    let id = ids[class % ids.len()];
    let made = match operation {
        Operation::SetStep => document.set_step(id, *step, text),
        Operation::InsertStep => document.insert_step(id, *step, text),
        Operation::DeleteStep => document.delete_step(id, *step),
        Operation::MoveStep => document.move_step(id, *step, *to),
        Operation::AddClass => document.add_class(text, domain, steps).map(|id| {
            ids.push(id);
            true
        }),
        Operation::RenameClass => document.rename_class(id, text, domain),
        Operation::DeleteClass => document.delete_class(id),
        Operation::Replace if *step > 1 => document.replace(skating()),
        Operation::Replace => document.replace(file(
            json!({"classes": [{"name": "serve", "domain": "tennis", "steps": ["wait"], "source": "book"}]}),
        )),
        Operation::Undo | Operation::Redo => unreachable!("these make no version"),
    };
    made == Ok(true)
}

fn state(document: &Document) -> (ScriptFile, Vec<ClassId>) {
    (document.file().clone(), document.ids().to_vec())
}

proptest! {
    #[test]
    fn every_version_is_valid_and_can_be_undone_to(operations in prop::collection::vec(operation(), 0..60)) {
        let (mut document, camel, serve) = open();
        let mut ids = vec![camel, serve];
        let mut versions = vec![state(&document)];
        let mut at = 0_usize;
        for (operation, arguments) in &operations {
            match operation {
                Operation::Undo => {
                    prop_assert_eq!(document.undo().is_some(), at > 0);
                    at = at.saturating_sub(1);
                }
                Operation::Redo => {
                    prop_assert_eq!(document.redo().is_some(), at + 1 < versions.len());
                    at = (at + 1).min(versions.len() - 1);
                }
                _ => {
                    if run(&mut document, &mut ids, *operation, arguments) {
                        at += 1;
                        versions.truncate(at);
                        versions.push(state(&document));
                    }
                }
            }
            prop_assert_eq!(&state(&document), &versions[at]);
            prop_assert_eq!(document.file().check(), Ok(()));
            prop_assert_eq!(document.is_changed(), document.file() != &skating());
            let mut unique = document.ids().to_vec();
            unique.sort();
            unique.dedup();
            prop_assert_eq!(unique.len(), document.classes().len());
        }
        while document.redo().is_some() {}
        prop_assert_eq!(&state(&document), versions.last().unwrap());
        while document.undo().is_some() {}
        prop_assert_eq!(&state(&document), &versions[0]);
        while document.redo().is_some() {}
        prop_assert_eq!(&state(&document), versions.last().unwrap());
    }
}
