//! Order evidence of each class and confidence in the leader, found in the background.

use std::sync::atomic::{AtomicU64, Ordering};

use color_eyre::eyre::Report;
use ndarray::Array2;

use crate::align::{OrderEvidence, Rule, shuffled_scores};
use crate::background::Context;
use crate::explain::{Confidence, confidence};

/// Matrices whose order evidence is unknown, best class first, and those of the leader and its rivals if the confidence is
/// unknown.
#[derive(Clone, Debug)]
pub struct EvidenceRequest {
    pub(super) generation: u64,
    pub(super) rule: Rule,
    pub(super) classes: Vec<Unproven>,
    /// Best first; empty if the confidence is known.
    pub(super) contest: Vec<Array2<f32>>,
    /// Smoothing width in frames.
    pub(super) width: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Unproven {
    pub class: usize,
    pub cells: Array2<f32>,
    pub score: f64,
}

impl EvidenceRequest {
    /// [`Exploration::generation`](super::Exploration::generation) of the matrices.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn is_empty(&self) -> bool {
        self.classes.is_empty() && self.contest.is_empty()
    }

    /// Finds the evidence class by class and sends each, then the confidence, until the job is cancelled. Returns why it ended early.
    pub fn find(&self, context: &Context<EvidenceUpdate>) -> Option<EvidenceUpdate> {
        for Unproven { class, cells, score } in &self.classes {
            let shuffled = match shuffled_scores(self.rule, cells.view()) {
                Ok(scores) => scores.take_while(|_| !context.is_cancelled()).collect::<Vec<_>>(),
                Err(error) => return Some(EvidenceUpdate::Failed(error.into())),
            };
            if context.is_cancelled() {
                return None;
            }
            let (generation, evidence) = (self.generation, OrderEvidence::new(*score, &shuffled));
            context.send(EvidenceUpdate::Found { generation, class: *class, evidence });
        }
        let (leader, rivals) = self.contest.split_first()?;
        let rivals: Vec<_> = rivals.iter().map(|cells| cells.view()).collect();
        match confidence(self.rule, leader.view(), &rivals, self.width, || context.is_cancelled()) {
            Ok(confidence) => {
                Some(EvidenceUpdate::Sure { generation: self.generation, confidence: confidence? })
            }
            Err(error) => Some(EvidenceUpdate::Failed(error.into())),
        }
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
