//! Alignments and rankings of a clip's classes.

use std::sync::OnceLock;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use thiserror::Error;

use crate::align::{
    self, AlignError, Alignment, Calibration, OrderEvidence, Rule, Shuffles, margin_evidence,
};
use crate::explain::{Confidence, RIVALS, Shares, confidence};
use crate::explore::evidence_limit::EvidenceLimit;
use crate::explore::method::Method;
use crate::explore::wide_smoothing::WideSmoothing;

#[derive(Clone, Debug)]
pub struct ClassOutcome {
    /// Smoothed cosines, K×T (Eq. 8); 0×0 where [`align_in_turn`] does not keep them.
    pub cosines: Array2<f32>,
    /// The aligned matrix, K×T (Eq. 9 for affinities); 0×0 where it is not kept.
    pub cells: Array2<f32>,
    /// Path and score (Eqs. 10–13).
    pub alignment: Alignment,
    /// What each step adds to the score.
    pub shares: Shares,
    /// See [`Outcome::scores_without_steps`].
    pub(super) without_steps: OnceLock<Vec<Option<f64>>>,
    /// Mean of the cells: the same script without its order.
    pub order_free: f64,
    /// Mean-pool score ([`align::mean_pool`]), once the class name is embedded.
    pub mean_pool: Option<f64>,
    /// Whether the order of the steps matters.
    pub order: Evidence,
}

/// Evidence in the order of a class' steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Evidence {
    /// Not computed yet.
    #[default]
    Unknown,
    /// A single step has no other order to compare with.
    NoOtherOrder,
    Found(OrderEvidence),
}

impl Evidence {
    pub fn found(self) -> Option<OrderEvidence> {
        match self {
            Self::Found(evidence) => Some(evidence),
            Self::Unknown | Self::NoOtherOrder => None,
        }
    }
}

impl From<Option<OrderEvidence>> for Evidence {
    fn from(computed: Option<OrderEvidence>) -> Self {
        computed.map_or(Self::NoOtherOrder, Self::Found)
    }
}

#[derive(Clone, Debug)]
pub struct ClassMatrix {
    /// Smoothed cosines, K×T (Eq. 8).
    pub cosines: Array2<f32>,
    /// Mean-pool score ([`align::mean_pool`]), once the class name is embedded.
    pub mean_pool: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("{error}")]
pub struct ClassRefused {
    pub class: usize,
    pub error: AlignError,
}

impl From<ClassRefused> for AlignError {
    fn from(refused: ClassRefused) -> Self {
        refused.error
    }
}

/// Aligns the classes that have a matrix, and returns the rule too: its background may depend on all matrices.
pub fn align_classes(
    matrices: Vec<Option<ClassMatrix>>,
    method: Method,
    calibration: Calibration,
) -> Result<(Rule, Vec<Option<ClassOutcome>>), ClassRefused> {
    let cells: Vec<Option<Array2<f32>>> = matrices
        .par_iter()
        .map(|matrix| Some(align::cells(&matrix.as_ref()?.cosines, method.cell, calibration)))
        .collect();
    let rule = method.rule(cells.iter().flatten());
    let align = |(class, (matrix, cells)): (usize, (Option<ClassMatrix>, Option<Array2<f32>>))| {
        let Some((matrix, cells)) = matrix.zip(cells) else { return Ok(None) };
        align_class(rule, matrix, cells).map(Some).map_err(|error| ClassRefused { class, error })
    };
    let aligned =
        matrices.into_par_iter().zip(cells).enumerate().map(align).collect::<Result<_, ClassRefused>>();
    Ok((rule, aligned?))
}

/// What is kept of many classes.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// How many classes keep their matrices, from the best.
    pub matrices: usize,
    /// Whether every class keeps its path and has its scores without each step.
    pub details: bool,
}

impl Kept {
    /// The matrices that the order evidence of so many classes and the confidence need.
    pub fn for_evidence(limit: EvidenceLimit, details: bool) -> Self {
        Self { matrices: limit.of(usize::MAX).max(1 + RIVALS), details }
    }
}

