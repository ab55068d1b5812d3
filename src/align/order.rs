//! Order evidence: a script's score against the same steps in other orders.

use ndarray::ArrayView2;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::search::Search;
use super::{AlignError, Rule};

const ORDERS: usize = 200;
/// Fixed, so that scripts with equally many steps are compared with the same orders.
const SEED: u64 = 0x0ac7_a119;
/// Relative difference below which scores are equal: the same cells summed in another order.
const ROUNDING: f64 = 1e-12;

/// A script's score relative to the scores of its steps in other orders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderEvidence {
    /// Standard deviations of the other scores by which the score exceeds their mean; 0 if all are equal.
    pub z: f64,
    /// (1 + b) / (1 + n), where b of the n other orders score at least as high.
    pub p: f64,
    /// The number n of other orders.
    pub permutations: usize,
}

impl OrderEvidence {
    /// From a script's score and those of [`shuffled_scores`]. `None` if there is no other order.
    pub fn new(score: f64, shuffled: &[f64]) -> Option<Self> {
        if shuffled.is_empty() {
            return None;
        }
        let n = shuffled.len() as f64;
        let mean = shuffled.iter().sum::<f64>() / n;
        let deviation = (shuffled.iter().map(|other| (other - mean).powi(2)).sum::<f64>() / n).sqrt();
        let z = if deviation > ROUNDING * mean.abs() { (score - mean) / deviation } else { 0.0 };
        let as_high = shuffled.iter().filter(|&&other| other >= score - ROUNDING * score.abs()).count();
        Some(Self { z, p: (1 + as_high) as f64 / (1.0 + n), permutations: shuffled.len() })
    }

    /// The number b of other orders that score at least as high.
    pub fn as_high(&self) -> usize {
        (self.p * (1 + self.permutations) as f64).round() as usize - 1
    }
}

/// Compares the script of K×T `cells` with its steps in other orders: all K! − 1 if K! ≤ 200, else 200 drawn with a fixed
/// seed. `None` for a single step.
pub fn order_evidence(
    rule: impl Into<Rule>,
    cells: ArrayView2<f32>,
) -> Result<Option<OrderEvidence>, AlignError> {
    let rule = rule.into();
    let shuffled: Vec<f64> = shuffled_scores(rule, cells)?.collect();
    let as_written: Vec<usize> = (0..cells.nrows()).collect();
    Ok(OrderEvidence::new(Search::new(rule, cells)?.score(&as_written), &shuffled))
}

/// Scores of the script of K×T `cells` in the orders of [`order_evidence`], bit-equal to [`align`](super::align).
pub fn shuffled_scores(
    rule: impl Into<Rule>,
    cells: ArrayView2<f32>,
) -> Result<impl Iterator<Item = f64>, AlignError> {
    let mut search = Search::new(rule.into(), cells)?;
    Ok(other_orders(cells.nrows()).into_iter().map(move |order| search.score(&order)))
}

/// Orders of `steps` steps other than the written one.
fn other_orders(steps: usize) -> Vec<Vec<usize>> {
    let as_written: Vec<usize> = (0..steps).collect();
    let all = (1..=steps).try_fold(1_usize, |all, steps| all.checked_mul(steps).filter(|&all| all <= ORDERS));
    if let Some(all) = all {
        return (1..all).map(|number| numbered_order(number, as_written.clone())).collect();
    }
    let mut dice = Pcg64::seed_from_u64(SEED);
    let mut draw = || {
        let mut order = as_written.clone();
        for end in (1..steps).rev() {
            order.swap(end, dice.random_range(0..=end));
        }
        order
    };
    std::iter::repeat_with(&mut draw).filter(|order| *order != as_written).take(ORDERS).collect()
}

/// The order with this number among all orders of `steps`; number 0 is the written one.
fn numbered_order(mut number: usize, mut steps: Vec<usize>) -> Vec<usize> {
    (1..=steps.len())
        .rev()
        .map(|left| {
            let step = steps.remove(number % left);
            number /= left;
            step
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn few_steps_take_every_other_order_once() {
        for (steps, others) in [(0, 0), (1, 0), (2, 1), (3, 5), (4, 23), (5, 119)] {
            let orders = other_orders(steps);
            assert_eq!(orders.len(), others, "{steps} steps");
            assert_eq!(orders.iter().collect::<HashSet<_>>().len(), others);
            assert!(orders.iter().all(|order| is_an_order(order, steps) && !order.is_sorted()));
        }
    }

    #[test]
    fn many_steps_take_the_same_orders_every_time() {
        for steps in [6, 7, 30] {
            let orders = other_orders(steps);
            assert_eq!(orders.len(), ORDERS);
            assert!(orders.iter().all(|order| is_an_order(order, steps) && !order.is_sorted()));
            assert_eq!(orders, other_orders(steps));
            // Every step comes first about as often as every other: 200 / steps times, give or take.
            let first = |step| orders.iter().filter(|order| order[0] == step).count();
            assert!((0..steps).all(|step| first(step) < 3 * ORDERS / steps));
        }
    }

    #[test]
    fn orders_that_score_as_high_are_counted() {
        for (shuffled, as_high) in
            [(vec![0.5], 1), (vec![0.1; 199], 0), ([[0.1; 100], [0.3; 100]].concat(), 100)]
        {
            assert_eq!(OrderEvidence::new(0.3, &shuffled).unwrap().as_high(), as_high);
        }
    }

    fn is_an_order(order: &[usize], steps: usize) -> bool {
        order.len() == steps
            && order.iter().collect::<HashSet<_>>().len() == steps
            && order.iter().all(|&s| s < steps)
    }
}
