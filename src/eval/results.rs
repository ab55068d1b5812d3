//! The document that an evaluation ends in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::eval::breakdown::{self, ClassCounts, Confusion, Disagreement};
use crate::eval::comparison::{self, Comparison, Pair};
use crate::eval::dataset::{Dataset, Digests};
use crate::eval::record::{ClipOutcome, ClipRecord, ClipScores};
use crate::eval::rows::{CHANCE, Row};
use crate::eval::statistics::{self, Credit};
use crate::explore::Model;
use crate::siglip::Precision;
use crate::store::Hashes;
use crate::video::Sampling;

/// Seeded trials of guessing at random.
const TRIALS: u64 = 10;

/// Accuracy of every row, and everything that it depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// A row each; chance is the first.
    pub rows: Vec<RowResult>,
    /// Every row against the reference row; chance is not compared.
    pub comparisons: Vec<Comparison>,
    /// Every two rows; chance is not compared.
    pub pairs: Vec<Pair>,
    /// Clips that could not be read, in the manifest's order.
    pub unread: Vec<Unread>,
    /// Clips that a row could not compare, in the manifest's order.
    pub unaligned: Vec<Unaligned>,
    /// Clips of which damaged pieces were left out, with their number.
    pub damaged: BTreeMap<String, usize>,
    /// Sentences that are longer than the checkpoint reads and were cut.
    pub cut_texts: BTreeSet<String>,
    /// The knobs.
    pub settings: EvalSettings,
    /// Every class that was met, by domain and name; the counts in the order of `settings.rows`. Written as CSV.
    #[serde(skip)]
    pub classes: Vec<ClassCounts>,
    /// What each class is taken for; the counts in the order of `settings.rows`. Written as CSV.
    #[serde(skip)]
    pub confusions: Vec<Confusion>,
    /// Clips that one alignment row has right and another wrong, in the manifest's order; the predictions in the order
    /// of `settings.rows`. Written as CSV.
    #[serde(skip)]
    pub disagreements: Vec<Disagreement>,
}

/// Accuracy of a row in per cent. Over the clips that were read, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowResult {
    /// Name of the row.
    pub name: String,
    /// The true class is the first.
    pub top1: Option<f64>,
    /// 95 % bootstrap interval of `top1`.
    pub top1_ci: Option<[f64; 2]>,
    /// The true class is among the first two.
    pub top2: Option<f64>,
    /// 95 % bootstrap interval of `top2`.
    pub top2_ci: Option<[f64; 2]>,
    /// The true class is among the first three.
    pub top3: Option<f64>,
    /// 95 % bootstrap interval of `top3`.
    pub top3_ci: Option<[f64; 2]>,
    /// `top1` over all clips, those that could not be read counted as missed.
    pub top1_attempted: f64,
    /// Number of clips.
    pub n_attempted: usize,
    /// Number of clips that could be read.
    pub n_read: usize,
    /// The clips of each group.
    pub groups: BTreeMap<String, Share>,
    /// The clips outside each group.
    pub outside: BTreeMap<String, Share>,
    /// The clips of each domain.
    pub domains: BTreeMap<String, Share>,
    /// What guessing gave; only chance has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
}

/// Accuracy over some of the clips that were read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The true class is the first, in per cent; none without clips.
    pub top1: Option<f64>,
    /// Number of clips.
    pub n: usize,
    /// 95 % bootstrap interval of `top1`.
    pub top1_ci: Option<[f64; 2]>,
}

/// Mean accuracy in per cent of seeded guessing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trials {
    /// Number of trials.
    pub n: u64,
    /// The true class is the first.
    pub top1: f64,
    /// The true class is among the first two.
    pub top2: f64,
    /// The true class is among the first three.
    pub top3: f64,
}

/// A clip that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unread {
    /// The clip.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// A clip that was read and that a row cannot compare; the row has missed it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unaligned {
    /// The clip.
    pub id: String,
    /// The row.
    pub row: String,
    /// Why.
    pub reason: String,
}

