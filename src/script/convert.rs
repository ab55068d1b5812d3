//! Script files from the authors' `generated_subactions.json`, and back, without a loss.
//!
//! The authors' file is a list of items, one for a clip, each with the scripts of its options. Ours is a list of classes.
//! Into ours, the scripts become classes and the items go into the field `generated_subactions`, where a script that became a class is
//! replaced by `{"class": NAME}`; a value that cannot become one, or a second script of the same class, is kept there as
//! `{"kept": VALUE}`. So a step that is changed in our file is changed in the items when they are written again.
//!
//! Into the authors', a file without items becomes one item for each domain. What the items cannot tell of our file is in
//! the field `script_file` of the first of them: the file itself. It is used on the way back as long as it still says what
//! the items say, and is one more field of an item where they were edited since.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::script::{Class, Fault, ScriptFile, plain_name};

/// The field of our file that holds the authors' items.
const ITEMS: &str = "generated_subactions";
/// The field of an item that holds our file.
const SCRIPT_FILE: &str = "script_file";
/// The field of an item that holds its scripts.
const SUBACTIONS: &str = "subactions";

/// Why a file cannot be converted. Items count from 1.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ConvertError {
    /// Neither a list nor an object with classes.
    #[error(
        "it is neither a script file, an object with \"classes\", nor what the authors generate, a list of objects with \
         \"subactions\""
    )]
    Unknown,
    /// No script can be read.
    #[error("no item has a script: \"subactions\" should have a list of steps for each \"OPTION in DOMAIN\"")]
    NoScripts,
    /// A script file that breaks a rule.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// An item whose scripts are not as this program wrote them.
    #[error(
        "the subactions of item {item} have no {{\"class\": …}} and no {{\"kept\": …}} at \"{key}\"; put it back"
    )]
    NoReference {
        /// Number of the item.
        item: usize,
        /// The key.
        key: String,
    },
    /// An item whose class is gone.
    #[error(
        "item {item} has the class \"{name}\" in \"{domain}\", which is not there; rename it in the item as well, or take \
         it out of its subactions"
    )]
    NoClass {
        /// Number of the item.
        item: usize,
        /// The class.
        name: String,
        /// Its domain.
        domain: String,
    },
}

/// What came of a conversion.
#[derive(Clone, Debug, PartialEq)]
pub enum Converted {
    /// A script file of ours.
    Own(ScriptFile),
    /// A list of the authors' items.
    Authors(Vec<Value>),
}

/// Converts a document into the other format; its content tells which it is of.
///
/// # Errors
/// If it is of neither format, or breaks a rule of its own.
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

/// A script file of the authors' items. [`to_authors`] gives equal items back.
///
/// # Errors
/// If no item has a script.
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

/// The authors' items of a script file: those that it came from, else one for each domain. [`from_authors`] gives an equal
/// file back.
///
/// # Errors
/// If an item names a class that is not there.
pub fn to_authors(file: &ScriptFile) -> Result<Vec<Value>, ConvertError> {
    // The first of a name, as `ScriptFile::find` has it.
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

/// The classes that items have scripts of, and the items with references to them.
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
    let classes = classes
        .into_iter()
        .map(|(domain, class)| Class { domain: if common.is_some() { None } else { Some(domain) }, ..class });
    let classes = classes.collect();
    let other = Map::from_iter([(ITEMS.to_owned(), Value::Array(items))]);
    Ok(ScriptFile { domain: common, classes, other })
}

/// Keeps every script of an item in it.
fn keep_all(item: &mut Value) {
    if let Some(Value::Object(scripts)) = item.get_mut(SUBACTIONS) {
        for value in scripts.values_mut() {
            *value = json!({"kept": value.take()});
        }
    }
}

/// Options by the keys of their scripts, as they are and as [`plain_name`] has them; the first of those that are alike.
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

/// The class that a key stands for: an option, else what is before the domain.
fn name_of(key: &str, domain: &str, options: &Options) -> Option<String> {
    let named = || key.strip_suffix(domain)?.strip_suffix(" in ");
    let option = options.exact.get(key).or_else(|| options.alike.get(&plain_name(key))).copied();
    option.or_else(named).filter(|name| !name.trim().is_empty()).map(str::to_owned)
}

/// The steps of a script that a class can have.
fn steps_of(value: &Value) -> Option<Vec<String>> {
    let steps: Vec<String> =
        value.as_array()?.iter().map(|step| step.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    (!steps.is_empty() && steps.iter().all(|step| !step.trim().is_empty())).then_some(steps)
}

/// Classes by domain and name.
type Classes<'a> = HashMap<(&'a str, &'a str), &'a Class>;

/// An item with the scripts that it refers to.
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

/// An item for each domain, with the names that the authors' items have.
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
            "youtube_id": "",
            "id": domain,
            "domain": domain,
            "action": "",
            "question": "",
            "cleaned_options": classes.iter().map(|class| &class.name).collect::<Vec<_>>(),
            "correct_answer_index": 0,
            SUBACTIONS: scripts,
        })
    };
    domains.iter().map(item).collect()
}

#[cfg(test)]
mod tests;
