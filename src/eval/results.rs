//! The results of an evaluation, as `results.json` has them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::backbone::Precision;
use crate::eval::breakdown::{self, ClassCounts, Confusion, Disagreement};
use crate::eval::clusters::ClusterCounts;
use crate::eval::comparison::{self, Comparison, Pair};
use crate::eval::coverage::{self, Coverage};
use crate::eval::dataset::{Dataset, Digests};
use crate::eval::published::{self, Published};
use crate::eval::record::{ClipOutcome, ClipRecord, ClipScores};
use crate::eval::rows::{CHANCE, Row, Score};
use crate::eval::statistics::{self, Credit};
use crate::explore::{Model, Seen};
use crate::script::PerStrategy;
use crate::snapshot::Hashes;
use crate::video::Sampling;

/// Seeded trials of guessing at random.
const TRIALS: u64 = 10;

/// Accuracy of every row, and the settings it depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// Chance is the first.
    pub rows: Vec<RowResult>,
    /// Every row but chance against the reference row.
    pub comparisons: Vec<Comparison>,
    /// Every two rows but chance.
    pub pairs: Vec<Pair>,
    /// Every row but chance by every measure that it has.
    pub coverage: Vec<Coverage>,
    /// The rows whose clips have facts.
    pub clusters: Vec<RowClusters>,
    /// Every other row but chance against each person's row, on the clips that the person answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against_people: Vec<Comparison>,
    /// In the manifest's order.
    pub unread: Vec<Unread>,
    /// Clips that a row could not compare, in the manifest's order.
    pub unaligned: Vec<Unaligned>,
    /// Number of damaged pieces that were left out, by clip.
    pub damaged: BTreeMap<String, usize>,
    /// How much was seen of each clip, if they were embedded until their winner was settled.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, Seen>,
    /// Sentences truncated to the model's length.
    pub cut_texts: BTreeSet<String>,
    /// What others have published for the benchmark.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub published: &'static [Published],
    pub settings: EvalSettings,
    /// By domain and name; counts in the order of `settings.rows`. Written as CSV, as are the next two.
    #[serde(skip)]
    pub classes: Vec<ClassCounts>,
    #[serde(skip)]
    pub confusions: Vec<Confusion>,
    #[serde(skip)]
    pub disagreements: Vec<Disagreement>,
}

/// Accuracy of a row over the clips that were read, in per cent. Top-k: the true class is among the first k. The row of a
/// person is over those that the person answered, and has Top-1 alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowResult {
    pub name: String,
    pub top1: Option<f64>,
    /// 95 % bootstrap interval, as the others.
    pub top1_ci: Option<[f64; 2]>,
    pub top2: Option<f64>,
    pub top2_ci: Option<[f64; 2]>,
    pub top3: Option<f64>,
    pub top3_ci: Option<[f64; 2]>,
    /// `top1` over all clips, with unread ones counted as missed.
    pub top1_attempted: f64,
    pub n_attempted: usize,
    pub n_read: usize,
    pub groups: BTreeMap<String, Share>,
    /// The clips outside each group.
    pub outside: BTreeMap<String, Share>,
    pub domains: BTreeMap<String, Share>,
    /// Only chance has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
}

/// The failure clusters of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowClusters {
    pub row: String,
    /// In the order of [`CLUSTERS`](crate::eval::CLUSTERS).
    pub clusters: Vec<ClusterCounts>,
}

impl RowClusters {
    /// `None` if no clip has facts.
    fn of(index: usize, row: &Row, read: &[(&ClipRecord, &ClipScores)]) -> Option<Self> {
        let facts = |(clip, scores): &(&'_ ClipRecord, &'_ ClipScores)| {
            let ranking = scores.rows.get(index)?;
            Some((clip.is_right(ranking), ranking.facts.clone()?))
        };
        let clips: Vec<_> = read.iter().filter_map(facts).collect();
        let counts = || ClusterCounts::of(clips.iter().map(|(is_right, facts)| (*is_right, facts)));
        (!clips.is_empty()).then(|| Self { row: row.name.clone(), clusters: counts() })
    }
}

