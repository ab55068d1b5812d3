//! Comparisons of rows on the same clips.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::eval::record::ClipRecord;
use crate::eval::rows::{Row, Score};
use crate::eval::statistics::{self, holm, mcnemar};

/// The published method, which other rows are compared with.
const PUBLISHED: &str = "+smoothing";

/// A row against the reference row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub row: String,
    pub reference: String,
    /// Over all clips that both rows have: those that were read, and that a person answered.
    #[serde(flatten)]
    pub all: Paired,
    pub groups: BTreeMap<String, Paired>,
}

/// How a row differs from the reference row on the same clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Number of clips that both have.
    pub n: usize,
    /// Top-1 of the row on these clips, in per cent; none without clips.
    pub top1: Option<f64>,
    /// Top-1 of the row minus that of the reference row, in points; none without clips.
    pub difference: Option<f64>,
    /// 95 % paired bootstrap interval of `difference`.
    pub difference_ci: Option<[f64; 2]>,
    /// Number of clips that only the row has right.
    pub only_row: usize,
    /// Number of clips that only the reference row has right.
    pub only_reference: usize,
    /// Exact two-sided McNemar test.
    pub p: f64,
    /// `p` adjusted after Holm for all comparisons with the reference row on these clips. Rows that repeat another under
    /// another name do not count.
    pub p_holm: f64,
}

/// Two rows on the clips that both have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub row_a: String,
    pub row_b: String,
    /// Number of clips.
    pub n: usize,
    /// Top-1 of `row_a` minus that of `row_b`, in points; none without clips.
    pub difference: Option<f64>,
    /// Number of clips that only `row_a` has right.
    pub only_a: usize,
    /// Number of clips that only `row_b` has right.
    pub only_b: usize,
    /// Exact two-sided McNemar test, not adjusted.
    pub p: f64,
}

/// The row that others are compared with: the published method, else the first that aligns.
pub fn reference(rows: &[Row]) -> Option<usize> {
    let published = rows.iter().position(|row| row.method() == PUBLISHED);
    published.or_else(|| rows.iter().position(|row| row.score == Score::Alignment))
}

/// Whether the confidence of a row is found, which takes longer than everything else that is done with known embeddings: for
/// the reference row and the first that aligns.
pub fn has_confidence(rows: &[Row], row: usize) -> bool {
    let first = rows.iter().position(|row| row.score == Score::Alignment);
    [first, reference(rows)].contains(&Some(row))
}

/// For each row whether each clip is right; none where the row leaves the clip out.
pub type Right = Vec<Vec<Option<bool>>>;

/// Every other row against the reference row, on the `clips` of `right`.
pub fn comparisons(
    rows: &[Row],
    right: &Right,
    clips: &[&ClipRecord],
    groups: &BTreeSet<&str>,
) -> Vec<Comparison> {
    let against = |reference| against_row(reference, rows, right, clips, groups);
    reference(rows).map_or_else(Vec::new, against)
}

/// Every other row against the row with the index `reference`.
pub fn against_row(
    reference: usize,
    rows: &[Row],
    right: &Right,
    clips: &[&ClipRecord],
    groups: &BTreeSet<&str>,
) -> Vec<Comparison> {
    let others: Vec<usize> = (0..rows.len()).filter(|&row| row != reference).collect();
    let everywhere = against(reference, &others, rows, right, |_| true);
    let mut comparisons: Vec<Comparison> = others
        .iter()
        .zip(everywhere)
        .map(|(&row, all)| Comparison {
            row: rows[row].name.clone(),
            reference: rows[reference].name.clone(),
            all,
            groups: BTreeMap::new(),
        })
        .collect();
    for &group in groups {
        let is_member = |clip: usize| clips[clip].groups.iter().any(|g| g == group);
        let within = against(reference, &others, rows, right, is_member);
        for (comparison, paired) in comparisons.iter_mut().zip(within) {
            comparison.groups.insert(group.to_owned(), paired);
        }
    }
    comparisons
}

/// Every two rows.
pub fn pairs(rows: &[Row], right: &Right) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for a in 0..rows.len() {
        for b in a + 1..rows.len() {
            let differences = differences(&right[a], &right[b], |_| true);
            let [only_a, only_b] = discordant(&differences);
            pairs.push(Pair {
                row_a: rows[a].name.clone(),
                row_b: rows[b].name.clone(),
                n: differences.len(),
                difference: statistics::per_cent(&differences),
                only_a,
                only_b,
                p: mcnemar(only_a, only_b),
            });
        }
    }
    pairs
}

/// Some rows against the reference row on some clips.
fn against(
    reference: usize,
    others: &[usize],
    rows: &[Row],
    right: &Right,
    is_member: impl Fn(usize) -> bool,
) -> Vec<Paired> {
    let mut compared: Vec<Paired> = others
        .iter()
        .map(|&row| {
            let differences = differences(&right[row], &right[reference], &is_member);
            let [only_row, only_reference] = discordant(&differences);
            let p = mcnemar(only_row, only_reference);
            let of_row = common(&right[row], &right[reference], &is_member);
            let of_row: Vec<f64> = of_row.map(|(is_right, _)| f64::from(is_right)).collect();
            Paired {
                n: differences.len(),
                top1: statistics::per_cent(&of_row),
                difference: statistics::per_cent(&differences),
                // The same seed and as many clips: each resample takes the same clips for both rows.
                difference_ci: statistics::interval(&differences),
                only_row,
                only_reference,
                p,
                p_holm: p,
            }
        })
        .collect();
    // A row that repeats the reference or an earlier row is no further test.
    let earlier = |at: usize| (0..at).find(|&before| is_same_way(&rows[others[before]], &rows[others[at]]));
    let is_tested = |at: &usize| !is_same_way(&rows[others[*at]], &rows[reference]) && earlier(*at).is_none();
    let tested: Vec<usize> = (0..others.len()).filter(is_tested).collect();
    let adjusted = holm(&tested.iter().map(|&at| compared[at].p).collect::<Vec<_>>());
    for (&at, p_holm) in tested.iter().zip(adjusted) {
        compared[at].p_holm = p_holm;
    }
    for at in 0..others.len() {
        if let Some(before) = earlier(at) {
            compared[at].p_holm = compared[before].p_holm;
        }
    }
    compared
}