/// Aligns `count` classes as [`align_classes`] does, a few at a time, so that memory does not grow with their matrices: each is
/// made when it is needed, and again if it is kept. The background must not be a percentile.
pub fn align_in_turn(
    count: usize,
    matrix: impl Fn(usize) -> Option<ClassMatrix> + Sync,
    method: Method,
    calibration: Calibration,
    kept: Kept,
) -> Result<(Rule, Vec<Option<ClassOutcome>>), ClassRefused> {
    let rule = method.rule([]);
    let align = |class: usize| {
        let Some(matrix) = matrix(class) else { return Ok(None) };
        let cells = align::cells(&matrix.cosines, method.cell, calibration);
        align_class(rule, matrix, cells).map(Some).map_err(|error| ClassRefused { class, error })
    };
    let lean = |class: usize| -> Result<Option<ClassOutcome>, ClassRefused> {
        let Some(mut outcome) = align(class)? else { return Ok(None) };
        if kept.details {
            outcome.without_steps = without_steps(rule, outcome.cells.view()).into();
        } else {
            outcome.alignment.path = Vec::new();
        }
        Ok(Some(ClassOutcome { cosines: Array2::default((0, 0)), cells: Array2::default((0, 0)), ..outcome }))
    };
    let mut classes: Vec<Option<ClassOutcome>> =
        (0..count).into_par_iter().map(lean).collect::<Result<_, ClassRefused>>()?;
    let mut best = ranked(&classes, |class| Some(class.alignment.score));
    best.truncate(kept.matrices);
    let whole: Vec<_> = best.par_iter().map(|&class| align(class)).collect::<Result<_, ClassRefused>>()?;
    for (class, whole) in best.into_iter().zip(whole) {
        classes[class] = whole;
    }
    Ok((rule, classes))
}

fn align_class(rule: Rule, matrix: ClassMatrix, cells: Array2<f32>) -> Result<ClassOutcome, AlignError> {
    let ClassMatrix { cosines, mean_pool } = matrix;
    let alignment = align::align(rule, cells.view())?;
    Ok(ClassOutcome {
        shares: Shares::new(rule, cells.view(), &alignment),
        order_free: align::order_free(cells.view()),
        cosines,
        cells,
        alignment,
        without_steps: OnceLock::new(),
        mean_pool,
        order: Evidence::Unknown,
    })
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Presentation times of the frames, in seconds: the matrices' columns.
    pub times: Vec<f64>,
    pub ordinals: Vec<u64>,
    pub width: usize,
    pub rule: Rule,
    /// The classes in the order given; `None` until all steps and a frame are embedded.
    pub classes: Vec<Option<ClassOutcome>>,
    /// Indices of the aligned classes, best first (Eq. 14).
    pub ranking: Vec<usize>,
    /// Indices of the classes with a mean-pool score, best first.
    pub mean_pool_ranking: Vec<usize>,
    /// How sure the leader is, once that is found.
    pub confidence: Option<Confidence>,
}

impl Outcome {
    /// Ranks aligned classes. `times` and `ordinals` belong to the columns of the matrices; `width` is in frames.
    pub fn new(
        times: Vec<f64>,
        ordinals: Vec<u64>,
        width: usize,
        rule: Rule,
        classes: Vec<Option<ClassOutcome>>,
    ) -> Self {
        let ranking = ranked(&classes, |c| Some(c.alignment.score));
        let mean_pool_ranking = ranked(&classes, |c| c.mean_pool);
        Self { times, ordinals, width, rule, classes, ranking, mean_pool_ranking, confidence: None }
    }

    /// Computes the order evidence of the first classes of the ranking, unless it is known, and the confidence in the leader with
    /// the order evidence of its margin, unless `limit` is none. `seeds` has one for every class, for the orders of its steps.
    pub fn find_evidence(&mut self, seeds: &[u64], limit: EvidenceLimit) -> Result<(), AlignError> {
        self.find_confidence()?;
        let first = &self.ranking[..limit.of(self.ranking.len())];
        let (rule, classes) = (self.rule, &self.classes);
        let find = |(place, &index): (usize, &usize)| {
            let class = classes[index].as_ref().filter(|class| class.order == Evidence::Unknown || place < 2);
            let Some(class) = class else { return Ok(None) };
            let mut shuffles = Shuffles::new(rule, class.cells.view(), seeds[index])?;
            let evidence = Evidence::from(shuffles.evidence(|| false));
            // Leader and runner-up draw on for their margin.
            Ok(Some((index, evidence, (place < 2).then_some(shuffles))))
        };
        let found: Vec<_> = first.par_iter().enumerate().map(find).collect::<Result<_, AlignError>>()?;
        let mut pair = Vec::new();
        for (index, evidence, shuffles) in found.into_iter().flatten() {
            if let Some(class) = &mut self.classes[index] {
                class.order = evidence;
            }
            pair.extend(shuffles);
        }
        if let (Some(confidence), [leader, runner_up]) = (&mut self.confidence, &mut pair[..]) {
            confidence.margin_order = margin_evidence(leader, runner_up, || false);
        }
        Ok(())
    }

