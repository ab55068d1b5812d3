//! Accuracy, its confidence interval, and tests of differences.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Bootstrap resamples of an interval.
const RESAMPLES: usize = 1000;
/// Resamples on each side of the 95 % interval.
const TAIL: usize = RESAMPLES / 40;
/// Fixed, so that rows over the same clips see the same resamples.
const SEED: u64 = 0x0ac7_a119;

/// Credit of a clip at k = 1, 2, 3: 1 if its true class is among the first k, 0 if not, in between for guessing.
pub type Credit = [f64; 3];

/// Credit of a ranking, best class first.
pub fn credit(ranking: &[usize], answer: usize) -> Credit {
    [1, 2, 3].map(|k| f64::from(ranking.iter().take(k).any(|&class| class == answer)))
}

/// Mean credit of guessing among n candidates: min(k, n) / n.
pub fn chance(candidates: usize) -> Credit {
    [1, 2, 3].map(|k: usize| k.min(candidates) as f64 / candidates as f64)
}

/// Mean of the values in per cent; none without values.
pub fn per_cent(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| 100.0 * values.iter().sum::<f64>() / values.len() as f64)
}

/// 95 % percentile bootstrap interval of [`per_cent`]; none without values.
pub fn interval(values: &[f64]) -> Option<[f64; 2]> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let mut rng = Pcg64::seed_from_u64(SEED);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..count).map(|_| values[rng.random_range(0..count)]).sum::<f64>() / count as f64)
        .collect();
    Some(middle(&mut means).map(|mean| 100.0 * mean))
}

/// 95 % percentile bootstrap interval of a statistic over `count` clips, from how often each is drawn: on the same resamples as
/// [`interval`].
pub fn interval_of<const N: usize>(
    count: usize,
    mut statistic: impl FnMut(&[u32]) -> [f64; N],
) -> [[f64; 2]; N] {
    let mut rng = Pcg64::seed_from_u64(SEED);
    let mut values = [(); N].map(|()| Vec::with_capacity(RESAMPLES));
    let mut times = vec![0; count];
    for _ in 0..RESAMPLES {
        times.fill(0);
        (0..count).for_each(|_| times[rng.random_range(0..count)] += 1);
        for (values, value) in values.iter_mut().zip(statistic(&times)) {
            values.push(value);
        }
    }
    values.map(|mut values| middle(&mut values))
}

/// Ends of the middle 95 % of as many values as there are resamples.
fn middle(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [values[TAIL], values[RESAMPLES - 1 - TAIL]]
}

/// Credit of guessing each clip, given as its number of candidates and true class. A trial's guesses are reproducible.
pub fn random_guesses(clips: &[(usize, usize)], trial: u64) -> Vec<Credit> {
    let mut rng = Pcg64::seed_from_u64(trial);
    let mut guess = |&(candidates, answer): &(usize, usize)| {
        let mut ranking: Vec<usize> = (0..candidates).collect();
        for end in (1..candidates).rev() {
            ranking.swap(end, rng.random_range(0..=end));
        }
        credit(&ranking, answer)
    };
    clips.iter().map(&mut guess).collect()
}

/// P-value of the exact two-sided McNemar test on the discordant clips: twice the smaller tail of the binomial
/// distribution with p = 1/2, at most 1.
pub fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    let (fewer, clips) = (only_a.min(only_b), only_a + only_b);
    if only_a == only_b {
        return 1.0;
    }
    // C(clips, fewer) / 2^clips. Factors and halvings alternate, so that nothing overflows, and only a value that no
    // float holds becomes 0.
    let (mut term, mut halvings) = (1.0, clips);
    for i in 1..=fewer {
        term *= (clips - fewer + i) as f64 / i as f64;
        while term > 1.0 && halvings > 0 {
            term /= 2.0;
            halvings -= 1;
        }
    }
    for _ in 0..halvings {
        term /= 2.0;
    }
    // From the largest term of the tail down to the first.
    let mut tail = term;
    for k in (1..=fewer).rev() {
        term *= k as f64 / (clips - k + 1) as f64;
        tail += term;
    }
    (2.0 * tail).min(1.0)
}

/// P-value of Fisher's exact two-sided test on a table of two groups: the total probability of all tables with the same sums
/// that are at most as likely. 1 if a row or a column is empty.
pub fn fisher([[a, b], [c, d]]: [[usize; 2]; 2]) -> f64 {
    let (first, second, left) = (a + b, c + d, a + c);
    let mut ln_factorials = vec![0.0; first + second + 1];
    for n in 1..ln_factorials.len() {
        ln_factorials[n] = ln_factorials[n - 1] + (n as f64).ln();
    }
    let ln_choose = |n: usize, k: usize| ln_factorials[n] - ln_factorials[k] - ln_factorials[n - k];
    let all = ln_choose(first + second, left);
    let probability = |a: usize| (ln_choose(first, a) + ln_choose(second, left - a) - all).exp();
    // Equally likely tables differ by rounding.
    let most = probability(a) * (1.0 + 1e-7);
    let tables = left.saturating_sub(second)..=first.min(left);
    tables.map(probability).filter(|&p| p <= most).sum::<f64>().min(1.0)
}

