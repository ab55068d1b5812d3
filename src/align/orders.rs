//! The orders that a script's steps can come in, other than as written.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Most orders that are numbered; with more, orders are drawn.
const MOST_NUMBERED: usize = 6_000;

/// Orders of K steps other than the written one. Every one in turn if there are few; else at random, by a seed: each once
/// for up to seven steps, with replacement for more.
pub(super) struct Orders {
    steps: usize,
    /// Numbers of all other orders, in the order in which they are taken; `None` if there are too many.
    numbers: Option<Vec<usize>>,
    taken: usize,
    rng: Pcg64,
}

impl Orders {
    /// If there are no more than `few` orders, they are taken as numbered.
    pub fn new(steps: usize, few: usize, seed: u64) -> Self {
        let mut rng = Pcg64::seed_from_u64(seed);
        let all = (1..=steps).try_fold(1_usize, |all, steps| all.checked_mul(steps));
        let numbers = all.filter(|&all| all <= MOST_NUMBERED).map(|all| {
            let mut numbers: Vec<usize> = (1..all).collect();
            if all > few {
                shuffle(&mut numbers, &mut rng);
            }
            numbers
        });
        Self { steps, numbers, taken: 0, rng }
    }

    /// How many there are, where they are numbered.
    pub fn total(&self) -> Option<usize> {
        self.numbers.as_ref().map(Vec::len)
    }
}

impl Iterator for Orders {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.steps).collect();
        if let Some(numbers) = &self.numbers {
            let number = *numbers.get(self.taken)?;
            self.taken += 1;
            return Some(numbered(number, order));
        }
        loop {
            shuffle(&mut order, &mut self.rng);
            if !order.is_sorted() {
                return Some(order);
            }
        }
    }
}

fn shuffle(values: &mut [usize], rng: &mut Pcg64) {
    for end in (1..values.len()).rev() {
        values.swap(end, rng.random_range(0..=end));
    }
}

/// The order with this number among all orders of `steps`; number 0 is the written one.
fn numbered(mut number: usize, mut steps: Vec<usize>) -> Vec<usize> {
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

    const FEW: usize = 200;

    #[test]
    fn up_to_seven_steps_take_every_other_order_once() {
        for (steps, others) in [(0, 0), (1, 0), (2, 1), (3, 5), (4, 23), (5, 119), (6, 719), (7, 5039)] {
            let orders: Vec<_> = Orders::new(steps, FEW, 5).collect();
            assert_eq!(Orders::new(steps, FEW, 5).total(), Some(others), "{steps} steps");
            assert_eq!(orders.len(), others, "{steps} steps");
            assert_eq!(orders.iter().collect::<HashSet<_>>().len(), others);
            assert!(orders.iter().all(|order| is_an_order(order, steps) && !order.is_sorted()));
        }
    }

    #[test]
    fn a_seed_takes_the_same_orders_every_time_and_another_seed_others() {
        for steps in [6, 7, 8, 30] {
            let take = |seed| Orders::new(steps, FEW, seed).take(FEW).collect::<Vec<_>>();
            let orders = take(1);
            assert!(orders.iter().all(|order| is_an_order(order, steps) && !order.is_sorted()));
            assert_eq!(orders, take(1));
            assert_ne!(orders, take(2));
            // Every step comes first about as often as every other: 200 / steps times, give or take.
            let first = |step| orders.iter().filter(|order| order[0] == step).count();
            assert!((0..steps).all(|step| first(step) < 3 * FEW / steps));
        }
        let few = |seed| Orders::new(5, FEW, seed).collect::<Vec<_>>();
        assert_eq!(few(1), few(2), "all of them need no seed");
    }

    fn is_an_order(order: &[usize], steps: usize) -> bool {
        order.len() == steps
            && order.iter().collect::<HashSet<_>>().len() == steps
            && order.iter().all(|&s| s < steps)
    }
}
