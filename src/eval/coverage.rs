//! Which clips to leave out: accuracy over the clips of which a row is surest.

use std::iter;

use serde::Serialize;

use crate::eval::record::{ClipRecord, ClipScores, Ranking, RankingConfidence};
use crate::eval::rows::{Row, Score};
use crate::eval::statistics;

/// Shares of the clips, in per cent, that are reported.
const REPORTED: [usize; 4] = [100, 90, 75, 50];
/// Halvings of the range in which the temperature lies.
const HALVINGS: usize = 60;

/// What says how sure a row is of a clip.
struct Measure {
    name: &'static str,
    /// None if the record lacks it.
    value: fn(&Sure) -> Option<f64>,
}

/// The others are compared with the first.
const MEASURES: [Measure; 5] = [
    Measure { name: "margin", value: |sure| Some(sure.margin()) },
    Measure {
        name: "margin-over-spread",
        // A tie has no spread either if the two classes are the same.
        value: |sure| sure.over_draws(|margin, draws| if margin > 0.0 { margin / draws.spread } else { 0.0 }),
    },
    Measure { name: "draws-won", value: |sure| sure.over_draws(|_, draws| draws.won) },
    Measure { name: "low-end", value: |sure| sure.over_draws(|_, draws| draws.interval[0]) },
    Measure { name: MAX_SOFTMAX, value: |sure| Some(sure.log_odds()) },
];
const MAX_SOFTMAX: &str = "max-softmax";

/// Names of all measures.
pub fn measures() -> impl Iterator<Item = &'static str> {
    MEASURES.iter().map(|measure| measure.name)
}

/// Accuracy of a row over the clips of which it is surest by one measure, in per cent. Of equally sure clips each is as likely
/// to be among the surest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    pub row: String,
    /// `margin`, `margin-over-spread`, `draws-won`, `low-end` or `max-softmax`.
    pub measure: &'static str,
    /// Area under the risk–coverage curve: the mean, over all numbers of clips, of the share of the surest that are wrong.
    pub aurc: f64,
    /// `aurc` minus that of the margin; negative is better.
    pub difference: Option<f64>,
    /// 95 % paired bootstrap interval of `difference`.
    pub difference_ci: Option<[f64; 2]>,
    /// Of all clips, and of the surest 90, 75 and 50 %.
    pub top1: Vec<Point>,
    /// What scores are divided by before the softmax: fitted to the true classes of these clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// At every per cent; of points with the same clips the last.
    #[serde(skip)]
    pub curve: Vec<Point>,
}

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Share of the clips in per cent.
    pub coverage: u8,
    /// Number of clips, rounded up.
    pub clips: usize,
    /// In per cent.
    pub top1: f64,
}

/// The coverage of every row by every measure that all of its clips have; nothing without clips. People do not say how sure
/// they are.
pub fn coverage(rows: &[Row], read: &[(&ClipRecord, &ClipScores)]) -> Vec<Coverage> {
    if read.is_empty() {
        return Vec::new();
    }
    let rows = rows.iter().enumerate().filter(|(_, row)| row.score != Score::Human);
    rows.flat_map(|(index, row)| of_row(&row.name, index, read)).collect()
}

fn of_row(name: &str, index: usize, read: &[(&ClipRecord, &ClipScores)]) -> Vec<Coverage> {
    let wrong: Vec<bool> = read.iter().map(|(clip, scores)| !clip.is_right(&scores.rows[index])).collect();
    let sharpness =
        sharpness(read.iter().map(|(clip, scores)| (&scores.rows[index].scores[..], clip.answer)));
    let values = |measure: &Measure| -> Option<Vec<f64>> {
        let sure = |(_, scores): &(&ClipRecord, &ClipScores)| {
            (measure.value)(&Sure { ranking: &scores.rows[index], frames: scores.frames, sharpness })
        };
        read.iter().map(sure).collect()
    };
    let measured: [Option<Order>; MEASURES.len()] =
        MEASURES.each_ref().map(|measure| values(measure).map(|values| Order::new(&values)));
    let harmonic = harmonic(wrong.len());
    let aurcs = |times: &[u32]| {
        measured
            .each_ref()
            .map(|order| order.as_ref().map_or(0.0, |order| order.aurc(times, &wrong, &harmonic)))
    };
    let differences = |times: &[u32]| {
        let aurcs = aurcs(times);
        aurcs.map(|aurc| aurc - aurcs[0])
    };
    let once = vec![1; wrong.len()];
    let (all, all_differences) = (aurcs(&once), differences(&once));
    let intervals = statistics::interval_of(wrong.len(), differences);
    let of_measure = |place: usize| {
        let order = measured[place].as_ref()?;
        let measure = MEASURES[place].name;
        let is_other = place > 0;
        Some(Coverage {
            row: name.to_owned(),
            measure,
            aurc: all[place],
            difference: is_other.then_some(all_differences[place]),
            difference_ci: is_other.then_some(intervals[place]),
            top1: REPORTED.iter().map(|&coverage| order.point(coverage, &wrong)).collect(),
            temperature: (measure == MAX_SOFTMAX).then_some(1.0 / sharpness),
            curve: order.curve(&wrong),
        })
    };
    (0..MEASURES.len()).filter_map(of_measure).collect()
}

