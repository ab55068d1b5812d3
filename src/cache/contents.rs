//! Digests of files, without reading the files each time.
//!
//! Only a digest of all bytes identifies a file: fine-tuned checkpoints may differ in a few values anywhere, clips in a few
//! frames. Reading gigabytes at every start is not cheap, so a digest is kept with size, times of change and inode of the
//! file, and holds until one of them changes.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blake3::Hasher;
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Key, Kind};
use crate::files::input_file::open_regular;

/// The coarsest time stamps of a file system: a file changed more recently may change again and keep its times.
const COARSEST_TICK: Duration = Duration::from_secs(2);

/// The contents of a file, or of a folder's files, when last read.
#[derive(Clone, Debug)]
pub struct Contents {
    path: PathBuf,
    /// Files that the first one names.
    named: Vec<PathBuf>,
    memo: Memo,
}

/// A digest, as the cache keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Memo {
    files: Vec<Stamp>,
    /// In hexadecimal digits.
    digest: String,
}

/// Attributes that change when a file does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    /// Relative to the folder, or to the folder of the file that names it; empty for a file on its own.
    name: String,
    size: u64,
    /// Nanoseconds since 1970.
    modified: i64,
    /// The time of the last change to the inode, in the same unit, which no program can set.
    changed: i64,
    inode: u64,
}

impl Contents {
    /// In hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.memo.digest
    }

    /// Whether nothing has changed since.
    pub fn are_unchanged(&self) -> bool {
        stamps(&self.path, &self.named).is_ok_and(|now| now.as_ref() == Some(&self.memo.files))
    }
}

impl Cache {
    /// The contents of a file and of the files that it names, or of a folder's files with their names. `None` for a pipe, and
    /// where they change while being read.
    pub fn contents(&self, path: &Path, named: &[PathBuf]) -> io::Result<Option<Contents>> {
        let path = path.canonicalize()?;
        self.contents_by(&path, named, "whole", |hasher| {
            for stamp in stamps(&path, named)?.unwrap_or_default() {
                hasher.update(&(stamp.name.len() as u64).to_le_bytes());
                hasher.update(stamp.name.as_bytes()).update(&stamp.size.to_le_bytes());
                let file = if stamp.name.is_empty() { path.clone() } else { folder(&path).join(stamp.name) };
                hasher.update_reader(open_regular(&file)?)?;
            }
            Ok(())
        })
    }

    /// As [`Cache::contents`], where `read` hashes the part that counts, and `part` names that part.
    pub fn contents_by(
        &self,
        path: &Path,
        named: &[PathBuf],
        part: &str,
        read: impl FnOnce(&mut Hasher) -> io::Result<()>,
    ) -> io::Result<Option<Contents>> {
        let path = path.canonicalize()?;
        let Some(files) = stamps(&path, named)? else { return Ok(None) };
        let key = Key::new(Kind::Contents, [path.as_os_str().as_encoded_bytes(), part.as_bytes()]);
        let memo = self.get(&key).and_then(|entry| serde_json::from_slice::<Memo>(entry.payload()).ok());
        if let Some(memo) = memo.filter(|memo| memo.files == files) {
            return Ok(Some(Contents { path, named: named.to_vec(), memo }));
        }
        let mut hasher = Hasher::new();
        read(&mut hasher)?;
        let memo = Memo { files, digest: hasher.finalize().to_hex().to_string() };
        let contents = Contents { path, named: named.to_vec(), memo };
        if !contents.are_unchanged() {
            return Ok(None);
        }
        if has_settled(&contents.memo.files, SystemTime::now()) {
            self.put(&key, &serde_json::to_vec(&contents.memo)?);
        }
        Ok(Some(contents))
    }
}

/// Whether any later change will change the times too.
fn has_settled(files: &[Stamp], now: SystemTime) -> bool {
    let newest = files.iter().map(|stamp| stamp.modified).max().unwrap_or(i64::MAX);
    nanoseconds(now - COARSEST_TICK) > newest
}

/// The folder that names in stamps are relative to.
fn folder(path: &Path) -> &Path {
    if path.is_dir() { path } else { path.parent().unwrap_or(path) }
}

/// The stamps of a file and of those that it names, or of a folder's files by name; `None` for anything else.
fn stamps(path: &Path, named: &[PathBuf]) -> io::Result<Option<Vec<Stamp>>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        let of_named = |file: &PathBuf| {
            let name = file.strip_prefix(folder(path)).unwrap_or(file);
            Stamp::new(name.to_string_lossy().into_owned(), &fs::metadata(file)?)
        };
        let first = Stamp::new(String::new(), &metadata);
        return std::iter::once(first).chain(named.iter().map(of_named)).collect::<io::Result<_>>().map(Some);
    }
    if !metadata.is_dir() {
        return Ok(None);
    }
    let mut stamps = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = fs::metadata(entry.path())?;
        if metadata.is_file() {
            stamps.push(Stamp::new(entry.file_name().to_string_lossy().into_owned(), &metadata)?);
        }
    }
    stamps.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(stamps))
}

impl Stamp {
    fn new(name: String, metadata: &Metadata) -> io::Result<Self> {
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ctime().wrapping_mul(1_000_000_000).wrapping_add(metadata.ctime_nsec()), metadata.ino())
        };
        #[cfg(not(unix))]
        let (changed, inode) = (0, 0);
        Ok(Self { name, size: metadata.len(), modified: nanoseconds(metadata.modified()?), changed, inode })
    }
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    }
}
