//! Order evidence: a score, or the margin of two, against the same steps in other orders.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::orders::Orders;
use super::search::Search;
use super::{AlignError, Rule};

/// Orders drawn at least; if there are no more, all are taken.
const FEWEST: usize = 200;
/// Orders drawn between two looks at the decision.
const MORE: usize = 100;
/// Orders drawn at most.
const MOST: usize = 6_000;
/// The p below which an order is said to matter.
pub const LEVEL: f64 = 0.05;
/// Most probability that drawing stops on the wrong side of [`LEVEL`].
const RISK: f64 = 0.01;
/// Relative difference below which scores are equal: the same cells summed in another order.
const ROUNDING: f64 = 1e-12;

/// A score or a margin relative to its values with the steps in other orders.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderEvidence {
    /// Mean of the other values.
    pub mean: f64,
    /// Standard deviations of the other values by which it exceeds their mean; 0 if all are equal.
    pub z: f64,
    /// Standard error of `z`, because the other values are a sample; 0 if they are all that there are.
    pub z_error: f64,
    /// (1 + b) / (1 + n), where b of the n other values are at least as high.
    pub p: f64,
    /// The number n of other values.
    #[serde(rename = "n")]
    pub permutations: usize,
}

impl OrderEvidence {
    /// The number b of other values that are at least as high.
    pub fn as_high(&self) -> usize {
        (self.p * (1 + self.permutations) as f64).round() as usize - 1
    }

    /// Whether the order matters: p is below [`LEVEL`].
    pub fn is_clear(&self) -> bool {
        self.p < LEVEL
    }
}

/// The order evidence of the script of K×T `cells`, whose orders are drawn with `seed`: see [`Shuffles::evidence`].
///
/// # Errors
/// As [`align`](super::align).
pub fn order_evidence(
    rule: impl Into<Rule>,
    cells: ArrayView2<f32>,
    seed: u64,
) -> Result<Option<OrderEvidence>, AlignError> {
    Ok(Shuffles::new(rule, cells, seed)?.evidence(|| false))
}

/// A script with its scores in other orders of its steps, as many as were drawn.
pub struct Shuffles {
    search: Search,
    orders: Orders,
    as_written: f64,
    scores: Vec<f64>,
}

impl Shuffles {
    /// Of a script with K×T `cells`, with no other order yet. The same seed draws the same orders.
    ///
    /// # Errors
    /// As [`align`](super::align).
    pub fn new(rule: impl Into<Rule>, cells: ArrayView2<f32>, seed: u64) -> Result<Self, AlignError> {
        let mut search = Search::new(rule.into(), cells)?;
        let as_written = search.score(&(0..cells.nrows()).collect::<Vec<_>>());
        let orders = Orders::new(cells.nrows(), FEWEST, seed);
        Ok(Self { search, orders, as_written, scores: Vec::new() })
    }

    /// The script's scores in the orders drawn so far, bit-equal to [`align`](super::align).
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// Draws other orders until there are `count`, or all.
    pub fn draw(&mut self, count: usize) {
        let more = count.saturating_sub(self.scores.len());
        let Self { search, orders, scores, .. } = self;
        scores.extend(orders.take(more).map(|order| search.score(&order)));
    }

    /// Whether all other orders are drawn.
    fn is_complete(&self) -> bool {
        self.orders.total() == Some(self.scores.len())
    }

    /// Compares the script with its steps in other orders: all K! − 1 if K! ≤ 200, else 200 and more near the decision (see
    /// [`is_settled`]). `None` for a single step, or if `is_cancelled`.
    pub fn evidence(&mut self, is_cancelled: impl Fn() -> bool) -> Option<OrderEvidence> {
        let score = self.as_written;
        let rounding = ROUNDING * score.abs();
        let mut count = FEWEST;
        loop {
            self.draw_while(count, &is_cancelled)?;
            let n = self.scores.len();
            if n == 0 {
                return None;
            }
            let as_high = self.scores.iter().filter(|&&other| other >= score - rounding).count();
            if self.is_complete() || n >= MOST || is_settled(as_high, n) {
                return Some(evidence(score, rounding, &[(1.0, self.sample())], (as_high, n)));
            }
            count = n + MORE;
        }
    }

