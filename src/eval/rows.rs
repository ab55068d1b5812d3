//! What is compared: a row each.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::align::{Aligner, Preset};
use crate::explore::{Method, Settings};
use crate::script::Template;

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
    pub prompt: Prompt,
    /// The knobs.
    #[serde(flatten, with = "in_words")]
    pub settings: Settings,
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
}

/// How the scripts were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// As many steps as the action needs: the main script file.
    ContextRich,
    /// Always the same number of short steps: the second script file.
    ShortFixed,
}

impl Row {
    /// The rows of the ablation, those of the prompt study (`short-fixed` only where there are `short_scripts`;
    /// `context-rich` repeats `+smoothing`, to stand beside it), and one for each further aligner.
    pub fn all(short_scripts: bool, aligners: &[Aligner]) -> Vec<Self> {
        let full = Settings::default();
        let unsmoothed = Settings { smoothing_seconds: 0.0, ..full.clone() };
        let [_, step, ..] = Template::built_in();
        let bare = Settings { template: step, ..unsmoothed.clone() };
        let row = |name: &str, score, settings: &Settings| {
            let settings = settings.clone();
            Self { name: name.to_owned(), score, prompt: Prompt::ContextRich, settings }
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
            rows.push(Self { prompt: Prompt::ShortFixed, ..short });
        }
        rows.push(row("context-rich", Score::Alignment, &full));
        for &aligner in aligners {
            let name = aligner.to_string();
            // The default aligner's row is `+smoothing`.
            if aligner != full.method.aligner && rows.iter().all(|row| row.name != name) {
                let method = Method { aligner, ..full.method };
                rows.push(row(&name, Score::Alignment, &Settings { method, ..full.clone() }));
            }
        }
        rows
    }
    /// The rows of the authors' scripts: their baseline, and their alignment, which smooths nothing.
    pub fn released() -> Vec<Self> {
        let method = Method { preset: Preset::Released, ..Method::default() };
        let settings = Settings { method, smoothing_seconds: 0.0, ..Settings::default() };
        let row = |name: &str, score| Self {
            name: name.to_owned(),
            score,
            prompt: Prompt::ContextRich,
            settings: settings.clone(),
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
        let names = |rows: Vec<Row>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>().join(" ");
        assert_eq!(
            names(Row::all(true, &[Aligner::Dtw])),
            "mean-pool order-free +alignment +context +smoothing short-fixed context-rich"
        );
        assert!(!names(Row::all(false, &[])).contains("short-fixed"));
        let json = serde_json::to_value(&Row::all(true, &[])[2]).unwrap();
        for (knob, value) in
            [("score", "alignment"), ("template", "step"), ("preset", "paper"), ("aligner", "dtw")]
        {
            assert_eq!(json[knob], value);
        }
        assert_eq!(json["smoothing_seconds"], 0.0);
    }
}
