//! What is known of a clip by a row, for the clusters of its failures.

use std::collections::HashMap;

use crate::align::{self, Aligner, Background, Cell, products};
use crate::backbone::TextTokenizer;
use crate::eval::clusters::Facts;
use crate::explore::{Exploration, Method};
use crate::script::check::in_order;

/// Finds facts.
#[derive(Debug, Default)]
pub struct FactFinder {
    /// Of the rows of the present clip, by [`Exploration::generation`]: several rows may have the same alignments.
    known: HashMap<u64, Option<Facts>>,
    /// Words of a step, and those of them that the tokenizer does not know.
    words: HashMap<String, [usize; 2]>,
}

impl FactFinder {
    /// Begins another clip.
    pub fn begin_clip(&mut self) {
        self.known.clear();
    }

    /// The facts of a clip that a row has aligned. `None` without a wrong class. `answer` is the true class.
    pub fn find(
        &mut self,
        exploration: &Exploration,
        answer: usize,
        tokenizer: Option<&TextTokenizer>,
    ) -> Option<Facts> {
        let generation = exploration.generation();
        if !self.known.contains_key(&generation) {
            let facts = self.facts(exploration, answer, tokenizer);
            self.known.insert(generation, facts);
        }
        self.known[&generation].clone()
    }

    fn facts(
        &mut self,
        exploration: &Exploration,
        answer: usize,
        tokenizer: Option<&TextTokenizer>,
    ) -> Option<Facts> {
        let ranking = &exploration.outcome().ranking;
        let wrong = *ranking.iter().find(|&&class| class != answer)?;
        let outcome = exploration.outcome();
        let class = |class: usize| outcome.classes.get(class)?.as_ref();
        let predicted = class(*ranking.first()?)?;
        let seed = exploration.candidates()[*ranking.first()?].order_seed();
        let order = align::order_evidence(outcome.rule, predicted.cells.view(), seed).ok().flatten();
        let (likeness, usual_likeness) = likeness(exploration, answer, wrong).unzip();
        let candidates = exploration.candidates();
        let is_cut =
            |class: usize| (0..candidates[class].steps.len()).any(|step| exploration.is_cut(class, step));
        Some(Facts {
            collapsed: class(answer)?.alignment.collapsed,
            other_orders: order.map(|order| order.as_high() as f64 / order.permutations as f64),
            extent: extent(exploration, answer),
            likeness,
            usual_likeness,
            cut: [answer, wrong].into_iter().any(is_cut),
            unknown_words: tokenizer
                .and_then(|tokenizer| self.unknown_words(&candidates[answer].steps, tokenizer)),
        })
    }

    /// Share of unknown words; `None` if a step cannot be tokenized.
    fn unknown_words(&mut self, steps: &[String], tokenizer: &TextTokenizer) -> Option<f64> {
        let (mut words, mut unknown) = (0, 0);
        for step in steps {
            if !self.words.contains_key(step) {
                self.words.insert(step.clone(), tokenizer.count_words(step).ok()?);
            }
            let [of_step, unknown_of_step] = self.words[step];
            words += of_step;
            unknown += unknown_of_step;
        }
        (words > 0).then(|| unknown as f64 / words as f64)
    }
}

