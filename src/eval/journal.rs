//! The folder of an evaluation while it runs: what is done stays done, whatever ends the program.
//!
//! `run.json` says what is evaluated. Each clip that is done becomes a line of `clips.part.jsonl`, on disk before the next
//! one begins; a last line that was cut off or torn is dropped. Once all are done they are in `clips.jsonl`, in the order of
//! the manifest, and the other file goes.
//!
//! A lock keeps a second process away. Where the file system has none, two processes still do not mix their lines: each
//! appends to a file that it has put in the place of the one before, and writes all records in the end.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::atomic_write::{explain, sweep, write_atomically};
use crate::eval::dataset::DatasetPaths;
use crate::eval::record::ClipRecord;
use crate::eval::results::EvalSettings;
use crate::eval::shard::Shard;
use crate::eval::slurm::TaskIds;
use crate::input_file::{MOST_DATA, MOST_TEXT, read_bounded};
use crate::lock::{self, Lock};
use crate::text_file;

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
    /// The task IDs of all shards, where they are tasks of a SLURM job array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<TaskIds>,
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
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {}: {source}; when that is solved, run the same command{}", path.display(), safe(*done))]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
        /// Number of clips that are done and on disk.
        done: usize,
    },
    /// Another process holds the lock.
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
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                JournalError::NoRun { folder: folder.to_owned() }
            }
            _ => JournalError::Read { path: path.clone(), source },
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
    /// Number of clips whose records are on disk.
    done: usize,
    /// Held until this is dropped; the system takes it back from a process that ends.
    _lock: Option<File>,
    notice: Option<String>,
}

impl Journal {
    /// Begins an evaluation in a folder, or goes on with the one that is there. Clips that could be read are not done
    /// again, unless their file was replaced (`is_current` says no); those that could not are, for they may have been mended.
    ///
    /// # Errors
    /// If the folder cannot be written to, is in use, or holds another evaluation.
    pub fn open(
        folder: &Path,
        run: &Run,
        is_current: impl Fn(&ClipRecord) -> bool,
    ) -> Result<Self, JournalError> {
        let at = |name: &str| folder.join(name);
        make(folder)?;
        let (lock, notice) = take(folder, run)?;

        let mut known = HashMap::new();
        for name in [CLIPS, PART] {
            let records = read(&at(name))?;
            run.check_records(&at(name), &records)?;
            known.extend(records.into_iter().map(|record| (record.id.clone(), record)));
        }
        known.retain(|_, record: &mut ClipRecord| record.scores().is_some());
        let before = known.len();
        known.retain(|_, record| is_current(record));
        let done = known.len();
        let replaced = (done < before).then(|| {
            format!("replaced since the last run, and evaluated again: {} of {before} clips", before - done)
        });
        let notice =
            [notice, replaced].into_iter().flatten().reduce(|first, second| format!("{first}\n{second}"));
        put(&at(RUN), run_document(run), done)?;
        // What was cut off goes, so that no line is written behind it.
        put(&at(PART), known.values().map(line).collect(), done)?;
        let file = lock::no_follow().append(true).open(at(PART)).map_err(|source| JournalError::Write {
            path: at(PART),
            source,
            done,
        })?;
        // A record is safe only in a file whose name is on disk.
        sync_folder(folder);
        Ok(Self { folder: folder.to_owned(), file, known, done, _lock: lock, notice })
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

    /// What the user should know of the folder, once.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Puts the record of a clip on disk.
    ///
    /// # Errors
    /// If it cannot be written. Earlier records stay on disk.
    pub fn add(&mut self, record: &ClipRecord) -> Result<(), JournalError> {
        let before = self.file.metadata().map(|found| found.len());
        let written = line(record)
            .map_err(io::Error::from)
            .and_then(|line| self.file.write_all(line.as_bytes()))
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // A part of a line would be dropped the next time as well; without it other programs can read the file.
            let _ = before.and_then(|length| self.file.set_len(length));
            let source = explain(source, &self.folder);
            return Err(JournalError::Write { path: self.folder.join(PART), source, done: self.done });
        }
        self.done += 1;
        Ok(())
    }

    /// Writes down that all is done. `records` are all of them, in the order of the manifest.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn finish(self, records: &[ClipRecord]) -> Result<(), JournalError> {
        write_clips(&self.folder, records, self.done)?;
        remove(&self.folder.join(PART))
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
pub fn write(folder: &Path, run: &Run, records: &[ClipRecord]) -> Result<Option<String>, JournalError> {
    make(folder)?;
    let (_lock, notice) = take(folder, run)?;
    // At no moment are there records of another run than `run.json` tells of.
    remove(&folder.join(PART))?;
    remove(&folder.join(CLIPS))?;
    put(&folder.join(RUN), run_document(run), 0)?;
    write_clips(folder, records, 0)?;
    Ok(notice)
}

/// Takes a folder for an evaluation, until the lock is dropped: no other process may be at it, and it holds no other
/// evaluation. Where the file system has no locks, a notice says so.
fn take(folder: &Path, run: &Run) -> Result<(Option<File>, Option<String>), JournalError> {
    let (lock, notice) = match lock::try_lock(&folder.join(LOCK)) {
        Lock::Held(lock) => (Some(lock), None),
        Lock::Busy(_) => return Err(JournalError::Busy { folder: folder.to_owned() }),
        Lock::Unsupported(reason) => {
            let path = folder.join(LOCK);
            let notice = format!(
                "{} cannot be locked: {reason}; make sure that no other process evaluates into that folder",
                path.display()
            );
            (None, Some(notice))
        }
    };
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
    sweep(folder, SystemTime::now());
    Ok((lock, notice))
}

fn make(folder: &Path) -> Result<(), JournalError> {
    fs::create_dir_all(folder).map_err(|source| JournalError::Folder { path: folder.to_owned(), source })?;
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_folder(parent);
    }
    Ok(())
}

