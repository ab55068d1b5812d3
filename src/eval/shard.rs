//! Shards of a dataset, for several processes, and the split that a results folder holds.
//!
//! The folders of its shards tell a results folder's split; the `run.json` of each has the task IDs of a SLURM job array.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::eval::journal::Run;
use crate::eval::slurm::{ArrayTask, TaskIds};

/// Every `of`-th clip of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Counted from 1.
    pub number: usize,
    pub of: usize,
}

/// Largest number of shards.
pub(super) const MOST: usize = 100_000;

impl Shard {
    /// None if there is no such shard, or there are more than [`MOST`].
    pub fn new(number: usize, of: usize) -> Option<Self> {
        Some(Self { number, of }).filter(|shard| shard.is_sound())
    }

    /// Whether the numbers are in range: a file may hold any.
    pub(super) fn is_sound(self) -> bool {
        (1..=MOST).contains(&self.of) && (1..=self.of).contains(&self.number)
    }

    /// Whether it has the clip at this place of the manifest, counted from 0.
    pub fn holds(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }

    /// How many of so many clips it has.
    pub fn share_of(self, clips: usize) -> usize {
        clips.saturating_sub(self.number - 1).div_ceil(self.of)
    }

    /// Name of its folder.
    pub fn folder(self) -> String {
        format!("shard-{}-of-{}", self.number, self.of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        parts.and_then(|(number, of)| Self::new(number, of)).ok_or_else(|| {
            format!(
                "'{text}' is not a shard: give I/N, such as 2/4 for the second of four, with N at most {MOST}, or slurm/N"
            )
        })
    }
}

/// A shard as the user names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardChoice {
    Shard(Shard),
    /// The shard of a SLURM array task, with the number of shards if given.
    Task(ArrayTask, Option<usize>),
}

/// A shard with its folder made in a results folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedShard {
    pub shard: Shard,
    /// The task IDs of all shards of a SLURM job array.
    pub tasks: Option<TaskIds>,
}

/// Why a folder cannot take a shard.
#[derive(Debug, Error)]
pub enum SplitError {
    #[error(
        "{} holds shards of another split: into {there}, not {here}\nhelp: continue with --shard {again}/{there}, choose \
         another --out, or delete the folders shard-*-of-{there} in it",
        folder.display()
    )]
    Other {
        folder: PathBuf,
        /// Number of shards in the folder's split.
        there: usize,
        /// Number of shards asked for.
        here: usize,
        /// How to name a shard of the folder's split.
        again: &'static str,
    },
    #[error(
        "{} holds shards of several splits, {}\nhelp: delete the folders of all but one, or choose another --out",
        folder.display(),
        named(splits)
    )]
    Several { folder: PathBuf, splits: BTreeSet<usize> },
    /// The array task is none of the folder's shards.
    #[error("{}: {reason}", folder.display())]
    Task { folder: PathBuf, reason: String },
    #[error("cannot use the folder {}: {source}\nhelp: choose another --out", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
}

/// `shard-*-of-4, shard-*-of-8`.
pub(super) fn named(splits: &BTreeSet<usize>) -> String {
    let names: Vec<String> = splits.iter().map(|of| format!("shard-*-of-{of}")).collect();
    names.join(", ")
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.strip_prefix("slurm") else { return Ok(Self::Shard(text.parse()?)) };
        let of = match rest.strip_prefix('/').map(str::parse) {
            None if rest.is_empty() => None,
            Some(Ok(of)) if (1..=MOST).contains(&of) => Some(of),
            _ => return Err(format!("'{text}' is not a shard: give slurm/N, with N from 1 to {MOST}")),
        };
        let task = ArrayTask::from_variables(|name| std::env::var(name).ok())?;
        Ok(Self::Task(task, of))
    }
}

impl ShardChoice {
    /// Makes the shard's folder in a results folder.
    ///
    /// # Errors
    /// If the results folder holds another split, or it is not certain which shard is meant.
    pub fn claim(self, folder: &Path) -> Result<ClaimedShard, SplitError> {
        let held = Split::of(folder)?;
        let claimed = self.shard_of(folder, &held)?;
        let own = folder.join(claimed.shard.folder());
        let is_new = !own.exists();
        let error = |source| SplitError::Folder { folder: own.clone(), source };
        fs::create_dir_all(&own).map_err(error)?;
        // Another process may have begun another split meanwhile: then neither continues.
        let held = Split::of(folder)?;
        self.check(folder, claimed.shard.of, &held).inspect_err(|_| {
            if is_new {
                let _ = fs::remove_dir(&own);
            }
        })?;
        Ok(claimed)
    }

    fn shard_of(self, folder: &Path, held: &Split) -> Result<ClaimedShard, SplitError> {
        let claimed = match self {
            Self::Shard(shard) => ClaimedShard { shard, tasks: tasks_of(&folder.join(shard.folder())) },
            Self::Task(task, of) => {
                if let Some(of) = of {
                    self.check(folder, of, held)?;
                }
                let of = of.or_else(|| held.numbers.first().copied());
                let known = held.shards.iter().find_map(|folder| tasks_of(folder));
                let (shard, tasks) = task
                    .shard(of, known)
                    .map_err(|reason| SplitError::Task { folder: folder.to_owned(), reason })?;
                ClaimedShard { shard, tasks: Some(tasks) }
            }
        };
        self.check(folder, claimed.shard.of, held)?;
        Ok(claimed)
    }

