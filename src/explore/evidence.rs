//! Order evidence of each class, found in the background.

use std::sync::atomic::{AtomicU64, Ordering};

use color_eyre::eyre::Report;
use ndarray::Array2;

use crate::align::{OrderEvidence, Rule, shuffled_scores};
use crate::background::Context;

/// Matrices whose order evidence is unknown, best class first.
#[derive(Clone, Debug)]
pub struct EvidenceRequest {
    pub(super) generation: u64,
    pub(super) rule: Rule,
    pub(super) classes: Vec<Unproven>,
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
        self.classes.is_empty()
    }

    /// Finds the evidence class by class and sends each, until the job is cancelled. Returns why it ended early.
    pub fn find(&self, context: &Context<EvidenceUpdate>) -> Option<EvidenceUpdate> {
        for Unproven { class, cells, score } in &self.classes {
            let shuffled = match shuffled_scores(self.rule, cells.view()) {
                Ok(scores) => scores.take_while(|_| !context.is_cancelled()).collect::<Vec<_>>(),
                Err(error) => return Some(EvidenceUpdate::Failed(error.into())),
            };
            if context.is_cancelled() {
                break;
            }
            let (generation, evidence) = (self.generation, OrderEvidence::new(*score, &shuffled));
            context.send(EvidenceUpdate::Found { generation, class: *class, evidence });
        }
        None
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
    Failed(Report),
}

/// A number for alignments, unique in this process.
pub(super) fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
