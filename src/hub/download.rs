//! One file, from where it was cut to its end.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::Repo;
use super::clock::Clock;
use super::error::HubError;
use super::fetch::{Event, PlannedFile};
use super::hash::Hashes;
use super::http::{Client, Content, Failure};
use super::retries::{Retries, again_in};
use crate::lock::{self, Lock};

/// An attempt that brought so much more than any before counts as none.
const PROGRESS: u64 = 8 << 20;
/// So much comes at least in each [`WINDOW`], or the attempt ends.
const LEAST: u64 = 64 << 10;
/// The time over which the rate of a transfer is taken.
const WINDOW: Duration = Duration::from_secs(30);
/// Answers with another part of the file than was asked for, in one transfer, before it is begun anew.
const WRONG_PARTS: u32 = 2;

/// What a transfer needs.
pub struct Transfer<'a, C> {
    pub client: &'a Client,
    pub clock: &'a C,
    pub repo: &'a Repo,
    pub hashes: &'a Hashes,
    /// Whether the user knows that files of the cache cannot be locked.
    pub told_of_locks: &'a Cell<bool>,
}

/// The file that a transfer writes to.
struct Partial {
    path: PathBuf,
    /// Where it stays until the next run, if this process has it under another name meanwhile.
    home: Option<PathBuf>,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            // It is no longer there where all went well.
            let _ = fs::rename(&self.path, home);
        }
    }
}

/// How an attempt ended early.
enum Break {
    /// Worth another attempt: who, and what happened. The hub may say how long to wait.
    Again(String, String, Option<Duration>),
    /// Another part of the file than was asked for, from this host.
    WrongPart(String),
    Fatal(HubError),
}

