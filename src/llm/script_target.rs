use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, bail, ensure, eyre};
use serde_json::{Map, Value, json};

use super::generator::GENERATED;
use super::prompt::Prompt;
use crate::files::atomic_write;
use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::script::{Class, ScriptError, ScriptFile, Strategy};

/// Classes of a domain that are asked for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSet {
    pub domain: String,
    pub names: Vec<String>,
}

/// The script file that generated scripts are added to.
pub struct ScriptTarget {
    path: PathBuf,
    file: ScriptFile,
    /// Its content when last read or written; `None` if there was no file.
    held: Option<Vec<u8>>,
}

impl ScriptTarget {
    /// The existing file, or a new one.
    ///
    /// # Errors
    /// If it cannot be read, or has a script of these classes that was not made with this prompt.
    pub fn open(path: Option<&Path>, sets: &[ClassSet], strategy: Strategy, prompt: &Prompt) -> Result<Self> {
        let path = path.unwrap_or(Path::new("")).to_owned();
        if !path.exists() {
            let domains: HashSet<&str> = sets.iter().map(|set| &set.domain[..]).collect();
            let only = domains.into_iter().next().filter(|first| sets.iter().all(|set| set.domain == *first));
            let other = Map::from_iter([(Strategy::FIELD.to_owned(), json!(strategy))]);
            let file = ScriptFile { domain: only.map(str::to_owned), classes: Vec::new(), other };
            return Ok(Self { path, file, held: None });
        }
        // First, so that a change before the next line is noticed.
        let held = held(&path)?;
        let file = ScriptFile::load(&path)?;
        for ClassSet { domain, names } in sets {
            let foreign = names.iter().filter_map(|name| file.find(domain, name)).find(|class| {
                let made = class.other.get(GENERATED);
                let is = |field: &str, value: &str| made.and_then(|made| made[field].as_str()) == Some(value);
                !(is("strategy", strategy.name()) && is("prompt", &prompt.digest()))
            });
            if let Some(Class { name, other, .. }) = foreign {
                let made = match other.get(GENERATED).map(|made| &made["strategy"]) {
                    Some(Value::String(strategy)) => format!("from another prompt ({strategy})"),
                    _ => "by hand or another program".to_owned(),
                };
                bail!(
                    "{} has a script of \"{name}\" in \"{domain}\" {made}\nhelp: choose another --out, or delete that class \
                     there",
                    path.display()
                );
            }
        }
        Ok(Self { path, file, held })
    }

    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The sets without classes that the file has or an earlier set asks for, and the number of classes in the file.
    pub fn missing(&self, sets: Vec<ClassSet>) -> (Vec<ClassSet>, usize) {
        let mut met = HashSet::new();
        let mut known = 0;
        let mut missing = Vec::new();
        for ClassSet { domain, mut names } in sets {
            names.retain(|name| {
                let is_new = met.insert((domain.clone(), name.clone()));
                let is_known = self.file.find(&domain, name).is_some();
                known += usize::from(is_new && is_known);
                is_new && !is_known
            });
            if !names.is_empty() {
                missing.push(ClassSet { domain, names });
            }
        }
        (missing, known)
    }

    /// Checks that the file can be written, before a model is asked.
    pub fn check_writable(&self) -> Result<()> {
        ensure!(!self.path.is_dir(), "{} is a folder\nhelp: name a file with --out", self.name());
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        atomic_write::temporary(folder.unwrap_or(Path::new(".")), b"")
            .map(drop)
            .map_err(|error| eyre!("cannot write {}: {error}", self.name()))
    }

    /// Adds classes and writes the file. Changes by another program are kept: returns the names of classes that it has
    /// added, which are not replaced.
    ///
    /// # Errors
    /// If the file cannot be written, or is no longer a script file.
    pub fn add(&mut self, classes: &[Class]) -> Result<Vec<String>, ScriptError> {
        let now = held(&self.path)?;
        // A deleted file is written again.
        if now.is_some() && now != self.held {
            self.file = ScriptFile::load(&self.path)?;
        }
        let mut kept = Vec::new();
        for class in classes {
            let mut class = class.clone();
            if self.file.find(class.domain.as_deref().unwrap_or_default(), &class.name).is_some() {
                kept.push(class.name);
                continue;
            }
            if class.domain == self.file.domain {
                class.domain = None;
            }
            self.file.classes.push(class);
        }
        self.file.save(&self.path)?;
        self.held = held(&self.path)?;
        Ok(kept)
    }
}

/// The content of a script file, if it exists.
fn held(path: &Path) -> Result<Option<Vec<u8>>, ScriptError> {
    match read_bounded(path, MOST_TEXT) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ScriptError::Read { path: path.to_owned(), source }),
    }
}
