//! The split of a dataset into shards that a results folder holds.
//!
//! The folders of its shards tell the split; the `run.json` of each has the task IDs of a SLURM job array.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use color_eyre::eyre::{Report, Result, bail, eyre};

use crate::eval::run::Run;
use crate::eval::shard::{MOST, Shard};
use crate::eval::slurm::{ArrayTask, TaskIds};

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
    pub fn claim(self, folder: &Path) -> Result<ClaimedShard> {
        let held = Split::of(folder)?;
        let claimed = self.shard_of(folder, &held)?;
        let own = folder.join(claimed.shard.folder());
        let is_new = !own.exists();
        fs::create_dir_all(&own).map_err(|error| unusable(&own, &error))?;
        // Another process may have begun another split meanwhile: then neither continues.
        let held = Split::of(folder)?;
        self.check(folder, claimed.shard.of, &held).inspect_err(|_| {
            if is_new {
                let _ = fs::remove_dir(&own);
            }
        })?;
        Ok(claimed)
    }

    fn shard_of(self, folder: &Path, held: &Split) -> Result<ClaimedShard> {
        let claimed = match self {
            Self::Shard(shard) => ClaimedShard { shard, tasks: tasks_of(&folder.join(shard.folder())) },
            Self::Task(task, of) => {
                if let Some(of) = of {
                    self.check(folder, of, held)?;
                }
                let of = of.or_else(|| held.numbers.first().copied());
                let known = held.shards.iter().find_map(|folder| tasks_of(folder));
                let (shard, tasks) =
                    task.shard(of, known).map_err(|reason| eyre!("{}: {reason}", folder.display()))?;
                ClaimedShard { shard, tasks: Some(tasks) }
            }
        };
        self.check(folder, claimed.shard.of, held)?;
        Ok(claimed)
    }

    /// Refuses a folder with another split than that into `of` shards.
    fn check(self, folder: &Path, of: usize, held: &Split) -> Result<()> {
        let folder = folder.display();
        let mut numbers = held.numbers.iter().copied();
        match (numbers.next(), numbers.next()) {
            (None, _) => Ok(()),
            (Some(there), None) if there == of => Ok(()),
            (Some(there), None) => {
                let again = if matches!(self, Self::Shard(_)) { "I" } else { "slurm" };
                bail!(
                    "{folder} holds shards of another split: into {there}, not {of}\nhelp: continue with --shard \
                     {again}/{there}, choose another --out, or delete the folders shard-*-of-{there} in it"
                )
            }
            _ => bail!(
                "{folder} holds shards of several splits, {}\nhelp: delete the folders of all but one, or choose another --out",
                named(&held.numbers)
            ),
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
    fn of(folder: &Path) -> Result<Self> {
        let mut split = Self::default();
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(split),
            entries => entries.map_err(|error| unusable(folder, &error))?,
        };
        for entry in entries {
            let path = entry.map_err(|error| unusable(folder, &error))?.path();
            let Some(shard) = shard_of(&path) else { continue };
            split.numbers.insert(shard.of);
            split.shards.push(path);
        }
        Ok(split)
    }
}

fn unusable(folder: &Path, error: &io::Error) -> Report {
    eyre!("cannot use the folder {}: {error}\nhelp: choose another --out", folder.display())
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
    fn only_folders_named_exactly_after_a_shard_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["shard-1-of-9.bak", "shard-01-of-9", "shard-0-of-9", "shard-10-of-9", "shards"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("shard-1-of-9"), "").unwrap();
        shard("1/4").claim(folder.path()).unwrap();
        fs::create_dir(folder.path().join("shard-2-of-9")).unwrap();
        let error = shard("1/4").claim(folder.path()).unwrap_err().to_string();
        assert!(error.contains("shard-*-of-4, shard-*-of-9"), "{error}");
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
}
