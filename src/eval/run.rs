//! `run.json`: what a results folder is the evaluation of.

use std::collections::HashSet;
use std::fmt;
use std::io::ErrorKind;
use std::iter;
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Report, Result, eyre};
use serde::{Deserialize, Serialize};

use crate::eval::dataset::DatasetPaths;
use crate::eval::people::Person;
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
    /// Whose answers the results have rows of. They may differ from run to run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    pub paths: DatasetPaths,
    /// The model as the user named it.
    pub model: PathBuf,
    /// Further models as the user named them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_models: Vec<PathBuf>,
    /// Relative paths start here.
    pub working_folder: PathBuf,
}

/// The fault of a file that no evaluation writes.
pub(super) fn damaged(path: &Path, reason: impl fmt::Display) -> Report {
    eyre!("{} was damaged or edited: {reason}\nhelp: choose another --out, or delete it", path.display())
}

impl Run {
    /// Reads the `run.json` of a folder.
    ///
    /// # Errors
    /// If there is none, or it cannot be used.
    pub fn load(folder: &Path) -> Result<Self> {
        Self::find(folder)?.ok_or_else(|| {
            let folder = folder.display();
            eyre!(
                "{folder} holds no evaluation: there is no {RUN}\nhelp: name the folder that was given to eval as --out"
            )
        })
    }

    /// [`Run::load`], but `None` where there is no `run.json`.
    pub(super) fn find(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(RUN);
        let text = match text_file::read(&path, MOST_TEXT) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(eyre!("cannot read {}: {error}", path.display())),
        };
        let run: Self = serde_json::from_str(&text).map_err(|error| damaged(&path, error))?;
        run.check(&path)?;
        Ok(Some(run))
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
    fn check(&self, path: &Path) -> Result<()> {
        match self.shard {
            _ if self.settings.rows.is_empty() => Err(damaged(path, "no rows")),
            Some(shard) if !shard.is_sound() => Err(damaged(path, format!("no such shard: {shard}"))),
            _ => Ok(()),
        }
    }

    /// Refuses records that this evaluation did not write.
    pub(super) fn check_records(&self, path: &Path, records: &[ClipRecord]) -> Result<()> {
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
                return Err(damaged(path, reason));
            }
        }
        Ok(())
    }

    /// The settings in which two evaluations differ, of those that results depend on: not paths or devices.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let parts = |run: &Self| {
            let settings = &run.settings;
            let models: Vec<String> = iter::once(&settings.model)
                .chain(&settings.other_models)
                .map(|model| format!("{:?} {:?} {:?}", model.vision, model.text, model.tokenizer))
                .collect();
            let rows: Vec<&str> = settings.rows.iter().map(|row| &row.name[..]).collect();
            let mut knobs = settings.rows.clone();
            // The same model may run on another server.
            knobs.iter_mut().filter_map(|row| row.vlm.as_mut()).for_each(|vlm| vlm.server.clear());
            // Or be in another folder.
            let x_clip: Vec<String> =
                knobs.iter_mut().filter_map(|row| row.x_clip.take()).map(|x_clip| x_clip.digest).collect();
            [
                ("manifest", settings.digests.manifest.clone()),
                ("scripts", settings.digests.scripts.clone()),
                ("scripts of other prompts", format!("{:?}", settings.digests.other_scripts)),
                ("model", models.join(", ")),
                ("precision", format!("{:?}", settings.model.precision)),
                ("folder of clips", run.absolute(&run.paths.clips)),
                ("folder of embeddings", run.absolute(&run.paths.embeddings)),
                ("preset", run.paths.preset.to_string()),
                ("sampling", settings.sampling.clone()),
                ("--until-settled", settings.until_settled.to_string()),
                ("rows", rows.join(", ")),
                ("X-CLIP model", x_clip.join(", ")),
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
