//! The rows of an evaluation: ways to rank the candidates of a clip.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::align::Cell;
use crate::eval::record::Ranking;
use crate::explore::{Method, Settings};
use crate::script::{Strategy, Template};

/// Name of the row of guessing at random.
pub const CHANCE: &str = "chance";

/// Names of the rows of the ablation before the full method.
const ALIGNMENT: &str = "+alignment";
const CONTEXT: &str = "+context";

/// One way to rank the candidates of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub score: Score,
    /// Which scripts are compared with the clip.
    pub prompt: Strategy,
    #[serde(flatten, with = "in_words")]
    pub settings: Settings,
    /// The model that embeds for it, where there are several. The row's name ends with `@` and this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The vision-language model that ranks; the settings then have no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlm: Option<VlmSettings>,
    /// The X-CLIP model that ranks; the settings then have no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_clip: Option<XClipSettings>,
    /// The person who answers; the settings then have no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human: Option<HumanSettings>,
}

/// How a person answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HumanSettings {
    /// Shuffled the candidates of each clip.
    pub seed: u64,
    /// Number of clips that were answered.
    pub answered: usize,
    /// Median of the seconds per answer; none without answers.
    pub median_seconds: Option<f64>,
}

/// What the answers of a vision-language model depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VlmSettings {
    pub server: String,
    /// The model's name on the server.
    pub model: String,
    /// Number of frames of a clip that it gets, evenly spaced.
    pub frames: usize,
    /// BLAKE3 digest of the prompt.
    pub prompt: String,
    /// None for the server's default.
    pub temperature: Option<f64>,
}

/// What the scores of an X-CLIP model depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct XClipSettings {
    pub folder: String,
    /// Number of frames of a clip that it gets, evenly spaced.
    pub frames: usize,
    /// Side of its images in pixels.
    pub image_size: usize,
    /// BLAKE3 digest of its weights, tokenizer, configuration and image preparation.
    pub digest: String,
}

/// The value that ranks the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    /// Cosine of the mean frame with the class name.
    MeanPool,
    /// Mean of the cells: the script without its order.
    OrderFree,
    /// Mean of the cells on the path (Eq. 13).
    Alignment,
    /// The answer of a vision-language model.
    Vision,
    /// Scaled cosine of the whole clip with the class name, by a model of clips.
    Clip,
    /// The answer of a person.
    Human,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MeanPool => "mean-pool",
            Self::OrderFree => "order-free",
            Self::Alignment => "alignment",
            Self::Vision => "vision",
            Self::Clip => "clip",
            Self::Human => "human",
        })
    }
}

/// Rows to add to those of the ablation: every aligner with every template, smoothing width and prompt.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Aligners besides dtw.
    pub aligners: Vec<Method>,
    /// Empty for the default.
    pub templates: Vec<Template>,
    /// In seconds; empty for the default.
    pub smoothings: Vec<f64>,
    /// Empty for the main scripts.
    pub prompts: Vec<Strategy>,
    /// The template in place of the default one.
    pub context: Template,
    /// What the cells of all rows hold but those of the aligners, which say it themselves.
    pub cell: Cell,
}

/// A prompt without scripts.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there are no scripts for the prompt {0}\nhelp: name their file with --{flag}", flag = .0.flag())]
pub struct NoScripts(Strategy);

impl Row {
    pub(super) fn new(name: &str, score: Score, prompt: Strategy, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            score,
            prompt,
            settings,
            model: None,
            vlm: None,
            x_clip: None,
            human: None,
        }
    }

    /// The row under one of several models.
    pub(super) fn under(self, model: &str) -> Self {
        Self { name: format!("{}@{model}", self.name), model: Some(model.to_owned()), ..self }
    }

    /// Its name without the model.
    pub fn method(&self) -> &str {
        let end = self.model.as_ref().map_or(0, |model| 1 + model.len());
        &self.name[..self.name.len().saturating_sub(end)]
    }

    /// Whether a clip counts in this row: people leave clips out.
    pub fn includes(&self, ranking: &Ranking) -> bool {
        self.score != Score::Human || !ranking.ranking.is_empty()
    }

    /// Whether its clips have facts: it aligns, and is no step of the ablation on the way to the full method. Those would double
    /// the time that facts take.
    pub(super) fn has_facts(&self) -> bool {
        self.score == Score::Alignment && ![ALIGNMENT, CONTEXT].contains(&self.method())
    }
}

impl Rows {
    /// All rows of an evaluation: the ablation, the prompt study (the strategies of `others`, which have scripts; the default one
    /// repeats `+smoothing` to stand beside them), one for each aligner, and where a template, width or prompt is given, one
    /// for each combination.
    ///
    /// # Errors
    /// If a prompt has no scripts.
    pub fn all(&self, others: &[Strategy]) -> Result<Vec<Row>, NoScripts> {
        let main = Strategy::default();
        let has_scripts = |prompt: &&Strategy| **prompt == main || others.contains(prompt);
        if let Some(prompt) = self.prompts.iter().find(|prompt| !has_scripts(prompt)) {
            return Err(NoScripts(*prompt));
        }
        let full = self.usual();
        let unsmoothed = Settings { smoothing_seconds: 0.0, ..full.clone() };
        let [_, step, ..] = Template::built_in();
        let bare = Settings { template: step, ..unsmoothed.clone() };
        let mut rows = vec![
            Row::new("mean-pool", Score::MeanPool, main, full.clone()),
            Row::new("order-free", Score::OrderFree, main, full.clone()),
            Row::new(ALIGNMENT, Score::Alignment, main, bare),
            Row::new(CONTEXT, Score::Alignment, main, unsmoothed),
            Row::new("+smoothing", Score::Alignment, main, full.clone()),
        ];
        for prompt in others.iter().copied().chain([main]) {
            let mut settings = Settings { template: prompt.template(), ..full.clone() };
            if settings.template == Template::default() {
                settings.template = self.context.clone();
            }
            rows.push(Row::new(prompt.name(), Score::Alignment, prompt, settings));
        }
        // The default aligner's row is `+smoothing`.
        for &method in self.aligners.iter().filter(|method| **method != full.method) {
            let settings = Settings { method, ..full.clone() };
            rows.push(Row::new(&method.in_words(), Score::Alignment, main, settings));
        }
        rows.extend(self.combinations());
        let mut names = HashSet::new();
        rows.retain(|row| names.insert(row.name.clone()));
        Ok(rows)
    }

