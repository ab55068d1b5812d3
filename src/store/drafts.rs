//! Unsaved changes to scripts, kept so that they survive a crash.
//!
//! Every explorer writes drafts of its own, `SCRIPTS-MARK.json`. Its mark is random, and it holds a lock on the file
//! `MARK.lock` for as long as it runs. So a draft whose mark is not locked was left by an explorer that is gone.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{self, Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::atomic_write::{temporary_unsynced, write_atomically};
use crate::folders::{Folder, NoFolder};
use crate::input_file::{MOST_TEXT, read_bounded};
use crate::lock::{self, Lock};
use crate::script::{Document, ScriptFile};

/// Name and version of the format, in every draft.
const FORMAT: &str = "actalign-draft/1";

/// The drafts of this explorer, and those that others left.
#[derive(Debug)]
pub struct Drafts {
    folder: PathBuf,
    /// Tells this explorer's drafts from those of others.
    mark: String,
    /// The locks on its own mark, from the first draft on, and on those of explorers that are gone whose drafts were
    /// handed out. There are none on file systems that know no locks.
    locks: HashMap<String, File>,
    /// The drafts that were handed out.
    found: Vec<PathBuf>,
    notices: Vec<String>,
}

/// What a draft is made of, taken from a document.
#[derive(Clone, Debug)]
pub struct Unsaved {
    path: Option<PathBuf>,
    saved: ScriptFile,
    file: ScriptFile,
}

/// Changes that an explorer did not come to save.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The scripts with the changes.
    pub file: ScriptFile,
    /// Whether the script file is no longer the one that was changed, so that to save the draft is to lose what came
    /// into the file since. Only what it holds counts, not how it is laid out.
    pub is_outdated: bool,
    /// When the draft was written.
    pub saved_at: SystemTime,
    place: PathBuf,
}

