//! Merging the shards of an evaluation.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Report, Result, bail, ensure, eyre};

use crate::eval::journal;
use crate::eval::record::ClipRecord;
use crate::eval::run::Run;
use crate::eval::shard::Shard;
use crate::eval::split::named;

/// The evaluation of all clips and its records in the manifest's order, from shards. Each folder is a shard or holds
/// shards.
pub fn merge_shards(folders: &[PathBuf]) -> Result<(Run, Vec<ClipRecord>)> {
    let found = found(folders)?;
    // Before the records: shards of another split are often unfinished.
    let runs: Result<Vec<Run>> = found.iter().map(|folder| Run::load(folder)).collect();
    let splits: BTreeSet<usize> = runs?.iter().filter_map(|run| Some(run.shard?.of)).collect();
    ensure!(
        splits.len() < 2,
        "the shards are of several splits, {}\nhelp: delete the folders of all but one split, or name the folders of one",
        named(&splits)
    );
    let mut shards: Vec<(PathBuf, Run, Vec<ClipRecord>)> = Vec::new();
    for folder in found {
        let (run, records) = journal::load(&folder)?;
        shards.push((folder, run, records));
    }
    let Some((first, run, _)) = shards.first() else {
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let folders = folders.join(", ");
        bail!("no shard is in {folders}\nhelp: name the folders of shards, or the one that holds them");
    };
    let tasks = shards.iter().find_map(|(_, run, _)| run.tasks);
    let mut whole = Run { shard: None, tasks: None, ..run.clone() };
    let of = run.shard.ok_or_else(|| no_shard(first))?.of;
    let mut places: Vec<Option<usize>> = vec![None; of];
    let mut devices = Vec::new();
    for (place, (folder, run, _)) in shards.iter().enumerate() {
        let shard = run.shard.ok_or_else(|| no_shard(folder))?;
        let differences = whole.differences(&Run { shard: None, ..run.clone() });
        let second = folder.display();
        if !differences.is_empty() {
            let (first, differences) = (first.display(), differences.join(", "));
            bail!("{first} and {second} are of two evaluations, which differ in: {differences}");
        }
        if let Some(before) = places[shard.number - 1].replace(place) {
            let first = shards[before].0.display();
            bail!("{first} and {second} are the same shard\nhelp: name one of them");
        }
        devices.push(run.settings.device.clone());
    }
    devices.sort();
    devices.dedup();
    whole.settings.device = devices.join("; ");
    let missing: Vec<Shard> =
        (0..of).filter(|&at| places[at].is_none()).map(|at| Shard { number: at + 1, of }).collect();
    if !missing.is_empty() {
        let tasks = tasks.map_or(String::new(), |tasks| {
            let ids: Vec<String> = missing.iter().map(|shard| tasks.id(*shard).to_string()).collect();
            format!(" with sbatch --array={} and the command of the first time", ids.join(","))
        });
        let names: Vec<String> = missing.iter().map(Shard::to_string).collect();
        bail!(
            "{} of the {of} shards are missing: {}\nhelp: run them{tasks}, or name their folders",
            names.len(),
            names.join(", ")
        );
    }
    let folder_of_first = first.clone();
    let mut shares: Vec<_> =
        places.into_iter().flatten().map(|place| std::mem::take(&mut shards[place].2).into_iter()).collect();
    let records: Vec<ClipRecord> = (0..whole.clips).filter_map(|place| shares[place % of].next()).collect();
    whole.check_records(&folder_of_first, &records)?;
    Ok((whole, records))
}

/// The folders of shards: these, and those inside them.
fn found(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        if is_shard(folder) {
            found.push(folder.clone());
            continue;
        }
        let read = |error: io::Error| eyre!("cannot read {}: {error}", folder.display());
        let mut inside = Vec::new();
        for entry in fs::read_dir(folder).map_err(read)? {
            inside.push(entry.map_err(read)?.path());
        }
        inside.sort();
        let before = found.len();
        found.extend(inside.into_iter().filter(|path| is_shard(path)));
        if found.len() == before && Run::is_at(folder) {
            return Err(no_shard(folder));
        }
    }
    Ok(found)
}

fn no_shard(folder: &Path) -> Report {
    eyre!("{} is not a shard but an evaluation of all clips: there is nothing to merge", folder.display())
}

/// Whether a folder holds a shard. One that cannot be read counts, so that its error is reported.
fn is_shard(folder: &Path) -> bool {
    Run::is_at(folder) && Run::load(folder).map_or(true, |run| run.shard.is_some())
}
