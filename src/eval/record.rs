//! The outcome of one clip in every row.

use std::fs::{self, Metadata};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::align;
use crate::eval::clusters::Facts;
use crate::eval::dataset::{Clip, ClipSource};
use crate::explain::Confidence;
use crate::explore::Seen;

/// A clip and its outcome: a line of `clips.jsonl`. Results follow from these lines alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipRecord {
    pub id: String,
    pub domain: String,
    pub candidates: Vec<String>,
    /// Index of the true class among the candidates.
    pub answer: usize,
    pub groups: Vec<String>,
    /// The clip's file when it was evaluated. None for a folder of images, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileStamp>,
    #[serde(flatten)]
    pub outcome: ClipOutcome,
}

/// Length and time of a file, to notice that it was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileStamp {
    pub bytes: u64,
    /// In seconds since 1970.
    pub modified: f64,
}

impl FileStamp {
    /// The file that a clip's frames come from, as it is now; none for folders and pipes.
    pub fn of(clip: &Clip) -> Option<Self> {
        let path = match &clip.source {
            ClipSource::Video(_) => &clip.entry.video,
            ClipSource::Embeddings(path) => path,
            ClipSource::Missing(_) => return None,
        };
        let found = fs::metadata(path).ok().filter(Metadata::is_file)?;
        let modified = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
        Some(Self { bytes: found.len(), modified })
    }
}

/// Whether a clip could be read, and its scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClipOutcome {
    Read(ClipScores),
    Unread { reason: String },
}

/// The rankings of a clip that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipScores {
    /// Number of frames compared.
    pub frames: usize,
    /// How much of the clip was seen, where the work was to end once the winner is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Number of damaged or missing pieces of the video.
    pub damaged_pieces: usize,
    /// Sentences truncated to the model's length, in alphabetical order.
    pub cut_texts: Vec<String>,
    /// In the order of the rows.
    pub rows: Vec<Ranking>,
}

/// A clip's candidates as one row ranks them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The row's name.
    pub name: String,
    /// Indices of the candidates, best first; equal scores in the order given. Empty where the row cannot compare the
    /// clip, which counts as missed, and where a person has not answered.
    pub ranking: Vec<usize>,
    /// In the order given.
    pub scores: Vec<f64>,
    /// How sure the row is. For the reference row and the first that aligns; none for a clip of a single frame or candidate, and
    /// in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<RankingConfidence>,
    /// Why the row cannot compare the clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// For the clusters of failures. Not every row has them, and records of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
}

/// How sure a row is of the class that it ranks first: the part of a [`Confidence`] that does not follow from the scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankingConfidence {
    /// 95 % interval of the margin over draws of the clip's frames.
    pub interval: [f64; 2],
    /// Standard deviation of the margin over the draws.
    pub spread: f64,
    /// Share of the draws in which the class stays first.
    pub won: f64,
}

impl From<Confidence> for RankingConfidence {
    fn from(Confidence { interval, spread, won, .. }: Confidence) -> Self {
        Self { interval, spread, won }
    }
}

impl Ranking {
    /// The ranking by scores; a fault where one is not finite.
    pub(super) fn by_scores(name: String, scores: Vec<f64>) -> Self {
        match scores.iter().find(|score| !score.is_finite()) {
            Some(score) => Self::fault(name, format!("non-finite score: {score}")),
            None => Self { name, ranking: align::rank(&scores), scores, ..Self::default() },
        }
    }

    /// A row that cannot compare the clip.
    pub(super) fn fault(name: String, fault: String) -> Self {
        Self { name, fault: Some(fault), ..Self::default() }
    }
}

impl ClipRecord {
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

    /// Whether the clip's file was not replaced since, as far as is known.
    pub fn is_of(&self, clip: &Clip) -> bool {
        self.file.is_none_or(|file| FileStamp::of(clip) == Some(file))
    }

    /// The rankings; none of a clip that could not be read.
    pub fn scores(&self) -> Option<&ClipScores> {
        match &self.outcome {
            ClipOutcome::Read(scores) => Some(scores),
            ClipOutcome::Unread { .. } => None,
        }
    }

    /// The true class.
    pub fn class(&self) -> &str {
        self.candidates.get(self.answer).map_or("", String::as_str)
    }

    /// The class that a row ranks first.
    pub fn predicted(&self, ranking: &Ranking) -> &str {
        let first = ranking.ranking.first().and_then(|&class| self.candidates.get(class));
        first.map_or("", String::as_str)
    }

    /// Whether a row ranks the true class first.
    pub fn is_right(&self, ranking: &Ranking) -> bool {
        ranking.ranking.first() == Some(&self.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_finite_scores_rank_nothing() {
        assert_eq!(Ranking::by_scores("dtw".into(), vec![0.25, 0.5]).ranking, [1, 0]);
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let Ranking { ranking, scores, fault, .. } = Ranking::by_scores("dtw".into(), vec![0.25, score]);
            assert!(ranking.is_empty() && scores.is_empty());
            assert_eq!(fault, Some(format!("non-finite score: {score}")));
        }
    }
}
