//! The folder of an evaluation while it runs: what is done stays done, whatever ends the program.
//!
//! `run.json` says what is evaluated. Each clip that is done becomes a line of `clips.part.jsonl`, on disk before the next
//! one begins; a line that was cut off is not taken for one. Once all are done they are in `clips.jsonl`, in the order of
//! the manifest, and the other file goes.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::eval::dataset::DatasetPaths;
use crate::eval::record::ClipRecord;
use crate::eval::results::EvalSettings;
use crate::eval::shard::Shard;
use crate::input_file::{MOST_DATA, MOST_TEXT, read_bounded};
use crate::text_file;
use crate::whole::write_whole;

const RUN: &str = "run.json";
/// The records of all clips, in the order of the manifest.
pub(super) const CLIPS: &str = "clips.jsonl";
const PART: &str = "clips.part.jsonl";
const LOCK: &str = "run.lock";

/// What a folder is the evaluation of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The knobs.
    pub settings: EvalSettings,
    /// Number of clips of the whole dataset.
    pub clips: usize,
    /// Which share of them, if not all.
    pub shard: Option<Shard>,
    /// Where the dataset is.
    pub paths: DatasetPaths,
    /// The checkpoint, as it was named.
    pub model: PathBuf,
    /// The folder that relative paths are seen from.
    pub working_folder: PathBuf,
}

/// Why the folder of an evaluation cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A folder that cannot be made.
    #[error("the folder {} cannot be made: {source}; choose another --out", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A process that is at it.
    #[error("another process is evaluating into {}; wait for it, or choose another --out", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Another evaluation.
    #[error(
        "{} holds another evaluation, which differs in: {}; choose another --out, or delete that folder",
        folder.display(),
        differences.join(", ")
    )]
    Other {
        /// The folder.
        folder: PathBuf,
        /// Names of settings, with both values where they are short.
        differences: Vec<String>,
    },
    /// A file that no evaluation wrote.
    #[error("{}: {reason}; it is not as an evaluation left it, so choose another --out, or delete it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder without a run.
    #[error("{} holds no evaluation: there is no {RUN} in it; name the folder that was given to eval as --out", folder.display())]
    NoRun {
        /// The folder.
        folder: PathBuf,
    },
    /// Clips that are not done.
    #[error(
        "{} is not finished: {done} of {clips} clips are done; run the same command again to go on",
        folder.display()
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// Clips done.
        done: usize,
        /// Clips to do.
        clips: usize,
    },
}

