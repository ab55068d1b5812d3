use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::answer::{Final, excerpt, one_line};
use super::client::Schema;
use super::completion::Answer;
use crate::script::{Strategy, range_text};

/// The JSON that a model is asked for.
pub const FORM: &str = r#"{"classes": [{"name": "…", "steps": ["…", "…"]}]}"#;

/// Most words and characters of a step: it is one sentence, and the text tower reads no more.
const MAX_STEP: (usize, usize) = (60, 500);

/// The JSON Schema of [`FORM`] for these classes.
pub fn schema(names: &[String]) -> Schema {
    let class = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": names},
            "steps": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "steps"],
        "additionalProperties": false,
    });
    let schema = json!({
        "type": "object",
        "properties": {"classes": {"type": "array", "items": class}},
        "required": ["classes"],
        "additionalProperties": false,
    });
    Schema { name: "scripts", schema }
}

/// The steps of each class, or which rule they break, in words for the model. The last script of a class counts.
pub fn scripts_in(answer: &Answer, names: &[String], strategy: Strategy) -> Vec<Result<Vec<String>, String>> {
    let said = Final::of(&answer.text);
    let listed: Vec<Listed> = said.json.iter().filter_map(|value| listed(value, names)).collect();
    let script = |name: &String| {
        if said.lacks_its_end(answer.is_cut) {
            return Err("the answer was cut off before its end".to_owned());
        }
        if listed.is_empty() {
            return Err(match answer.text.trim().is_empty() {
                true => "the answer is empty".to_owned(),
                false => {
                    format!("the answer does not have the form {FORM}; it is: {}", excerpt(&answer.text, 80))
                }
            });
        }
        let steps = steps(final_script(name, &listed, names)?)?;
        check(&steps, strategy).map(|()| steps)
    };
    names.iter().map(script).collect()
}

/// Scripts in one JSON value.
enum Listed {
    Named(Vec<(String, Value)>),
    /// Steps without a name, if one class was asked for.
    Bare(Value),
}

/// The script of a class: the last one in the answer that names it.
fn final_script<'a>(name: &String, listed: &'a [Listed], names: &[String]) -> Result<&'a Value, String> {
    let several = || Err("the answer has several scripts of it; give one".to_owned());
    let mut bare = None;
    for listed in listed.iter().rev() {
        let classes = match listed {
            // Without names there is no telling which one is meant.
            Listed::Bare(value) if bare.is_some_and(|other| other != value) => return several(),
            Listed::Bare(value) => {
                bare = Some(value);
                continue;
            }
            Listed::Named(classes) => classes,
        };
        let of = |is_it: &dyn Fn(&String) -> bool| {
            classes.iter().filter(|(other, _)| is_it(other)).map(|(_, value)| value).collect::<Vec<_>>()
        };
        let mut found = of(&|other| other == name);
        if found.is_empty() {
            found = of(&|other| plain(other) == plain(name) && !names.contains(other));
        }
        if let [value, others @ ..] = &found[..] {
            let is_one = others.iter().all(|other| other == value) && bare.is_none_or(|bare| bare == *value);
            return if is_one { Ok(value) } else { several() };
        }
    }
    bare.ok_or_else(|| "its script is missing".to_owned())
}

/// Names and scripts in any of the forms that models use: a list of objects with `name` and `steps`, an object with a list
/// for each name, or either of them as `classes`; for a single class, its object or its list alone.
fn listed(value: &Value, names: &[String]) -> Option<Listed> {
    if let Some(inner) = value.get("classes") {
        return listed(inner, names);
    }
    let of_object = |object: &Map<String, Value>| {
        let name = object.get("name").and_then(Value::as_str);
        Some((name?.to_owned(), object.get("steps").cloned().unwrap_or_default()))
    };
    match (value, names) {
        (Value::Object(object), _) if object.contains_key("name") => {
            Some(Listed::Named(vec![of_object(object)?]))
        }
        (Value::Object(object), [_]) if object.contains_key("steps") => {
            Some(Listed::Bare(object["steps"].clone()))
        }
        (Value::Object(object), _) => {
            let is_known = |other: &String| names.iter().any(|name| plain(name) == plain(other));
            object.keys().any(is_known).then(|| {
                Listed::Named(object.iter().map(|(name, steps)| (name.clone(), steps.clone())).collect())
            })
        }
        (Value::Array(items), [_]) if items.len() > 1 && items.iter().all(Value::is_string) => {
            Some(Listed::Bare(value.clone()))
        }
        (Value::Array(items), _) => {
            let classes: Vec<_> =
                items.iter().filter_map(|item| item.as_object().and_then(of_object)).collect();
            (!classes.is_empty()).then_some(Listed::Named(classes))
        }
        _ => None,
    }
}

