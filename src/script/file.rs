use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, error::Category};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::files::atomic_write::write_atomically;
use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::files::text_file;
use crate::script::library;

/// A script file: classes with their steps, as JSON.
///
/// `{"domain": "…", "classes": [{"name": "…", "steps": ["…", …]}, …]}`. A class may have its own `domain`; other fields are
/// kept as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptFile {
    /// Domain of the classes without their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The classes; ties prefer the earlier one.
    pub classes: Vec<Class>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A class and its script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Name of the action, unique in its domain.
    pub name: String,
    /// Domain, if it is not the file's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The sub-actions in order, at least one.
    pub steps: Vec<String>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Why a script file cannot be loaded or saved. Messages count classes and steps from 1.
#[derive(Debug, Error)]
pub enum ScriptError {
    #[error("cannot read the script file {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write the script file {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "there is no {} in the library\nhelp: choose one of {}",
        name.display(),
        library::names().collect::<Vec<_>>().join(", ")
    )]
    NotInLibrary { name: PathBuf },
    #[error("cannot write {}: it is part of the program\nhelp: name a file", name.display())]
    ReadOnly { name: PathBuf },
    #[error("{} is not valid JSON: {source}", path.display())]
    NotJson { path: PathBuf, source: serde_json::Error },
    #[error(
        "{} is not a script file: {source}\nhelp: it should be \
         {{\"domain\": \"…\", \"classes\": [{{\"name\": \"…\", \"steps\": [\"…\"]}}]}}",
        path.display()
    )]
    NotScripts { path: PathBuf, source: serde_json::Error },
    #[error("{}: {fault}", path.display())]
    Invalid { path: PathBuf, fault: Fault },
}

/// A broken rule of script files, and where.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    #[error("there are no classes\nhelp: add at least one to \"classes\"")]
    NoClasses,
    #[error("class {class} has an empty name\nhelp: name the action")]
    NoName { class: usize },
    #[error(
        "class {class} (\"{name}\") has no domain\nhelp: add \"domain\" to the class or at the top of the file"
    )]
    NoDomain { class: usize, name: String },
    #[error("class {class} (\"{name}\") has no steps\nhelp: describe the action in at least one")]
    NoSteps { class: usize, name: String },
    #[error("step {step} of class {class} (\"{name}\") is empty\nhelp: describe it or remove it")]
    EmptyStep { step: usize, class: usize, name: String },
    #[error(
        "classes {first} and {second} are both \"{name}\" in \"{domain}\"\nhelp: rename one, or give it its own domain"
    )]
    Duplicate { first: usize, second: usize, name: String, domain: String },
}

impl ScriptFile {
    /// Reads and checks a script file, or one of the [`library`] by name.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        Self::parse(path, &read_bytes(path)?)
    }

    /// As [`ScriptFile::load`], from the `bytes` of the file.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ScriptError> {
        let file: Self = parse_json(path, bytes)?;
        file.check().map_err(|fault| ScriptError::Invalid { path: path.to_owned(), fault })?;
        Ok(file)
    }

    /// Checks and writes the file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), ScriptError> {
        self.check().map_err(|fault| ScriptError::Invalid { path: path.to_owned(), fault })?;
        if library::is_name(path) {
            return Err(ScriptError::ReadOnly { name: path.to_owned() });
        }
        self.write(path).map_err(|source| ScriptError::Write { path: path.to_owned(), source })
    }

    /// A link stays a link: its target is written.
    fn write(&self, path: &Path) -> io::Result<()> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        write_atomically(&path, &text)
    }

    /// The domain of a class of this file: its own, else the file's.
    pub fn domain_of<'a>(&'a self, class: &'a Class) -> &'a str {
        self.domain_if_any(class).unwrap_or_default()
    }

    /// The class with this domain and name.
    pub fn find(&self, domain: &str, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name && self.domain_of(class) == domain)
    }

    /// Checks the rules of script files.
    pub fn check(&self) -> Result<(), Fault> {
        if self.classes.is_empty() {
            return Err(Fault::NoClasses);
        }
        let mut seen = HashMap::new();
        for (number, class) in (1..).zip(&self.classes) {
            let name = || class.name.clone();
            if class.name.trim().is_empty() {
                return Err(Fault::NoName { class: number });
            }
            let Some(domain) = self.domain_if_any(class) else {
                return Err(Fault::NoDomain { class: number, name: name() });
            };
            if class.steps.is_empty() {
                return Err(Fault::NoSteps { class: number, name: name() });
            }
            if let Some(step) = class.steps.iter().position(|step| step.trim().is_empty()) {
                return Err(Fault::EmptyStep { step: step + 1, class: number, name: name() });
            }
            if let Some(first) = seen.insert((domain, &class.name), number) {
                let domain = domain.to_owned();
                return Err(Fault::Duplicate { first, second: number, name: name(), domain });
            }
        }
        Ok(())
    }

    fn domain_if_any<'a>(&'a self, class: &'a Class) -> Option<&'a str> {
        class.domain.as_deref().or(self.domain.as_deref())
    }
}

/// Reads a file, or one of the [`library`].
pub fn read_bytes(path: &Path) -> Result<Cow<'static, [u8]>, ScriptError> {
    if library::is_name(path) {
        let bytes =
            library::bytes(path).ok_or_else(|| ScriptError::NotInLibrary { name: path.to_owned() })?;
        return Ok(bytes.into());
    }
    match read_bounded(path, MOST_TEXT) {
        Ok(bytes) => Ok(bytes.into()),
        Err(source) => Err(ScriptError::Read { path: path.to_owned(), source }),
    }
}

/// Reads a value from a JSON file, or from one of the [`library`].
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ScriptError> {
    parse_json(path, &read_bytes(path)?)
}

fn parse_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ScriptError> {
    let json = text_file::without_mark(bytes)
        .map_err(|source| ScriptError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(json).map_err(|source| {
        let path = path.to_owned();
        match source.classify() {
            Category::Data => ScriptError::NotScripts { path, source },
            _ => ScriptError::NotJson { path, source },
        }
    })
}