/// What the measures use of a clip.
struct Sure<'a> {
    ranking: &'a Ranking,
    frames: usize,
    /// Inverse of the temperature.
    sharpness: f64,
}

impl Sure<'_> {
    /// How far the scores of the other classes lie below the first, nearest first. None where the row ranks nothing.
    fn gaps(&self) -> Option<impl Iterator<Item = f64>> {
        let Ranking { ranking, scores, .. } = self.ranking;
        let (first, others) = ranking.split_first()?;
        Some(others.iter().map(|other| scores[*first] - scores[*other]))
    }

    /// A row that ranks nothing is the least sure, one with a single candidate the surest.
    fn margin(&self) -> f64 {
        self.gaps().map_or(f64::NEG_INFINITY, |mut gaps| gaps.next().unwrap_or(f64::INFINITY))
    }

    /// A value from the margin and the draws. A single frame, which has none, says nothing: it is the least sure.
    fn over_draws(&self, value: impl Fn(f64, RankingConfidence) -> f64) -> Option<f64> {
        let margin = self.margin();
        match self.ranking.confidence {
            _ if margin.is_infinite() => Some(margin),
            Some(draws) => Some(value(margin, draws)),
            None => (self.frames < 2).then_some(f64::NEG_INFINITY),
        }
    }

    /// The logarithm of p / (1 − p), where p is the largest softmax of the scores. It orders clips as p does, but differs where p
    /// rounds to 1.
    fn log_odds(&self) -> f64 {
        let Some(mut gaps) = self.gaps() else { return f64::NEG_INFINITY };
        let Some(least) = gaps.next() else { return f64::INFINITY };
        let others: f64 =
            iter::once(0.0).chain(gaps.map(|gap| least - gap)).map(|x| (self.sharpness * x).exp()).sum();
        self.sharpness * least - others.ln()
    }
}

/// The inverse temperature under which the softmax of the scores makes the true classes most likely. Each clip has its scores
/// and its true class; those without scores count for nothing.
fn sharpness<'a>(clips: impl Iterator<Item = (&'a [f64], usize)>) -> f64 {
    let clips: Vec<(&[f64], usize)> = clips.filter(|(scores, _)| scores.len() > 1).collect();
    let range = |(scores, _): &(&[f64], usize)| {
        let (low, high) = scores.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &score| {
            (score.min(low), score.max(high))
        });
        high - low
    };
    let scale = clips.iter().map(range).sum::<f64>() / clips.len().max(1) as f64;
    if scale <= 0.0 {
        return 1.0;
    }
    // The slope of the negative log-likelihood, which is convex, so that the slope never falls.
    let slope = |sharpness: f64| -> f64 {
        let of_clip = |(scores, answer): &(&[f64], usize)| {
            let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights = || scores.iter().map(|score| (sharpness * (score - best)).exp());
            let mean: f64 = weights().zip(*scores).map(|(weight, score)| weight * score).sum::<f64>()
                / weights().sum::<f64>();
            mean - scores[*answer]
        };
        clips.iter().map(of_clip).sum()
    };
    // Where every clip is right, sharper is better until rounding leaves no slope; where none is, the end of the range is taken.
    let (mut low, mut high) = ((1e-3 / scale).ln(), (1e6 / scale).ln());
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if slope(middle.exp()) < 0.0 { low = middle } else { high = middle }
    }
    (0.5 * (low + high)).exp()
}