fn plain(name: &str) -> String {
    one_line(name).to_lowercase()
}

/// The steps of a list, trimmed and without numbers.
fn steps(value: &Value) -> Result<Vec<String>, String> {
    let is_no_list = || "\"steps\" is not a list of strings".to_owned();
    let items = value.as_array().ok_or_else(is_no_list)?;
    let steps: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(one_line)).collect();
    let steps = steps.ok_or_else(is_no_list)?;
    let bare: Option<Vec<String>> =
        (1..).zip(&steps).map(|(number, step)| without_number(number, step)).collect();
    Ok(bare.unwrap_or(steps))
}

/// A step without `1. `, `1) `, `1: ` or `Step 1: `; `None` if it has no such number.
fn without_number(number: usize, step: &str) -> Option<String> {
    let rest = step.strip_prefix("Step ").or(step.strip_prefix("step ")).unwrap_or(step);
    let rest = rest.strip_prefix(&number.to_string())?.strip_prefix(['.', ')', ':'])?;
    Some(rest.trim_start().to_owned())
}

fn check(steps: &[String], strategy: Strategy) -> Result<(), String> {
    let count = steps.len();
    if !strategy.steps().contains(&count) {
        let exactly = if strategy.exact_steps().is_some() { "exactly " } else { "" };
        return Err(format!("it has {count} steps, not {exactly}{}", range_text(&strategy.steps())));
    }
    let mut seen = HashSet::new();
    for (number, step) in (1..).zip(steps) {
        if step.is_empty() {
            return Err(format!("step {number} is empty"));
        }
        if !seen.insert(step.to_lowercase()) {
            return Err(format!("step {number} repeats another: {}", excerpt(step, 80)));
        }
        let words = step.split_whitespace().count();
        let characters = step.chars().count();
        if words > MAX_STEP.0 || characters > MAX_STEP.1 {
            let ((most_words, most), step) = (MAX_STEP, excerpt(step, 80));
            return Err(format!(
                "step {number} has {words} words and {characters} characters, not at most {most_words} and {most}: {step}"
            ));
        }
        if let Some(range) = strategy.words().filter(|range| !range.contains(&words)) {
            let (range, step) = (range_text(&range), excerpt(step, 80));
            return Err(format!("step {number} has {words} words, not {range}: {step}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUR: &str = r#"["a b", "c d", "e f", "g h"]"#;

    fn read(text: &str, names: &[&str], strategy: Strategy) -> Vec<Result<Vec<String>, String>> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        scripts_in(&Answer { text: text.to_owned(), is_cut: false }, &names, strategy)
    }

    #[test]
    fn every_form_of_an_answer_is_accepted() {
        for text in [
            format!(r#"{{"classes": [{{"name": "fork", "steps": {FOUR}}}]}}"#),
            format!(r#"[{{"name": " Fork", "steps": {FOUR}}}]"#),
            format!(r#"{{"fork": {FOUR}}}"#),
            format!(r#"{{"classes": {{"FORK": {FOUR}}}}}"#),
            format!(r#"{{"name": "fork", "steps": {FOUR}}}"#),
            format!("Steps [1] of it:\n```json\n{FOUR}\n```"),
            r#"["1. a b", "2. c d", "3. e f", "4. g h"]"#.to_owned(),
            r#"{"steps": [" a  b", "c\td", "e f", "g h"]}"#.to_owned(),
        ] {
            let steps = read(&text, &["fork"], Strategy::CONTEXT_RICH).remove(0);
            assert_eq!(steps.unwrap(), ["a b", "c d", "e f", "g h"], "{text}");
        }
        let two = format!(
            r#"{{"classes": [{{"name": "pin", "steps": {FOUR}}}, {{"name": "fork", "steps": "no"}}]}}"#
        );
        let [fork, pin, mate] = &read(&two, &["fork", "pin", "mate"], Strategy::CONTEXT_RICH)[..] else {
            panic!()
        };
        assert!(fork.as_ref().unwrap_err().contains("not a list of strings") && pin.is_ok());
        assert_eq!(mate.as_ref().unwrap_err(), "its script is missing");
    }

    #[test]
    fn the_last_script_of_a_class_counts() {
        let named =
            |name: &str, steps: &str| format!(r#"{{"classes": [{{"name": "{name}", "steps": {steps}}}]}}"#);
        let other = r#"["w x", "y z", "u v", "s t"]"#;
        let read = |text: &str, names: &[&str]| read(text, names, Strategy::CONTEXT_RICH);
        let good = || Ok(["a b", "c d", "e f", "g h"].map(str::to_owned).to_vec());
        for draft in [
            named("fork", other),
            format!("```json\n{}\n```", named("fork", other)),
            format!("<thinking>{}</thinking>", named("fork", other)),
            format!("[1, 2] {{\"note\": \"{{}}\"}} {other}"),
        ] {
            let text = format!("Draft: {draft}\nFinal: {} I hope this helps {{}}.", named("fork", FOUR));
            assert_eq!(read(&text, &["fork"]), [good()], "{text}");
        }
        // One object for each class, and a second one for the first.
        let text = format!("{} {} {}", named("fork", other), named("pin", FOUR), named("Fork", FOUR));
        assert_eq!(read(&text, &["fork", "pin"]), [good(), good()]);
        // A name that differs by its capitals alone is another class.
        let [big, small] =
            &read(&format!("{} {}", named("Fork", FOUR), named("fork", other)), &["Fork", "fork"])[..]
        else {
            panic!()
        };
        assert!(big.as_ref().unwrap()[0] == "a b" && small.as_ref().unwrap()[0] == "w x");
    }

    #[test]
    fn a_draft_never_counts() {
        let one = format!(r#"{{"name": "fork", "steps": {FOUR}}}"#);
        let draft = format!(r#"{{"classes": [{one}]}}"#);
        for (text, is_cut, reason) in [
            (format!("{draft} Better: {{\"classes\": [{{\"name\": \"fork\""), false, "cut off"),
            (format!("{draft} Better: "), true, "cut off"),
            (format!("<think>{draft} Better: "), true, "cut off"),
            (format!("<think>{draft} Better: "), false, "does not have the form"),
            (format!("{{\"draft\": {draft}, \"classes\": [{{\"name\": \"fork\","), false, "cut off"),
            (format!("{{\"draft\": {draft}, \"final\": 'none'}}"), false, "does not have the form"),
            (format!(r#"{FOUR} or ["w x", "y z", "u v", "s t"]"#), false, "several scripts"),
            (format!(r#"{draft} or ["w x", "y z", "u v", "s t"]"#), false, "several scripts"),
            (format!(r#"[{one}, {{"name": "fork", "steps": []}}]"#), false, "several scripts"),
        ] {
            let answer = Answer { text, is_cut };
            let said = scripts_in(&answer, &["fork".to_owned()], Strategy::CONTEXT_RICH).remove(0);
            assert!(said.as_ref().is_err_and(|said| said.contains(reason)), "{}: {said:?}", answer.text);
        }
        let whole = Answer { text: format!("```json\n{draft}\n```"), is_cut: true };
        assert!(scripts_in(&whole, &["fork".to_owned()], Strategy::CONTEXT_RICH)[0].is_ok());
    }

    #[test]
    fn broken_rules_are_named() {
        let list = |steps: &[String]| serde_json::to_string(steps).unwrap();
        let many = |count: usize| list(&(0..count).map(|i| format!("step number {i}")).collect::<Vec<_>>());
        let bad = |text: &str, strategy| read(text, &["fork"], strategy).remove(0).unwrap_err();
        let (rich, short) = (Strategy::CONTEXT_RICH, Strategy::SHORT_FIXED);
        for (text, strategy, reason) in [
            (many(3), rich, "it has 3 steps, not 4 to 15"),
            (many(16), rich, "it has 16 steps, not 4 to 15"),
            (many(9), short, "it has 9 steps, not exactly 10"),
            (many(10).replace("number 3", "number three now"), short, "step 4 has 4 words, not 2 or 3"),
            (many(10).replace("step number 3", "step"), short, "step 4 has 1 words"),
            (many(4).replace("step number 1", " \\u0007 "), rich, "step 2 is empty"),
            (many(4).replace("step number 1", "Step NUMBER 0"), rich, "step 2 repeats another"),
            (
                many(4).replace("number 1", &"word ".repeat(60)),
                rich,
                "step 2 has 61 words and 304 characters, not at most 60 and 500",
            ),
            (many(4).replace("number 1", &"w".repeat(496)), rich, "step 2 has 2 words and 501 characters"),
            (r#"{"steps": [{"step": "a"}]}"#.into(), rich, "not a list of strings"),
            ("I cannot do that".into(), rich, "does not have the form"),
            (" ".into(), rich, "the answer is empty"),
        ] {
            let said = bad(&text, strategy);
            assert!(said.contains(reason), "{said}");
        }
        let long = many(4).replace("number 1", &"word ".repeat(59));
        assert!(read(&long, &["fork"], rich)[0].is_ok());
        assert!(read(&many(15), &["fork"], rich)[0].is_ok());
        assert!(read(&many(10), &["fork"], short)[0].is_ok());
        let cut = Answer { text: "[\"a".into(), is_cut: true };
        let said = scripts_in(&cut, &["fork".to_owned()], rich).remove(0).unwrap_err();
        assert_eq!(said, "the answer was cut off before its end");
    }
}
