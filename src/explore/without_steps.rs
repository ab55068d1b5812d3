//! Scores of classes whose scripts lack a step, where finding them takes too long for a key.

use ndarray::Array2;
use rayon::prelude::*;

use crate::align::Rule;
use crate::explore::outcome::without_steps;

/// Matrices of classes whose scores without each step are unknown.
#[derive(Clone, Debug)]
pub struct WithoutRequest {
    pub(super) generation: u64,
    pub(super) rule: Rule,
    pub(super) classes: Vec<(usize, Array2<f32>)>,
}

/// Scores without each step, by class: see [`Exploration::add_scores_without`](super::Exploration::add_scores_without).
#[derive(Clone, Debug)]
pub struct ScoresWithout {
    pub(super) generation: u64,
    pub(super) classes: Vec<(usize, Vec<Option<f64>>)>,
}

impl WithoutRequest {
    pub fn find(&self) -> ScoresWithout {
        let scores = |(class, cells): &(usize, Array2<f32>)| (*class, without_steps(self.rule, cells.view()));
        let classes = self.classes.par_iter().map(scores).collect();
        ScoresWithout { generation: self.generation, classes }
    }
}
