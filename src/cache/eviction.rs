//! The folder of the entries.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::atomic_write::{self, temporary_unsynced};
use crate::cache::key::{Key, Kind};
use crate::cache::size::Size;
use crate::leftovers::is_older;

/// The folder of the entries. Files that the cache did not write are not touched.
#[derive(Debug)]
pub struct EntryFolder {
    folder: PathBuf,
}

/// Entries, those used longest ago first.
#[derive(Debug, Default)]
pub struct Listing {
    /// Key, size and last use of each.
    entries: Vec<(Key, u64, SystemTime)>,
}

/// How many entries there are of a kind, and their size together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many.
    pub entries: usize,
    /// Bytes.
    pub bytes: u64,
}

/// What may stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// So much in all.
    pub size: Option<Size>,
    /// What was used within this time.
    pub age: Option<Duration>,
}

impl EntryFolder {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(key.as_str())
    }

    /// Writes an entry under a temporary name and renames it. It is not forced to the disk: what a failing machine tears
    /// is found by its checksum, and can be made again.
    pub fn write(&self, key: &Key, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        temporary_unsynced(&self.folder, bytes)?.persist(self.path(key))?;
        Ok(())
    }

    pub fn listing(&self) -> io::Result<Listing> {
        let mut entries = Vec::new();
        for (name, metadata) in self.files()? {
            if let Ok(key) = name.parse() {
                entries.push((key, metadata.len(), metadata.modified()?));
            }
        }
        entries.sort_by_key(|(_, _, used)| *used);
        Ok(Listing { entries })
    }

    /// Removes entries, those used longest ago first, until the rest is within bounds. Entries that cannot be removed, such
    /// as those of other users, are passed over.
    pub fn prune(&self, bounds: Bounds, now: SystemTime) -> io::Result<Listing> {
        self.sweep(now);
        let Listing { entries } = self.listing()?;
        let mut left: u64 = entries.iter().map(|(_, size, _)| size).sum();
        let is_too_much = |left: u64| bounds.size.is_some_and(|size| left > size.0);
        let (mut gone, mut stuck) = (Listing::default(), None);
        for (key, size, used) in entries {
            let is_old = bounds.age.is_some_and(|age| now.duration_since(used).is_ok_and(|d| d > age));
            if !is_old && !is_too_much(left) {
                break;
            }
            match fs::remove_file(self.path(&key)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    stuck.get_or_insert((error, is_old));
                }
                _ => {
                    left -= size;
                    gone.entries.push((key, size, used));
                }
            }
        }
        match stuck {
            Some((error, is_old)) if is_old || is_too_much(left) => Err(error),
            _ => Ok(gone),
        }
    }

    /// Removes temporary files of processes that were killed. An entry from the future, written while a clock was wrong,
    /// counts as used now; it would never be the one used longest ago.
    pub fn sweep(&self, now: SystemTime) {
        atomic_write::sweep(&self.folder, now);
        for (name, metadata) in self.files().into_iter().flatten() {
            is_older(&self.folder.join(name), &metadata, Duration::MAX, now);
        }
    }

    /// Names and sizes of all files. Those that other processes remove meanwhile are left out.
    fn files(&self) -> io::Result<Vec<(String, fs::Metadata)>> {
        let folder = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder?,
        };
        let mut files = Vec::new();
        for file in folder {
            let file = file?;
            if let (Ok(name), Ok(metadata)) = (file.file_name().into_string(), file.metadata())
                && metadata.is_file()
            {
                files.push((name, metadata));
            }
        }
        Ok(files)
    }
}

impl Listing {
    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Their size together.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|(_, size, _)| size).sum()
    }

    /// When the one used longest ago was used.
    pub fn oldest(&self) -> Option<SystemTime> {
        self.entries.first().map(|(_, _, used)| *used)
    }

    /// The kinds that occur.
    pub fn by_kind(&self) -> BTreeMap<Kind, Share> {
        let mut kinds: BTreeMap<Kind, Share> = BTreeMap::new();
        for (key, size, _) in &self.entries {
            let share = kinds.entry(key.kind()).or_default();
            share.entries += 1;
            share.bytes += size;
        }
        kinds
    }
}