/// Whether two rows differ only in their name, which is what people differ in.
fn is_same_way(a: &Row, b: &Row) -> bool {
    a.score != Score::Human
        && (a.score, a.prompt, &a.settings, &a.vlm) == (b.score, b.prompt, &b.settings, &b.vlm)
}

/// Whether the clips are right in both rows, of those that both have.
fn common(
    a: &[Option<bool>],
    b: &[Option<bool>],
    is_member: impl Fn(usize) -> bool,
) -> impl Iterator<Item = (bool, bool)> {
    let both = a.iter().zip(b).enumerate().filter(move |(clip, _)| is_member(*clip));
    both.filter_map(|(_, (&a, &b))| Some((a?, b?)))
}

/// Per common clip: 1 if only `a` has it right, −1 if only `b` has, else 0.
fn differences(a: &[Option<bool>], b: &[Option<bool>], is_member: impl Fn(usize) -> bool) -> Vec<f64> {
    common(a, b, is_member).map(|(a, b)| f64::from(a) - f64::from(b)).collect()
}

fn discordant(differences: &[f64]) -> [usize; 2] {
    [1.0, -1.0].map(|sign| differences.iter().filter(|&&difference| difference == sign).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::rows::Rows;
    use crate::eval::sample;
    use crate::explore::Method;
    use crate::script::Strategy;

    #[test]
    fn the_reference_is_the_published_method_or_the_first_alignment() {
        let rows = Rows::default().all(&[Strategy::SHORT_FIXED]).unwrap();
        assert_eq!(reference(&rows).map(|row| &rows[row].name[..]), Some("+smoothing"));
        let [pool, .., bare] = &rows[..3] else { panic!() };
        assert_eq!(reference(&[pool.clone(), bare.clone()]), Some(1));
        assert_eq!(reference(std::slice::from_ref(pool)), None);
    }

    #[test]
    fn comparisons_by_hand() {
        // Predictions of +alignment, +smoothing and context-rich, the same as +smoothing. The true class is 0.
        let results = sample::results(
            &["+alignment", "+smoothing", "context-rich"],
            &[
                ([0, 0, 0], "late"),
                ([0, 1, 1], "late"),
                ([1, 0, 0], ""),
                ([2, 0, 0], "late"),
                ([2, 0, 0], ""),
                ([1, 1, 1], ""),
            ],
        );
        assert_eq!(results.comparisons.len(), 2);
        let comparison = &results.comparisons[0];
        assert_eq!((&comparison.row[..], &comparison.reference[..]), ("+alignment", "+smoothing"));
        let all = &comparison.all;
        assert_eq!((all.n, all.only_row, all.only_reference), (6, 1, 3));
        assert!((all.difference.unwrap() + 100.0 / 3.0).abs() < 1e-12);
        // 2 (1 + 4) / 16, and context-rich does not count among the tests.
        assert_eq!((all.p, all.p_holm), (0.625, 0.625));
        let late = &comparison.groups["late"];
        assert_eq!((late.n, late.only_row, late.only_reference), (3, 1, 1));
        assert_eq!((late.difference, late.p), (Some(0.0), 1.0));
        let same = &results.comparisons[1].all;
        assert_eq!((same.difference_ci, same.p, same.p_holm), (Some([0.0, 0.0]), 1.0, 1.0));

        let pairs: Vec<(&str, &str, usize, usize)> =
            results.pairs.iter().map(|p| (&p.row_a[..], &p.row_b[..], p.only_a, p.only_b)).collect();
        assert_eq!(
            pairs,
            [
                ("+alignment", "+smoothing", 1, 3),
                ("+alignment", "context-rich", 1, 3),
                ("+smoothing", "context-rich", 0, 0)
            ]
        );
    }

    #[test]
    fn holm_counts_every_row_that_differs() {
        let mut clips = vec![([1, 2, 0], "a"); 6];
        clips.push(([0, 0, 1], "a"));
        let results = sample::results(&["mean-pool", "order-free", "+smoothing"], &clips);
        for comparison in &results.comparisons {
            for paired in [&comparison.all, &comparison.groups["a"]] {
                // 2 (1 + 7) / 128, twice.
                assert_eq!((paired.p, paired.p_holm), (0.125, 0.25));
            }
        }
    }

    #[test]
    fn a_row_that_repeats_another_counts_once() {
        let method = |text: &str| Method::default().with_aligner(text).unwrap();
        let rows = Rows::default().all(&[]).unwrap();
        let published = rows.iter().find(|row| row.method() == PUBLISHED).unwrap().clone();
        let other = |text: &str| {
            let mut row = published.clone();
            row.name = text.to_owned();
            row.settings.method = method(text);
            row
        };
        // The background does nothing where all frames are in a step.
        let rows = [published.clone(), other("mean-path"), other("mean-path:background=0.5"), other("drop")];
        // Each of the others has six clips right that the published method has wrong.
        let right = [false, true, true, true].map(|is_right| vec![Some(is_right); 6]).into();
        let paired = against(0, &[1, 2, 3], &rows, &right, |_| true);
        // 2 / 2^6, twice and not three times.
        assert!(paired.iter().all(|paired| (paired.p, paired.p_holm) == (0.03125, 0.0625)), "{paired:?}");
    }
}
