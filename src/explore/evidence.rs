//! Order evidence of each class and confidence in the leader, found in the background.

use std::sync::atomic::{AtomicU64, Ordering};

use color_eyre::eyre::Report;
use ndarray::Array2;

use crate::align::{AlignError, OrderEvidence, Rule, Shuffles, margin_evidence};
use crate::background::Context;
use crate::explain::{Confidence, confidence_in_turn};

/// Matrices whose order evidence is unknown, best class first, and those of the leader and its rivals if the confidence is
/// unknown.
#[derive(Clone, Debug)]
pub struct EvidenceRequest {
    pub(super) generation: u64,
    pub(super) rule: Rule,
    pub(super) classes: Vec<Matrix>,
    /// Best first; empty if the confidence is known.
    pub(super) contest: Vec<Matrix>,
    /// Smoothing width in frames.
    pub(super) width: usize,
}

/// The cells of a class, and the seed of its other orders.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    pub class: usize,
    pub cells: Array2<f32>,
    pub seed: u64,
}

impl Matrix {
    fn shuffles(&self, rule: Rule) -> Result<Shuffles, AlignError> {
        Shuffles::new(rule, self.cells.view(), self.seed)
    }
}

impl EvidenceRequest {
    /// [`Exploration::generation`](super::Exploration::generation) of the matrices.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn is_empty(&self) -> bool {
        self.classes.is_empty() && self.contest.is_empty()
    }

    /// Finds the evidence class by class and sends each, then the confidence, until the job is cancelled. Returns why it ended
    /// early. On one thread: a key may need the others.
    pub fn find(&self, context: &Context<EvidenceUpdate>) -> Option<EvidenceUpdate> {
        self.find_all(context).unwrap_or_else(|error| Some(EvidenceUpdate::Failed(error.into())))
    }

    fn find_all(&self, context: &Context<EvidenceUpdate>) -> Result<Option<EvidenceUpdate>, AlignError> {
        let is_cancelled = || context.is_cancelled();
        let generation = self.generation;
        // Of leader and runner-up, whose margin needs them too.
        let mut drawn: Vec<(usize, Shuffles)> = Vec::new();
        for matrix in &self.classes {
            let mut shuffles = matrix.shuffles(self.rule)?;
            let evidence = shuffles.evidence(is_cancelled);
            if is_cancelled() {
                return Ok(None);
            }
            context.send(EvidenceUpdate::Found { generation, class: matrix.class, evidence });
            if self.contest.iter().take(2).any(|first| first.class == matrix.class) {
                drawn.push((matrix.class, shuffles));
            }
        }
        let [leader, rivals @ ..] = &self.contest[..] else { return Ok(None) };
        let Some(runner_up) = rivals.first() else { return Ok(None) };
        let views: Vec<_> = rivals.iter().map(|rival| rival.cells.view()).collect();
        let confidence =
            confidence_in_turn(self.rule, leader.cells.view(), &views, self.width, is_cancelled)?;
        let Some(mut confidence) = confidence else { return Ok(None) };
        let mut shuffles = |matrix: &Matrix| match drawn.iter().position(|(class, _)| *class == matrix.class)
        {
            Some(at) => Ok(drawn.swap_remove(at).1),
            None => matrix.shuffles(self.rule),
        };
        let (mut leader, mut runner_up) = (shuffles(leader)?, shuffles(runner_up)?);
        confidence.margin_order = margin_evidence(&mut leader, &mut runner_up, is_cancelled);
        Ok((!is_cancelled()).then_some(EvidenceUpdate::Sure { generation, confidence }))
    }
}

#[derive(Debug)]
pub enum EvidenceUpdate {
    /// A class is done: see [`Exploration::add_evidence`](super::Exploration::add_evidence).
    Found {
        generation: u64,
        class: usize,
        /// None if its steps have no other order.
        evidence: Option<OrderEvidence>,
    },
    /// How sure the leader is: see [`Exploration::add_confidence`](super::Exploration::add_confidence).
    Sure {
        generation: u64,
        confidence: Confidence,
    },
    Failed(Report),
}

/// A number for alignments, unique in this process.
pub(super) fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