/// P-values adjusted after Holm, in the order given.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        least = least.max(((p_values.len() - rank) as f64 * p_values[index]).min(1.0));
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::rank;

    #[test]
    fn credit_counts_the_first_places() {
        assert_eq!(credit(&[2, 0, 1, 3], 2), [1.0, 1.0, 1.0]);
        assert_eq!(credit(&[2, 0, 1, 3], 1), [0.0, 0.0, 1.0]);
        assert_eq!(credit(&[2, 0, 1, 3], 3), [0.0, 0.0, 0.0]);
        assert_eq!(credit(&[0, 1], 1), [0.0, 1.0, 1.0], "fewer candidates than places");
        let tie = rank(&[0.5, 0.7, 0.7]);
        assert_eq!((credit(&tie, 1)[0], credit(&tie, 2)[0]), (1.0, 0.0), "the one given first");
    }

    #[test]
    fn chance_is_the_share_of_the_places() {
        assert_eq!(chance(4), [0.25, 0.5, 0.75]);
        assert_eq!(chance(2), [0.5, 1.0, 1.0]);
    }

    #[test]
    fn random_guesses_meet_chance_and_are_reproducible() {
        let clips: Vec<(usize, usize)> = (0..4000).map(|i| (5, i % 5)).collect();
        let guesses = random_guesses(&clips, 3);
        assert_eq!(guesses, random_guesses(&clips, 3));
        assert_ne!(guesses, random_guesses(&clips, 4));
        for (k, chance) in chance(5).into_iter().enumerate() {
            let share = guesses.iter().map(|credit| credit[k]).sum::<f64>() / 4000.0;
            // Five standard deviations of a binomial share with 4000 draws.
            let bound = 5.0 * (chance * (1.0 - chance) / 4000.0).sqrt();
            assert!((share - chance).abs() < bound, "{share} at {}", k + 1);
        }
    }

    #[test]
    fn an_interval_of_a_share_is_that_of_the_binomial() {
        let values: Vec<f64> = (0..934).map(|i| f64::from(i % 10 < 3)).collect();
        let mean = per_cent(&values).unwrap();
        let [low, high] = interval(&values).unwrap();
        assert_eq!(interval(&values), Some([low, high]), "seeded");
        // 1.96 √(p(1−p)/n) around p.
        let half = 196.0 * (mean / 100.0 * (1.0 - mean / 100.0) / 934.0).sqrt();
        assert!((mean - low - half).abs() < 0.35 && (high - mean - half).abs() < 0.35, "{low} {mean} {high}");
        assert!((half - 2.94).abs() < 0.01, "about three points at the size of ActionAtlas: {half}");
    }

    #[test]
    fn no_values_have_no_interval_and_equal_ones_no_width() {
        assert_eq!((per_cent(&[]), interval(&[])), (None, None));
        assert_eq!(interval(&[1.0; 7]), Some([100.0, 100.0]));
        assert_eq!(per_cent(&[1.0, 0.0, 0.0, 0.5]), Some(37.5));
    }

    #[test]
    fn an_interval_of_differences_is_that_of_two_rows_on_the_same_resamples() {
        let a: Vec<f64> = (0..60).map(|i| f64::from(i % 3 != 0)).collect();
        let b: Vec<f64> = (0..60).map(|i| f64::from(i % 4 == 0)).collect();
        let means = |values: &[f64]| -> Vec<f64> {
            let mut rng = Pcg64::seed_from_u64(SEED);
            let mean = |_| (0..60).map(|_| values[rng.random_range(0..60_usize)]).sum::<f64>() / 60.0;
            (0..RESAMPLES).map(mean).collect()
        };
        let mut expected: Vec<f64> = means(&a).iter().zip(means(&b)).map(|(a, b)| 100.0 * (a - b)).collect();
        expected.sort_by(f64::total_cmp);
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let [low, high] = interval(&differences).unwrap();
        assert!((low - expected[TAIL]).abs() < 1e-9 && (high - expected[RESAMPLES - 1 - TAIL]).abs() < 1e-9);
    }

    #[test]
    fn a_statistic_sees_the_resamples_of_an_interval() {
        let values: Vec<f64> = (0..50).map(|i| f64::from(i % 3)).collect();
        let mean = |times: &[u32]| {
            let sum: f64 = times.iter().zip(&values).map(|(&times, value)| f64::from(times) * value).sum();
            [100.0 * sum / 50.0, times.iter().sum::<u32>().into()]
        };
        let [ends, counts] = interval_of(50, mean);
        assert_eq!((Some(ends), counts), (interval(&values), [50.0, 50.0]));
    }

    /// Over all 2ⁿ ways in which n clips are won: the share of those divided as unevenly or more.
    fn enumerated(only_a: usize, only_b: usize) -> f64 {
        let clips = (only_a + only_b) as u32;
        let uneven = |a: u32| a.abs_diff(clips - a) as usize >= only_a.abs_diff(only_b);
        let ways = (0_u32..1 << clips).filter(|wins| uneven(wins.count_ones())).count();
        ways as f64 / f64::from(1_u32 << clips)
    }

    #[test]
    fn mcnemar_is_what_enumeration_gives() {
        for clips in 0..=14 {
            for a in 0..=clips {
                let (p, expected) = (mcnemar(a, clips - a), enumerated(a, clips - a));
                assert!((p - expected).abs() < 1e-14, "{a} of {clips}: {p} {expected}");
            }
        }
        assert_eq!(mcnemar(1, 5), 0.21875, "2 (1 + 6) / 64");
        assert_eq!(mcnemar(9, 1), mcnemar(1, 9));
    }

    #[test]
    fn mcnemar_holds_for_thousands_of_clips() {
        // Summed from logarithms: ln C(n, k) as a sum of ln i.
        let by_logarithms = |fewer: usize, clips: usize| {
            let ln_factorial = |n: usize| (1..=n).map(|i| (i as f64).ln()).sum::<f64>();
            let ln_term = |k| {
                ln_factorial(clips) - ln_factorial(k) - ln_factorial(clips - k) - clips as f64 * 2f64.ln()
            };
            2.0 * (0..=fewer).map(|k| ln_term(k).exp()).sum::<f64>()
        };
        for (fewer, clips) in [(480, 1000), (950, 2000), (2400, 5000), (700, 2000)] {
            let (p, expected) = (mcnemar(fewer, clips - fewer), by_logarithms(fewer, clips));
            assert!((p / expected - 1.0).abs() < 1e-8, "{fewer} of {clips}: {p} {expected}");
        }
        assert!((mcnemar(0, 1000) / (2.0 * 0.5_f64.powi(1000)) - 1.0).abs() < 1e-12);
        assert_eq!(mcnemar(0, 5000), 0.0, "smaller than any float");
        assert!(mcnemar(50_000, 50_001) > 0.99);
    }

    /// Over all ways to choose which clips are in the left column.
    fn enumerated_tables([[a, b], [c, d]]: [[usize; 2]; 2]) -> f64 {
        let (first, all, left) = (a + b, a + b + c + d, a + c);
        let mut ways = vec![0.0; first + 1];
        for chosen in (0_u32..1 << all).filter(|chosen| chosen.count_ones() as usize == left) {
            ways[(chosen & ((1 << first) - 1)).count_ones() as usize] += 1.0;
        }
        ways.iter().filter(|&&other| other <= ways[a]).sum::<f64>() / ways.iter().sum::<f64>()
    }

    #[test]
    fn fisher_is_what_enumeration_gives() {
        for all in 0..=9_usize {
            for (a, b) in (0..=all).flat_map(|a| (0..=all - a).map(move |b| (a, b))) {
                for c in 0..=all - a - b {
                    let table = [[a, b], [c, all - a - b - c]];
                    let (p, expected) = (fisher(table), enumerated_tables(table));
                    assert!((p - expected).abs() < 1e-12, "{table:?}: {p} {expected}");
                }
            }
        }
        // The lady tasting tea.
        assert!((fisher([[3, 1], [1, 3]]) - 34.0 / 70.0).abs() < 1e-12);
        let p = fisher([[400, 600], [300, 8700]]);
        assert!(p > 0.0 && p < 1e-100, "thousands of clips: {p}");
    }

    #[test]
    fn holm_by_hand() {
        // In order: 4 × 0.01, 3 × 0.015 = 0.045, 2 × 0.03, then 0.04 may not be below 0.06.
        let adjusted = holm(&[0.03, 0.01, 0.04, 0.015]);
        for (value, expected) in adjusted.iter().zip([0.06, 0.04, 0.06, 0.045]) {
            assert!((value - expected).abs() < 1e-15, "{adjusted:?}");
        }
        assert_eq!(holm(&[0.9, 0.6]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
