//! Drafts: unsaved script edits, kept so that they survive a crash.
//!
//! Each explorer writes drafts of its own, `SCRIPTS-MARK.json`, one for each script file that it edits, and holds a lock on
//! `SCRIPTS-MARK.lock` meanwhile. A draft whose lock is free was left by an explorer that has ended.

mod keeper;
#[cfg(test)]
mod tests;

pub use keeper::DraftKeeper;

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind};
use std::path::{self, Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::files::atomic_write::write_atomically;
use crate::files::folders::{Folder, NoFolder};
use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::files::lock::{self, Lock};
use crate::script::{Document, ScriptFile};

/// Name and version of the format, in every draft.
const FORMAT: &str = "actalign-draft/1";

/// The drafts of this explorer.
#[derive(Debug)]
pub struct Drafts {
    folder: PathBuf,
    /// By the [`key`] of their scripts.
    own: HashMap<String, Own>,
}

/// A draft that this explorer wrote or recovered, and its lock.
type Own = (PathBuf, Lock);

/// The scripts of a document, for a draft.
#[derive(Clone, Debug)]
pub struct Unsaved {
    path: Option<PathBuf>,
    saved: ScriptFile,
    file: ScriptFile,
}

/// What earlier explorers left of a script file.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The newest draft. It is this explorer's from now on.
    pub draft: Option<Draft>,
    /// Drafts that cannot be read, each with the reason and what to do.
    pub faults: Vec<String>,
}

/// Edits that an earlier explorer did not save.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The edited scripts.
    pub file: ScriptFile,
    /// Whether the script file has changed since, apart from its layout: to save the draft discards that change.
    pub is_outdated: bool,
}

/// Why a draft cannot be kept or discarded.
#[derive(Debug, Error)]
#[error(
    "cannot {what} the draft of unsaved changes in {}: {source}\nhelp: save your changes, and make the folder writable or \
     set {} to another",
    folder.display(),
    Folder::Data.variable()
)]
pub struct DraftError {
    what: &'static str,
    folder: PathBuf,
    source: io::Error,
}

/// A draft on disk.
#[derive(Serialize, Deserialize)]
struct Record {
    format: String,
    /// The script file, for people who look for their work.
    path: String,
    /// Hash of the scripts before they were edited.
    base: String,
    saved_at: SystemTime,
    file: ScriptFile,
}

impl Unsaved {
    /// The present state of a document.
    pub fn new(document: &Document) -> Self {
        Self {
            path: document.path().map(Path::to_owned),
            saved: document.saved().clone(),
            file: document.file().clone(),
        }
    }

    /// The script file; none for scripts that are in no file.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl Drafts {
    /// The drafts in the program's data folder.
    ///
    /// # Errors
    /// If the system names no such folder.
    pub fn open() -> Result<Self, NoFolder> {
        Ok(Self::new(&Folder::Data.path()?))
    }

