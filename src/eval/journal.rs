//! The folder of an evaluation, from which an interrupted run resumes.
//!
//! `run.json` has the settings. Each evaluated clip becomes a line of `clips.part.jsonl`, synced before the next clip
//! begins; an incomplete last line is dropped. At the end all lines go to `clips.jsonl`, in the manifest's order, and the
//! other file is removed.
//!
//! A lock keeps a second process out. Where the file system has no locks, two processes still do not mix their lines: each
//! replaces the file before it appends to it, and writes all records at the end.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use color_eyre::eyre::{Report, Result, bail, ensure, eyre};

use crate::eval::record::ClipRecord;
use crate::eval::run::{RUN, Run, damaged};
use crate::files::atomic_write::{explain, sweep, write_atomically};
use crate::files::input_file::{MOST_DATA, read_bounded};
use crate::files::lock::{self, Lock};

/// The records of all clips, in the order of the manifest.
pub(super) const CLIPS: &str = "clips.jsonl";
const PART: &str = "clips.part.jsonl";
const LOCK: &str = "run.lock";

/// The records of a running evaluation.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: File,
    known: HashMap<String, ClipRecord>,
    /// Held until this is dropped or the process ends.
    _lock: Option<File>,
    notice: Option<String>,
}

impl Journal {
    /// Begins an evaluation in a folder, or resumes the one that is there. Clips are evaluated again if they could not be
    /// read or if their file was replaced (`is_current` is false).
    ///
    /// # Errors
    /// If the folder cannot be written, is in use, or holds another evaluation.
    pub fn open(folder: &Path, run: &Run, is_current: impl Fn(&ClipRecord) -> bool) -> Result<Self> {
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
        let replaced = before - known.len();
        let replaced = (replaced > 0).then(|| {
            format!("replaced since the last run and evaluated again: {replaced} of {before} clips")
        });
        let notice =
            [notice, replaced].into_iter().flatten().reduce(|first, second| format!("{first}\n{second}"));
        put(&at(RUN), run_document(run))?;
        // An incomplete last line goes, so that no line is appended to it.
        put(&at(PART), known.values().map(line).collect())?;
        let file =
            lock::no_follow().append(true).open(at(PART)).map_err(|error| unwritten(&at(PART), &error))?;
        // The file's name must be on disk before its records are safe.
        sync_folder(folder);
        Ok(Self { folder: folder.to_owned(), file, known, _lock: lock, notice })
    }

    /// Number of clips that an earlier run evaluated.
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// The record of a clip that an earlier run evaluated.
    pub fn take(&mut self, id: &str) -> Option<ClipRecord> {
        self.known.remove(id)
    }

    /// What the user should know, once.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Appends a record and syncs it to disk.
    ///
    /// # Errors
    /// If it cannot be written. Earlier records stay.
    pub fn add(&mut self, record: &ClipRecord) -> Result<()> {
        let before = self.file.metadata().map(|found| found.len());
        let written = line(record)
            .map_err(io::Error::from)
            .and_then(|line| self.file.write_all(line.as_bytes()))
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // A later run would drop the incomplete line too; without it other programs can read the file.
            let _ = before.and_then(|length| self.file.set_len(length));
            return Err(unwritten(&self.folder.join(PART), &explain(source, &self.folder)));
        }
        Ok(())
    }

    /// Writes `clips.jsonl` from all records, in the manifest's order, and the run, whose people may have answered more.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self, run: &Run, records: &[ClipRecord]) -> Result<()> {
        put(&self.folder.join(RUN), run_document(run))?;
        write_clips(&self.folder, records)?;
        remove(&self.folder.join(PART))
    }
}

/// A finished evaluation and its records.
///
/// # Errors
/// If the folder holds none, or one that is not finished.
pub fn load(folder: &Path) -> Result<(Run, Vec<ClipRecord>)> {
    let run = Run::load(folder)?;
    let records = read(&folder.join(CLIPS))?;
    run.check_records(&folder.join(CLIPS), &records)?;
    if records.len() != run.share() {
        let done = read(&folder.join(PART))?.len().max(records.len());
        bail!(
            "{} is not finished: {done} of {} clips are done\nhelp: run the same command again to continue",
            folder.display(),
            run.share()
        );
    }
    Ok((run, records))
}

/// Writes an evaluation of all clips for [`load`] to read. Returns a notice for the user, if there is one.
///
/// # Errors
/// If the folder cannot be written, is in use, or holds another evaluation.
pub fn write(folder: &Path, run: &Run, records: &[ClipRecord]) -> Result<Option<String>> {
    make(folder)?;
    let (_lock, notice) = take(folder, run)?;
    // Records are never beside the `run.json` of another run.
    remove(&folder.join(PART))?;
    remove(&folder.join(CLIPS))?;
    put(&folder.join(RUN), run_document(run))?;
    write_clips(folder, records)?;
    Ok(notice)
}