impl<C: Clock> Transfer<'_, C> {
    /// Makes the blob of a file, unless it is there. `report` hears how many of its bytes there are.
    pub fn fetch(
        &self,
        url: &str,
        file: &PlannedFile,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), HubError> {
        let blob = self.repo.blob(&file.etag);
        self.repo.create().map_err(|source| self.fault(self.repo.root(), source))?;
        let lock = self.lock(file, report);
        // Another program may have fetched it while this one waited.
        if self.hashes.is_right(&blob, &file.etag, file.size) {
            let _ = fs::remove_file(self.repo.incomplete(&file.etag));
            report(Event::Bytes { name: &file.name, done: file.size });
            return Ok(());
        }
        let own = self.partial(file, lock.is_some());
        let partial = own.path.clone();
        let mut out = open_partial(&partial).map_err(|source| self.fault(&partial, source))?;
        let mut retries = Retries::default();
        // What is fetched twice is no progress.
        let mut best = Some(length(&out, &partial)?).filter(|have| *have <= file.size).unwrap_or(0);
        let mut wrong_parts = 0;
        let sender = loop {
            let (host, reason, wait) = match self.attempt(url, file, &mut out, &partial, report) {
                Ok(sender) => break sender,
                Err(Break::Fatal(error)) => return Err(error),
                Err(Break::Again(host, reason, wait)) => (host, reason, wait),
                Err(Break::WrongPart(host)) => {
                    wrong_parts += 1;
                    // Once may be an accident, which is not worth what was fetched.
                    if wrong_parts == WRONG_PARTS {
                        out.set_len(0).map_err(|source| HubError::Cache { path: partial.clone(), source })?;
                    }
                    (host, "sent another part of the file".to_owned(), None)
                }
            };
            let now = length(&out, &partial)?;
            if now >= best + PROGRESS {
                retries = Retries::default();
            }
            best = best.max(now);
            let Some(pause) = retries.next(wait) else {
                return Err(match wait {
                    Some(wait) => HubError::Later { host, reason, wait },
                    None => HubError::Broken { name: file.name.clone(), host, reason },
                });
            };
            report(Event::Notice(format!("{}: {host} {reason}; {}", file.name, again_in(pause))));
            self.clock.sleep(pause);
        };
        out.sync_all().map_err(|source| HubError::Cache { path: partial.clone(), source })?;
        report(Event::Checking { name: &file.name });
        let is_right = file.etag.is_of(&partial, file.size);
        if !is_right.map_err(|source| HubError::Cache { path: partial.clone(), source })? {
            return Err(self.wrong(file, sender, "has another hash than the hub tells", &partial));
        }
        fs::rename(&partial, &blob).map_err(|source| HubError::Cache { path: blob, source })
    }

    /// Keeps other programs from fetching the same file. None where the file system has no locks.
    fn lock(&self, file: &PlannedFile, report: &mut dyn FnMut(Event<'_>)) -> Option<File> {
        let lock = match self.repo.lock(&file.etag) {
            Lock::Busy(lock) => {
                report(Event::Notice(format!("another program fetches {}; waiting for it", file.name)));
                lock::wait(lock)
            }
            lock => lock,
        };
        match lock {
            Lock::Held(lock) | Lock::Busy(lock) => Some(lock),
            Lock::Unsupported(reason) => {
                if !self.told_of_locks.replace(true) {
                    report(Event::Notice(format!(
                        "files in {} cannot be locked: {reason}; programs that fetch the same model at the same time \
                         each fetch all of it",
                        self.repo.root().display()
                    )));
                }
                None
            }
        }
    }

    /// Where a file grows. Without a lock that is a file of this process's own, which begins with what an earlier one has
    /// left: of several processes one gets that, for a file is renamed once.
    fn partial(&self, file: &PlannedFile, is_locked: bool) -> Partial {
        let home = self.repo.incomplete(&file.etag);
        if is_locked {
            return Partial { path: home, home: None };
        }
        // The standard library seeds its hashers at random.
        let mark = RandomState::new().build_hasher().finish() as u32;
        let path = home.with_extension(format!("{mark:08x}.incomplete"));
        let _ = fs::rename(&home, &path);
        Partial { path, home: Some(home) }
    }

    fn fault(&self, path: &Path, source: io::Error) -> HubError {
        HubError::Cache { path: path.to_owned(), source }
    }

    /// Appends what is missing, and returns who sent it.
    fn attempt(
        &self,
        url: &str,
        file: &PlannedFile,
        out: &mut File,
        partial: &Path,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<String, Break> {
        let cache = |source| Break::Fatal(HubError::Cache { path: partial.to_owned(), source });
        let mut have = length(out, partial).map_err(Break::Fatal)?;
        if have > file.size {
            out.set_len(0).map_err(cache)?;
            have = 0;
        }
        report(Event::Bytes { name: &file.name, done: have });
        if have == file.size && have > 0 {
            return Ok(self.client.host());
        }
        let content =
            self.client.content(url, have).map_err(|(host, failure)| broken(file, host, failure))?;
        let Content { host, status, range, mut reader } = content;
        let again = |reason: &str| Break::Again(host.clone(), reason.to_owned(), None);
        match status {
            206 if is_rest(range.as_deref(), have, file.size) => {}
            // Ranges are not to be had there: from the start then.
            200 => {
                out.set_len(0).map_err(cache)?;
                have = 0;
            }
            _ => return Err(Break::WrongPart(host)),
        }
        let mut piece = vec![0; 256 << 10];
        let (mut since, mut then) = (self.clock.now(), have);
        loop {
            let length = match reader.read(&mut piece) {
                Ok(0) if have == file.size => return Ok(host),
                Ok(0) => return Err(again(&format!("stopped at {have} of {} bytes", file.size))),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(again(in_words(&error))),
            };
            have += length as u64;
            if have > file.size {
                let reason = format!("is longer than the {} bytes that the hub tells", file.size);
                return Err(Break::Fatal(self.wrong(file, host, &reason, partial)));
            }
            out.write_all(&piece[..length]).map_err(cache)?;
            report(Event::Bytes { name: &file.name, done: have });
            let now = self.clock.now();
            if now.duration_since(since) >= WINDOW {
                if have < then + LEAST && have < file.size {
                    return Err(again("sends next to nothing"));
                }
                (since, then) = (now, have);
            }
        }
    }

    fn wrong(&self, file: &PlannedFile, host: String, reason: &str, partial: &Path) -> HubError {
        let _ = fs::remove_file(partial);
        HubError::Wrong { name: file.name.clone(), host, reason: reason.to_owned() }
    }
}

/// What a request that failed means to a transfer.
fn broken(file: &PlannedFile, host: String, failure: Failure) -> Break {
    let name = file.name.clone();
    match failure {
        Failure::Unreachable(reason) => Break::Again(host, format!("cannot be reached ({reason})"), None),
        Failure::Broken(reason) => Break::Again(host, reason, None),
        Failure::Nonsense(reason) => Break::Fatal(HubError::Answer { name, host, reason }),
        // The link to where a large file lies is good for a while only, and refused then; the next attempt gets a new one.
        Failure::Status(refusal) => Break::Again(host, refusal.in_words(), refusal.wait),
    }
}

/// Opens the file that a transfer goes on with. What is no file of its own, such as a link, is replaced: bytes would end up
/// elsewhere. So is another user's, which cannot be written.
fn open_partial(path: &Path) -> io::Result<File> {
    let mut options = lock::no_follow();
    options.create(true).append(true);
    match options.open(path) {
        Ok(file) if is_own_file(&file)? => return Ok(file),
        _ => {}
    }
    let _ = fs::remove_file(path);
    lock::no_follow().create_new(true).append(true).open(path)
}

/// Whether this is a regular file that has no other name.
fn is_own_file(file: &File) -> io::Result<bool> {
    let found = file.metadata()?;
    #[cfg(unix)]
    let names = std::os::unix::fs::MetadataExt::nlink(&found);
    #[cfg(not(unix))]
    let names = 1;
    Ok(found.is_file() && names == 1)
}

/// Whether a `Content-Range` begins where it should and is of the right file: `bytes 5-9/10`.
fn is_rest(range: Option<&str>, from: u64, size: u64) -> bool {
    let Some((part, of)) = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/')) else {
        return false;
    };
    part.split_once('-').is_some_and(|(start, _)| start.parse() == Ok(from))
        && (of == "*" || of.parse() == Ok(size))
}

fn length(file: &File, path: &Path) -> Result<u64, HubError> {
    let facts = file.metadata().map_err(|source| HubError::Cache { path: path.to_owned(), source })?;
    Ok(facts.len())
}

fn in_words(error: &io::Error) -> &'static str {
    let is_late = matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
        || matches!(error.get_ref().and_then(|e| e.downcast_ref()), Some(ureq::Error::Timeout(_)));
    if is_late { "sent nothing for too long" } else { "broke the connection" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_begins_where_it_should() {
        assert!(is_rest(Some("bytes 5-9/10"), 5, 10));
        assert!(is_rest(Some("bytes 5-9/*"), 5, 10));
        for range in [None, Some("bytes 4-9/10"), Some("bytes 5-9/11"), Some("5-9/10"), Some("bytes */10")] {
            assert!(!is_rest(range, 5, 10), "{range:?}");
        }
    }
}