impl Run {
    /// What a folder is the evaluation of.
    ///
    /// # Errors
    /// If it holds none.
    pub fn load(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(RUN);
        let text = text_file::read(&path, MOST_TEXT).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                JournalError::NoRun { folder: folder.to_owned() }
            }
            _ => JournalError::Io { path: path.clone(), source },
        })?;
        let run: Self = serde_json::from_str(&text)
            .map_err(|error| JournalError::Damaged { path: path.clone(), reason: error.to_string() })?;
        run.check(&path)?;
        Ok(run)
    }

    /// Whether a folder holds an evaluation.
    pub fn is_at(folder: &Path) -> bool {
        folder.join(RUN).is_file()
    }

    /// Number of clips of this share.
    pub fn share(&self) -> usize {
        self.shard.map_or(self.clips, |shard| shard.share_of(self.clips))
    }

    /// A folder as it is named from everywhere.
    fn absolute(&self, folder: &Option<PathBuf>) -> String {
        let Some(folder) = folder else { return "none".to_owned() };
        let folder = self.working_folder.join(folder);
        folder.canonicalize().unwrap_or(folder).display().to_string()
    }

    /// Refuses what no evaluation writes: the rest of the program relies on it.
    fn check(&self, path: &Path) -> Result<(), JournalError> {
        let damaged =
            |reason: &str| Err(JournalError::Damaged { path: path.to_owned(), reason: reason.to_owned() });
        if self.settings.rows.is_empty() {
            return damaged("it has no rows");
        }
        match self.shard {
            Some(shard) if !shard.is_sound() => damaged(&format!("there is no shard {shard}")),
            _ => Ok(()),
        }
    }

    /// Refuses records that this evaluation has not written.
    pub(super) fn check_records(&self, path: &Path, records: &[ClipRecord]) -> Result<(), JournalError> {
        let mut ids = HashSet::new();
        for record in records {
            let count = record.candidates.len();
            let is_index = |class: &usize| *class < count;
            let rows = record.scores().map_or(&[][..], |scores| &scores.rows);
            let names = rows.iter().map(|row| &row.name);
            let is_sound = is_index(&record.answer)
                && (record.scores().is_none() || names.eq(self.settings.rows.iter().map(|row| &row.name)))
                && rows.iter().all(|row| row.ranking.iter().all(is_index));
            if !is_sound || !ids.insert(&record.id) {
                let reason =
                    format!("what it says of {} is not of this evaluation, or there twice", record.id);
                return Err(JournalError::Damaged { path: path.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// Where two evaluations differ: what their results depend on, not where files lie or which device embeds.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let parts = |run: &Self| {
            let (settings, model) = (&run.settings, &run.settings.model);
            let rows: Vec<&str> = settings.rows.iter().map(|row| &row.name[..]).collect();
            let mut knobs = settings.rows.clone();
            // The same model may run elsewhere.
            knobs.iter_mut().filter_map(|row| row.vlm.as_mut()).for_each(|vlm| vlm.server.clear());
            [
                ("manifest", settings.digests.manifest.clone()),
                ("scripts", settings.digests.scripts.clone()),
                ("short scripts", format!("{:?}", settings.digests.scripts_short)),
                ("model", format!("{:?} {:?} {:?}", model.vision, model.text, model.tokenizer)),
                ("precision", format!("{:?}", model.precision)),
                ("folder of clips", run.absolute(&run.paths.clips)),
                ("folder of embeddings", run.absolute(&run.paths.embeddings)),
                ("preset", run.paths.preset.to_string()),
                ("sampling", settings.sampling.clone()),
                ("rows", rows.join(", ")),
                ("knobs of rows", serde_json::to_string(&knobs).unwrap_or_default()),
                ("clips", run.clips.to_string()),
                ("shard", run.shard.map_or("all".to_owned(), |shard| shard.to_string())),
            ]
        };
        let both = parts(self).into_iter().zip(parts(other)).filter(|(a, b)| a.1 != b.1);
        let in_words = |((name, there), (_, here)): ((&str, String), (&str, String))| {
            if there.len().max(here.len()) > 40 {
                name.to_owned()
            } else {
                format!("{name} ({there}, not {here})")
            }
        };
        both.map(in_words).collect()
    }
}

/// The records of an evaluation that is under way.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: File,
    known: HashMap<String, ClipRecord>,
    /// Held until this is dropped; the system takes it back from a process that ends.
    _lock: File,
}

impl Journal {
    /// Begins an evaluation in a folder, or goes on with the one that is there. Clips that could be read are not done
    /// again; those that could not are, for they may have been mended.
    ///
    /// # Errors
    /// If the folder cannot be written to, is in use, or holds another evaluation.
    pub fn open(folder: &Path, run: &Run) -> Result<Self, JournalError> {
        let at = |name: &str| folder.join(name);
        let io = |path: PathBuf| move |source| JournalError::Io { path, source };
        make(folder)?;
        let lock = take(folder, run)?;
        let document = serde_json::to_string_pretty(run).map_err(|e| io(at(RUN))(e.into()))? + "\n";
        write_whole(&at(RUN), document.as_bytes()).map_err(io(at(RUN)))?;

        let mut known = HashMap::new();
        for name in [CLIPS, PART] {
            let records = read(&at(name))?;
            run.check_records(&at(name), &records)?;
            known.extend(records.into_iter().map(|record| (record.id.clone(), record)));
        }
        known.retain(|_, record: &mut ClipRecord| record.scores().is_some());
        // What was cut off goes, so that no line is written behind it.
        let lines: Result<String, serde_json::Error> = known.values().map(line).collect();
        let lines = lines.map_err(|e| io(at(PART))(e.into()))?;
        write_whole(&at(PART), lines.as_bytes()).map_err(io(at(PART)))?;
        let file = OpenOptions::new().append(true).open(at(PART)).map_err(io(at(PART)))?;
        Ok(Self { folder: folder.to_owned(), file, known, _lock: lock })
    }

    /// Number of clips that are done.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no clip is done.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is known of a clip that was done before.
    pub fn take(&mut self, id: &str) -> Option<ClipRecord> {
        self.known.remove(id)
    }

    /// Puts the record of a clip on disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, record: &ClipRecord) -> Result<(), JournalError> {
        let io = |source| JournalError::Io { path: self.folder.join(PART), source };
        let line = line(record).map_err(|error| io(error.into()))?;
        self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()).map_err(io)
    }

    /// Writes down that all is done. `records` are all of them, in the order of the manifest.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn finish(self, records: &[ClipRecord]) -> Result<(), JournalError> {
        write_clips(&self.folder, records)?;
        let part = self.folder.join(PART);
        fs::remove_file(&part).map_err(|source| JournalError::Io { path: part, source })
    }
}

