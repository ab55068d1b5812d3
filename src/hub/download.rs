use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::Repo;
use super::client::Content;
use super::error::{HubError, answer};
use super::plan::PlannedFile;
use super::{Event, Hub, Report};
use crate::files::lock::{self, Lock};
use crate::net::{Failure, HttpError, Retry};

/// An attempt that gets this much further than any before resets the count of failures.
const PROGRESS: u64 = 8 << 20;
/// Fewer bytes in a [`WINDOW`] end an attempt.
const MIN_BYTES: u64 = 64 << 10;
/// The time over which the rate of a transfer is measured.
const WINDOW: Duration = Duration::from_secs(30);
/// Answers with the wrong part of a file before it is downloaded from the start.
const WRONG_PARTS: u32 = 2;

/// The partial file that a download writes.
struct Partial {
    path: PathBuf,
    /// Where it is kept for the next run, if this process has it under another name.
    home: Option<PathBuf>,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            // After a success it is gone.
            let _ = fs::rename(&self.path, home);
        }
    }
}

/// Why an attempt ended early.
enum Break {
    /// Worth another attempt: server, reason, and the wait that the hub asks for.
    Again(String, String, Option<Duration>),
    /// The wrong part of the file, from this server.
    WrongPart(String),
    Fatal(HubError),
}

impl Hub {
    /// Downloads the blob of a file, unless it is there.
    pub(super) fn download(
        &self,
        repo: &Repo,
        url: &str,
        file: &PlannedFile,
        report: &mut Report,
    ) -> Result<(), HubError> {
        let blob = repo.blob(&file.etag);
        repo.create().map_err(|source| cache_error(repo.root(), source))?;
        let lock = self.lock(repo, file, report);
        // Another program may have fetched it while this one waited.
        if self.is_right(&blob, &file.etag, file.size) {
            let _ = fs::remove_file(repo.incomplete(&file.etag));
            report(Event::Bytes { name: &file.name, done: file.size });
            return Ok(());
        }
        let partial = partial(repo, file, lock.is_some());
        let path = &partial.path;
        let mut out = open_partial(path).map_err(|source| cache_error(path, source))?;
        let mut retry = Retry::at_once();
        // Bytes that are downloaded twice are no progress.
        let mut best = Some(length(&out, path)?).filter(|have| *have <= file.size).unwrap_or(0);
        let mut wrong_parts = 0;
        let sender = loop {
            let (host, reason, wait) = match self.attempt(url, file, &mut out, path, report) {
                Ok(sender) => break sender,
                Err(Break::Fatal(error)) => return Err(error),
                Err(Break::Again(host, reason, wait)) => (host, reason, wait),
                Err(Break::WrongPart(host)) => {
                    wrong_parts += 1;
                    // Once may be an accident, which is not worth what was downloaded.
                    if wrong_parts == WRONG_PARTS {
                        out.set_len(0).map_err(|source| cache_error(path, source))?;
                    }
                    (host, "sent another part of the file".to_owned(), None)
                }
            };
            let now = length(&out, path)?;
            if now >= best + PROGRESS {
                retry.reset();
            }
            best = best.max(now);
            self.wait(&mut retry, &file.name, host, reason, wait, report)?;
        };
        out.sync_all().map_err(|source| cache_error(path, source))?;
        report(Event::Checking { name: &file.name });
        if !file.etag.is_of(path, file.size).map_err(|source| cache_error(path, source))? {
            return Err(wrong(file, sender, "has another hash than the hub states", path));
        }
        fs::rename(path, &blob).map_err(|source| cache_error(&blob, source))
    }