    /// [`Shuffles::draw`]; `None` if `is_cancelled`.
    fn draw_while(&mut self, count: usize, is_cancelled: impl Fn() -> bool) -> Option<()> {
        while self.scores.len() < count && !self.is_complete() {
            if is_cancelled() {
                return None;
            }
            self.draw(self.scores.len() + 1);
        }
        Some(())
    }

    /// The moments of the scores drawn; of the only score where there is no other order.
    fn sample(&self) -> Sample {
        if self.scores.is_empty() {
            return Sample { mean: self.as_written, moments: [0.0; 3], share: 0.0 };
        }
        let n = self.scores.len() as f64;
        let mean = self.scores.iter().sum::<f64>() / n;
        let moment = |power: i32| self.scores.iter().map(|score| (score - mean).powi(power)).sum::<f64>() / n;
        // Drawn without replacement, the last ones tell less.
        let unseen = self.orders.total().map_or(1.0, |all| (all as f64 - n) / (all as f64 - 1.0).max(1.0));
        Sample { mean, moments: [2, 3, 4].map(moment), share: unseen / n }
    }

    /// Its scores, or its only one.
    fn values(&self) -> &[f64] {
        if self.scores.is_empty() { std::slice::from_ref(&self.as_written) } else { &self.scores }
    }
}

/// The order evidence of a margin: the lead of one script over another against the leads with the steps of *both* in other
/// orders, which are independent of each other.
///
/// Every order of one meets every order of the other if both have at most 200; else the i-th that is drawn of one meets the
/// i-th of the other, 200 pairs and more near the decision. A script without another order stays as it is. `None` if neither
/// has one, or if `is_cancelled`.
pub fn margin_evidence(
    leader: &mut Shuffles,
    other: &mut Shuffles,
    is_cancelled: impl Fn() -> bool,
) -> Option<OrderEvidence> {
    let margin = leader.as_written - other.as_written;
    let rounding = ROUNDING * leader.as_written.abs().max(other.as_written.abs());
    let mut count = FEWEST;
    loop {
        leader.draw_while(count, &is_cancelled)?;
        other.draw_while(count, &is_cancelled)?;
        if leader.scores.is_empty() && other.scores.is_empty() {
            return None;
        }
        let is_complete = leader.is_complete() && other.is_complete();
        let (leads, lags) = (leader.values(), other.values());
        let counts = match is_complete {
            true => (pairs_as_high(leads, lags, margin - rounding), leads.len() * lags.len()),
            false => {
                let pairs = leads.iter().cycle().zip(lags.iter().cycle()).take(count);
                (pairs.filter(|(lead, lag)| *lead - *lag >= margin - rounding).count(), count)
            }
        };
        if is_complete || count >= MOST || is_settled(counts.0, counts.1) {
            return Some(evidence(
                margin,
                rounding,
                &[(1.0, leader.sample()), (-1.0, other.sample())],
                counts,
            ));
        }
        count += MORE;
    }
}

/// How many pairs differ by at least `least`.
fn pairs_as_high(leads: &[f64], lags: &[f64], least: f64) -> usize {
    let mut lags = lags.to_vec();
    lags.sort_by(f64::total_cmp);
    leads.iter().map(|lead| lags.partition_point(|lag| lead - lag >= least)).sum()
}

/// Whether b of n draws say on which side of [`LEVEL`] p lies: the first n with (n + 1)·C(n, b)·LEVELᵇ·(1 − LEVEL)ⁿ⁻ᵇ ≤ RISK
/// (the confidence sequence of Robbins 1970 and Lai 1976, as Ding, Gandy and Hahn 2020 use it). It stops on the wrong side
/// with a probability of at most RISK, however often one looks.
fn is_settled(b: usize, n: usize) -> bool {
    let (b, n) = (b as f64, n as f64);
    let least = b.min(n - b);
    let choose: f64 = (1..=least as usize).map(|i| ((n - least) / i as f64 + 1.0).ln()).sum();
    (n + 1.0).ln() + choose + b * LEVEL.ln() + (n - b) * (1.0 - LEVEL).ln() <= RISK.ln()
}