/// Why a draft cannot be kept, looked for or removed.
#[derive(Debug, Error)]
pub enum DraftError {
    /// A draft cannot be written.
    #[error(
        "unsaved changes would not survive a crash: {}: {source}; save them, and make room there or set {} to a \
         folder that can be written",
        folder.display(),
        Folder::Data.variable()
    )]
    Write {
        /// The folder of the drafts.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder cannot be looked through.
    #[error(
        "cannot look for changes that were not saved: {}: {source}; make the folder readable, or set {} to another",
        folder.display(),
        Folder::Data.variable()
    )]
    Read {
        /// The folder of the drafts.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A draft cannot be removed.
    #[error("cannot remove {}: {source}; remove it, else its changes will be offered again", path.display())]
    Remove {
        /// The draft.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A draft on disk.
#[derive(Serialize, Deserialize)]
struct Record {
    format: String,
    /// The script file, for people who look for their work.
    path: String,
    /// Hash of the script file before it was changed.
    base: String,
    saved_at: SystemTime,
    file: ScriptFile,
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Header {
    format: String,
}

/// Who wrote a draft.
enum Writer {
    /// This explorer, or another that runs.
    Running,
    /// One that is gone, with the lock on its mark unless this explorer has it already.
    Gone(Option<File>),
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
        // The standard library seeds its hashers at random.
        let mark = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self { folder: data.join("drafts"), mark, locks: HashMap::new(), found: vec![], notices: vec![] }
    }

    /// Writes this explorer's draft of a script file in place of the one before.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&mut self, unsaved: &Unsaved) -> Result<(), DraftError> {
        self.keep_at(unsaved, SystemTime::now())
    }

    fn keep_at(&mut self, unsaved: &Unsaved, saved_at: SystemTime) -> Result<(), DraftError> {
        let Unsaved { path, saved, file } = unsaved;
        let record = Record {
            format: FORMAT.to_owned(),
            path: in_full(path.as_deref()).to_string_lossy().into_owned(),
            base: hash(saved),
            saved_at,
            file: file.clone(),
        };
        self.write(path.as_deref(), &record)
            .map_err(|source| DraftError::Write { folder: self.folder.clone(), source })
    }

    fn write(&mut self, script: Option<&Path>, record: &Record) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        if !self.locks.contains_key(&self.mark) {
            // It is locked before it gets its name, so that nobody ever finds it free.
            let lock = temporary_unsynced(&self.folder, b"")?;
            let held = lock::try_lock_file(lock.as_file().try_clone()?);
            let file = lock.persist(self.lock_of(&self.mark))?;
            if let Lock::Unsupported(reason) = held {
                self.notices.push(format!(
                    "{} cannot be locked: {reason}; another explorer may offer changes that are not saved here",
                    self.folder.display()
                ));
            }
            self.locks.insert(self.mark.clone(), file);
        }
        let mut json = serde_json::to_vec_pretty(record)?;
        json.push(b'\n');
        write_atomically(&self.own(script), &json)
    }

    /// Removes this explorer's draft of a script file, if there is one: its changes were saved, undone or given up.
    /// Without a path, that of scripts that are in no file.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(&mut self, script: Option<&Path>) -> Result<(), DraftError> {
        remove(&self.own(script))
    }

    /// The newest draft of a script file that was left by an explorer that is gone and was not handed out before.
    /// `current` is what the script file holds now, none if it cannot be read. Without a path, drafts of scripts that
    /// are in no file.
    ///
    /// No other explorer gets the draft while this one runs. It stays until [`Drafts::remove`], whatever else is kept
    /// or discarded, so that it is there the next time if the user does not decide.
    ///
    /// Drafts that cannot be read are set aside where that can be done; [`Drafts::take_notices`] tells of them.
    ///
    /// # Errors
    /// If the folder cannot be looked through.
    pub fn recover(
        &mut self,
        script: Option<&Path>,
        current: Option<&ScriptFile>,
    ) -> Result<Option<Draft>, DraftError> {
        let names =
            self.names().map_err(|source| DraftError::Read { folder: self.folder.clone(), source })?;
        for mark in names.iter().filter_map(|name| name.strip_suffix(".lock")) {
            self.tidy(mark, &names);
        }
        let key = key(script);
        let base = current.map(hash);
        let mut newest: Option<(Draft, String, Option<File>)> = None;
        for name in &names {
            let place = self.folder.join(name);
            let mark = name.strip_prefix(&key).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".json"));
            let Some(mark) = mark.filter(|_| !self.found.contains(&place)) else { continue };
            let Writer::Gone(lock) = self.writer(mark) else { continue };
            // One that is in the way does not hide the others.
            let record = match self.read(&place) {
                Ok(Some(record)) => record,
                Ok(None) => continue,
                Err(error) => {
                    self.notices.push(error.to_string());
                    continue;
                }
            };
            if current == Some(&record.file) {
                // It was saved after all.
                if let Err(error) = remove(&place) {
                    self.notices.push(error.to_string());
                }
            } else if newest.as_ref().is_none_or(|(newest, ..)| newest.saved_at < record.saved_at) {
                let Record { base: old, saved_at, file, .. } = record;
                let draft = Draft { file, is_outdated: base.as_ref() != Some(&old), saved_at, place };
                newest = Some((draft, mark.to_owned(), lock));
            }
        }
        Ok(newest.map(|(draft, mark, lock)| {
            self.found.push(draft.place.clone());
            self.locks.extend(lock.map(|lock| (mark, lock)));
            draft
        }))
    }

    /// Removes a draft that was handed out: it was declined, or taken up and since then kept or saved.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&mut self, draft: &Draft) -> Result<(), DraftError> {
        remove(&draft.place)
    }

    /// Which drafts could not be read or removed and why, each once.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// The place of this explorer's draft of a script file.
    fn own(&self, script: Option<&Path>) -> PathBuf {
        self.folder.join(format!("{}-{}.json", key(script), self.mark))
    }

    fn lock_of(&self, mark: &str) -> PathBuf {
        self.folder.join(format!("{mark}.lock"))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
            Ok(files) => files
                .filter_map(|file| file.map(|file| file.file_name().into_string().ok()).transpose())
                .collect(),
        }
    }

    /// Whether the explorer of a mark runs.
    fn writer(&self, mark: &str) -> Writer {
        if mark == self.mark {
            return Writer::Running;
        }
        if self.locks.contains_key(mark) {
            return Writer::Gone(None);
        }
        // Where nothing can be learnt, a draft offered twice is better than one that is lost.
        let Ok(lock) = lock::no_follow().write(true).open(self.lock_of(mark)) else {
            return Writer::Gone(None);
        };
        match lock::try_lock_file(lock) {
            Lock::Held(lock) => Writer::Gone(Some(lock)),
            Lock::Busy(_) => Writer::Running,
            Lock::Unsupported(_) => Writer::Gone(None),
        }
    }

    /// Removes the lock file of an explorer that is gone, unless a draft is left.
    fn tidy(&self, mark: &str, names: &[String]) {
        let end = format!("-{mark}.json");
        if !names.iter().any(|name| name.ends_with(&end)) && matches!(self.writer(mark), Writer::Gone(_)) {
            let _ = fs::remove_file(self.lock_of(mark));
        }
    }

    /// Reads a draft of an explorer that is gone. There is none if another explorer just removed it, if another version
    /// of this program wrote it, and if it is damaged; then it is set aside.
    fn read(&mut self, place: &Path) -> Result<Option<Record>, DraftError> {
        let bytes = match read_bounded(place, MOST_TEXT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DraftError::Read { folder: place.to_owned(), source }),
            Ok(bytes) => bytes,
        };
        match parse(&bytes) {
            Ok(record) => Ok(record),
            Err(fault) => {
                let aside = place.with_extension("damaged");
                fs::rename(place, &aside)
                    .map_err(|source| DraftError::Read { folder: place.to_owned(), source })?;
                self.notices.push(format!(
                    "changes that were not saved cannot be recovered: {fault}; what is left of them is in {}",
                    aside.display()
                ));
                Ok(None)
            }
        }
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        let end = format!("-{}.json", self.mark);
        if self.locks.remove(&self.mark).is_some()
            && self.names().is_ok_and(|names| !names.iter().any(|name| name.ends_with(&end)))
        {
            let _ = fs::remove_file(self.lock_of(&self.mark));
        }
    }
}

/// What the drafts of a script file are named after: of that path, wherever it is named from.
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

/// None of another version.
fn parse(bytes: &[u8]) -> Result<Option<Record>, String> {
    let header: Header = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if header.format != FORMAT {
        return Ok(None);
    }
    let record: Record = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    record.file.check().map_err(|fault| fault.to_string())?;
    Ok(Some(record))
}

fn remove(path: &Path) -> Result<(), DraftError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(DraftError::Remove { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