/// The knobs behind an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalSettings {
    /// The manifest.
    pub manifest: String,
    /// The script file.
    pub scripts: String,
    /// The script file of the other prompt.
    pub scripts_short: Option<String>,
    /// What these files contain.
    pub digests: Digests,
    /// The checkpoint.
    pub model: ModelSettings,
    /// The device that embeds, in words.
    pub device: String,
    /// Frames per second, or `native`.
    pub sampling: String,
    /// What each row is.
    pub rows: Vec<Row>,
}

/// What tells a checkpoint from others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSettings {
    /// Its folder.
    pub folder: String,
    /// Values of an embedding.
    pub dim: usize,
    /// Side of its images in pixels.
    pub image_size: usize,
    /// Its text positions.
    pub text_len: usize,
    /// Slope of the logits.
    pub alpha: f32,
    /// Offset of the logits.
    pub beta: f32,
    /// How its weights were kept.
    #[serde(default)]
    pub precision: Precision,
    /// Digest of the image tower's weights, as in snapshots.
    pub vision: Option<String>,
    /// Digest of the text tower's weights.
    pub text: Option<String>,
    /// Digest of the tokenizer's file.
    pub tokenizer: Option<String>,
}

impl EvalSettings {
    /// The settings of an evaluation. Reads the weights in full to hash them, unless the cache knows their hash.
    pub fn new(dataset: &Dataset, model: &Model, sampling: Sampling, rows: &[Row]) -> Self {
        let (checkpoint, calibration) = (model.checkpoint(), model.calibration());
        let hashes = Hashes::of_model(checkpoint, model.cache());
        Self {
            manifest: dataset.paths.manifest.display().to_string(),
            digests: dataset.digests.clone(),
            scripts: dataset.scripts.display().to_string(),
            scripts_short: dataset.scripts_short.as_ref().map(|path| path.display().to_string()),
            model: ModelSettings {
                folder: checkpoint.dir().display().to_string(),
                dim: checkpoint.dim(),
                image_size: checkpoint.image_size(),
                text_len: checkpoint.text_len(),
                alpha: calibration.alpha,
                beta: calibration.beta,
                precision: model.device().precision(),
                vision: hashes.vision,
                text: hashes.text,
                tokenizer: hashes.tokenizer,
            },
            device: model.device().describe(),
            sampling: sampling.to_string(),
            rows: rows.to_vec(),
        }
    }
}

impl Results {
    /// Sums up what the rows of `settings` say of each clip.
    pub fn new(clips: &[ClipRecord], settings: EvalSettings) -> Self {
        let (mut read, mut unread, mut damaged) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (mut cut_texts, mut unaligned) = (BTreeSet::new(), Vec::new());
        for clip in clips {
            let id = clip.id.clone();
            match &clip.outcome {
                ClipOutcome::Read(scores) => {
                    cut_texts.extend(scores.cut_texts.iter().cloned());
                    unaligned.extend(scores.rows.iter().filter_map(|row| {
                        Some(Unaligned { id: id.clone(), row: row.name.clone(), reason: row.fault.clone()? })
                    }));
                    if scores.damaged_pieces > 0 {
                        damaged.insert(id, scores.damaged_pieces);
                    }
                    read.push((clip, scores));
                }
                ClipOutcome::Unread { reason } => unread.push(Unread { id, reason: reason.clone() }),
            }
        }
        let groups: BTreeSet<&str> = clips.iter().flat_map(|clip| &clip.groups).map(String::as_str).collect();
        let read_clips: Vec<&ClipRecord> = read.iter().map(|(clip, _)| *clip).collect();
        let row =
            |name: &str, credits: &[Credit]| RowResult::new(name, credits, &read_clips, &groups, clips.len());

        let chances: Vec<Credit> =
            read_clips.iter().map(|c| statistics::chance(c.candidates.len())).collect();
        let mut chance = row(CHANCE, &chances);
        chance.trials = Trials::of(&read_clips);
        let mut rows = vec![chance];
        let mut right = Vec::new();
        for (index, spec) in settings.rows.iter().enumerate() {
            let credit = |(clip, scores): &(&ClipRecord, &ClipScores)| {
                statistics::credit(&scores.rows[index].ranking, clip.answer)
            };
            let credits: Vec<Credit> = read.iter().map(credit).collect();
            right.push(credits.iter().map(|credit| credit[0] == 1.0).collect());
            rows.push(row(&spec.name, &credits));
        }
        Self {
            rows,
            comparisons: comparison::comparisons(&settings.rows, &right, &read_clips, &groups),
            pairs: comparison::pairs(&settings.rows, &right),
            unread,
            unaligned,
            damaged,
            cut_texts,
            classes: breakdown::classes(&read),
            confusions: breakdown::confusions(&read),
            disagreements: breakdown::disagreements(&read, &settings.rows),
            settings,
        }
    }

