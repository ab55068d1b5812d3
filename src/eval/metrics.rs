//! Accuracy, and how sure it is.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Resamples behind an interval.
const RESAMPLES: usize = 1000;
/// Of which so many lie below the 95 % interval, and so many above.
const TAIL: usize = RESAMPLES / 40;
/// Every row of a table is resampled alike, so that rows over the same clips see the same resamples.
const SEED: u64 = 0x0ac7_a119;

/// What a clip is worth at k = 1, 2, 3: 1 if its true class is among the first k, 0 if not, and in between for a
/// guess at random.
pub type Credit = [f64; 3];

/// The worth of a ranking, best class first.
pub fn credit(ranking: &[usize], answer: usize) -> Credit {
    [1, 2, 3].map(|k| f64::from(ranking.iter().take(k).any(|&class| class == answer)))
}

/// What a guess at random is worth on average where there are so many candidates: min(k, n) / n.
pub fn chance(candidates: usize) -> Credit {
    [1, 2, 3].map(|k: usize| k.min(candidates) as f64 / candidates as f64)
}

/// Per cent that the values give on average; none if there are none.
pub fn per_cent(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| 100.0 * values.iter().sum::<f64>() / values.len() as f64)
}

/// 95 % percentile bootstrap interval of [`per_cent`], from seeded resamples of the values; none if there are none.
pub fn interval(values: &[f64]) -> Option<[f64; 2]> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let mut dice = Pcg64::seed_from_u64(SEED);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..count).map(|_| values[dice.random_range(0..count)]).sum::<f64>() / count as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    Some([means[TAIL], means[RESAMPLES - 1 - TAIL]].map(|mean| 100.0 * mean))
}

/// The worth of a guess at random for each clip, given as its number of candidates and its true class. The same trial
/// guesses the same every time.
pub fn random_guesses(clips: &[(usize, usize)], trial: u64) -> Vec<Credit> {
    let mut dice = Pcg64::seed_from_u64(trial);
    let mut guess = |&(candidates, answer): &(usize, usize)| {
        let mut ranking: Vec<usize> = (0..candidates).collect();
        for end in (1..candidates).rev() {
            ranking.swap(end, dice.random_range(0..=end));
        }
        credit(&ranking, answer)
    };
    clips.iter().map(&mut guess).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::rank;

    #[test]
    fn a_ranking_is_worth_what_its_first_places_hold() {
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
    fn random_guesses_meet_chance_and_are_the_same_every_time() {
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
    fn nothing_has_no_accuracy_and_certainty_no_width() {
        assert_eq!((per_cent(&[]), interval(&[])), (None, None));
        assert_eq!(interval(&[1.0; 7]), Some([100.0, 100.0]));
        assert_eq!(per_cent(&[1.0, 0.0, 0.0, 0.5]), Some(37.5));
    }

    #[test]
    fn an_interval_of_differences_is_that_of_two_rows_on_the_same_resamples() {
        let a: Vec<f64> = (0..60).map(|i| f64::from(i % 3 != 0)).collect();
        let b: Vec<f64> = (0..60).map(|i| f64::from(i % 4 == 0)).collect();
        let means = |values: &[f64]| -> Vec<f64> {
            let mut dice = Pcg64::seed_from_u64(SEED);
            let mean = |_| (0..60).map(|_| values[dice.random_range(0..60_usize)]).sum::<f64>() / 60.0;
            (0..RESAMPLES).map(mean).collect()
        };
        let mut expected: Vec<f64> = means(&a).iter().zip(means(&b)).map(|(a, b)| 100.0 * (a - b)).collect();
        expected.sort_by(f64::total_cmp);
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let [low, high] = interval(&differences).unwrap();
        assert!((low - expected[TAIL]).abs() < 1e-9 && (high - expected[RESAMPLES - 1 - TAIL]).abs() < 1e-9);
    }
}