/// Sums of 1/k over the first so many k.
fn harmonic(most: usize) -> Vec<f64> {
    let sums = (1..=most).scan(0.0, |sum, k| {
        *sum += 1.0 / k as f64;
        Some(*sum)
    });
    iter::once(0.0).chain(sums).collect()
}

/// Clips from the surest to the least sure, in groups that are equally sure.
struct Order {
    groups: Vec<Vec<usize>>,
}

impl Order {
    fn new(values: &[f64]) -> Self {
        let mut clips: Vec<usize> = (0..values.len()).collect();
        clips.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        Self { groups: clips.chunk_by(|&a, &b| values[a] == values[b]).map(<[usize]>::to_vec).collect() }
    }

    /// Area under the risk–coverage curve, in per cent, of clips that count so many `times`.
    ///
    /// Of the first k clips, e₀ + (k − k₀) e/m are wrong on average, if k₀ clips with e₀ wrong ones come before a group of m with e
    /// wrong ones. The sum over the group of that share of k is e + (e₀ − k₀ e/m) (H(k₀ + m) − H(k₀)) with harmonic numbers H.
    fn aurc(&self, times: &[u32], wrong: &[bool], harmonic: &[f64]) -> f64 {
        let (mut before, mut wrong_before, mut sum) = (0, 0, 0.0);
        for group in &self.groups {
            let (mut clips, mut wrong_clips) = (0, 0);
            for &clip in group {
                clips += times[clip] as usize;
                wrong_clips += if wrong[clip] { times[clip] as usize } else { 0 };
            }
            if clips > 0 {
                let share = wrong_clips as f64 / clips as f64;
                let rest = wrong_before as f64 - before as f64 * share;
                sum += wrong_clips as f64 + rest * (harmonic[before + clips] - harmonic[before]);
                before += clips;
                wrong_before += wrong_clips;
            }
        }
        100.0 * sum / before as f64
    }

    /// Top-1 of the surest clips.
    fn point(&self, coverage: usize, wrong: &[bool]) -> Point {
        let clips = (coverage * wrong.len()).div_ceil(100);
        let (mut left, mut wrong_clips) = (clips, 0.0);
        for group in &self.groups {
            let taken = left.min(group.len());
            let wrong_of_group = group.iter().filter(|&&clip| wrong[clip]).count();
            wrong_clips += (taken * wrong_of_group) as f64 / group.len() as f64;
            left -= taken;
        }
        Point { coverage: coverage as u8, clips, top1: 100.0 * (1.0 - wrong_clips / clips as f64) }
    }