    /// Index in `settings.rows` of the row that others are compared with.
    pub fn reference(&self) -> Option<usize> {
        comparison::reference(&self.settings.rows)
    }
}

impl RowResult {
    /// From what each clip that was read is worth.
    fn new(
        name: &str,
        credits: &[Credit],
        clips: &[&ClipRecord],
        groups: &BTreeSet<&str>,
        n_attempted: usize,
    ) -> Self {
        let at = |k: usize| credits.iter().map(|credit| credit[k - 1]).collect::<Vec<_>>();
        let top1 = at(1);
        let share = |is_member: &dyn Fn(&ClipRecord) -> bool| {
            let members = clips.iter().zip(&top1).filter(|(clip, _)| is_member(clip));
            Share::of(&members.map(|(_, &value)| value).collect::<Vec<_>>())
        };
        let by_group = |inside: bool| {
            let of_group = |group: &str| share(&|clip| clip.groups.iter().any(|g| g == group) == inside);
            groups.iter().map(|&group| (group.to_owned(), of_group(group))).collect()
        };
        let domains: BTreeSet<&str> = clips.iter().map(|clip| &clip.domain[..]).collect();
        let of_domain = |domain: &str| (domain.to_owned(), share(&|clip| clip.domain == domain));
        Self {
            name: name.to_owned(),
            top1: statistics::per_cent(&top1),
            top1_ci: statistics::interval(&top1),
            top2: statistics::per_cent(&at(2)),
            top2_ci: statistics::interval(&at(2)),
            top3: statistics::per_cent(&at(3)),
            top3_ci: statistics::interval(&at(3)),
            top1_attempted: 100.0 * top1.iter().sum::<f64>() / n_attempted as f64,
            n_attempted,
            n_read: clips.len(),
            groups: by_group(true),
            outside: by_group(false),
            domains: domains.into_iter().map(of_domain).collect(),
            trials: None,
        }
    }
}

impl Share {
    /// From what each clip is worth.
    fn of(values: &[f64]) -> Self {
        Self { top1: statistics::per_cent(values), n: values.len(), top1_ci: statistics::interval(values) }
    }
}

impl Trials {
    /// Guesses the clips; none without clips.
    fn of(clips: &[&ClipRecord]) -> Option<Self> {
        let clips: Vec<(usize, usize)> = clips.iter().map(|c| (c.candidates.len(), c.answer)).collect();
        let credits: Vec<Credit> =
            (0..TRIALS).flat_map(|trial| statistics::random_guesses(&clips, trial)).collect();
        let at =
            |k: usize| statistics::per_cent(&credits.iter().map(|credit| credit[k - 1]).collect::<Vec<_>>());
        Some(Self { n: TRIALS, top1: at(1)?, top2: at(2)?, top3: at(3)? })
    }
}
