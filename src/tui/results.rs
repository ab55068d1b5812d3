//! The results of an evaluation: the prediction of each row for each clip.

use crate::eval::{CLUSTERS, ClusterCounts, Facts};
use crate::explore::Settings;
use crate::tui::clip::Clip;

/// The results of an evaluation.
#[derive(Clone, Debug)]
pub struct Results {
    /// Name of the folder that they are from.
    pub name: String,
    /// The rows, at least one.
    pub rows: Vec<ResultRow>,
    /// Index of the row on the screen.
    pub row: usize,
    /// In the order of the clips.
    pub clips: Vec<ClipResult>,
    /// What each row knows of each clip, for the clusters of its failures.
    pub facts: Vec<Vec<Option<Facts>>>,
}

/// Which clips are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// Only those that the row has wrong.
    pub wrong_only: bool,
    /// Only those of a cluster, by its index in [`CLUSTERS`].
    pub cluster: Option<usize>,
}

/// A row of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultRow {
    pub name: String,
    /// The knobs that give its matrices. `None` if it has none, or those of other scripts.
    pub settings: Option<Settings>,
}

/// The result of one clip.
#[derive(Clone, Debug, PartialEq)]
pub enum ClipResult {
    /// The prediction of each row.
    Read(Vec<Prediction>),
    /// Why it could not be read.
    Unread(String),
}

/// What a row says of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    /// Index of the class.
    Class(usize),
    /// The row cannot compare the clip, which counts as wrong.
    Missed,
    /// The person has not answered, which does not count.
    LeftOut,
}

impl Results {
    /// The prediction of the row, as an index among the present candidates, which edits may have moved.
    pub fn prediction(&self, index: usize, clip: &Clip) -> Option<usize> {
        let ClipResult::Read(predictions) = self.clips.get(index)? else { return None };
        let Prediction::Class(class) = predictions.get(self.row)? else { return None };
        let id = clip.as_given.get(*class)?;
        clip.ids.iter().position(|other| other == id)
    }

    /// Whether the row leaves a clip out.
    pub fn is_left_out(&self, index: usize) -> bool {
        let Some(ClipResult::Read(predictions)) = self.clips.get(index) else { return false };
        predictions.get(self.row) == Some(&Prediction::LeftOut)
    }

    /// Whether the row has a clip wrong, if the clip was evaluated and the row does not leave it out.
    pub fn is_wrong(&self, index: usize, clip: &Clip) -> Option<bool> {
        self.clips.get(index).filter(|_| !self.is_left_out(index))?;
        Some(self.prediction(index, clip).is_none_or(|class| Some(class) != clip.answer))
    }

    /// Per cent of the readable clips of the row that it has right, and their number.
    pub fn accuracy(&self, clips: &[Clip]) -> (f64, usize) {
        let is_read = |at: &usize| matches!(self.clips[*at], ClipResult::Read(_)) && !self.is_left_out(*at);
        let read: Vec<usize> = (0..self.clips.len().min(clips.len())).filter(is_read).collect();
        let right = read.iter().filter(|&&at| self.is_wrong(at, &clips[at]) == Some(false)).count();
        (100.0 * right as f64 / read.len().max(1) as f64, read.len())
    }

    /// What the row knows of a clip.
    pub fn facts(&self, index: usize) -> Option<&Facts> {
        self.facts.get(index)?.get(self.row)?.as_ref()
    }

    /// Counts of the row's clusters, in the order of [`CLUSTERS`].
    pub fn clusters(&self, clips: &[Clip]) -> Vec<ClusterCounts> {
        let known = clips
            .iter()
            .enumerate()
            .filter_map(|(index, clip)| Some((!self.is_wrong(index, clip)?, self.facts(index)?)));
        ClusterCounts::of(known)
    }

    /// The clips whose line contains a text, in order.
    pub fn listed(&self, text: &str, shown: Shown, clips: &[Clip]) -> Vec<usize> {
        let text = text.to_lowercase();
        let is_in =
            |clip: usize, cluster: usize| self.facts(clip).and_then(CLUSTERS[cluster].holds).unwrap_or(false);
        let is_listed = |&clip: &usize| {
            let is_wrong = self.is_wrong(clip, &clips[clip]).unwrap_or(false);
            (is_wrong || !shown.wrong_only)
                && shown.cluster.is_none_or(|cluster| is_in(clip, cluster))
                && self.line(clip, &clips[clip]).join(" ").to_lowercase().contains(&text)
        };
        (0..self.clips.len().min(clips.len())).filter(is_listed).collect()
    }

    /// Id, domain, true class and prediction of a clip.
    pub fn line(&self, index: usize, clip: &Clip) -> [String; 4] {
        let candidates = clip.exploration.candidates();
        let name = |class: Option<usize>| {
            class.and_then(|class| candidates.get(class)).map_or("-".to_owned(), |class| class.name.clone())
        };
        let domain = candidates.first().map_or_else(String::new, |class| class.domain.clone());
        let prediction = match self.clips.get(index) {
            Some(ClipResult::Unread(reason)) => format!("not read: {reason}"),
            _ if self.is_left_out(index) => "not answered".to_owned(),
            _ => name(self.prediction(index, clip)),
        };
        [clip.id.clone(), domain, name(clip.answer), prediction]
    }
}
