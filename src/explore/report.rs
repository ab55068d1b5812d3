//! The document of `--json`, which snapshots contain too.

use serde::{Deserialize, Serialize};

use crate::align::{Calibration, Rule};
use crate::backbone::Precision;
use crate::explain::Confidence;
use crate::explore::method::Method;
use crate::explore::outcome::Outcome;
use crate::explore::settings::Settings;
use crate::explore::until_settled::Seen;

/// The candidate classes of one clip, scored and ranked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The aligned classes in the order given.
    pub classes: Vec<ClassReport>,
    /// Indices of the classes, best first; equal scores in the order given.
    pub ranking: Vec<usize>,
    /// How sure the first of the ranking is; none if that is unknown, or without a rival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// How much of the clip was seen, where the work was to end once the winner is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Everything the scores depend on besides the embeddings.
    pub settings: ReportSettings,
}

/// A candidate class. Its columns in tables: `plot::candidates`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// Position in the order given, from 0.
    pub index: usize,
    pub name: String,
    /// Alignment score (Eq. 13).
    pub score: f64,
    /// Cells (step, frame) of the path, both from 0.
    pub path: Vec<(usize, usize)>,
    /// Number of path cells in each step.
    pub frames_per_step: Vec<usize>,
    /// Whether most steps hold a single frame.
    pub collapsed: bool,
    /// The same script without its order: the mean of all cells.
    pub order_free: f64,
    /// Standard deviations by which `score` exceeds the mean score of the steps in other orders; none if unknown.
    pub order_z: Option<f64>,
    /// Standard error of `order_z`: the other orders are a sample. 0 if they are all.
    #[serde(default)]
    pub order_z_error: Option<f64>,
    /// (1 + b) / (1 + n), where b of the n other orders score at least as high.
    pub order_p: Option<f64>,
    /// The number n of other orders.
    #[serde(default)]
    pub order_n: Option<usize>,
    /// Cosine of the mean frame with the class name, where the name is embedded.
    pub mean_pool: Option<f64>,
    /// Rank by `mean_pool`, from 1.
    pub mean_pool_rank: Option<usize>,
    /// Rank by `score`, from 1.
    pub rank: usize,
    /// Score minus the best score among the other classes.
    pub margin: Option<f64>,
    /// What each step adds to the score; with `background_share` they add up to it. Empty in snapshots of older versions.
    #[serde(default)]
    pub contributions: Vec<f64>,
    /// What the frames that are left out add to the score.
    #[serde(default)]
    pub background_share: f64,
    /// What follows if the script lacks a step, for each step. Empty where it was not asked for.
    #[serde(default)]
    pub without_step: Vec<WithoutStep>,
}

/// A class whose script lacks one step, aligned anew with the same background.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WithoutStep {
    /// Its score minus the best score among the other classes; none if there is no other class, or nothing is left to align.
    pub margin: Option<f64>,
    /// Its rank by that score, from 1.
    pub rank: Option<usize>,
}

/// The knobs behind a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportSettings {
    /// Preset, aligner and cell.
    #[serde(flatten)]
    pub method: Method,
    /// Value of a frame in no step, where the aligner may leave frames out.
    #[serde(default)]
    pub background_level: Option<f64>,
    /// Width of the smoothing window in frames; 0 and 1 are off.
    pub smoothing: usize,
    pub alpha: f32,
    pub beta: f32,
    /// None for embeddings without a clip, as `align` reads them.
    #[serde(flatten)]
    pub clip: Option<ClipSettings>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipSettings {
    pub smoothing_seconds: f64,
    pub template: String,
    pub template_text: String,
    #[serde(flatten)]
    pub sources: Sources,
}

