//! Alignments and rankings of a clip's classes.

use std::sync::OnceLock;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use thiserror::Error;

use crate::align::{self, AlignError, Alignment, Calibration, OrderEvidence, Rule};
use crate::explain::{Confidence, Shares, confidence};
use crate::explore::method::Method;

#[derive(Clone, Debug)]
pub struct ClassOutcome {
    /// Smoothed cosines, K×T (Eq. 8).
    pub cosines: Array2<f32>,
    /// The aligned matrix, K×T (Eq. 9 for affinities).
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
        let Some((ClassMatrix { cosines, mean_pool }, cells)) = matrix.zip(cells) else { return Ok(None) };
        let alignment = align::align(rule, cells.view()).map_err(|error| ClassRefused { class, error })?;
        Ok(Some(ClassOutcome {
            shares: Shares::new(rule, cells.view(), &alignment),
            order_free: align::order_free(cells.view()),
            cosines,
            cells,
            alignment,
            without_steps: OnceLock::new(),
            mean_pool,
            order: Evidence::Unknown,
        }))
    };
    let aligned =
        matrices.into_par_iter().zip(cells).enumerate().map(align).collect::<Result<_, ClassRefused>>();
    Ok((rule, aligned?))
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

    /// Computes the order evidence of every class and the confidence in the leader, which needs the same scores, unless they are
    /// known. That takes longer than all alignments together.
    pub fn find_evidence(&mut self) -> Result<(), AlignError> {
        if self.classes.iter().flatten().all(|class| class.order != Evidence::Unknown) {
            return Ok(());
        }
        let rule = self.rule;
        let shuffled = |class: &mut Option<ClassOutcome>| -> Result<Vec<f64>, AlignError> {
            let Some(class) = class else { return Ok(Vec::new()) };
            let shuffled: Vec<f64> = align::shuffled_scores(rule, class.cells.view())?.collect();
            class.order = OrderEvidence::new(class.alignment.score, &shuffled).into();
            Ok(shuffled)
        };
        let shuffled: Vec<Vec<f64>> = self.classes.par_iter_mut().map(shuffled).collect::<Result<_, _>>()?;
        self.find_confidence()?;
        if let (Some(confidence), &[leader, runner_up, ..]) = (self.confidence, &self.ranking[..]) {
            let orders = |class: usize| Some((self.score(class)?, &shuffled[class][..]));
            let orders = orders(leader).zip(orders(runner_up));
            self.confidence = orders.map(|(leader, rival)| confidence.with_orders(leader, rival));
        }
        Ok(())
    }

    /// Computes the confidence in the leader, without that of other orders, unless it is known.
    pub fn find_confidence(&mut self) -> Result<(), AlignError> {
        if self.confidence.is_none() {
            let classes = self.ranking.iter().filter_map(|&class| self.classes[class].as_ref());
            let cells: Vec<_> = classes.map(|class| class.cells.view()).collect();
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
        if let Some(Some(class)) = self.classes.get(class) {
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