    /// The settings of a row that states none.
    fn usual(&self) -> Settings {
        let method = Method { cell: self.cell, ..Method::default() };
        Settings { method, template: self.context.clone(), ..Settings::default() }
    }

    /// Whether no row is added.
    pub fn is_empty(&self) -> bool {
        self.aligners.is_empty() && !self.combines()
    }

    fn combines(&self) -> bool {
        !(self.templates.is_empty() && self.smoothings.is_empty() && self.prompts.is_empty())
    }

    fn combinations(&self) -> Vec<Row> {
        if !self.combines() {
            return Vec::new();
        }
        let default = self.usual();
        let templates = or_default(&self.templates, self.context.clone());
        let smoothings = or_default(&self.smoothings, default.smoothing_seconds);
        let prompts = or_default(&self.prompts, Strategy::default());
        let mut rows = Vec::new();
        for &method in [default.method].iter().chain(&self.aligners) {
            for template in &templates {
                let words = if template.name() == "custom" { template.text() } else { template.name() };
                for &smoothing_seconds in &smoothings {
                    for &prompt in &prompts {
                        let name =
                            format!("{} / {words} / {smoothing_seconds} s / {prompt}", method.in_words());
                        let template = template.clone();
                        let settings = Settings { method, smoothing_seconds, template, calibration: None };
                        rows.push(Row::new(&name, Score::Alignment, prompt, settings));
                    }
                }
            }
        }
        rows
    }
}

fn or_default<T: Clone>(given: &[T], default: T) -> Vec<T> {
    if given.is_empty() { vec![default] } else { given.to_vec() }
}

/// Settings with the field names that the report of one clip has.
mod in_words {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Knobs {
        #[serde(flatten)]
        method: Method,
        smoothing_seconds: f64,
        template: String,
        template_text: String,
    }

    pub fn serialize<S: Serializer>(settings: &Settings, serializer: S) -> Result<S::Ok, S::Error> {
        let knobs = Knobs {
            method: settings.method,
            smoothing_seconds: settings.smoothing_seconds,
            template: settings.template.name().to_owned(),
            template_text: settings.template.text().to_owned(),
        };
        knobs.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
        let knobs = Knobs::deserialize(deserializer)?;
        Ok(Settings {
            method: knobs.method,
            smoothing_seconds: knobs.smoothing_seconds,
            template: Template::of_text(&knobs.template_text).map_err(serde::de::Error::custom)?,
            calibration: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ablation_has_its_rows_and_settings() {
        let names = |rows: &[Row]| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>().join(" ");
        let rows = Rows { aligners: vec![Method::default()], ..Rows::default() }
            .all(&[Strategy::SHORT_FIXED])
            .unwrap();
        assert_eq!(
            names(&rows),
            "mean-pool order-free +alignment +context +smoothing short-fixed context-rich"
        );
        assert!(!names(&Rows::default().all(&[]).unwrap()).contains("short-fixed"));
        let json = serde_json::to_value(&rows[2]).unwrap();
        for (knob, value) in
            [("score", "alignment"), ("template", "step"), ("preset", "paper"), ("aligner", "dtw")]
        {
            assert_eq!(json[knob], value);
        }
        assert_eq!(json["smoothing_seconds"], 0.0);
        assert_eq!(serde_json::from_value::<Row>(json).unwrap(), rows[2]);
    }

    #[test]
    fn every_aligner_is_tried_with_every_template_width_and_prompt() {
        let drop = Method::default().with_aligner("drop:cell=logit").unwrap();
        let asked = Rows {
            aligners: vec![drop, drop],
            templates: vec![Template::default(), Template::custom("a {step}").unwrap()],
            smoothings: vec![0.0, 0.5],
            prompts: vec![Strategy::CONTEXT_RICH, Strategy::SHORT_FIXED],
            ..Rows::default()
        };
        let rows = asked.all(&[Strategy::SHORT_FIXED]).unwrap();
        // Those of the ablation, one for the aligner, and two aligners × two templates × two widths × two prompts.
        assert_eq!(rows.len(), 7 + 1 + 16);
        let last = rows.last().unwrap();
        assert_eq!(last.name, "drop:cell=logit / a {step} / 0.5 s / short-fixed");
        assert_eq!(
            (last.prompt, last.settings.method, last.settings.smoothing_seconds),
            (Strategy::SHORT_FIXED, drop, 0.5)
        );
        assert_eq!(asked.all(&[]), Err(NoScripts(Strategy::SHORT_FIXED)));
    }
}
