//! `run.json`: what a results folder is the evaluation of.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::eval::dataset::DatasetPaths;
use crate::eval::record::ClipRecord;
use crate::eval::released;
use crate::eval::results::EvalSettings;
use crate::eval::shard::Shard;
use crate::eval::slurm::TaskIds;
use crate::files::input_file::MOST_TEXT;
use crate::files::text_file;
use crate::video::{InvalidSampling, Sampling};

pub(super) const RUN: &str = "run.json";

/// The settings of an evaluation, where its files are, and which share of the clips it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub settings: EvalSettings,
    /// Number of clips of the whole dataset.
    pub clips: usize,
    /// None for all clips.
    pub shard: Option<Shard>,
    /// The task IDs of all shards of a SLURM job array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<TaskIds>,
    pub paths: DatasetPaths,
    /// The model as the user named it.
    pub model: PathBuf,
    /// Relative paths start here.
    pub working_folder: PathBuf,
}

/// Why the folder of an evaluation cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("cannot create the folder {}: {source}\nhelp: choose another --out", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "cannot write {}: {source}\nhelp: solve that and run the same command again; it resumes after the clips that are \
         done",
        path.display()
    )]
    Write { path: PathBuf, source: io::Error },
    #[error("another process is evaluating into {}\nhelp: wait for it, or choose another --out", folder.display())]
    Busy { folder: PathBuf },
    #[error(
        "{} holds another evaluation, which differs in: {}\nhelp: choose another --out, or delete that folder",
        folder.display(),
        differences.join(", ")
    )]
    Other {
        folder: PathBuf,
        /// Names of settings, with both values where they are short.
        differences: Vec<String>,
    },
    /// No evaluation writes such a file.
    #[error("{} was damaged or edited: {reason}\nhelp: choose another --out, or delete it", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{} holds no evaluation: there is no {RUN}\nhelp: name the folder that was given to eval as --out", folder.display())]
    NoRun { folder: PathBuf },
    #[error(
        "{} is not finished: {done} of {clips} clips are done\nhelp: run the same command again to continue",
        folder.display()
    )]
    Unfinished { folder: PathBuf, done: usize, clips: usize },
}

impl Run {
    /// Reads the `run.json` of a folder.
    ///
    /// # Errors
    /// If there is none, or it cannot be used.
    pub fn load(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(RUN);
        let text = text_file::read(&path, MOST_TEXT).map_err(|source| match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                JournalError::NoRun { folder: folder.to_owned() }
            }
            _ => JournalError::Read { path: path.clone(), source },
        })?;
        let run: Self = serde_json::from_str(&text)
            .map_err(|error| JournalError::Damaged { path: path.clone(), reason: error.to_string() })?;
        run.check(&path)?;
        Ok(run)
    }

    /// Whether a folder holds an evaluation.
    pub fn is_at(folder: &Path) -> bool {
        folder.join(RUN).is_file()
    }

    /// Which frames were taken.
    ///
    /// # Errors
    /// If this is not a sampling.
    pub fn sampling(&self) -> Result<Sampling, InvalidSampling> {
        let of_protocol = released::protocol(self.paths.preset).sampling;
        match &self.settings.sampling {
            text if *text == of_protocol.to_string() => Ok(of_protocol),
            text => text.parse(),
        }
    }

    /// Number of clips of this shard, or of the dataset.
    pub fn share(&self) -> usize {
        self.shard.map_or(self.clips, |shard| shard.share_of(self.clips))
    }

    /// A folder's absolute path.
    fn absolute(&self, folder: &Option<PathBuf>) -> String {
        let Some(folder) = folder else { return "none".to_owned() };
        let folder = self.working_folder.join(folder);
        folder.canonicalize().unwrap_or(folder).display().to_string()
    }

    /// Refuses what no evaluation writes.
    fn check(&self, path: &Path) -> Result<(), JournalError> {
        let damaged =
            |reason: &str| Err(JournalError::Damaged { path: path.to_owned(), reason: reason.to_owned() });
        if self.settings.rows.is_empty() {
            return damaged("no rows");
        }
        match self.shard {
            Some(shard) if !shard.is_sound() => damaged(&format!("no such shard: {shard}")),
            _ => Ok(()),
        }
    }

    /// Refuses records that this evaluation did not write.
    pub(super) fn check_records(&self, path: &Path, records: &[ClipRecord]) -> Result<(), JournalError> {
        let mut ids = HashSet::new();
        for record in records {
            let count = record.candidates.len();
            let is_index = |class: &usize| *class < count;
            let rows = record.scores().map_or(&[][..], |scores| &scores.rows);
            let names = rows.iter().map(|row| &row.name);
            let is_sound = is_index(&record.answer)
                && (record.scores().is_none() || names.eq(self.settings.rows.iter().map(|row| &row.name)))
                && rows.iter().all(|row| row.ranking.iter().all(is_index));
            if !is_sound || !ids.insert(&record.id) {
                let reason = format!("{} is listed twice or not as this evaluation wrote it", record.id);
                return Err(JournalError::Damaged { path: path.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// The settings in which two evaluations differ, of those that results depend on: not paths or devices.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let parts = |run: &Self| {
            let (settings, model) = (&run.settings, &run.settings.model);
            let rows: Vec<&str> = settings.rows.iter().map(|row| &row.name[..]).collect();
            let mut knobs = settings.rows.clone();
            // The same model may run on another server.
            knobs.iter_mut().filter_map(|row| row.vlm.as_mut()).for_each(|vlm| vlm.server.clear());
            [
                ("manifest", settings.digests.manifest.clone()),
                ("scripts", settings.digests.scripts.clone()),
                ("scripts of other prompts", format!("{:?}", settings.digests.other_scripts)),
                ("model", format!("{:?} {:?} {:?}", model.vision, model.text, model.tokenizer)),
                ("precision", format!("{:?}", model.precision)),
                ("folder of clips", run.absolute(&run.paths.clips)),
                ("folder of embeddings", run.absolute(&run.paths.embeddings)),
                ("preset", run.paths.preset.to_string()),
                ("sampling", settings.sampling.clone()),
                ("rows", rows.join(", ")),
                ("knobs of rows", serde_json::to_string(&knobs).unwrap_or_default()),
                ("clips", run.clips.to_string()),
                ("shard", run.shard.map_or("all".to_owned(), |shard| shard.to_string())),
            ]
        };
        let both = parts(self).into_iter().zip(parts(other)).filter(|(a, b)| a.1 != b.1);
        let in_words = |((name, there), (_, here)): ((&str, String), (&str, String))| {
            if there.len().max(here.len()) > 40 {
                name.to_owned()
            } else {
                format!("{name} ({there}, not {here})")
            }
        };
        both.map(in_words).collect()
    }
}
