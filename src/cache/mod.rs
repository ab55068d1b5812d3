//! Embeddings by content: what was embedded once is read the next time.
//!
//! An entry is a file whose name is its [`Key`]. It appears whole or not at all, carries a checksum, and is never
//! changed; so any number of processes may read, write and evict at once, and be killed while at it.

mod contents;
mod entry;
mod eviction;
mod key;
mod size;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use thiserror::Error;

pub use contents::Contents;
pub use entry::Entry;
pub use eviction::{Bounds, Listing, Share};
pub use key::{Key, Kind};
pub use size::{Size, SizeError};

use crate::folders::{Folder, NoFolder};
use crate::input_file::{MOST_DATA, read_bounded};
use crate::leftovers::set_time;
use eviction::EntryFolder;

/// The environment variable that bounds the cache.
pub const SIZE_VARIABLE: &str = "ACTALIGN_CACHE_SIZE";

/// The bound where nothing else is said.
const DEFAULT_SIZE: Size = Size(2_000_000_000);

/// Why there is no cache.
#[derive(Debug, Error)]
pub enum CacheError {
    /// There is no place for it.
    #[error(transparent)]
    NoFolder(#[from] NoFolder),
    /// Its bound cannot be read.
    #[error("{SIZE_VARIABLE}: {0}")]
    Size(#[from] SizeError),
    /// Its folder cannot be looked into or cleared.
    #[error("the cache in {} cannot be worked on: {source}; set {} to a folder of your own", folder.display(), Folder::Cache.variable())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The cache of this user. A fault in it never ends a run: what cannot be read is made again, and where nothing can be
/// written the first failure is told by [`Cache::take_notice`] and the rest of the run does without.
#[derive(Debug)]
pub struct Cache {
    entries: EntryFolder,
    limit: Size,
    writing: Mutex<Writing>,
}

/// How writing has gone in this process.
#[derive(Debug, Default)]
struct Writing {
    /// Bytes believed to be in the cache; unknown before the first write.
    total: Option<u64>,
    /// Bytes written since they were counted.
    since_count: u64,
    failed: bool,
    notice: Option<String>,
}

impl Cache {
    /// The cache in the program's cache folder, under the bound of its environment variable; none where that is 0.
    ///
    /// # Errors
    /// If the system names no folder, or the variable is no size.
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
        Self { entries: EntryFolder::new(folder.join("embeddings")), limit, writing: Mutex::default() }
    }

    /// The folder of the entries.
    pub fn folder(&self) -> &Path {
        self.entries.folder()
    }

    /// How large it may grow.
    pub fn limit(&self) -> Size {
        self.limit
    }

    /// The entry of a key, which thereby counts as used just now. One whose checksum is wrong is removed.
    pub fn get(&self, key: &Key) -> Option<Entry> {
        let path = self.entries.path(key);
        let entry = Entry::open(key, read_bounded(&path, MOST_DATA).ok()?);
        if entry.is_some() {
            // Where that is not allowed the entry is evicted sooner, no more.
            set_time(&path, SystemTime::now());
        } else {
            let _ = fs::remove_file(&path);
        }
        entry
    }

    /// Whether there is an entry of that key, sound or not.
    pub fn has(&self, key: &Key) -> bool {
        self.entries.path(key).is_file()
    }

    /// Removes an entry, if it is there.
    pub fn remove(&self, key: &Key) {
        let _ = fs::remove_file(self.entries.path(key));
    }

    /// Keeps a payload under its key, and makes room for it. What is larger than the whole cache may be is not kept.
    pub fn put(&self, key: &Key, payload: &[u8]) {
        let bytes = Entry::seal(key, payload);
        let size = bytes.len() as u64;
        let mut writing = self.writing();
        if writing.failed || size > self.limit.0 {
            return;
        }
        if let Err(error) = self.entries.write(key, &bytes).and_then(|()| self.make_room(&mut writing, size))
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

    /// Why nothing is kept, once.
    pub fn take_notice(&self) -> Option<String> {
        self.writing().notice.take()
    }

    /// Everything in the cache.
    ///
    /// # Errors
    /// If the folder is there and cannot be read.
    pub fn listing(&self) -> Result<Listing, CacheError> {
        self.entries.listing().map_err(|source| self.error(source))
    }

    /// Removes the entries used longest ago until the rest is within bounds. What is gone is listed.
    ///
    /// # Errors
    /// If the folder cannot be read or an entry cannot be removed.
    pub fn prune(&self, bounds: Bounds) -> Result<Listing, CacheError> {
        self.entries.prune(bounds, SystemTime::now()).map_err(|source| self.error(source))
    }

    /// Counts `size` more bytes. Past the limit, a tenth more than necessary goes, so that not every write has to look
    /// through the whole folder. Other processes write too, so bytes are counted anew from time to time.
    fn make_room(&self, writing: &mut Writing, size: u64) -> io::Result<()> {
        writing.since_count += size;
        let total = match writing.total {
            Some(total) if writing.since_count < self.limit.0 / 16 => total + size,
            _ => {
                writing.since_count = 0;
                self.entries.sweep(SystemTime::now());
                self.entries.listing()?.bytes()
            }
        };
        writing.total = Some(total);
        if total > self.limit.0 {
            let bounds = Bounds { size: Some(Size(self.limit.0 / 10 * 9)), age: None };
            let gone = self.entries.prune(bounds, SystemTime::now())?;
            writing.total = Some(total.saturating_sub(gone.bytes()));
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
