//! Embeddings kept by content, so that nothing is embedded twice.
//!
//! An entry is a file named by its [`Key`]. It appears whole or not at all, carries a checksum, and never changes; so any
//! number of processes may read, write and evict at once, and be killed at any time.

mod contents;
mod entry;
mod eviction;
mod size;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use thiserror::Error;

pub use contents::Contents;
pub use entry::{Entry, Key, Kind};
pub use eviction::{Bounds, Listing, Share};
pub use size::{Size, SizeError};

use crate::files::atomic_write::{explain, temporary_unsynced};
use crate::files::folders::{Folder, NoFolder};
use crate::files::input_file::{MOST_DATA, read_bounded};
use crate::files::leftovers::set_time;

/// The environment variable with the size limit.
pub const SIZE_VARIABLE: &str = "ACTALIGN_CACHE_SIZE";

const DEFAULT_SIZE: Size = Size(2_000_000_000);

/// A cache that cannot be opened, listed or pruned.
#[derive(Debug, Error)]
pub enum CacheError {
    #[error(transparent)]
    NoFolder(#[from] NoFolder),
    #[error("{SIZE_VARIABLE}: {0}")]
    Size(#[from] SizeError),
    #[error("cannot use the cache in {}: {source}\nhelp: set {} to a folder of your own", folder.display(), Folder::Cache.variable())]
    Folder { folder: PathBuf, source: io::Error },
}

/// The cache of this user. It never ends a run: an entry that cannot be read is made again, and after the first write that
/// fails, which [`Cache::take_notice`] reports, the run continues without.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    limit: Size,
    writing: Mutex<Writing>,
}

/// The writes of this process.
#[derive(Debug, Default)]
struct Writing {
    /// Estimated bytes in the cache; unknown before the first write.
    total: Option<u64>,
    /// Bytes written since they were counted.
    since_count: u64,
    failed: bool,
    notice: Option<String>,
}

impl Cache {
    /// The cache in the program's cache folder, limited by [`SIZE_VARIABLE`]; `None` where that is 0.
    ///
    /// # Errors
    /// If there is no cache folder, or the variable is not a size.
    pub fn open() -> Result<Option<Self>, CacheError> {
        let limit = match std::env::var_os(SIZE_VARIABLE) {
            Some(text) if !text.is_empty() => text.to_string_lossy().parse()?,
            _ => DEFAULT_SIZE,
        };
        let cache = Self::new(&Folder::Cache.path()?, limit);
        Ok((limit.0 > 0).then_some(cache))
    }

    /// A cache below `folder`, which need not exist.
    pub fn new(folder: &Path, limit: Size) -> Self {
        Self { folder: folder.join("embeddings"), limit, writing: Mutex::default() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn limit(&self) -> Size {
        self.limit
    }

    /// The entry of a key, which counts as used now. One with a wrong checksum is removed.
    pub fn get(&self, key: &Key) -> Option<Entry> {
        let path = self.path(key);
        let entry = Entry::open(key, read_bounded(&path, MOST_DATA).ok()?);
        if entry.is_some() {
            // Where that is not allowed the entry is only evicted sooner.
            set_time(&path, SystemTime::now());
        } else {
            let _ = fs::remove_file(&path);
        }
        entry
    }

    /// Whether there is an entry of that key, intact or not.
    pub fn has(&self, key: &Key) -> bool {
        self.path(key).is_file()
    }

    pub fn remove(&self, key: &Key) {
        let _ = fs::remove_file(self.path(key));
    }

    /// Writes an entry, and evicts others to make room. One larger than the limit is not kept.
    pub fn put(&self, key: &Key, payload: &[u8]) {
        let header = Entry::header(key, payload);
        let size = (header.len() + payload.len()) as u64;
        let mut writing = self.writing();
        if writing.failed || size > self.limit.0 {
            return;
        }
        if let Err(error) =
            self.write(key, &header, payload).and_then(|()| self.make_room(&mut writing, size))
        {
            writing.failed = true;
            tracing::warn!(folder = %self.folder().display(), %error, "cannot write the cache");
            writing.notice = Some(format!(
                "embeddings are not kept for the next run: {}: {error}; make room there, set {} to a folder that can \
                 be written, or pass --no-cache",
                self.folder().display(),
                Folder::Cache.variable()
            ));
        }
    }

    /// Why nothing is kept; returned once.
    pub fn take_notice(&self) -> Option<String> {
        self.writing().notice.take()
    }

    pub fn listing(&self) -> Result<Listing, CacheError> {
        self.entries().map_err(|source| self.error(source))
    }

    /// Removes the least recently used entries until the rest is within bounds, and returns them.
    pub fn prune(&self, bounds: Bounds) -> Result<Listing, CacheError> {
        self.evict(bounds).map_err(|source| self.error(source))
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(key.as_str())
    }

    /// Writes an entry under a temporary name and renames it. It is not forced to the disk: an entry torn by a crash fails
    /// its checksum, and is made again.
    fn write(&self, key: &Key, header: &[u8], payload: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = temporary_unsynced(&self.folder, header)?;
        file.as_file_mut().write_all(payload).map_err(|error| explain(error, &self.folder))?;
        file.persist(self.path(key))?;
        Ok(())
    }

    /// Counts `size` more bytes. Past the limit, a tenth more than necessary is evicted, so that not every write lists the
    /// whole folder. Other processes write too, so bytes are counted again from time to time.
    fn make_room(&self, writing: &mut Writing, size: u64) -> io::Result<()> {
        writing.since_count += size;
        let total = match writing.total {
            Some(total) if writing.since_count < self.limit.0 / 16 => total + size,
            _ => {
                writing.since_count = 0;
                self.sweep(SystemTime::now());
                self.entries()?.bytes()
            }
        };
        writing.total = Some(total);
        if total > self.limit.0 {
            let bounds = Bounds { size: Some(Size(self.limit.0 / 10 * 9)), age: None };
            writing.total = Some(total.saturating_sub(self.evict(bounds)?.bytes()));
        }
        Ok(())
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, source: io::Error) -> CacheError {
        CacheError::Folder { folder: self.folder().to_owned(), source }
    }
}

#[cfg(test)]
mod tests;