    fn curve(&self, wrong: &[bool]) -> Vec<Point> {
        let mut curve: Vec<Point> = (1..=100).rev().map(|coverage| self.point(coverage, wrong)).collect();
        curve.dedup_by_key(|point| point.clips);
        curve.reverse();
        curve
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::eval::record::ClipOutcome;
    use crate::eval::results::Results;
    use crate::eval::sample;

    fn area(values: &[f64], wrong: &[bool], times: &[u32]) -> f64 {
        let clips = times.iter().sum::<u32>() as usize;
        Order::new(values).aurc(times, wrong, &harmonic(clips))
    }

    /// The mean, over all orders of the clips in which none precedes a surer one, of the mean risk.
    fn enumerated(clips: &[(f64, bool)]) -> f64 {
        fn visit(left: &mut Vec<(f64, bool)>, taken: &mut Vec<bool>, areas: &mut Vec<f64>) {
            if left.is_empty() {
                let risk = |k: usize| taken[..k].iter().filter(|wrong| **wrong).count() as f64 / k as f64;
                areas.push((1..=taken.len()).map(risk).sum::<f64>() / taken.len() as f64);
            }
            for at in 0..left.len() {
                if left.iter().all(|other| other.0 <= left[at].0) {
                    let clip = left.remove(at);
                    taken.push(clip.1);
                    visit(left, taken, areas);
                    taken.pop();
                    left.insert(at, clip);
                }
            }
        }
        let mut areas = Vec::new();
        visit(&mut clips.to_vec(), &mut Vec::new(), &mut areas);
        100.0 * areas.iter().sum::<f64>() / areas.len() as f64
    }

    #[test]
    fn a_curve_by_hand() {
        // The first is right; of the next two one is wrong, in either order; the last is wrong.
        let (values, wrong) = ([0.8, 0.1, 0.9, 0.8], [true, true, false, false]);
        let order = Order::new(&values);
        let points = REPORTED.map(|coverage| order.point(coverage, &wrong));
        assert_eq!(points.map(|point| point.clips), [4, 4, 3, 2]);
        for (point, top1) in points.iter().zip([50.0, 50.0, 200.0 / 3.0, 75.0]) {
            assert!((point.top1 - top1).abs() < 1e-12, "{point:?}");
        }
        let curve: Vec<(u8, usize)> = order.curve(&wrong).iter().map(|p| (p.coverage, p.clips)).collect();
        assert_eq!(curve, [(25, 1), (50, 2), (75, 3), (100, 4)]);
        let risks = [0.0, 0.25, 1.0 / 3.0, 0.5];
        assert!((area(&values, &wrong, &[1; 4]) - 25.0 * risks.iter().sum::<f64>()).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_area_is_that_of_every_order_of_equally_sure_clips(
            clips in proptest::collection::vec((0..3_u8, any::<bool>(), 0..3_u32), 1..6)
                .prop_filter("small", |clips| (1..7).contains(&clips.iter().map(|clip| clip.2).sum::<u32>())),
        ) {
            let values: Vec<f64> = clips.iter().map(|clip| f64::from(clip.0)).collect();
            let wrong: Vec<bool> = clips.iter().map(|clip| clip.1).collect();
            let times: Vec<u32> = clips.iter().map(|clip| clip.2).collect();
            let drawn = clips.iter().flat_map(|clip| iter::repeat_n((f64::from(clip.0), clip.1), clip.2 as usize));
            let drawn: Vec<(f64, bool)> = drawn.collect();
            prop_assert!((area(&values, &wrong, &times) - enumerated(&drawn)).abs() < 1e-9);
        }

        #[test]
        fn the_temperature_makes_the_true_classes_most_likely(
            clips in proptest::collection::vec((proptest::collection::vec(-1.0..1.0_f64, 3), 0..3_usize), 2..9),
        ) {
            let fitted = sharpness(clips.iter().map(|(scores, answer)| (&scores[..], *answer)));
            let loss = |sharpness: f64| -> f64 {
                let of_clip = |(scores, answer): &(Vec<f64>, usize)| {
                    let all = scores.iter().map(|score| (sharpness * (score - scores[*answer])).exp()).sum::<f64>();
                    all.ln()
                };
                clips.iter().map(of_clip).sum()
            };
            for sharpness in (-10..=20).map(|step| 1.5_f64.powi(step)) {
                prop_assert!(loss(fitted) <= loss(sharpness) + 1e-6, "{fitted} {sharpness}");
            }
        }

        #[test]
        fn the_odds_are_those_of_the_largest_softmax(scores in proptest::collection::vec(-1.0..1.0_f64, 2..6)) {
            let ranking = crate::align::rank(&scores);
            let weights: Vec<f64> = scores.iter().map(|score| (3.0 * score).exp()).collect();
            let largest = weights[ranking[0]] / weights.iter().sum::<f64>();
            let ranking = Ranking { ranking, scores, ..Ranking::default() };
            let sure = Sure { ranking: &ranking, frames: 1, sharpness: 3.0 };
            prop_assert!((sure.log_odds() - (largest / (1.0 - largest)).ln()).abs() < 1e-9);
        }
    }

    /// Six clips, of which the last two are wrong; the row of the second is given.
    fn clips(confidence: impl Fn(usize) -> Option<RankingConfidence>) -> Vec<ClipRecord> {
        let mut clips = sample::clips(
            &["mean-pool", "+smoothing"],
            &[([0, 0], ""), ([0, 0], ""), ([1, 0], ""), ([1, 0], ""), ([0, 1], ""), ([1, 1], "")],
        );
        for (number, clip) in clips.iter_mut().enumerate() {
            let ClipOutcome::Read(scores) = &mut clip.outcome else { panic!("{clip:?}") };
            for row in &mut scores.rows {
                row.scores[row.ranking[0]] = 0.1 + number as f64 / 100.0;
            }
            scores.rows[1].confidence = confidence(number);
        }
        clips
    }

    fn drawn(number: usize) -> RankingConfidence {
        let margin = 0.1 + number as f64 / 100.0;
        let spread = if number < 4 { 0.01 } else { 0.1 };
        RankingConfidence { interval: [margin - 2.0 * spread, margin + 2.0 * spread], spread, won: 0.9 }
    }

    fn names(results: &Results, row: &str) -> Vec<&'static str> {
        results.coverage.iter().filter(|found| found.row == row).map(|found| found.measure).collect()
    }

    #[test]
    fn each_measure_has_its_curve_and_its_difference() {
        let results = sample::sum_up(&["mean-pool", "+smoothing"], &clips(|number| Some(drawn(number))));
        assert_eq!(names(&results, "mean-pool"), ["margin", "max-softmax"]);
        assert_eq!(names(&results, "+smoothing"), measures().collect::<Vec<_>>());
        let found = |measure: &str| {
            let of_row = |found: &&Coverage| found.row == "+smoothing" && found.measure == measure;
            results.coverage.iter().find(of_row).unwrap()
        };
        // The two wrong clips have the largest margins.
        let margin = found("margin");
        let risks = [1.0, 1.0, 2.0 / 3.0, 0.5, 0.4, 1.0 / 3.0];
        assert!((margin.aurc - 100.0 * risks.iter().sum::<f64>() / 6.0).abs() < 1e-9, "{margin:?}");
        assert_eq!((margin.difference, margin.temperature), (None, None));
        // Divided by the spread they are the least.
        let spread = found("margin-over-spread");
        assert!((spread.aurc - 100.0 * (0.2 + 1.0 / 3.0) / 6.0).abs() < 1e-9, "{spread:?}");
        assert_eq!(spread.top1.iter().map(|p| p.top1.round()).collect::<Vec<_>>(), [67.0, 67.0, 80.0, 100.0]);
        let (difference, [low, high]) = (spread.difference.unwrap(), spread.difference_ci.unwrap());
        assert!((difference - (spread.aurc - margin.aurc)).abs() < 1e-9);
        assert!(low < difference && difference < high && high <= 0.0, "{spread:?}");
        // All clips won equally often: the risk is the same everywhere.
        assert!((found("draws-won").aurc - 100.0 / 3.0).abs() < 1e-9);
        assert!(found("max-softmax").temperature.is_some_and(|temperature| temperature > 0.0));
    }

    #[test]
    fn a_measure_needs_every_clip_but_those_that_cannot_have_it() {
        let lacking = clips(|number| (number != 3).then(|| drawn(number)));
        let results = sample::sum_up(&["mean-pool", "+smoothing"], &lacking);
        assert_eq!(
            names(&results, "+smoothing"),
            ["margin", "max-softmax"],
            "as records of earlier versions"
        );
        let mut short = lacking;
        let ClipOutcome::Read(scores) = &mut short[3].outcome else { panic!() };
        scores.frames = 1;
        let ClipOutcome::Read(scores) = &mut short[5].outcome else { panic!() };
        scores.rows[1] = Ranking::fault("+smoothing".to_owned(), "too few frames".to_owned());
        let results = sample::sum_up(&["mean-pool", "+smoothing"], &short);
        assert_eq!(names(&results, "+smoothing").len(), MEASURES.len());
        let spread = results.coverage.iter().find(|found| found.measure == "margin-over-spread").unwrap();
        // Clips 0 to 2, then 4, which is wrong; then 3, which is right, and 5 in either order.
        assert_eq!(spread.top1[3].top1, 100.0);
        let risks = [0.0, 0.0, 0.0, 0.25, 0.3, 1.0 / 3.0];
        assert!((spread.aurc - 100.0 * risks.iter().sum::<f64>() / 6.0).abs() < 1e-9, "{spread:?}");
    }

    #[test]
    fn scores_without_a_difference_have_a_temperature() {
        assert_eq!(sharpness([(&[0.5, 0.5][..], 0)].into_iter()), 1.0);
        assert_eq!(sharpness(iter::empty()), 1.0);
        assert!(coverage(&[], &[]).is_empty());
        // Every clip is right: the sharper the better, until rounding leaves nothing to gain.
        let sharp = sharpness([(&[0.5, 0.25][..], 0)].into_iter());
        assert!(sharp.is_finite() && sharp > 100.0, "{sharp}");
    }

    #[test]
    fn records_of_earlier_versions_have_no_confidence() {
        let earlier = r#"{"name":"+smoothing","ranking":[1,0],"scores":[0.25,0.5]}"#;
        let ranking: Ranking = serde_json::from_str(earlier).unwrap();
        assert_eq!(ranking.confidence, None);
        assert_eq!(serde_json::to_string(&ranking).unwrap(), earlier);
    }
}