impl ReportSettings {
    pub fn of_clip(
        settings: &Settings,
        calibration: Calibration,
        rule: Rule,
        width: usize,
        sources: &Sources,
    ) -> Self {
        Self {
            method: settings.method,
            background_level: settings.method.leaves_out().then_some(rule.background),
            smoothing: width,
            alpha: calibration.alpha,
            beta: calibration.beta,
            clip: Some(ClipSettings {
                smoothing_seconds: settings.smoothing_seconds,
                template: settings.template.name().to_owned(),
                template_text: settings.template.text().to_owned(),
                sources: sources.clone(),
            }),
        }
    }
}

impl ClassReport {
    /// A class with all that is known of it; none while it is not aligned.
    pub fn new(index: usize, name: &str, outcome: &Outcome) -> Option<Self> {
        let path = outcome.classes.get(index)?.as_ref()?.alignment.path.clone();
        outcome.find_scores_without_steps(index);
        Some(Self { path, ..Self::without_path(index, name, outcome)? }.with_effects(outcome))
    }

    /// Adds what follows if the script lacks a step, as far as that is known.
    pub fn with_effects(mut self, outcome: &Outcome) -> Self {
        let rival = outcome.rival(self.index).and_then(|rival| outcome.score(rival));
        let without = |&score: &Option<f64>| WithoutStep {
            margin: score.zip(rival).map(|(score, rival)| score - rival),
            rank: score.map(|score| outcome.rank_at(self.index, score)),
        };
        self.without_step = outcome.scores_without_steps(self.index).iter().map(without).collect();
        self
    }

    /// A class without its path and the effects of its steps, for lists; none while it is not aligned.
    pub fn without_path(index: usize, name: &str, outcome: &Outcome) -> Option<Self> {
        let class = outcome.classes.get(index)?.as_ref()?;
        let order = class.order.found();
        Some(Self {
            index,
            name: name.to_owned(),
            score: class.alignment.score,
            path: Vec::new(),
            frames_per_step: class.alignment.frames_per_step.clone(),
            collapsed: class.alignment.collapsed,
            order_free: class.order_free,
            order_z: order.map(|order| order.z),
            order_z_error: order.map(|order| order.z_error),
            order_p: order.map(|order| order.p),
            order_n: order.map(|order| order.permutations),
            mean_pool: class.mean_pool,
            mean_pool_rank: outcome.mean_pool_rank(index),
            rank: outcome.rank(index)?,
            margin: outcome.margin(index),
            contributions: class.shares.steps.clone(),
            background_share: class.shares.background,
            without_step: Vec::new(),
        })
    }
}

impl Report {
    /// The aligned classes. `names` has one for every class of the outcome.
    pub fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        outcome: &Outcome,
        settings: ReportSettings,
    ) -> Self {
        let class = |(index, name)| ClassReport::new(index, name, outcome);
        let classes = names.into_iter().enumerate().filter_map(class).collect();
        let (ranking, confidence) = (outcome.ranking.clone(), outcome.confidence);
        Self { classes, ranking, confidence, seen: None, settings }
    }

    pub fn class(&self, index: usize) -> Option<&ClassReport> {
        self.classes.iter().find(|class| class.index == index)
    }
}

/// Where the clip, the scripts and the model came from, for the screen, reports and snapshots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    pub clip: String,
    pub scripts: String,
    /// Folder of the checkpoint, or its name on the hub.
    pub model: String,
    /// The device that embeds, in words.
    pub device: String,
    /// The precision that it embeds in; left out if it is f32.
    #[serde(default, skip_serializing_if = "is_f32")]
    pub precision: Precision,
    /// Sampling as the user would write it.
    pub sampling: String,
    /// Bounds of the segment in seconds, if not the clip's.
    pub start: Option<f64>,
    pub end: Option<f64>,
}

fn is_f32(precision: &Precision) -> bool {
    *precision == Precision::F32
}

impl Sources {
    pub fn clip_name(&self) -> &str {
        std::path::Path::new(&self.clip).file_name().and_then(|name| name.to_str()).unwrap_or(&self.clip)
    }
}