/// Writes the records of all clips, of which `done` are on disk elsewhere.
fn write_clips(folder: &Path, records: &[ClipRecord], done: usize) -> Result<(), JournalError> {
    put(&folder.join(CLIPS), records.iter().map(line).collect(), done)?;
    sync_folder(folder);
    Ok(())
}

/// Writes a file whole or not at all.
fn put(path: &Path, text: Result<String, serde_json::Error>, done: usize) -> Result<(), JournalError> {
    text.map_err(io::Error::from)
        .and_then(|text| write_atomically(path, text.as_bytes()))
        .map_err(|source| JournalError::Write { path: path.to_owned(), source, done })
}

fn remove(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(JournalError::Write { path: path.to_owned(), source, done: 0 })
        }
        _ => Ok(()),
    }
}

/// Brings the names of a folder to the disk, where the file system does that.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn safe(done: usize) -> String {
    match done {
        0 => String::new(),
        1 => ": the clip that is done is on disk, and it goes on from there".to_owned(),
        _ => format!(": the {done} clips that are done are on disk, and it goes on from there"),
    }
}

fn run_document(run: &Run) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(run)? + "\n")
}

fn line(record: &ClipRecord) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(record)? + "\n")
}

/// The records of a file; none where there is no file. The end of an unfinished file may be cut off, or torn where the
/// machine failed while it was written: such a line is left out.
fn read(path: &Path) -> Result<Vec<ClipRecord>, JournalError> {
    let text = match read_bounded(path, MOST_DATA) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(JournalError::Read { path: path.to_owned(), source }),
    };
    let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let lines = text[..end].split(|&byte| byte == b'\n').enumerate();
    let lines: Vec<(usize, &[u8])> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let may_be_torn = path.ends_with(PART);
    let last = lines.len();
    let parse = |(place, (number, line)): (usize, (usize, &[u8]))| match serde_json::from_slice(line) {
        Ok(record) => Some(Ok(record)),
        Err(_) if may_be_torn && place + 1 == last => None,
        Err(error) => Some(Err(JournalError::Damaged {
            path: path.to_owned(),
            reason: format!("line {}: {error}", number + 1),
        })),
    };
    lines.into_iter().enumerate().filter_map(parse).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::eval::sample;
    use crate::lock::tests::with_fault;

    const ROWS: [&str; 1] = ["+smoothing"];

    fn records() -> Vec<ClipRecord> {
        sample::clips(&ROWS, &[([0], ""), ([1], ""), ([2], "")])
    }

    fn run() -> Run {
        Run {
            settings: sample::sum_up(&ROWS, &records()).settings,
            clips: 3,
            shard: None,
            tasks: None,
            paths: DatasetPaths::default(),
            model: "siglip".into(),
            working_folder: "/".into(),
        }
    }

    #[test]
    fn a_second_process_is_kept_away() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Journal::open(folder.path(), &run(), |_| true).unwrap();
        let second = Journal::open(folder.path(), &run(), |_| true);
        assert!(matches!(second, Err(JournalError::Busy { .. })), "{second:?}");
        assert!(matches!(write(folder.path(), &run(), &records()), Err(JournalError::Busy { .. })));
    }

    #[test]
    fn without_locks_two_processes_neither_mix_nor_lose_records() {
        let folder = tempfile::tempdir().unwrap();
        for errno in [libc::ENOSYS, libc::ENOLCK, libc::EOPNOTSUPP] {
            let open = || with_fault(errno, || Journal::open(folder.path(), &run(), |_| true)).unwrap();
            let (records, mut journals) = (records(), [open(), open()]);
            for journal in &mut journals {
                let notice = journal.take_notice().unwrap();
                assert!(notice.contains("cannot be locked"), "{notice}");
                assert_eq!(journal.take_notice(), None);
            }
            for record in &records {
                journals.iter_mut().for_each(|journal| journal.add(record).unwrap());
            }
            let [first, second] = journals;
            first.finish(&records).unwrap();
            assert_eq!(load(folder.path()).unwrap(), (run(), records.clone()));
            second.finish(&records).unwrap();
            assert_eq!(load(folder.path()).unwrap(), (run(), records.clone()));
            let notice = with_fault(errno, || write(folder.path(), &run(), &records)).unwrap();
            assert!(notice.unwrap().contains("cannot be locked"));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_names_the_file_what_is_safe_and_the_way_on() {
        let folder = tempfile::tempdir().unwrap();
        let records = records();
        let mut journal = Journal::open(folder.path(), &run(), |_| true).unwrap();
        journal.add(&records[0]).unwrap();
        journal.add(&records[1]).unwrap();
        journal.file = File::options().append(true).open("/dev/full").unwrap();
        let error = journal.add(&records[2]).unwrap_err().to_string();
        for part in
            ["clips.part.jsonl", "free space there", "the 2 clips that are done are on disk", "same command"]
        {
            assert!(error.contains(part), "{error}");
        }
        drop(journal);
        assert_eq!(Journal::open(folder.path(), &run(), |_| true).unwrap().len(), 2);
    }
}