    /// Refuses a folder with another split than that into `of` shards.
    fn check(self, folder: &Path, of: usize, held: &Split) -> Result<(), SplitError> {
        let folder = folder.to_owned();
        let mut numbers = held.numbers.iter().copied();
        match (numbers.next(), numbers.next()) {
            (None, _) => Ok(()),
            (Some(there), None) if there == of => Ok(()),
            (Some(there), None) => {
                let again = if matches!(self, Self::Shard(_)) { "I" } else { "slurm" };
                Err(SplitError::Other { folder, there, here: of, again })
            }
            _ => Err(SplitError::Several { folder, splits: held.numbers.clone() }),
        }
    }
}

/// The shards that a results folder holds.
#[derive(Debug, Default)]
struct Split {
    /// Numbers of shards: one, unless folders of several splits were copied together.
    numbers: BTreeSet<usize>,
    /// Folders of the shards.
    shards: Vec<PathBuf>,
}

impl Split {
    fn of(folder: &Path) -> Result<Self, SplitError> {
        let error = |source| SplitError::Folder { folder: folder.to_owned(), source };
        let mut split = Self::default();
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(split),
            entries => entries.map_err(error)?,
        };
        for entry in entries {
            let path = entry.map_err(error)?.path();
            let Some(shard) = shard_of(&path) else { continue };
            split.numbers.insert(shard.of);
            split.shards.push(path);
        }
        Ok(split)
    }
}

/// The task IDs in the `run.json` of a shard. One that cannot be read is reported when it is evaluated or merged.
fn tasks_of(shard: &Path) -> Option<TaskIds> {
    Run::load(shard).ok()?.tasks
}

/// The shard that a folder is named after.
fn shard_of(path: &Path) -> Option<Shard> {
    let name = path.file_name()?.to_str()?;
    let (number, of) = name.strip_prefix("shard-")?.split_once("-of-")?;
    let shard = Shard::new(number.parse().ok()?, of.parse().ok()?)?;
    (shard.folder() == name && path.is_dir()).then_some(shard)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> ShardChoice {
        text.parse().unwrap()
    }

    #[test]
    fn a_folder_takes_shards_of_one_split() {
        let folder = tempfile::tempdir().unwrap();
        let claimed = shard("2/4").claim(folder.path()).unwrap();
        assert_eq!((claimed.shard.number, claimed.shard.of, claimed.tasks), (2, 4, None));
        shard("4/4").claim(folder.path()).unwrap();
        let error = shard("1/8").claim(folder.path()).unwrap_err().to_string();
        assert!(error.contains("into 4, not 8") && error.contains("--shard I/4"), "{error}");
        assert!(!folder.path().join("shard-1-of-8").exists());
        // Names that only look like shards.
        for name in ["shard-1-of-9.bak", "shard-01-of-9", "shard-0-of-9", "shard-10-of-9", "shards"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("shard-1-of-9"), "").unwrap();
        shard("1/4").claim(folder.path()).unwrap();
        fs::create_dir(folder.path().join("shard-2-of-9")).unwrap();
        let error = shard("1/4").claim(folder.path()).unwrap_err().to_string();
        assert!(error.contains("shard-*-of-4, shard-*-of-9"), "{error}");
        // Deleted folders are forgotten.
        fs::remove_dir(folder.path().join("shard-2-of-9")).unwrap();
        for number in [1, 2, 4] {
            fs::remove_dir(folder.path().join(format!("shard-{number}-of-4"))).unwrap();
        }
        shard("1/8").claim(folder.path()).unwrap();
    }

    #[test]
    fn an_error_names_the_folder_that_cannot_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = shard("1/2").claim(&file).unwrap_err().to_string();
        assert!(error.contains("file") && error.contains("choose another --out"), "{error}");
    }

    #[test]
    fn malformed_shards_are_refused() {
        for text in ["slurm/0", "slurm/x", "slurm/", "slurm4", "slurm/100001", "slurm/4/2"] {
            assert!(text.parse::<ShardChoice>().unwrap_err().contains("slurm/N"), "{text}");
        }
    }

    #[test]
    fn every_clip_is_in_one_shard() {
        for (clips, of) in [(0, 1), (7, 3), (3, 5), (934, 4)] {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard { number, of }).collect();
            assert!((0..clips).all(|place| shards.iter().filter(|shard| shard.holds(place)).count() == 1));
            for shard in shards {
                assert_eq!((0..clips).filter(|&place| shard.holds(place)).count(), shard.share_of(clips));
            }
        }
        // A file may claim as many as there are numbers.
        assert_eq!(Shard { number: 1, of: 2 }.share_of(usize::MAX), usize::MAX / 2 + 1);
    }

    #[test]
    fn a_shard_parses_as_it_is_displayed() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        assert_eq!(Shard { number: 2, of: 4 }.to_string(), "2/4");
        for text in ["", "0/4", "5/4", "2", "a/b", "1/0", "-1/2", "2/4/6", "1/100001"] {
            assert!(text.parse::<Shard>().unwrap_err().contains("such as 2/4"), "{text}");
        }
    }
}
