use serde_json::{Value, json};

use super::*;

pub fn file(value: Value) -> ScriptFile {
    let file: ScriptFile = serde_json::from_value(value).unwrap();
    file.check().unwrap();
    file
}

fn found(file: &ScriptFile) -> Vec<(usize, Option<usize>, String)> {
    check(file, || {}).into_iter().map(|found| (found.class, found.step, found.warning.to_string())).collect()
}

#[test]
fn equal_steps_are_found_within_a_class_and_across() {
    let file = file(json!({"domain": "chess", "classes": [
        {"name": "fork", "steps": ["The knight jumps!", "a piece falls", "the  knight jumps"]},
        {"name": "pin", "steps": ["a bishop slides", "A piece falls."]},
        {"name": "skewer", "steps": ["a rook slides", "a piece falls"]},
    ]}));
    assert_eq!(
        found(&file),
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
    let in_file = |value| found(&file(value));
    let short = in_file(
        json!({"domain": "tennis", "strategy": "short-fixed", "classes": [{"name": "serve", "steps": steps}]}),
    );
    assert_eq!(
        short,
        [
            (0, None, "4 steps; a short-fixed script has 10".to_owned()),
            (0, Some(1), "has no word that a picture could show".to_owned()),
            (0, Some(1), "1 word; a short-fixed step has 2 or 3".to_owned()),
            (0, Some(2), "4 words; a short-fixed step has 2 or 3".to_owned()),
        ]
    );
    let rich = in_file(
        json!({"domain": "tennis", "strategy": "context-rich", "classes": [{"name": "serve", "steps": steps}]}),
    );
    assert_eq!(rich, [short[1].clone()]);
}

#[test]
fn a_file_without_a_strategy_is_recognized_by_its_scripts() {
    let ten = |step: &str| (0..10).map(|number| format!("{step} {number}")).collect::<Vec<_>>();
    let strategy = |scripts: &[Vec<String>]| {
        let class = |(name, steps): (usize, _)| json!({"name": name.to_string(), "steps": steps});
        let classes: Vec<_> = scripts.iter().enumerate().map(class).collect();
        Strategy::of(&file(json!({"domain": "tennis", "classes": classes})))
    };
    let short = ten("ball toss");
    assert_eq!(strategy(&[short.clone(), short[..9].to_vec(), short.clone()]), Strategy::SHORT_FIXED);
    assert_eq!(strategy(&[short.clone(), short[..9].to_vec()]), Strategy::CONTEXT_RICH);
    assert_eq!(strategy(&[ten("the ball is tossed up")]), Strategy::CONTEXT_RICH);
}

#[test]
fn a_single_step_can_be_checked() {
    let class = file(
        json!({"domain": "chess", "classes": [{"name": "fork", "steps": ["moves to position", "a knight jumps"]}]}),
    );
    let class = &class.classes[0];
    let vague = [Warning::Vague(Vague::Phrase("moves to position".to_owned()))];
    assert_eq!(warnings_of_step(class, 0, Strategy::CONTEXT_RICH), vague);
    assert_eq!(warnings_of_step(class, 0, Strategy::SHORT_FIXED), vague);
    assert_eq!(warnings_of_step(class, 1, Strategy::CONTEXT_RICH), []);
    assert_eq!(warnings_of_step(class, 2, Strategy::CONTEXT_RICH), []);
}

#[test]
fn json_has_kind_place_and_message() {
    let cut = Cut { kept: "a video of".to_owned(), lost: "a leg".to_owned() };
    let warning = Warning::Cut { template: "context".to_owned(), cut };
    let finding = json!(Finding { class: 1, step: Some(2), warning });
    let expected = json!({
        "class": 1, "step": 2, "kind": "cut", "message": "too long in context: a video of [a leg]", "template": "context",
        "kept": "a video of", "lost": "a leg",
    });
    assert_eq!(finding, expected);
    let finding = json!(Finding {
        class: 0,
        step: None,
        warning: Warning::Steps { steps: 4, strategy: Strategy::SHORT_FIXED }
    });
    assert_eq!(finding["step"], Value::Null);
}

/// Time and memory are linear in the size of the file.
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
fn very_many_steps_are_checked_in_one_pass() {
    let steps: Vec<String> = (0..20_000).map(|step| format!("a piece falls {}", step / 2)).collect();
    let file = file(json!({"domain": "chess", "classes": [{"name": "fork", "steps": steps}]}));
    let repeated = check(&file, || {});
    assert_eq!(repeated.len(), 10_000);
    assert_eq!(repeated[1], Finding { class: 0, step: Some(3), warning: Warning::Repeated { earlier: 2 } });
}