    /// Computes the confidence in the leader, without the order evidence of its margin, unless it is known.
    pub fn find_confidence(&mut self) -> Result<(), AlignError> {
        if self.confidence.is_none() {
            let classes = self.ranking.iter().filter_map(|&class| self.classes[class].as_ref());
            let cells: Vec<_> = classes.take(1 + RIVALS).map(|class| class.cells.view()).collect();
            if let Some((leader, rivals)) = cells.split_first() {
                self.confidence = confidence(self.rule, *leader, rivals, self.width)?;
            }
        }
        Ok(())
    }

    /// Place of a class in the ranking, from 1.
    pub fn rank(&self, class: usize) -> Option<usize> {
        place(&self.ranking, class)
    }

    /// Place of a class in the mean-pool ranking, from 1.
    pub fn mean_pool_rank(&self, class: usize) -> Option<usize> {
        place(&self.mean_pool_ranking, class)
    }

    pub fn score(&self, class: usize) -> Option<f64> {
        self.classes.get(class)?.as_ref().map(|c| c.alignment.score)
    }

    /// The smoothing, if it is wider than the median step of a class' path.
    pub fn wide_smoothing(&self, class: usize) -> Option<WideSmoothing> {
        WideSmoothing::of(self.width, &self.classes.get(class)?.as_ref()?.alignment.frames_per_step)
    }

    /// The best of the other classes.
    pub fn rival(&self, class: usize) -> Option<usize> {
        self.ranking.iter().copied().find(|&other| other != class)
    }

    /// Score minus the best score among the other classes; `None` without another class.
    pub fn margin(&self, class: usize) -> Option<f64> {
        Some(self.score(class)? - self.score(self.rival(class)?)?)
    }

    /// The score of a class whose script lacks one step, for each step: see [`align::scores_without_steps`]. Empty if the class is
    /// not aligned, or as long as they are unknown.
    pub fn scores_without_steps(&self, class: usize) -> &[Option<f64>] {
        let class = self.classes.get(class).and_then(Option::as_ref);
        class.and_then(|class| class.without_steps.get()).map_or(&[], Vec::as_slice)
    }

    /// Computes missing scores without steps of a class.
    pub fn find_scores_without_steps(&self, class: usize) {
        if let Some(Some(class)) = self.classes.get(class)
            && !class.cells.is_empty()
        {
            class.without_steps.get_or_init(|| without_steps(self.rule, class.cells.view()));
        }
    }

    /// Place that a class would have in the ranking with another score, from 1.
    pub fn rank_at(&self, class: usize, score: f64) -> usize {
        let is_ahead = |&&other: &&usize| {
            let of_other = self.score(other).unwrap_or(f64::NEG_INFINITY);
            other != class && (of_other > score || of_other == score && other < class)
        };
        1 + self.ranking.iter().filter(is_ahead).count()
    }
}

/// Scores without each step, of a matrix that has been aligned.
pub(super) fn without_steps(rule: Rule, cells: ArrayView2<f32>) -> Vec<Option<f64>> {
    align::scores_without_steps(rule, cells).unwrap_or_else(|_| vec![None; cells.nrows()])
}

fn place(ranking: &[usize], class: usize) -> Option<usize> {
    ranking.iter().position(|&c| c == class).map(|p| p + 1)
}

fn ranked(classes: &[Option<ClassOutcome>], score: impl Fn(&ClassOutcome) -> Option<f64>) -> Vec<usize> {
    let (indices, scores): (Vec<usize>, Vec<f64>) = classes
        .iter()
        .enumerate()
        .filter_map(|(index, class)| Some((index, score(class.as_ref()?)?)))
        .unzip();
    align::rank(&scores).into_iter().map(|place| indices[place]).collect()
}
