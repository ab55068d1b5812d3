//! Texts as the authors' scripts embed them.

use std::collections::HashMap;

use color_eyre::eyre::Report;

use crate::explore::{Candidate, EmbeddedText, Exploration, Model, embed_batch};
use crate::script::Template;

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
    ///
    /// # Errors
    /// If the model cannot embed them.
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
