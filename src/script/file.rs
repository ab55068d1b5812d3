use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, error::Category};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::atomic_write::write_atomically;
use crate::input_file::{MOST_TEXT, read_bounded};
use crate::script::library;
use crate::text_file;

/// A script file: candidate classes with the steps of each, as JSON.
///
/// `{"domain": "…", "classes": [{"name": "…", "steps": ["…", …]}, …]}`. A class may name its own `domain`;
/// fields beyond these are kept as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptFile {
    /// Domain of every class that does not name its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The classes, in the order in which ties are settled.
    pub classes: Vec<Class>,
    /// Fields of the file that this program has no use for.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A candidate class and its script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Name of the action; with the domain it tells the class from all others.
    pub name: String,
    /// Domain of this class where it is not the file's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The sub-actions in the order in which they happen, at least one.
    pub steps: Vec<String>,
    /// Fields of the class that this program has no use for.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Why a script file cannot be loaded or saved. Classes and steps count from 1 in the messages.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("cannot read the script file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the script file {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a name of the library.
    #[error(
        "there is no {} in the library; it has {}",
        name.display(),
        library::names().collect::<Vec<_>>().join(", ")
    )]
    NotInLibrary {
        /// The name.
        name: PathBuf,
    },
    /// A name of the library, where scripts are to be written.
    #[error("{} is part of the program and cannot be written; name a file", name.display())]
    ReadOnly {
        /// The name.
        name: PathBuf,
    },
    /// The file is not JSON.
    #[error("{} is not valid JSON: {source}; correct the file there", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// JSON, but not a script file.
    #[error(
        "{} is not a script file: {source}; it should be \
         {{\"domain\": \"…\", \"classes\": [{{\"name\": \"…\", \"steps\": [\"…\"]}}]}}",
        path.display()
    )]
    NotScripts {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A script file that breaks a rule.
    #[error("{}: {fault}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The rule, the place, and what to do.
        fault: Fault,
    },
}

/// A rule of script files that is broken, and where.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// The list of classes is empty.
    #[error("there are no classes; add at least one to \"classes\"")]
    NoClasses,
    /// A class without a name.
    #[error("class {class} has an empty name; name the action")]
    NoName {
        /// Number of the class.
        class: usize,
    },
    /// A class that has no domain, in a file that has none either.
    #[error(
        "class {class} (\"{name}\") has no domain; add \"domain\" to the class or at the top of the file"
    )]
    NoDomain {
        /// Number of the class.
        class: usize,
        /// Its name.
        name: String,
    },
    /// A class whose list of steps is empty.
    #[error("class {class} (\"{name}\") has no steps; describe the action in at least one")]
    NoSteps {
        /// Number of the class.
        class: usize,
        /// Its name.
        name: String,
    },
    /// A step with nothing but white space.
    #[error("step {step} of class {class} (\"{name}\") is empty; describe it or remove it")]
    EmptyStep {
        /// Number of the step.
        step: usize,
        /// Number of the class.
        class: usize,
        /// Its name.
        name: String,
    },
    /// Two classes of the same name and domain.
    #[error(
        "classes {first} and {second} are both \"{name}\" in \"{domain}\"; rename one, or give it its own domain"
    )]
    Duplicate {
        /// Number of the class that comes first.
        first: usize,
        /// Number of the class that repeats it.
        second: usize,
        /// The name of both.
        name: String,
        /// The domain of both.
        domain: String,
    },
}

impl ScriptFile {
    /// Reads and checks a script file, or one of the [`library`] by its name.
    ///
    /// # Errors
    /// When it cannot be read, is not JSON of the right form, or breaks a rule.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        Self::parse(path, &read_bytes(path)?)
    }

    /// The same of the `bytes` of a file.
    ///
    /// # Errors
    /// As [`ScriptFile::load`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ScriptError> {
        let file: Self = parse_json(path, bytes)?;
        file.check().map_err(|fault| ScriptError::Invalid { path: path.to_owned(), fault })?;
        Ok(file)
    }

    /// Checks the file and writes it, whole or not at all.
    ///
    /// # Errors
    /// When it breaks a rule or cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ScriptError> {
        self.check().map_err(|fault| ScriptError::Invalid { path: path.to_owned(), fault })?;
        if library::is_name(path) {
            return Err(ScriptError::ReadOnly { name: path.to_owned() });
        }
        self.write(path).map_err(|source| ScriptError::Write { path: path.to_owned(), source })
    }

    /// Writes beside the file and renames. A link stays one: what it leads to is written.
    fn write(&self, path: &Path) -> io::Result<()> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        write_atomically(&path, &text)
    }

    /// The domain of one of this file's classes: its own, else the file's.
    pub fn domain_of<'a>(&'a self, class: &'a Class) -> &'a str {
        self.domain_if_any(class).unwrap_or_default()
    }

    /// The class of that domain and name.
    pub fn find(&self, domain: &str, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name && self.domain_of(class) == domain)
    }

    /// Checks the rules that [`ScriptFile::load`] and [`ScriptFile::save`] insist on.
    ///
    /// # Errors
    /// The first rule that is broken.
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

/// The bytes of a file, or of one of the [`library`].
///
/// # Errors
/// If it cannot be read, or there is no such name in the library.
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

/// What a file of JSON holds, or one of the [`library`].
///
/// # Errors
/// If it cannot be read, is not JSON, or holds something else.
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
