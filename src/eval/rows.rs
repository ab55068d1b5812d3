//! What is compared: a row each.

use std::fmt;
use std::iter;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::align::Preset;
use crate::eval::vlm::VlmSettings;
use crate::explore::{Method, Settings};
use crate::script::{Strategy, Template};

/// Name of the row that no clip needs to be read for.
pub const CHANCE: &str = "chance";

/// One way to rank the candidates of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name in tables and documents.
    pub name: String,
    /// Which value ranks.
    pub score: Score,
    /// Which scripts are compared with the clip.
    pub prompt: Strategy,
    /// The knobs.
    #[serde(flatten, with = "in_words")]
    pub settings: Settings,
    /// The vision-language model that ranks; the other knobs then do nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlm: Option<VlmSettings>,
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
    /// What a vision-language model says.
    Vision,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MeanPool => "mean-pool",
            Self::OrderFree => "order-free",
            Self::Alignment => "alignment",
            Self::Vision => "vision",
        })
    }
}

/// The rows that are asked for beside those of the ablation: each aligner with each template, width and prompt.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows<'a> {
    /// Aligners beside dtw.
    pub aligners: &'a [Method],
    /// Templates; none stands for the default.
    pub templates: &'a [Template],
    /// Smoothing widths in seconds; none stands for the default.
    pub smoothings: &'a [f64],
    /// Prompts; none stands for the main scripts.
    pub prompts: &'a [Strategy],
}

/// Rows that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RowsError {
    /// A prompt without scripts.
    #[error("there are no scripts for the prompt short-fixed; name their file with --scripts-short")]
    NoShortScripts,
}

impl Rows<'_> {
    /// The rows of the ablation, those of the prompt study (`short-fixed` only where there are `short_scripts`;
    /// `context-rich` repeats `+smoothing`, to stand beside it), one for each further aligner, and where more than that is
    /// asked for, one for each aligner with each template, width and prompt.
    ///
    /// # Errors
    /// If a prompt is asked for that has no scripts.
    pub fn all(&self, short_scripts: bool) -> Result<Vec<Row>, RowsError> {
        let full = Settings::default();
        let unsmoothed = Settings { smoothing_seconds: 0.0, ..full.clone() };
        let [_, step, ..] = Template::built_in();
        let bare = Settings { template: step, ..unsmoothed.clone() };
        let row = |name: &str, score, settings: &Settings| {
            let settings = settings.clone();
            Row { name: name.to_owned(), score, prompt: Strategy::CONTEXT_RICH, settings, vlm: None }
        };
        let mut rows = vec![
            row("mean-pool", Score::MeanPool, &full),
            row("order-free", Score::OrderFree, &full),
            row("+alignment", Score::Alignment, &bare),
            row("+context", Score::Alignment, &unsmoothed),
            row("+smoothing", Score::Alignment, &full),
        ];
        if short_scripts {
            let short = row("short-fixed", Score::Alignment, &full);
            rows.push(Row { prompt: Strategy::SHORT_FIXED, ..short });
        }
        rows.push(row("context-rich", Score::Alignment, &full));
        for &method in self.aligners {
            // The default aligner's row is `+smoothing`.
            if method != full.method {
                add(
                    &mut rows,
                    row(&method.in_words(), Score::Alignment, &Settings { method, ..full.clone() }),
                );
            }
        }
        if self.prompts.contains(&Strategy::SHORT_FIXED) && !short_scripts {
            return Err(RowsError::NoShortScripts);
        }
        rows_of_all(self, &mut rows);
        Ok(rows)
    }
}

/// Adds each aligner with each template, width and prompt, where any of these three is asked for.
fn rows_of_all(asked: &Rows, rows: &mut Vec<Row>) {
    if asked.templates.is_empty() && asked.smoothings.is_empty() && asked.prompts.is_empty() {
        return;
    }
    let default = Settings::default();
    let templates = [default.template];
    let templates = if asked.templates.is_empty() { &templates } else { asked.templates };
    let smoothings = [default.smoothing_seconds];
    let smoothings = if asked.smoothings.is_empty() { &smoothings } else { asked.smoothings };
    let prompts = if asked.prompts.is_empty() { &[Strategy::CONTEXT_RICH] } else { asked.prompts };
    let methods = iter::once(&default.method).chain(asked.aligners);
    let mut combine = |method: Method, template: &Template, smoothing_seconds: f64, prompt: Strategy| {
        let words = if template.name() == "custom" { template.text() } else { template.name() };
        let name = format!("{} / {words} / {smoothing_seconds} s / {prompt}", method.in_words());
        let settings = Settings { method, smoothing_seconds, template: template.clone(), calibration: None };
        add(rows, Row { name, score: Score::Alignment, prompt, settings, vlm: None });
    };
    for &method in methods {
        for template in templates {
            for &seconds in smoothings {
                prompts.iter().for_each(|&prompt| combine(method, template, seconds, prompt));
            }
        }
    }
}

/// Adds a row where none has its name.
fn add(rows: &mut Vec<Row>, row: Row) {
    if rows.iter().all(|other| other.name != row.name) {
        rows.push(row);
    }
}

impl Row {
    /// The rows of the authors' scripts: their baseline, and their alignment, which smooths nothing.
    pub fn released() -> Vec<Self> {
        let method = Method { preset: Preset::Released, ..Method::default() };
        let settings = Settings { method, smoothing_seconds: 0.0, ..Settings::default() };
        let row = |name: &str, score| Self {
            name: name.to_owned(),
            score,
            prompt: Strategy::CONTEXT_RICH,
            settings: settings.clone(),
            vlm: None,
        };
        vec![row("mean-pool", Score::MeanPool), row("released", Score::Alignment)]
    }
}

/// The knobs under the names that reports of one clip give them.
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
    fn rows_have_their_names_and_knobs() {
        let names = |rows: &[Row]| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>().join(" ");
        let rows = Rows { aligners: &[Method::default()], ..Rows::default() }.all(true).unwrap();
        assert_eq!(
            names(&rows),
            "mean-pool order-free +alignment +context +smoothing short-fixed context-rich"
        );
        assert!(!names(&Rows::default().all(false).unwrap()).contains("short-fixed"));
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
            aligners: &[drop, drop],
            templates: &[Template::default(), Template::custom("a {step}").unwrap()],
            smoothings: &[0.0, 0.5],
            prompts: &[Strategy::CONTEXT_RICH, Strategy::SHORT_FIXED],
        };
        let rows = asked.all(true).unwrap();
        // Those of the ablation, one for the aligner, and two aligners × two templates × two widths × two prompts.
        assert_eq!(rows.len(), 7 + 1 + 16);
        let last = rows.last().unwrap();
        assert_eq!(last.name, "drop:cell=logit / a {step} / 0.5 s / short-fixed");
        assert_eq!(
            (last.prompt, last.settings.method, last.settings.smoothing_seconds),
            (Strategy::SHORT_FIXED, drop, 0.5)
        );
        assert_eq!(asked.all(false), Err(RowsError::NoShortScripts));
    }
}
