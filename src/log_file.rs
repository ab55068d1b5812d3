//! The log file: what the program did and what failed, off the screen.
//!
//! Events are those of `tracing`. A log that cannot be written changes nothing else.

use std::backtrace::Backtrace;
use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use tracing::level_filters::LevelFilter;
use tracing::{error, info};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::files::lock;
use crate::visible::visible_line;

/// The environment variable that says how much is logged: `off`, `error`, `warn`, `info` (the default), `debug` or `trace`.
pub const VARIABLE: &str = "ACTALIGN_LOG";
/// Name of the file in the data folder.
const FILE: &str = "actalign.log";
/// Name of the file before it.
const OLD_FILE: &str = "actalign.old.log";
/// Size at which a new file is begun.
const MOST_BYTES: u64 = 5 << 20;

static PATH: OnceLock<PathBuf> = OnceLock::new();
static HAS_STARTED: AtomicBool = AtomicBool::new(false);

/// Logs into `folder` from now on, unless [`VARIABLE`] is `off`. The file is opened by the first event.
pub fn open(folder: &Path) {
    let level =
        env::var(VARIABLE).ok().and_then(|level| level.trim().parse().ok()).unwrap_or(LevelFilter::INFO);
    if level == LevelFilter::OFF || PATH.set(folder.join(FILE)).is_err() {
        return;
    }
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(TimeAndProcess)
        .log_internal_errors(false)
        .with_writer(Mutex::new(LogFile { path: folder.join(FILE), most: MOST_BYTES, file: None }))
        .with_filter(Targets::new().with_target(env!("CARGO_CRATE_NAME"), level));
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// The log file; none if nothing is logged.
pub fn path() -> Option<&'static Path> {
    PATH.get().map(PathBuf::as_path)
}

/// Logs that a command begins.
pub fn command_begins() {
    HAS_STARTED.store(true, Ordering::Relaxed);
    let arguments: Vec<_> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    info!(version = env!("CARGO_PKG_VERSION"), "start: {}", printable(&arguments.join(" ")));
}

/// Logs how the command ended, if it began.
pub fn command_ends(outcome: Result<(), &str>) {
    match outcome {
        _ if !HAS_STARTED.load(Ordering::Relaxed) => {}
        Ok(()) => info!("end"),
        Err(error) => error!("end: {}", printable(error)),
    }
}

/// Logs a panic with its backtrace. For panic hooks.
pub fn panicked(info: &PanicHookInfo) {
    let thread = thread::current();
    error!("thread {}: {info}\n{}", thread.name().unwrap_or("unnamed"), Backtrace::force_capture());
}

/// Text on one line, its addresses without user names, passwords and queries.
pub fn printable(text: &str) -> String {
    let words: Vec<String> = visible_line(text).split(' ').map(without_secrets).collect();
    words.join(" ")
}

fn without_secrets(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let (address, query) = rest.split_once('?').map_or((rest, ""), |(address, _)| (address, "?…"));
    let (authority, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}{query}")
}

/// The time and the number of the process, which tells apart those that share a log.
struct TimeAndProcess;

impl FormatTime for TimeAndProcess {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        SystemTime.format_time(writer)?;
        write!(writer, " {}", process::id())
    }
}

struct LogFile {
    path: PathBuf,
    most: u64,
    file: Option<File>,
}

impl LogFile {
    /// Opens the file, after moving it out of the way if it is too large.
    fn open(&self) -> Option<File> {
        fs::create_dir_all(self.path.parent()?).ok()?;
        // Another process may have begun a new one already.
        if fs::metadata(&self.path).is_ok_and(|found| found.len() > self.most) {
            fs::rename(&self.path, self.path.with_file_name(OLD_FILE)).ok()?;
        }
        let file = lock::no_follow().append(true).create(true).open(&self.path).ok()?;
        file.metadata().is_ok_and(|found| found.is_file()).then_some(file)
    }
}

impl io::Write for LogFile {
    /// Appends a whole event at once, so that those of several processes do not mix.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let has_room = |file: &File| file.metadata().is_ok_and(|found| found.len() <= self.most);
        if !self.file.as_ref().is_some_and(has_room) {
            self.file = self.open();
        }
        if let Some(file) = &mut self.file {
            let _ = file.write_all(event);
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_full_log_becomes_the_old_one_and_no_process_replaces_it_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join(FILE);
        let log = || LogFile { path: path.clone(), most: 10, file: None };
        let mut processes = [log(), log()];
        for (process, event) in [(0, "one\n"), (1, "two and more\n"), (0, "three\n"), (1, "four\n")] {
            processes[process].write_all(event.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(path.with_file_name(OLD_FILE)).unwrap(), "one\ntwo and more\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\nfour\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_log_that_cannot_be_written_fails_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        for path in [link, folder.path().to_owned(), "/dev/full".into(), "/dev/null/actalign.log".into()] {
            LogFile { path, most: 10, file: None }.write_all(b"event\n").unwrap();
        }
        assert!(!target.exists(), "links are not followed");
    }

    #[test]
    fn addresses_are_logged_without_secrets() {
        for (text, logged) in [
            ("clip.mp4 -", "clip.mp4 -"),
            ("--endpoint=https://me:secret@host:1/v1?key=secret x", "--endpoint=https://host:1/v1?… x"),
            ("http://host http://secret@host", "http://host http://host"),
        ] {
            assert_eq!(printable(text), logged);
        }
    }
}
