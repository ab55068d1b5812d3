//! What is found out about alignments afterwards: order evidence, confidence, scores without a step.

use rayon::prelude::*;

use super::Exploration;
use crate::align::{AlignError, OrderEvidence};
use crate::explain::{Confidence, RIVALS};
use crate::explore::candidate::Candidate;
use crate::explore::evidence::{EvidenceRequest, Matrix};
use crate::explore::evidence_limit::EvidenceLimit;
use crate::explore::outcome::{Evidence, Outcome};
use crate::explore::without_steps::{ScoresWithout, WithoutRequest};
use crate::explore::workers;

impl Exploration {
    /// Whether a class gets order evidence without being asked for: it is among the first of the ranking.
    pub fn is_first(&self, class: usize) -> bool {
        let ranking = &self.outcome.ranking;
        ranking[..EvidenceLimit::default().of(ranking.len())].contains(&class)
    }

    /// Copies of the matrices whose order evidence is unknown, of the first classes of the ranking and of the class `also`, and
    /// of those between which the confidence decides.
    pub fn evidence_request(&self, also: usize) -> EvidenceRequest {
        let Outcome { classes, ranking, confidence, rule, width, .. } = &self.outcome;
        let matrix = |&class: &usize| {
            let outcome = classes[class].as_ref()?;
            Some(Matrix { class, cells: outcome.cells.clone(), seed: self.candidates[class].order_seed() })
        };
        let first = ranking.iter().take(EvidenceLimit::default().of(ranking.len()));
        let wanted = first.chain((!self.is_first(also)).then_some(&also));
        let unknown = wanted.filter(|&&class| self.evidence(class) == Evidence::Unknown);
        // None if the confidence is known, or without a rival.
        let rivals = if ranking.len() < 2 || confidence.is_some() { 0 } else { 1 + RIVALS };
        EvidenceRequest {
            generation: self.generation,
            rule: *rule,
            classes: unknown.filter(|&&class| class < classes.len()).filter_map(matrix).collect(),
            contest: ranking.iter().take(rivals).filter_map(matrix).collect(),
            width: *width,
        }
    }

    /// Adds the order evidence of one class, unless matrices have changed since it was requested.
    pub fn add_evidence(&mut self, generation: u64, class: usize, evidence: Option<OrderEvidence>) {
        if generation == self.generation
            && let Some(Some(class)) = self.outcome.classes.get_mut(class)
        {
            class.order = evidence.into();
        }
    }

    /// Adds the confidence in the leader, unless matrices have changed since it was requested.
    pub fn add_confidence(&mut self, generation: u64, confidence: Confidence) {
        if generation == self.generation {
            self.outcome.confidence = Some(confidence);
        }
    }

    pub fn evidence(&self, class: usize) -> Evidence {
        let class = self.outcome.classes.get(class).and_then(Option::as_ref);
        class.map_or(Evidence::Unknown, |class| class.order)
    }

    /// See [`Outcome::find_evidence`].
    pub fn find_evidence(&mut self, limit: EvidenceLimit) -> Result<(), AlignError> {
        let seeds: Vec<u64> = self.candidates.iter().map(Candidate::order_seed).collect();
        workers::install(|| self.outcome.find_evidence(&seeds, limit))
    }

    pub fn find_confidence(&mut self) -> Result<(), AlignError> {
        workers::install(|| self.outcome.find_confidence())
    }

    /// Computes the missing scores without each step of these classes, if that visits at most `most` cells. Otherwise returns
    /// their matrices.
    pub fn find_scores_without(&self, classes: &[usize], most: usize) -> Option<WithoutRequest> {
        let is_missing = |&&class: &&usize| self.outcome.scores_without_steps(class).is_empty();
        let cells = |&class: &usize| Some((class, &self.outcome.classes.get(class)?.as_ref()?.cells));
        let missing: Vec<_> = classes.iter().filter(is_missing).filter_map(cells).collect();
        if missing.iter().map(|(_, cells)| cells.nrows() * cells.len()).sum::<usize>() <= most {
            let find = |&(class, _): &(usize, _)| self.outcome.find_scores_without_steps(class);
            workers::install(|| missing.par_iter().for_each(find));
            return None;
        }
        let classes = missing.into_iter().map(|(class, cells)| (class, cells.clone())).collect();
        Some(WithoutRequest { generation: self.generation, rule: self.outcome.rule, classes })
    }

    /// Adds scores without each step, unless matrices have changed since they were requested.
    pub fn add_scores_without(&mut self, found: ScoresWithout) {
        if found.generation != self.generation {
            return;
        }
        for (class, scores) in found.classes {
            if let Some(Some(class)) = self.outcome.classes.get_mut(class) {
                class.without_steps = scores.into();
            }
        }
    }
}
