//! Whether a difference between two rows may be luck.

/// Exact two-sided McNemar test: how likely discordant clips are divided as unevenly as this, or more, where each is as
/// likely won by one row as by the other. Twice the smaller tail of the binomial distribution, 1 at most.
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

/// P-values adjusted after Holm, in the order given: those at 0.05 or below are significant all together at 0.05.
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
