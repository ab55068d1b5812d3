use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::cache::{Cache, Key, Kind, Size};
use crate::files::atomic_write;
use crate::files::leftovers::is_older;

/// Entries, least recently used first.
#[derive(Debug, Default)]
pub struct Listing {
    /// Key, size in bytes and last use of each.
    entries: Vec<(Key, u64, SystemTime)>,
}

/// The entries of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub entries: usize,
    pub bytes: u64,
}

/// Which entries may stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// In all.
    pub size: Option<Size>,
    /// Since the last use.
    pub age: Option<Duration>,
}

/// The entries in the folder. Files that the cache did not write are not touched.
impl Cache {
    pub(super) fn entries(&self) -> io::Result<Listing> {
        let mut entries = Vec::new();
        for (name, metadata) in self.files()? {
            if let Ok(key) = name.parse() {
                entries.push((key, metadata.len(), metadata.modified()?));
            }
        }
        entries.sort_by_key(|(_, _, used)| *used);
        Ok(Listing { entries })
    }

    /// Removes the least recently used entries until the rest is within bounds. Entries that cannot be removed, such as
    /// those of other users, are skipped.
    pub(super) fn evict(&self, bounds: Bounds) -> io::Result<Listing> {
        let now = SystemTime::now();
        self.sweep(now);
        let Listing { entries } = self.entries()?;
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

    /// Removes temporary files of killed processes. An entry from the future, written while a clock was wrong, counts as used
    /// now, or it would never be evicted.
    pub(super) fn sweep(&self, now: SystemTime) {
        atomic_write::sweep(&self.folder, now);
        for (name, metadata) in self.files().into_iter().flatten() {
            is_older(&self.folder.join(name), &metadata, Duration::MAX, now);
        }
    }

    /// All files, except those that other processes remove meanwhile.
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
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|(_, size, _)| size).sum()
    }

    /// The last use of the least recently used.
    pub fn oldest(&self) -> Option<SystemTime> {
        self.entries.first().map(|(_, _, used)| *used)
    }

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
