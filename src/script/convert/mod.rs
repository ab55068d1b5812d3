//! Lossless conversion between the authors' `generated_subactions.json` and script files.
//!
//! The authors' file is a list of items, one per clip, each with the scripts of its options. A script file is a list of
//! classes. Converted to a script file, the scripts become classes and the items go into the field `generated_subactions`.
//! There, `{"class": NAME}` replaces a script that became a class; `{"kept": VALUE}` holds a value that cannot become one, or
//! a second script of a class. So a step that is edited in the script file changes in all items on the way back.
//!
//! Converted to the authors' format, a file without items becomes one item per domain. What items cannot express goes into
//! the field `script_file` of the first: the file itself. It is used on the way back unless the items were edited since.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::script::{Class, Fault, ScriptFile, plain_name};

/// The field of a script file with the authors' items.
const ITEMS: &str = "generated_subactions";
/// The field of an item with the script file.
const SCRIPT_FILE: &str = "script_file";
/// The field of an item with its scripts.
const SUBACTIONS: &str = "subactions";

/// Why a file cannot be converted. Messages count items from 1.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ConvertError {
    #[error(
        "neither a script file (an object with \"classes\") nor the authors' format (a list of objects with \
         \"subactions\")"
    )]
    Unknown,
    #[error(
        "no item has a script\nhelp: \"subactions\" should have a list of steps for each \"OPTION in DOMAIN\""
    )]
    NoScripts,
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(
        "item {item}: \"{key}\" is neither {{\"class\": …}} nor {{\"kept\": …}} in its subactions\nhelp: put it back"
    )]
    NoReference { item: usize, key: String },
    #[error(
        "item {item}: no class \"{name}\" in \"{domain}\"\nhelp: rename it in the item as well, or remove it from its \
         subactions"
    )]
    NoClass { item: usize, name: String, domain: String },
}

/// The result of a conversion.
#[derive(Clone, Debug, PartialEq)]
pub enum Converted {
    Own(ScriptFile),
    Authors(Vec<Value>),
}

/// Converts a document to the other format; its content decides which it has.
pub fn convert(document: Value) -> Result<Converted, ConvertError> {
    match document {
        Value::Array(items) => from_authors(items).map(Converted::Own),
        Value::Object(_) => {
            let file: ScriptFile = serde_json::from_value(document).map_err(|_| ConvertError::Unknown)?;
            file.check()?;
            to_authors(&file).map(Converted::Authors)
        }
        _ => Err(ConvertError::Unknown),
    }
}

/// Converts the authors' items. [`to_authors`] gives equal items back.
pub fn from_authors(items: Vec<Value>) -> Result<ScriptFile, ConvertError> {
    if let Some(file) = items.iter().find(|item| item.is_object()).and_then(|first| first.get(SCRIPT_FILE))
        && let Ok(file) = serde_json::from_value::<ScriptFile>(file.clone())
        && file.check().is_ok()
        && to_authors(&file).is_ok_and(|again| again == items)
    {
        return Ok(file);
    }
    classes_of(items)
}

/// The authors' items of a script file: those it came from, else one per domain. [`from_authors`] gives an equal file back.
///
/// # Errors
/// If an item refers to a missing class.
pub fn to_authors(file: &ScriptFile) -> Result<Vec<Value>, ConvertError> {
    // The first of a name wins, as in `ScriptFile::find`.
    let classes: Classes =
        file.classes.iter().rev().map(|class| ((file.domain_of(class), &class.name[..]), class)).collect();
    let mut items = match file.other.get(ITEMS) {
        Some(Value::Array(items)) if items.iter().any(Value::is_object) => items
            .iter()
            .enumerate()
            .map(|(index, item)| with_scripts(&classes, index + 1, item))
            .collect::<Result<_, _>>()?,
        _ => item_for_each_domain(file),
    };
    if from_authors(items.clone()).as_ref() != Ok(file)
        && let Some(Value::Object(first)) = items.iter_mut().find(|item| item.is_object())
    {
        first.insert(SCRIPT_FILE.to_owned(), json!(file));
    }
    Ok(items)
}

