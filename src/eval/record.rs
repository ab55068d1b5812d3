//! What an evaluation knows of one clip.

use std::fs::{self, Metadata};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::eval::dataset::Clip;
use crate::eval::footage::Footage;

/// A clip, and what every row says of it: a line of `clips.jsonl`. Results follow from these lines alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipRecord {
    /// The clip.
    pub id: String,
    /// The field that its candidates belong to.
    pub domain: String,
    /// Names of the candidates.
    pub candidates: Vec<String>,
    /// Index of the true class among the candidates.
    pub answer: usize,
    /// Groups that the clip belongs to.
    pub groups: Vec<String>,
    /// Its file as it was evaluated. None for a folder of images, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileStamp>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: ClipOutcome,
}

/// What tells whether a file was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileStamp {
    /// Its length.
    pub bytes: u64,
    /// When it was last written, in seconds since 1970.
    pub modified: f64,
}

impl FileStamp {
    /// The file that a clip's frames come from, as it is now. None where it is no file.
    pub fn of(clip: &Clip) -> Option<Self> {
        let path = match &clip.footage {
            Footage::Video(_) => &clip.entry.video,
            Footage::Embeddings(path) => path,
            Footage::None(_) => return None,
        };
        let found = fs::metadata(path).ok().filter(Metadata::is_file)?;
        let modified = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
        Some(Self { bytes: found.len(), modified })
    }
}

/// What became of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClipOutcome {
    /// It was read.
    Read(ClipScores),
    /// It could not be read.
    Unread {
        /// Why.
        reason: String,
    },
}

/// What the rows say of a clip that could be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipScores {
    /// How many frames were compared.
    pub frames: usize,
    /// How many pieces of the video are damaged or missing.
    pub damaged_pieces: usize,
    /// Sentences of the clip that are longer than the checkpoint reads and were cut, in alphabetical order.
    pub cut_texts: Vec<String>,
    /// A ranking per row, in the order of the rows.
    pub rows: Vec<Ranking>,
}

/// What a row says of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Name of the row.
    pub name: String,
    /// Indices of the candidates, best first; equal scores in the order given. Empty where the row cannot compare the
    /// clip, which then counts as missed.
    pub ranking: Vec<usize>,
    /// A score per candidate, in the order given.
    pub scores: Vec<f64>,
    /// Why the row cannot compare the clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl ClipRecord {
    /// Puts an outcome to its clip.
    pub fn new(clip: &Clip, outcome: ClipOutcome) -> Self {
        let entry = &clip.entry;
        Self {
            id: entry.id.clone(),
            domain: entry.domain.clone(),
            candidates: entry.candidates.clone(),
            answer: entry.answer,
            groups: entry.groups.clone(),
            file: None,
            outcome,
        }
    }

    /// Whether the file that it was made from is still the one of the clip, as far as that is known.
    pub fn is_of(&self, clip: &Clip) -> bool {
        self.file.is_none_or(|file| FileStamp::of(clip) == Some(file))
    }

    /// What the rows say; none of a clip that could not be read.
    pub fn scores(&self) -> Option<&ClipScores> {
        match &self.outcome {
            ClipOutcome::Read(scores) => Some(scores),
            ClipOutcome::Unread { .. } => None,
        }
    }

    /// Name of the true class.
    pub fn class(&self) -> &str {
        self.candidates.get(self.answer).map_or("", String::as_str)
    }

    /// Name of the class that a row puts first.
    pub fn predicted(&self, ranking: &Ranking) -> &str {
        let first = ranking.ranking.first().and_then(|&class| self.candidates.get(class));
        first.map_or("", String::as_str)
    }

    /// Whether a row puts the true class first.
    pub fn is_right(&self, ranking: &Ranking) -> bool {
        ranking.ranking.first() == Some(&self.answer)
    }
}
