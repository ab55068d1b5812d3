//! What the method's authors generate, `generated_subactions.json`: questions of ActionAtlas with the steps of each option.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::values::{count, text};
use crate::eval::dataset::format::{Context, Entry, Format, Listed, Object};
use crate::eval::dataset::scripts::no_steps;
use crate::eval::published;
use crate::script::plain_name;

pub const FORMAT: Format = Format {
    recognizes: |object| object.get("subactions").is_some() || object.get("cleaned_options").is_some(),
    read,
    allows_list: true,
    is_foreign: true,
    brings_scripts: true,
    benchmark: Some(published::ACTION_ATLAS),
};

const EXPECTED: &str = "an item of generated_subactions.json has youtube_id, id, domain, cleaned_options, \
                        correct_answer_index and subactions";

/// The fields in use.
#[derive(Deserialize)]
struct Item {
    youtube_id: String,
    #[serde(deserialize_with = "text")]
    id: String,
    domain: String,
    cleaned_options: Vec<String>,
    /// Index of the true option, from 0.
    #[serde(deserialize_with = "count")]
    correct_answer_index: usize,
    /// Steps by `OPTION in DOMAIN`; what the language model said, where that could not be read.
    #[serde(default)]
    subactions: Value,
}

fn read(object: Object, _: &Context) -> Result<Listed, String> {
    let item: Item = object.fields(EXPECTED)?;
    // Of alike names the first counts.
    let scripts = item.subactions.as_object().into_iter().flatten().rev();
    let alike = scripts.map(|(name, steps)| (plain_name(name), steps)).collect();
    let steps = item.cleaned_options.iter().map(|option| steps(&item, &alike, option)).collect();
    let entry = Entry {
        id: item.id,
        video: PathBuf::new(),
        start: None,
        end: None,
        domain: item.domain,
        candidates: item.cleaned_options,
        answer: item.correct_answer_index,
        groups: Vec::new(),
    };
    entry.check(entry.answer, 0)?;
    Ok(Listed { youtube_id: Some(item.youtube_id), steps: Some(steps), ..Listed::new(entry) })
}

/// The steps of an option.
fn steps(item: &Item, alike: &HashMap<String, &Value>, option: &str) -> Result<Vec<String>, String> {
    let found = match &item.subactions {
        Value::Object(scripts) => {
            let key = format!("{option} in {}", item.domain);
            let steps = scripts.get(&key).or_else(|| alike.get(&plain_name(&key)).copied());
            let steps: Option<Vec<String>> = steps.and_then(|steps| Vec::deserialize(steps).ok());
            let is_whole =
                |steps: &Vec<String>| !steps.is_empty() && steps.iter().all(|step| !step.trim().is_empty());
            return steps.filter(is_whole).ok_or_else(|| no_steps(option));
        }
        Value::Null => "nothing",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Bool(_) | Value::Number(_) => "a single value",
    };
    Err(format!("\"subactions\" holds {found}, not lists of steps"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::align::Preset;

    fn parse(item: Value) -> Result<Listed, String> {
        let context = Context { folder: Path::new(""), preset: Preset::Paper };
        read(Object::Item(item), &context)
    }

    fn item() -> Value {
        json!({
            "youtube_id": "yt", "id": "7", "domain": "Chess", "action": "Fork", "question": "What is it?",
            "cleaned_options": ["pin", "fork"], "correct_answer_index": 1,
            "subactions": {"pin in Chess": ["a bishop slides"], "Fork in chess": ["a knight jumps", "two fall"]},
        })
    }

    fn with(field: &str, value: Value) -> Result<Listed, String> {
        let mut item = item();
        item[field] = value;
        parse(item)
    }

    #[test]
    fn an_item_brings_its_steps_by_option_and_domain() {
        let listed = parse(item()).unwrap();
        assert_eq!((&listed.entry.id[..], listed.entry.answer), ("7", 1));
        assert_eq!(listed.youtube_id.as_deref(), Some("yt"));
        let steps: Vec<_> = listed.steps.unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(steps, [vec!["a bishop slides"], vec!["a knight jumps", "two fall"]]);
    }

    #[test]
    fn an_option_without_steps_does_not_refuse_the_file() {
        for (subactions, first, second) in [
            (json!("Sure! pin in Chess: …"), "holds text, not lists", "holds text"),
            (json!(null), "holds nothing", "holds nothing"),
            (json!({"fork in Chess": []}), "no steps for \"pin\"", "no steps for \"fork\""),
            (json!({"pin in Chess": "a step", "fork in Chess": [" "]}), "for \"pin\"", "for \"fork\""),
        ] {
            let steps = with("subactions", subactions).unwrap().steps.unwrap();
            for (steps, words) in steps.into_iter().zip([first, second]) {
                let fault = steps.unwrap_err();
                assert!(fault.contains(words), "{fault}");
            }
        }
    }

    #[test]
    fn errors_name_the_field() {
        for (field, value, words) in [
            ("correct_answer_index", json!(2), "the answer is 2, but the 2 candidates count from 0 to 1"),
            (
                "correct_answer_index",
                json!("b"),
                "not a whole number\nhelp: an item of generated_subactions.json has",
            ),
            ("domain", json!(null), "an item of generated_subactions.json has"),
        ] {
            let error = with(field, value).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