/// What is known of a script's scores in other orders.
#[derive(Clone, Copy)]
struct Sample {
    mean: f64,
    /// Central moments 2, 3 and 4.
    moments: [f64; 3],
    /// The share of their variance that means over the sample have; 0 where nothing is left out.
    share: f64,
}

/// The evidence of a value against sums of independent samples, each with its sign, b of n of which are as high.
fn evidence(value: f64, rounding: f64, samples: &[(f64, Sample)], (b, n): (usize, usize)) -> OrderEvidence {
    let total = |part: &dyn Fn(f64, &Sample) -> f64| -> f64 {
        samples.iter().map(|(sign, sample)| part(*sign, sample)).sum()
    };
    let mean = total(&|sign, sample| sign * sample.mean);
    let variance = total(&|_, sample| sample.moments[0]);
    let deviation = variance.sqrt();
    let (z, z_error) = if deviation > rounding.max(ROUNDING * mean.abs()) {
        let z = (value - mean) / deviation;
        // First-order errors of mean and variance, which vary together in a skewed sample.
        let of_mean = total(&|_, sample| sample.share * sample.moments[0]) / variance;
        let of_both = total(&|sign, sample| sign * sample.share * sample.moments[1]) / (variance * deviation);
        let of_variance = total(&|_, sample| sample.share * (sample.moments[2] - sample.moments[0].powi(2)))
            / variance.powi(2);
        (z, (of_mean + z * of_both + z * z / 4.0 * of_variance).max(0.0).sqrt())
    } else {
        (0.0, 0.0)
    };
    OrderEvidence { mean, z, z_error, p: (1 + b) as f64 / (1 + n) as f64, permutations: n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_stops_far_from_the_level_and_goes_on_near_it() {
        for (b, n, settled) in [
            (0, 200, true),
            (3, 200, false),
            (10, 200, false),
            (25, 200, true),
            (100, 200, true),
            (20, 800, false),
            (12, 800, true),
        ] {
            assert_eq!(is_settled(b, n), settled, "{b} of {n}");
        }
        assert!((1..60).all(|hundred| !is_settled(5 * hundred, 100 * hundred)), "never at the level itself");
    }

    /// With the formula of the binomial distribution written out.
    #[test]
    fn the_rule_is_the_one_of_robbins_and_lai() {
        for (b, n) in [(0_i32, 200_i32), (1, 200), (2, 300), (24, 200), (26, 200), (199, 200), (200, 200)] {
            let mut probability = 1.0_f64;
            for i in 1..=b {
                probability *= f64::from(n - b + i) / f64::from(i) * LEVEL;
            }
            probability *= (1.0 - LEVEL).powi(n - b);
            let settled = f64::from(n + 1) * probability <= RISK;
            assert_eq!(is_settled(b as usize, n as usize), settled, "{b} of {n}");
        }
    }

    #[test]
    fn values_as_high_are_counted() {
        for (b, n) in [(1, 1), (0, 199), (100, 200)] {
            let sample = Sample { mean: 0.0, moments: [1.0, 0.0, 3.0], share: 0.0 };
            assert_eq!(evidence(0.3, 0.0, &[(1.0, sample)], (b, n)).as_high(), b);
        }
    }

    #[test]
    fn every_pair_is_compared() {
        let (leads, lags) = ([0.5, 0.1, 0.3], [0.2, 0.0]);
        assert_eq!(pairs_as_high(&leads, &lags, 0.3), 3);
        assert_eq!(pairs_as_high(&leads, &lags, 1.0), 0);
        assert_eq!(pairs_as_high(&leads, &lags, -1.0), 6);
    }
}