    /// Drafts below `data`, which need not exist.
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join("drafts"), own: HashMap::new() }
    }

    /// Writes the draft of a script file, in place of the one before.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&mut self, unsaved: &Unsaved) -> Result<(), DraftError> {
        self.write(unsaved).map_err(|source| DraftError {
            what: "write",
            folder: self.folder.clone(),
            source,
        })
    }

    fn write(&mut self, Unsaved { path, saved, file }: &Unsaved) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let key = key(path.as_deref());
        let (own, _) = self.own.entry(key.clone()).or_insert_with(|| {
            // The standard library seeds its hashers at random.
            let mark = RandomState::new().build_hasher().finish();
            let path = self.folder.join(format!("{key}-{mark:016x}.json"));
            let lock = lock(&path);
            (path, lock)
        });
        let record = Record {
            format: FORMAT.to_owned(),
            path: in_full(path.as_deref()).to_string_lossy().into_owned(),
            base: hash(saved),
            saved_at: SystemTime::now(),
            file: file.clone(),
        };
        let mut json = serde_json::to_vec_pretty(&record)?;
        json.push(b'\n');
        write_atomically(own, &json)
    }

    /// Removes this explorer's draft of a script file, if there is one. Without a path, that of scripts in no file.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(&mut self, script: Option<&Path>) -> Result<(), DraftError> {
        let Some((path, _lock)) = self.own.remove(&key(script)) else { return Ok(()) };
        remove(&path).map_err(|source| DraftError { what: "remove", folder: self.folder.clone(), source })
    }

    /// Takes over the newest draft of a script file that an ended explorer left. `current` is what the file holds now.
    /// Scripts in no file have no path; their drafts count only if they began with `current`.
    pub fn recover(&mut self, script: Option<&Path>, current: &ScriptFile) -> Recovered {
        let (key, base) = (key(script), hash(current));
        let mut faults = Vec::new();
        let mut newest: Option<(Record, Own)> = None;
        let names = match fs::read_dir(&self.folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let (folder, variable) = (self.folder.display(), Folder::Data.variable());
                faults.push(format!(
                    "cannot look for unsaved changes in {folder}: {error}\nhelp: make the folder readable, or set {variable} \
                     to another"
                ));
                Vec::new()
            }
            names => names.unwrap_or_default(),
        };
        for path in names.into_iter().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.strip_prefix(&key).is_some_and(|rest| rest.starts_with('-') && rest.ends_with(".json")) {
                continue;
            }
            // Without locks: better to offer a draft twice than never.
            let lock = lock(&path);
            if matches!(lock, Lock::Busy(_)) {
                continue;
            }
            match read(&path) {
                Ok(Some(record)) if record.file == *current => drop(remove(&path)),
                Ok(Some(record)) => {
                    let is_newest = newest.as_ref().is_none_or(|(other, _)| other.saved_at < record.saved_at);
                    if is_newest && (script.is_some() || record.base == base) {
                        newest = Some((record, (path, lock)));
                    }
                }
                Ok(None) => {}
                Err(reason) => faults.push(set_aside(&path, &reason)),
            }
        }
        let draft = newest.map(|(record, own)| {
            self.own.insert(key, own);
            Draft { file: record.file, is_outdated: record.base != base }
        });
        Recovered { draft, faults }
    }
}

fn lock(draft: &Path) -> Lock {
    lock::try_lock(&draft.with_extension("lock"))
}

/// A draft; none if another version of this program wrote it, or another explorer has just removed it.
fn read(path: &Path) -> Result<Option<Record>, String> {
    let bytes = match read_bounded(path, MOST_TEXT) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| error.to_string())?,
    };
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if json["format"].as_str().is_some_and(|format| format != FORMAT) {
        return Ok(None);
    }
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    record.file.check().map_err(|fault| fault.to_string())?;
    Ok(Some(record))
}

/// Renames a draft that cannot be read, so that it is reported once.
fn set_aside(path: &Path, reason: &str) -> String {
    let aside = path.with_extension("damaged");
    let place = if fs::rename(path, &aside).is_ok() { &aside } else { path };
    let _ = fs::remove_file(path.with_extension("lock"));
    format!("cannot read unsaved changes: {reason}\nhelp: what is left of them is in {}", place.display())
}

/// Removes a draft and its lock file.
fn remove(path: &Path) -> io::Result<()> {
    let removed = fs::remove_file(path);
    let _ = fs::remove_file(path.with_extension("lock"));
    removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// How the names of a script file's drafts begin, whatever path leads to it.
fn key(script: Option<&Path>) -> String {
    let path = in_full(script);
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let stem: String = stem.chars().filter(|c| c.is_alphanumeric()).take(40).collect();
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    format!("{stem}-{}", &hash[..16])
}

fn in_full(script: Option<&Path>) -> PathBuf {
    let Some(script) = script else { return PathBuf::from("scripts") };
    script.canonicalize().or_else(|_| path::absolute(script)).unwrap_or_else(|_| script.to_owned())
}

fn hash(file: &ScriptFile) -> String {
    blake3::hash(&serde_json::to_vec(file).unwrap_or_default()).to_string()
}
