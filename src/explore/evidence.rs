//! The evidence in the order of each class' steps, found in the background.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use color_eyre::eyre::{Report, eyre};
use ndarray::Array2;

use crate::align::{OrderEvidence, Rule, shuffled_scores};
use crate::error_chain::panic_message;

/// Matrices whose order evidence is not known, best class first.
#[derive(Clone, Debug)]
pub struct EvidenceRequest {
    pub(super) generation: u64,
    pub(super) rule: Rule,
    pub(super) classes: Vec<Unproven>,
}

/// A class whose order evidence is not known.
#[derive(Clone, Debug)]
pub(super) struct Unproven {
    pub class: usize,
    pub cells: Array2<f32>,
    pub score: f64,
}

impl EvidenceRequest {
    /// Number of the alignments that the matrices are from: see [`Exploration::generation`](super::Exploration::generation).
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether everything is known.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}

/// News of the evidence.
#[derive(Debug)]
pub enum EvidenceUpdate {
    /// A class is done: see [`Exploration::add_evidence`](super::Exploration::add_evidence).
    Found {
        /// The request's generation.
        generation: u64,
        /// Index of the class.
        class: usize,
        /// None where its steps have no other order.
        evidence: Option<OrderEvidence>,
    },
    /// A request ended early. The next one is taken all the same.
    Failed(Report),
}

/// A thread that finds order evidence. Dropping this stops it after the score in hand.
pub struct EvidenceWorker(Sender<EvidenceRequest>);

impl EvidenceWorker {
    /// Starts the thread, from which `emit` is called.
    pub fn start(emit: impl Fn(EvidenceUpdate) + Send + 'static) -> Self {
        let (sender, requests) = channel();
        thread::spawn(move || work(&requests, &emit));
        Self(sender)
    }

    /// Asks for evidence. Replaces what was asked for before: what is left of that is not found any more.
    pub fn find(&self, request: EvidenceRequest) {
        // The thread ends only when nobody can ask it.
        let _ = self.0.send(request);
    }
}

fn work(requests: &Receiver<EvidenceRequest>, emit: &impl Fn(EvidenceUpdate)) {
    let mut next = None;
    while let Some(request) = next.take().or_else(|| requests.recv().ok()) {
        // A panic becomes an error in the interface.
        next = match catch_unwind(AssertUnwindSafe(|| find(request, requests, emit))) {
            Ok(Ok(next)) => next,
            Ok(Err(report)) => {
                emit(EvidenceUpdate::Failed(report));
                None
            }
            Err(panic) => {
                let words = panic_message(&*panic);
                emit(EvidenceUpdate::Failed(eyre!("Order evidence stopped unexpectedly: {words}")));
                None
            }
        };
    }
}

/// Finds evidence until all is found or there is another request, which is returned.
fn find(
    request: EvidenceRequest,
    requests: &Receiver<EvidenceRequest>,
    emit: &impl Fn(EvidenceUpdate),
) -> Result<Option<EvidenceRequest>, Report> {
    let EvidenceRequest { generation, rule, classes } = request;
    for Unproven { class, cells, score } in classes {
        let mut shuffled = Vec::new();
        for other in shuffled_scores(rule, cells.view())? {
            match requests.try_recv() {
                Ok(newer) => return Ok(Some(requests.try_iter().last().unwrap_or(newer))),
                Err(TryRecvError::Disconnected) => return Ok(None),
                Err(TryRecvError::Empty) => shuffled.push(other),
            }
        }
        let evidence = OrderEvidence::new(score, &shuffled);
        emit(EvidenceUpdate::Found { generation, class, evidence });
    }
    Ok(None)
}

/// A number that no alignments of this run of the program had before.
pub(super) fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