/// The records of a finished evaluation, and what it is of.
///
/// # Errors
/// If the folder holds none, or one that is not finished.
pub fn load(folder: &Path) -> Result<(Run, Vec<ClipRecord>), JournalError> {
    let run = Run::load(folder)?;
    let records = read(&folder.join(CLIPS))?;
    run.check_records(&folder.join(CLIPS), &records)?;
    if records.len() != run.share() {
        let done = read(&folder.join(PART))?.len().max(records.len());
        return Err(JournalError::Unfinished { folder: folder.to_owned(), done, clips: run.share() });
    }
    Ok((run, records))
}

/// Writes what [`load`] reads of an evaluation of all clips, unless the folder holds another.
///
/// # Errors
/// If it cannot be written, is in use, or holds another evaluation.
pub fn write(folder: &Path, run: &Run, records: &[ClipRecord]) -> Result<(), JournalError> {
    let io = |path: PathBuf| move |source| JournalError::Io { path, source };
    make(folder)?;
    let _lock = take(folder, run)?;
    let remove = |name: &str| match fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io(folder.join(name))(error)),
        _ => Ok(()),
    };
    // At no moment are there records of another run than `run.json` tells of.
    remove(PART)?;
    remove(CLIPS)?;
    let path = folder.join(RUN);
    let document = serde_json::to_string_pretty(run).map_err(|e| io(path.clone())(e.into()))? + "\n";
    write_whole(&path, document.as_bytes()).map_err(io(path))?;
    write_clips(folder, records)
}

/// Takes a folder for an evaluation, until what comes back is dropped: no other process may be at it, and it holds no other
/// evaluation.
fn take(folder: &Path, run: &Run) -> Result<File, JournalError> {
    let path = folder.join(LOCK);
    let lock = File::create(&path).map_err(|source| JournalError::Io { path: path.clone(), source })?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Busy { folder: folder.to_owned() },
        TryLockError::Error(source) => JournalError::Io { path, source },
    })?;
    match Run::load(folder) {
        Ok(before) => {
            let differences = before.differences(run);
            if !differences.is_empty() {
                return Err(JournalError::Other { folder: folder.to_owned(), differences });
            }
        }
        Err(JournalError::NoRun { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(lock)
}

fn make(folder: &Path) -> Result<(), JournalError> {
    fs::create_dir_all(folder).map_err(|source| JournalError::Folder { path: folder.to_owned(), source })
}

fn write_clips(folder: &Path, records: &[ClipRecord]) -> Result<(), JournalError> {
    let path = folder.join(CLIPS);
    let lines: Result<String, serde_json::Error> = records.iter().map(line).collect();
    let written = lines.map_err(io::Error::from).and_then(|lines| write_whole(&path, lines.as_bytes()));
    written.map_err(|source| JournalError::Io { path, source })
}

fn line(record: &ClipRecord) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(record)? + "\n")
}

/// The whole lines of a file; none where there is no file.
fn read(path: &Path) -> Result<Vec<ClipRecord>, JournalError> {
    let text = match read_bounded(path, MOST_DATA) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(JournalError::Io { path: path.to_owned(), source }),
    };
    let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let parse = |(number, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|error| JournalError::Damaged {
            path: path.to_owned(),
            reason: format!("line {}: {error}", number + 1),
        })
    };
    let lines = text[..end].split(|&byte| byte == b'\n').enumerate();
    lines.filter(|(_, line)| !line.is_empty()).map(parse).collect()
}