    /// Keeps other programs from fetching the same file; `None` if the file system has no locks.
    fn lock(&self, repo: &Repo, file: &PlannedFile, report: &mut Report) -> Option<File> {
        let lock = match repo.lock(&file.etag) {
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
                        "cannot lock files in {}: {reason}; programs that fetch the same model at the same time each \
                         fetch all of it",
                        repo.root().display()
                    )));
                }
                None
            }
        }
    }

    /// Appends what is missing and returns the server that sent it.
    fn attempt(
        &self,
        url: &str,
        file: &PlannedFile,
        out: &mut File,
        path: &Path,
        report: &mut Report,
    ) -> Result<String, Break> {
        let fatal = |source| Break::Fatal(cache_error(path, source));
        let mut have = length(out, path).map_err(Break::Fatal)?;
        if have > file.size {
            out.set_len(0).map_err(fatal)?;
            have = 0;
        }
        report(Event::Bytes { name: &file.name, done: have });
        if have == file.size && have > 0 {
            return Ok(self.client.host());
        }
        let content =
            self.client.content(url, have, self.clock.now()).map_err(|error| broken(error, file))?;
        let Content { host, status, range, mut reader } = content;
        let again = |reason: String| Break::Again(host.clone(), reason, None);
        match status {
            206 if is_rest(range.as_deref(), have, file.size) => {}
            // The server ignores ranges: from the start then.
            200 => {
                out.set_len(0).map_err(fatal)?;
                have = 0;
            }
            _ => return Err(Break::WrongPart(host)),
        }
        let mut piece = vec![0; 256 << 10];
        let (mut since, mut then) = (self.clock.instant(), have);
        loop {
            let length = match reader.read(&mut piece) {
                Ok(0) if have == file.size => return Ok(host),
                Ok(0) => return Err(again(format!("stopped at {have} of {} bytes", file.size))),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(again(Failure::from(error).to_string())),
            };
            have += length as u64;
            if have > file.size {
                let reason = format!("is longer than the {} bytes that the hub states", file.size);
                return Err(Break::Fatal(wrong(file, host, &reason, path)));
            }
            out.write_all(&piece[..length]).map_err(fatal)?;
            report(Event::Bytes { name: &file.name, done: have });
            let now = self.clock.instant();
            if now.duration_since(since) >= WINDOW {
                if have < then + MIN_BYTES && have < file.size {
                    return Err(again("too slow".to_owned()));
                }
                (since, then) = (now, have);
            }
        }
    }
}

/// What a failed request means to a download.
fn broken(HttpError { host, failure }: HttpError, file: &PlannedFile) -> Break {
    match failure {
        Failure::NotHttp(_) | Failure::TooLarge | Failure::Redirect(_) => {
            Break::Fatal(answer(&file.name, host, failure.to_string()))
        }
        // Any status: the link to a large file expires and is then refused; the next attempt gets a new one.
        failure => Break::Again(host, failure.to_string(), failure.wait()),
    }
}

/// Where a file is downloaded to. Without a lock that is a file of this process's own, which takes over what an earlier one
/// left: a rename gives it to one process only.
fn partial(repo: &Repo, file: &PlannedFile, is_locked: bool) -> Partial {
    let home = repo.incomplete(&file.etag);
    if is_locked {
        return Partial { path: home, home: None };
    }
    // The standard library seeds its hashers at random.
    let mark = RandomState::new().build_hasher().finish() as u32;
    let path = home.with_extension(format!("{mark:08x}.incomplete"));
    let _ = fs::rename(&home, &path);
    Partial { path, home: Some(home) }
}

/// Opens a partial file to append to. A link, or a file with a second name, is replaced: the bytes would end up elsewhere.
/// So is another user's file, which cannot be written.
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

/// Whether this is a regular file with a single name.
fn is_own_file(file: &File) -> io::Result<bool> {
    let found = file.metadata()?;
    #[cfg(unix)]
    let names = std::os::unix::fs::MetadataExt::nlink(&found);
    #[cfg(not(unix))]
    let names = 1;
    Ok(found.is_file() && names == 1)
}

/// Whether a `Content-Range` such as `bytes 5-9/10` begins where it should and belongs to a file of this size.
fn is_rest(range: Option<&str>, from: u64, size: u64) -> bool {
    let Some((part, of)) = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/')) else {
        return false;
    };
    part.split_once('-').is_some_and(|(start, _)| start.parse() == Ok(from))
        && (of == "*" || of.parse() == Ok(size))
}

fn length(file: &File, path: &Path) -> Result<u64, HubError> {
    Ok(file.metadata().map_err(|source| cache_error(path, source))?.len())
}

/// Deletes a file with the wrong content.
fn wrong(file: &PlannedFile, host: String, reason: &str, path: &Path) -> HubError {
    let _ = fs::remove_file(path);
    HubError::Wrong { name: file.name.clone(), host, reason: reason.to_owned() }
}

fn cache_error(path: &Path, source: io::Error) -> HubError {
    HubError::Cache { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_must_begin_where_the_file_was_cut() {
        assert!(is_rest(Some("bytes 5-9/10"), 5, 10));
        assert!(is_rest(Some("bytes 5-9/*"), 5, 10));
        for range in [None, Some("bytes 4-9/10"), Some("bytes 5-9/11"), Some("5-9/10"), Some("bytes */10")] {
            assert!(!is_rest(range, 5, 10), "{range:?}");
        }
    }
}