/// How alike the steps of two classes are, and how alike those of the first and of other candidates are in the median. `None` with
/// fewer than three candidates.
fn likeness(exploration: &Exploration, class: usize, other: usize) -> Option<(f64, f64)> {
    let script = exploration.script_embeddings(class)?;
    let with = |other: usize| {
        let cosines = products(script.view(), exploration.script_embeddings(other)?.view());
        in_order(cosines.view())
    };
    let others = (0..exploration.candidates().len()).filter(|&other| other != class);
    let mut all = others.map(with).collect::<Option<Vec<f64>>>().filter(|all| all.len() > 1)?;
    all.sort_by(f64::total_cmp);
    let median = (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2.0;
    Some((with(other)?, median))
}

/// Where a class begins and ends, from 0 to 1 of the clip: its frames by the aligner `drop` on logits. As many cells of all
/// candidates count more than the background as the clip has frames.
fn extent(exploration: &Exploration, class: usize) -> Option<[f64; 2]> {
    let classes = &exploration.outcome().classes;
    let steps: usize = classes.iter().flatten().map(|class| class.cosines.nrows()).sum();
    let background = Background::Percentile(100.0 * (1.0 - 1.0 / steps as f64));
    let method = Method { aligner: Aligner::Drop, cell: Cell::Logit, background, ..Method::default() };
    let calibration = exploration.calibration_in_force();
    let cells: Vec<_> = classes
        .iter()
        .map(|class| Some(align::cells(&class.as_ref()?.cosines, method.cell, calibration)))
        .collect();
    let rule = method.rule(cells.iter().flatten());
    let cells = cells.get(class)?.as_ref()?;
    let path = align::align(rule, cells.view()).ok()?.path;
    let frames = cells.ncols() as f64;
    Some([path.first()?.1 as f64 / frames, (path.last()?.1 + 1) as f64 / frames])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::Calibration;
    use crate::explore::{Candidate, EmbeddedFrame, Settings};
    use crate::video::Shown;

    /// Axes of the embeddings; a text points along those that it names.
    const KINDS: [&str; 5] = ["idles", "stands", "runs", "jumps", "sleeps"];

    fn embedding(text: &str) -> Vec<f32> {
        KINDS.iter().map(|kind| if text.contains(kind) { 1.0 } else { 0.1 }).collect()
    }

    /// A clip of these pictures, ten frames each, and a true class that stands, runs and jumps. Its twin sleeps in the end.
    fn exploration(pictures: &[&str], classes: usize) -> Exploration {
        let candidates = [
            ("high jump", ["stands", "runs", "jumps"]),
            ("high nap", ["stands", "runs", "sleeps"]),
            ("nap", ["sleeps", "idles", "sleeps"]),
            ("march", ["jumps", "sleeps", "stands"]),
        ];
        let candidate = |(name, steps): &(&str, [&str; 3])| Candidate {
            domain: "athletics".to_owned(),
            name: (*name).to_owned(),
            steps: steps.map(str::to_owned).to_vec(),
        };
        let candidates = candidates[..classes].iter().map(candidate).collect();
        let settings = Settings { smoothing_seconds: 0.0, ..Settings::default() };
        let calibration = Calibration { alpha: 10.0, beta: -10.0 };
        let mut exploration = Exploration::new(candidates, calibration, KINDS.len(), settings);
        let frame = |index: usize| {
            let time = index as f64 / 10.0;
            let shown = Shown { until: time + 0.1, rows: vec![time] };
            EmbeddedFrame {
                ordinal: index as u64,
                time,
                shown,
                embedding: embedding(pictures[index / 10]).into(),
            }
        };
        exploration.add_frames((0..10 * pictures.len()).map(frame));
        let texts = exploration.missing_texts().into_iter();
        exploration.add_texts(texts.map(|text| (text.clone(), embedding(&text), text.contains("sleeps"))));
        exploration.refresh().unwrap();
        exploration
    }

    fn facts(pictures: &[&str], classes: usize) -> Facts {
        FactFinder::default().find(&exploration(pictures, classes), 0, None).unwrap()
    }

    #[test]
    fn the_true_class_begins_and_ends_where_it_is_seen() {
        let action = ["stands", "runs", "jumps"];
        assert_eq!(facts(&action, 4).extent, Some([0.0, 1.0]));
        let late = facts(&["idles", "idles", "idles", "stands", "runs", "jumps"], 4);
        assert_eq!((late.extent, late.collapsed), (Some([0.5, 1.0]), false));
        let early = facts(&["stands", "runs", "jumps", "idles", "idles", "idles"], 4);
        assert_eq!(early.extent, Some([0.0, 0.5]));
    }

    #[test]
    fn a_twin_is_nearer_than_other_candidates() {
        let found = facts(&["stands", "runs", "jumps"], 4);
        let (likeness, usual) = (found.likeness.unwrap(), found.usual_likeness.unwrap());
        // Two steps are the same, and of the third the cosine is (2·0.1 + 3·0.01) / (1 + 4·0.01).
        assert!((likeness - (2.0 + 0.23 / 1.04) / 3.0).abs() < 1e-6, "{found:?}");
        assert!(usual < 0.6, "{found:?}");
        assert!(found.cut, "the twin's last sentence");
        assert_eq!(facts(&["stands", "runs", "jumps"], 2).likeness, None, "nothing to compare with");
    }

    #[test]
    fn orders_that_score_as_high_are_of_the_prediction() {
        assert_eq!(facts(&["stands", "runs", "jumps"], 4).other_orders, Some(0.0));
        // Of a picture that fits no step all orders are as good.
        assert_eq!(facts(&["idles"], 2).other_orders, Some(1.0));
    }

    #[test]
    fn without_a_wrong_class_nothing_is_known() {
        assert_eq!(FactFinder::default().find(&exploration(&["runs"], 1), 0, None), None);
    }

    #[test]
    fn rows_with_the_same_alignments_share_facts() {
        let (mut finder, mut exploration) =
            (FactFinder::default(), exploration(&["stands", "runs", "jumps"], 4));
        let first = finder.find(&exploration, 0, None);
        exploration.refresh().unwrap();
        assert_eq!((finder.find(&exploration, 0, None), finder.known.len()), (first, 1));
        finder.begin_clip();
        assert!(finder.known.is_empty());
    }
}