/// Accuracy over some of the clips that were read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// In per cent; none without clips.
    pub top1: Option<f64>,
    pub n: usize,
    pub top1_ci: Option<[f64; 2]>,
}

/// Mean accuracy in per cent of seeded guessing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trials {
    pub n: u64,
    pub top1: f64,
    pub top2: f64,
    pub top3: f64,
}

/// A clip that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unread {
    pub id: String,
    pub reason: String,
}

/// A clip that was read but that a row cannot compare, which counts as missed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unaligned {
    pub id: String,
    pub row: String,
    pub reason: String,
}

/// What the results of an evaluation depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalSettings {
    pub manifest: String,
    pub scripts: String,
    #[serde(flatten)]
    pub other_scripts: PerStrategy<String>,
    pub digests: Digests,
    /// The benchmark that the clips are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<String>,
    pub model: ModelSettings,
    /// Further models, in the order of their rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_models: Vec<ModelSettings>,
    /// In words.
    pub device: String,
    /// Frames per second, or `native`.
    pub sampling: String,
    /// Whether a clip was embedded only until the winner of the reference row was settled.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub until_settled: bool,
    pub rows: Vec<Row>,
}

/// The checkpoint of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSettings {
    pub folder: String,
    /// Length of an embedding.
    pub dim: usize,
    /// Side of its square images in pixels.
    pub image_size: usize,
    /// Most patches of an image at flexible resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_patches: Option<usize>,
    /// In tokens.
    pub text_len: usize,
    /// Slope of the logits.
    pub alpha: f32,
    /// Offset of the logits; none if it is fitted to each clip.
    pub beta: Option<f32>,
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
    /// The settings of an evaluation by models on one device. Reads the weights in full to hash them, unless the cache knows
    /// their hash.
    ///
    /// # Panics
    /// Without a model.
    pub fn new(dataset: &Dataset, models: &[Arc<Model>], sampling: Sampling, rows: Vec<Row>) -> Self {
        let (model, others) = models.split_first().expect("an evaluation has a model");
        Self {
            manifest: dataset.paths.manifest.display().to_string(),
            digests: dataset.digests.clone(),
            benchmark: dataset.benchmark.map(str::to_owned),
            scripts: dataset.scripts.display().to_string(),
            other_scripts: dataset.other_scripts.map(|path| path.display().to_string()),
            model: ModelSettings::of(model),
            other_models: others.iter().map(|model| ModelSettings::of(model)).collect(),
            device: model.device().describe(),
            sampling: sampling.to_string(),
            until_settled: false,
            rows,
        }
    }
}

impl ModelSettings {
    fn of(model: &Model) -> Self {
        let (checkpoint, calibration) = (model.checkpoint(), model.calibration());
        let hashes = Hashes::of_model(checkpoint, model.cache());
        Self {
            folder: checkpoint.dir().display().to_string(),
            dim: checkpoint.dim(),
            image_size: checkpoint.image_size(),
            max_patches: checkpoint.max_patches(),
            text_len: checkpoint.text_len(),
            alpha: calibration.alpha,
            beta: calibration.beta,
            precision: model.device().precision(),
            vision: hashes.vision,
            text: hashes.text,
            tokenizer: hashes.tokenizer,
        }
    }
}

