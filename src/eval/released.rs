//! How an evaluation takes clips and texts: as the paper describes it, or as the authors' released scripts do.
//!
//! The rest of the program sees only [`protocol`]; the arithmetic that differs is a parameter of `align`.

use std::collections::HashMap;

use color_eyre::eyre::Report;
use serde_json::Value;

use crate::align::Preset;
use crate::eval::dataset::formats::masks::areas;
use crate::eval::rows::{Row, Score};
use crate::explore::{Candidate, EmbeddedText, Exploration, Method, Model, Settings, embed_batch};
use crate::script::{Strategy, Template};
use crate::video::{Masks, Numbering, Sampling};

/// The differences between the paper and the authors' scripts, outside the alignment itself.
pub struct Protocol {
    /// Sampling unless the user chooses one.
    pub sampling: Sampling,
    /// The only rows, where the user cannot choose them.
    pub rows: Option<fn() -> Vec<Row>>,
    /// Whether there are rows of several prompt strategies.
    pub has_prompt_study: bool,
    /// Whether a file of the whole video is preferred to one of the clip's part.
    pub whole_video_first: bool,
    /// Whether masks number the frames of the whole video, rather than of the segment.
    pub masks_count_from_video: bool,
    /// Whether the steps of a class are embedded together, padded to the longest of them.
    pub pads_to_longest_step: bool,
    /// What the explorer does otherwise.
    pub explorer_note: Option<&'static str>,
}

static PAPER: Protocol = Protocol {
    sampling: Sampling::Fps(10.0),
    rows: None,
    has_prompt_study: true,
    whole_video_first: false,
    masks_count_from_video: false,
    pads_to_longest_step: false,
    explorer_note: None,
};

static RELEASED: Protocol = Protocol {
    sampling: Sampling::Numbered,
    rows: Some(rows),
    has_prompt_study: false,
    whole_video_first: true,
    masks_count_from_video: true,
    pads_to_longest_step: true,
    explorer_note: Some(
        "Texts are padded to full length here, not to the longest of a script as evaluated: values differ a little.",
    ),
};

/// The protocol of a preset.
pub fn protocol(preset: Preset) -> &'static Protocol {
    match preset {
        Preset::Paper => &PAPER,
        Preset::Released => &RELEASED,
    }
}

/// The baseline and the alignment, which smooths nothing.
fn rows() -> Vec<Row> {
    let method = Method { preset: Preset::Released, ..Method::default() };
    let settings = Settings { method, smoothing_seconds: 0.0, ..Settings::default() };
    let row = |name: &str, score| Row::new(name, score, Strategy::CONTEXT_RICH, settings.clone());
    vec![row("mean-pool", Score::MeanPool), row("released", Score::Alignment)]
}

/// What the scripts blur: all listed writing, by the number of the frame in the whole video.
pub fn masks(frames_to_obfuscate: Value) -> Result<Masks, String> {
    let areas = areas("frames_to_obfuscate", frames_to_obfuscate, |_| Ok(true))?;
    Ok(Masks::new(15, Numbering::FromVideo, areas))
}

/// Embeddings of the steps of classes, each class padded to its longest step.
#[derive(Default)]
pub struct ClassTexts {
    by_steps: HashMap<Vec<String>, Vec<EmbeddedText>>,
}

impl ClassTexts {
    /// The sentences that are embedded one by one: what the mean frame is compared with, in place of class names.
    pub fn baselines(exploration: &Exploration) -> Vec<String> {
        exploration.candidates().iter().map(baseline).collect()
    }

    /// All texts of an exploration, under the names that it looks for. `embedded` gives the baselines.
    pub fn of(
        &mut self,
        exploration: &Exploration,
        template: &Template,
        model: &Model,
        embedded: impl Fn(&str) -> Option<(Vec<f32>, bool)>,
    ) -> Result<Vec<EmbeddedText>, Report> {
        let mut texts = Vec::new();
        for candidate in exploration.candidates() {
            let baseline = embedded(&baseline(candidate));
            texts.extend(baseline.map(|(embedding, cut)| (candidate.name.clone(), embedding, cut)));
            let steps: Vec<String> = candidate.sentences(template).collect();
            if !self.by_steps.contains_key(&steps) {
                self.by_steps.insert(steps.clone(), embed_batch(model, &steps)?);
            }
            texts.extend(self.by_steps[&steps].iter().cloned());
        }
        Ok(texts)
    }
}

fn baseline(candidate: &Candidate) -> String {
    format!("This is a video of {} executing {}", candidate.domain, candidate.name)
}
