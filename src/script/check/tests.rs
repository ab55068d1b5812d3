use serde_json::{Value, json};

use super::*;

fn file(value: Value) -> ScriptFile {
    let file: ScriptFile = serde_json::from_value(value).unwrap();
    file.check().unwrap();
    file
}

fn told(file: &ScriptFile) -> Vec<(usize, Option<usize>, String)> {
    check(file, || {}).into_iter().map(|found| (found.class, found.step, found.warning.to_string())).collect()
}

#[test]
fn steps_that_read_the_same_are_told_within_a_class_and_across() {
    let file = file(json!({"domain": "chess", "classes": [
        {"name": "fork", "steps": ["The knight jumps!", "a piece falls", "the  knight jumps"]},
        {"name": "pin", "steps": ["a bishop slides", "A piece falls."]},
        {"name": "skewer", "steps": ["a rook slides", "a piece falls"]},
    ]}));
    assert_eq!(
        told(&file),
        [
            (0, Some(1), "also a step of pin, skewer".to_owned()),
            (0, Some(2), "the same as step 1".to_owned()),
            (1, Some(1), "also a step of fork, skewer".to_owned()),
            (2, Some(1), "also a step of fork, pin".to_owned()),
        ]
    );
}

#[test]
fn short_fixed_scripts_have_ten_steps_of_two_or_three_words() {
    let steps = ["ball toss", "one", "racket behind the back", "ball overhead"];
    let told = |value| told(&file(value));
    let found = told(
        json!({"domain": "tennis", "strategy": "short-fixed", "classes": [{"name": "serve", "steps": steps}]}),
    );
    assert_eq!(
        found,
        [
            (0, None, "4 steps; a short-fixed script has 10".to_owned()),
            (0, Some(1), "has no word that a picture could show".to_owned()),
            (0, Some(1), "1 word; a short-fixed step has 2 or 3".to_owned()),
            (0, Some(2), "4 words; a short-fixed step has 2 or 3".to_owned()),
        ]
    );
    let rich = told(
        json!({"domain": "tennis", "strategy": "context-rich", "classes": [{"name": "serve", "steps": steps}]}),
    );
    assert_eq!(rich, [found[1].clone()]);
}

#[test]
fn a_file_that_does_not_say_its_strategy_is_taken_by_its_scripts() {
    let ten = |step: &str| (0..10).map(|number| format!("{step} {number}")).collect::<Vec<_>>();
    let strategy = |scripts: &[Vec<String>]| {
        let classes: Vec<_> = scripts
            .iter()
            .enumerate()
            .map(|(name, steps)| json!({"name": name.to_string(), "steps": steps}))
            .collect();
        Strategy::of(&file(json!({"domain": "tennis", "classes": classes})))
    };
    let short = ten("ball toss");
    assert_eq!(strategy(&[short.clone(), short[..9].to_vec(), short.clone()]), Strategy::ShortFixed);
    assert_eq!(strategy(&[short.clone(), short[..9].to_vec()]), Strategy::ContextRich);
    assert_eq!(strategy(&[ten("the ball is tossed up")]), Strategy::ContextRich);
}

#[test]
fn one_step_can_be_asked_about() {
    let class = file(
        json!({"domain": "chess", "classes": [{"name": "fork", "steps": ["moves to position", "a knight jumps"]}]}),
    );
    let class = &class.classes[0];
    let vague = [Warning::Vague(Vague::Phrase("moves to position".to_owned()))];
    assert_eq!(warnings_of_step(class, 0, Strategy::ContextRich), vague);
    assert_eq!(warnings_of_step(class, 0, Strategy::ShortFixed), vague);
    assert_eq!(warnings_of_step(class, 1, Strategy::ContextRich), []);
    assert_eq!(warnings_of_step(class, 2, Strategy::ContextRich), []);
}

#[test]
fn programs_are_told_the_kind_the_place_and_the_words() {
    let cut = Cut { kept: "a video of".to_owned(), lost: "a leg".to_owned() };
    let warning = Warning::Cut { template: "context".to_owned(), cut };
    let finding = json!(Finding { class: 1, step: Some(2), warning });
    let expected = json!({
        "class": 1, "step": 2, "kind": "cut", "message": "too long in context: a video of [a leg]", "template": "context",
        "kept": "a video of", "lost": "a leg",
    });
    assert_eq!(finding, expected);
    let finding = json!(Finding { class: 0, step: None, warning: Warning::Steps { steps: 4 } });
    assert_eq!(finding["step"], Value::Null);
}

/// Files as large as any are checked in a time that grows with their size alone, and told of in as much memory.
#[test]
fn very_many_classes_that_share_a_step_are_counted() {
    let classes: Vec<_> = (0..20_000)
        .map(|name| json!({"name": format!("class {name}"), "steps": ["a piece falls"]}))
        .collect();
    let file = file(json!({"domain": "chess", "classes": classes}));
    let mut counted = 0;
    let findings = check(&file, || counted += 1);
    assert_eq!((findings.len(), counted), (20_000, 20_000));
    let Warning::Shared { classes, more } = &findings[3].warning else { panic!() };
    assert_eq!((classes.len(), *more), (LISTED, 20_000 - 1 - LISTED));
    assert!(
        findings[3].warning.to_string().starts_with("also a step of class 0, class 1, class 2, class 4, ")
    );
    assert!(findings[3].warning.to_string().ends_with(" and 19994 more classes"));
    assert_eq!(json!(findings[3])["more_classes"], 19_994);
}

#[test]
fn a_class_of_very_many_steps_is_checked_once_through() {
    let steps: Vec<String> = (0..20_000).map(|step| format!("a piece falls {}", step / 2)).collect();
    let file = file(json!({"domain": "chess", "classes": [{"name": "fork", "steps": steps}]}));
    let repeated = check(&file, || {});
    assert_eq!(repeated.len(), 10_000);
    assert_eq!(repeated[1], Finding { class: 0, step: Some(3), warning: Warning::Repeated { earlier: 2 } });
}