impl Results {
    /// The results of clips that were evaluated by the rows of `settings`.
    pub fn new(clips: &[ClipRecord], settings: EvalSettings) -> Self {
        let (mut read, mut unread, mut damaged) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (mut cut_texts, mut unaligned, mut seen) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
        for clip in clips {
            let id = clip.id.clone();
            match &clip.outcome {
                ClipOutcome::Read(scores) => {
                    cut_texts.extend(scores.cut_texts.iter().cloned());
                    unaligned.extend(scores.rows.iter().filter_map(|row| {
                        Some(Unaligned { id: id.clone(), row: row.name.clone(), reason: row.fault.clone()? })
                    }));
                    seen.extend(scores.seen.map(|seen| (id.clone(), seen)));
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

        let chances: Vec<Credit> =
            read_clips.iter().map(|c| statistics::chance(c.candidates.len())).collect();
        let mut chance = RowResult::new(CHANCE, &chances, &read_clips, &groups, clips.len());
        chance.trials = Trials::of(&read_clips);
        let mut rows = vec![chance];
        let mut right = Vec::new();
        for (index, spec) in settings.rows.iter().enumerate() {
            let credit = |(clip, scores): &(&ClipRecord, &ClipScores)| {
                let ranking = &scores.rows[index];
                spec.includes(ranking).then(|| statistics::credit(&ranking.ranking, clip.answer))
            };
            let credits: Vec<Option<Credit>> = read.iter().map(credit).collect();
            let is_right = |credit: &Option<Credit>| credit.map(|credit| credit[0] == 1.0);
            right.push(credits.iter().map(is_right).collect());
            let of_row = read_clips.iter().zip(&credits).filter_map(|(&clip, &credit)| Some((clip, credit?)));
            let (of_row, credits): (Vec<&ClipRecord>, Vec<Credit>) = of_row.unzip();
            rows.push(match spec.score {
                Score::Human => RowResult::of_person(&spec.name, &credits, &of_row, &groups),
                _ => RowResult::new(&spec.name, &credits, &of_row, &groups, clips.len()),
            });
        }
        let is_person = |row: &usize| settings.rows[*row].score == Score::Human;
        let against_people = (0..settings.rows.len())
            .filter(is_person)
            .flat_map(|person| comparison::against_row(person, &settings.rows, &right, &read_clips, &groups));
        Self {
            rows,
            comparisons: comparison::comparisons(&settings.rows, &right, &read_clips, &groups),
            pairs: comparison::pairs(&settings.rows, &right),
            coverage: coverage::coverage(&settings.rows, &read),
            clusters: settings
                .rows
                .iter()
                .enumerate()
                .filter_map(|(index, row)| RowClusters::of(index, row, &read))
                .collect(),
            against_people: against_people.collect(),
            unread,
            unaligned,
            damaged,
            seen,
            cut_texts,
            published: published::published(settings.benchmark.as_deref()),
            classes: breakdown::classes(&read, &settings.rows),
            confusions: breakdown::confusions(&read, &settings.rows),
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
    /// From the credit of each clip that a person answered.
    fn of_person(name: &str, credits: &[Credit], clips: &[&ClipRecord], groups: &BTreeSet<&str>) -> Self {
        // The person chose one candidate, so that there is no second.
        let (top2, top2_ci, top3, top3_ci) = (None, None, None, None);
        let row = Self::new(name, credits, clips, groups, clips.len());
        Self { top2, top2_ci, top3, top3_ci, ..row }
    }

    /// From the credit of each clip that was read.
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
            top1_attempted: 100.0 * top1.iter().sum::<f64>() / n_attempted.max(1) as f64,
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
    /// From the credit of each clip.
    fn of(values: &[f64]) -> Self {
        Self { top1: statistics::per_cent(values), n: values.len(), top1_ci: statistics::interval(values) }
    }
}

impl Trials {
    /// None without clips.
    fn of(clips: &[&ClipRecord]) -> Option<Self> {
        let clips: Vec<(usize, usize)> = clips.iter().map(|c| (c.candidates.len(), c.answer)).collect();
        let credits: Vec<Credit> =
            (0..TRIALS).flat_map(|trial| statistics::random_guesses(&clips, trial)).collect();
        let at =
            |k: usize| statistics::per_cent(&credits.iter().map(|credit| credit[k - 1]).collect::<Vec<_>>());
        Some(Self { n: TRIALS, top1: at(1)?, top2: at(2)?, top3: at(3)? })
    }
}