/// Locks a folder that holds this evaluation or none. Where the file system has no locks, there is a notice.
fn take(folder: &Path, run: &Run) -> Result<(Option<File>, Option<String>)> {
    let (lock, notice) = match lock::try_lock(&folder.join(LOCK)) {
        Lock::Held(lock) => (Some(lock), None),
        Lock::Busy(_) => bail!(
            "another process is evaluating into {}\nhelp: wait for it, or choose another --out",
            folder.display()
        ),
        Lock::Unsupported(reason) => {
            let path = folder.join(LOCK);
            let notice = format!(
                "cannot lock {}: {reason}\nhelp: make sure that no other process evaluates into that folder",
                path.display()
            );
            (None, Some(notice))
        }
    };
    if let Some(before) = Run::find(folder)? {
        let differences = before.differences(run);
        ensure!(
            differences.is_empty(),
            "{} holds another evaluation, which differs in: {}\nhelp: choose another --out, or delete that folder",
            folder.display(),
            differences.join(", ")
        );
    }
    sweep(folder, SystemTime::now());
    Ok((lock, notice))
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| {
        eyre!("cannot create the folder {}: {error}\nhelp: choose another --out", folder.display())
    })?;
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_folder(parent);
    }
    Ok(())
}

fn write_clips(folder: &Path, records: &[ClipRecord]) -> Result<()> {
    put(&folder.join(CLIPS), records.iter().map(line).collect())?;
    sync_folder(folder);
    Ok(())
}

/// Writes a file atomically.
fn put(path: &Path, text: Result<String, serde_json::Error>) -> Result<()> {
    text.map_err(io::Error::from)
        .and_then(|text| write_atomically(path, text.as_bytes()))
        .map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &io::Error) -> Report {
    eyre!(
        "cannot write {}: {error}\nhelp: solve that and run the same command again; it resumes after the clips that are done",
        path.display()
    )
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritten(path, &error)),
        _ => Ok(()),
    }
}

/// Syncs the names in a folder, where the file system can.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn run_document(run: &Run) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(run)? + "\n")
}

fn line(record: &ClipRecord) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(record)? + "\n")
}

/// The records of a file; none if it does not exist. An incomplete last line of an unfinished file is left out, also one
/// that a crash of the machine filled with other bytes.
fn read(path: &Path) -> Result<Vec<ClipRecord>> {
    let text = match read_bounded(path, MOST_DATA) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => bail!("cannot read {}: {error}", path.display()),
    };
    let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let lines = text[..end].split(|&byte| byte == b'\n').enumerate();
    let lines: Vec<(usize, &[u8])> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let may_be_torn = path.ends_with(PART);
    let last = lines.len();
    let parse = |(place, (number, line)): (usize, (usize, &[u8]))| match serde_json::from_slice(line) {
        Ok(record) => Some(Ok(record)),
        Err(_) if may_be_torn && place + 1 == last => None,
        Err(error) => Some(Err(damaged(path, format!("line {}: {error}", number + 1)))),
    };
    lines.into_iter().enumerate().filter_map(parse).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::eval::dataset::DatasetPaths;
    use crate::eval::sample;
    use crate::files::lock::tests::with_fault;

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
            people: Vec::new(),
            paths: DatasetPaths::default(),
            model: "siglip".into(),
            other_models: Vec::new(),
            working_folder: "/".into(),
        }
    }

    #[test]
    fn without_locks_two_processes_neither_mix_nor_lose_records() {
        let folder = tempfile::tempdir().unwrap();
        for errno in [libc::ENOSYS, libc::ENOLCK, libc::EOPNOTSUPP] {
            let open = || with_fault(errno, || Journal::open(folder.path(), &run(), |_| true)).unwrap();
            let (records, mut journals) = (records(), [open(), open()]);
            for journal in &mut journals {
                let notice = journal.take_notice().unwrap();
                assert!(notice.contains("cannot lock"), "{notice}");
                assert_eq!(journal.take_notice(), None);
            }
            for record in &records {
                journals.iter_mut().for_each(|journal| journal.add(record).unwrap());
            }
            let [first, second] = journals;
            first.finish(&run(), &records).unwrap();
            assert_eq!(load(folder.path()).unwrap(), (run(), records.clone()));
            second.finish(&run(), &records).unwrap();
            assert_eq!(load(folder.path()).unwrap(), (run(), records.clone()));
            let notice = with_fault(errno, || write(folder.path(), &run(), &records)).unwrap();
            assert!(notice.unwrap().contains("cannot lock"));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_reported_with_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let records = records();
        let mut journal = Journal::open(folder.path(), &run(), |_| true).unwrap();
        journal.add(&records[0]).unwrap();
        journal.add(&records[1]).unwrap();
        journal.file = File::options().append(true).open("/dev/full").unwrap();
        let error = journal.add(&records[2]).unwrap_err().to_string();
        for part in ["clips.part.jsonl", "free space there", "same command", "resumes after the clips"] {
            assert!(error.contains(part), "{error}");
        }
        drop(journal);
        assert_eq!(Journal::open(folder.path(), &run(), |_| true).unwrap().known(), 2);
    }
}