/// Collects the classes, and replaces their scripts in the items by references.
fn classes_of(mut items: Vec<Value>) -> Result<ScriptFile, ConvertError> {
    let mut classes: Vec<(String, Class)> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for item in &mut items {
        let Some(domain) = item.get("domain").and_then(Value::as_str).map(str::to_owned) else {
            keep_all(item);
            continue;
        };
        let options: Vec<String> = item
            .get("cleaned_options")
            .and_then(Value::as_array)
            .map(|options| options.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        let options = Options::new(&options, &domain);
        let Some(Value::Object(scripts)) = item.get_mut(SUBACTIONS) else { continue };
        for (key, value) in scripts {
            let script = name_of(key, &domain, &options).zip(steps_of(value));
            let reference = script.and_then(|(name, steps)| {
                let place = *places.entry((domain.clone(), name.clone())).or_insert_with(|| {
                    let class =
                        Class { name: name.clone(), domain: None, steps: steps.clone(), other: Map::new() };
                    classes.push((domain.clone(), class));
                    classes.len() - 1
                });
                (classes[place].1.steps == steps).then(|| json!({"class": name}))
            });
            *value = reference.unwrap_or_else(|| json!({"kept": value.take()}));
        }
    }
    let Some((first, _)) = classes.first() else { return Err(ConvertError::NoScripts) };
    let common = classes.iter().all(|(domain, _)| domain == first).then(|| first.clone());
    let own = |domain: String| common.is_none().then_some(domain);
    let classes = classes.into_iter().map(|(domain, class)| Class { domain: own(domain), ..class }).collect();
    let other = Map::from_iter([(ITEMS.to_owned(), Value::Array(items))]);
    Ok(ScriptFile { domain: common, classes, other })
}

fn keep_all(item: &mut Value) {
    if let Some(Value::Object(scripts)) = item.get_mut(SUBACTIONS) {
        for value in scripts.values_mut() {
            *value = json!({"kept": value.take()});
        }
    }
}

/// Options by the keys of their scripts, exact and as [`plain_name`]; the first wins.
struct Options<'a> {
    exact: HashMap<String, &'a str>,
    alike: HashMap<String, &'a str>,
}

impl<'a> Options<'a> {
    fn new(options: &'a [String], domain: &str) -> Self {
        let keys = || options.iter().rev().map(|option| (format!("{option} in {domain}"), &option[..]));
        Self {
            exact: keys().collect(),
            alike: keys().map(|(key, option)| (plain_name(&key), option)).collect(),
        }
    }
}

/// The class of a key: an option, else the text before ` in DOMAIN`.
fn name_of(key: &str, domain: &str, options: &Options) -> Option<String> {
    let named = || key.strip_suffix(domain)?.strip_suffix(" in ");
    let option = options.exact.get(key).or_else(|| options.alike.get(&plain_name(key))).copied();
    option.or_else(named).filter(|name| !name.trim().is_empty()).map(str::to_owned)
}

/// The steps of a script, if a class can have them.
fn steps_of(value: &Value) -> Option<Vec<String>> {
    let steps: Vec<String> =
        value.as_array()?.iter().map(|step| step.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    (!steps.is_empty() && steps.iter().all(|step| !step.trim().is_empty())).then_some(steps)
}

/// Classes by domain and name.
type Classes<'a> = HashMap<(&'a str, &'a str), &'a Class>;

/// An item with its references replaced by scripts.
fn with_scripts(classes: &Classes, number: usize, item: &Value) -> Result<Value, ConvertError> {
    let mut item = item.clone();
    let domain = item.get("domain").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(Value::Object(scripts)) = item.get_mut(SUBACTIONS) else { return Ok(item) };
    for (key, value) in scripts {
        let no_reference = || ConvertError::NoReference { item: number, key: key.clone() };
        let Value::Object(reference) = value else { return Err(no_reference()) };
        *value = match (reference.remove("class"), reference.remove("kept")) {
            (Some(Value::String(name)), None) => match classes.get(&(&domain[..], &name[..])) {
                Some(class) => json!(class.steps),
                None => return Err(ConvertError::NoClass { item: number, name, domain }),
            },
            (None, Some(kept)) => kept,
            _ => return Err(no_reference()),
        };
    }
    Ok(item)
}

/// An item per domain, with the field names of the authors.
fn item_for_each_domain(file: &ScriptFile) -> Vec<Value> {
    let mut domains: Vec<(&str, Vec<&Class>)> = Vec::new();
    let mut places = HashMap::new();
    for class in &file.classes {
        let domain = file.domain_of(class);
        let place = *places.entry(domain).or_insert_with(|| {
            domains.push((domain, Vec::new()));
            domains.len() - 1
        });
        domains[place].1.push(class);
    }
    let item = |(domain, classes): &(&str, Vec<&Class>)| {
        let script = |class: &&Class| (format!("{} in {domain}", class.name), json!(class.steps));
        let scripts: Map<String, Value> = classes.iter().map(script).collect();
        json!({
            "youtube_id": "", "id": domain, "domain": domain, "action": "", "question": "",
            "cleaned_options": classes.iter().map(|class| &class.name).collect::<Vec<_>>(),
            "correct_answer_index": 0,
            SUBACTIONS: scripts,
        })
    };
    domains.iter().map(item).collect()
}

#[cfg(test)]
mod tests;
