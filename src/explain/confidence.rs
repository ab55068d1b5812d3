//! How sure the winner is: its margin if other moments of the clip had been seen, and if the steps came in other orders.

use std::iter::{self, repeat_n};

use ndarray::ArrayView2;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::align::{AlignError, DrawnScores, OrderEvidence, Rule, Scratch};

/// Draws of the bootstrap.
const DRAWS: usize = 200;
/// Draws on each side of the 95 % interval.
const TAIL: usize = DRAWS / 40;
/// Fixed, so that the same matrices always have the same confidence.
const SEED: u64 = 0x0ac7_a119;
/// Rivals that may overtake, best first. Those further behind do not.
pub const RIVALS: usize = 9;
/// A clip has no fewer blocks, unless it has fewer frames.
const FEWEST_BLOCKS: usize = 4;
/// Difference below which margins are equal, relative to the scores: the same cells summed in another order.
const ROUNDING: f64 = 1e-12;

/// How sure the winner is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// Score of the leader minus the best score of its rivals.
    pub margin: f64,
    /// 95 % percentile interval of the margin over draws of the clip's frames.
    pub interval: [f64; 2],
    /// Whether the interval holds zero, or even lies below it.
    pub too_close: bool,
    /// Standard deviation of the margin over the draws.
    pub spread: f64,
    /// Share of the draws in which the leader stays in front; a tie counts half.
    pub won: f64,
    /// Frames drawn together.
    pub block: usize,
    /// The lead over the runner-up against the leads with both scripts in other orders
    /// ([`margin_evidence`](crate::align::margin_evidence)). `None` if neither has another order, or if it was not asked for.
    #[serde(default)]
    pub margin_order: Option<OrderEvidence>,
}

/// The confidence in a leader, K×T cells, against `rivals`, each with as many frames, best first, without its
/// [`Confidence::margin_order`].
///
/// A draw takes T frames of the clip with replacement, in circular blocks, keeps them in their order, and aligns every
/// class anew by the same rule with the same background. A block is as long as the smoothing `width`, in frames, or the
/// cube root of T if that is longer, but at most a quarter of the clip. Draws are aligned by all threads of the pool in
/// which this is called; their number changes nothing.
///
/// `None` without rivals or for a single frame.
///
/// # Errors
/// If a class cannot be aligned.
pub fn confidence(
    rule: Rule,
    leader: ArrayView2<f32>,
    rivals: &[ArrayView2<f32>],
    width: usize,
) -> Result<Option<Confidence>, AlignError> {
    let Some(contest) = Contest::new(rule, leader, rivals, width)? else { return Ok(None) };
    let draws = contest.draws();
    let drawn =
        draws.par_iter().map_init(|| contest.scratch(), |scratch, draw| contest.margin_of(draw, scratch));
    Ok(Some(contest.confidence(drawn.collect())))
}

/// [`confidence`] on the calling thread alone: for the background, where others need the processor. `None` also if
/// `is_cancelled`.
///
/// # Errors
/// As [`confidence`].
pub fn confidence_in_turn(
    rule: Rule,
    leader: ArrayView2<f32>,
    rivals: &[ArrayView2<f32>],
    width: usize,
    is_cancelled: impl Fn() -> bool,
) -> Result<Option<Confidence>, AlignError> {
    let Some(contest) = Contest::new(rule, leader, rivals, width)? else { return Ok(None) };
    let (draws, mut scratch) = (contest.draws(), contest.scratch());
    let drawn = draws.iter().take_while(|_| !is_cancelled());
    let drawn: Vec<Margin> = drawn.map(|draw| contest.margin_of(draw, &mut scratch)).collect();
    Ok((drawn.len() == DRAWS).then(|| contest.confidence(drawn)))
}

/// A leader and its rivals.
struct Contest {
    /// The leader first.
    classes: Vec<DrawnScores>,
    as_given: Margin,
    frames: usize,
    block: usize,
}

impl Contest {
    fn new(
        rule: Rule,
        leader: ArrayView2<f32>,
        rivals: &[ArrayView2<f32>],
        width: usize,
    ) -> Result<Option<Self>, AlignError> {
        let frames = leader.ncols();
        if rivals.is_empty() || frames < 2 {
            return Ok(None);
        }
        let classes = iter::once(&leader).chain(rivals.iter().take(RIVALS));
        let classes: Vec<DrawnScores> =
            classes.map(|cells| DrawnScores::new(rule, *cells)).collect::<Result<_, _>>()?;
        let as_given = margin(&classes, &(0..frames).collect::<Vec<_>>(), &mut classes[0].scratch());
        Ok(Some(Self { classes, as_given, frames, block: block_length(frames, width) }))
    }

    /// The first frame of each block of each draw.
    fn draws(&self) -> Vec<Vec<usize>> {
        let mut rng = Pcg64::seed_from_u64(SEED);
        (0..DRAWS).map(|_| draw(self.frames, self.block, &mut rng)).collect()
    }

    fn scratch(&self) -> Scratch {
        self.classes[0].scratch()
    }

    fn margin_of(&self, draw: &[usize], scratch: &mut Scratch) -> Margin {
        margin(&self.classes, &picked(draw, self.block, self.frames), scratch)
    }

    fn confidence(&self, drawn: Vec<Margin>) -> Confidence {
        let n = drawn.len() as f64;
        let mean = drawn.iter().map(|margin| margin.value).sum::<f64>() / n;
        let variance = drawn.iter().map(|margin| (margin.value - mean).powi(2)).sum::<f64>() / n;
        let mut sorted = drawn.clone();
        sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
        let (low, high) = (sorted[TAIL.min(sorted.len() - 1)], sorted[sorted.len().saturating_sub(1 + TAIL)]);
        Confidence {
            margin: self.as_given.value,
            interval: [low.value, high.value],
            too_close: low.value <= low.rounding,
            spread: variance.sqrt(),
            won: drawn.iter().map(|margin| margin.won()).sum::<f64>() / n,
            block: self.block,
            margin_order: None,
        }
    }
}

/// The margin of the first class over the others with these frames. A rival that cannot reach the best so far is not aligned.
fn margin(classes: &[DrawnScores], picked: &[usize], scratch: &mut Scratch) -> Margin {
    let mut best = f64::NEG_INFINITY;
    for rival in &classes[1..] {
        if rival.ceiling(picked) >= best {
            best = best.max(rival.score(picked, scratch));
        }
    }
    Margin::new(classes[0].score(picked, scratch), best)
}

/// A leader's score minus the best of its rivals.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Margin {
    value: f64,
    /// Below this it is zero.
    rounding: f64,
}

impl Margin {
    fn new(leader: f64, best: f64) -> Self {
        Self { value: leader - best, rounding: ROUNDING * leader.abs().max(best.abs()) }
    }

    /// 1 for a win, a half for a tie.
    fn won(self) -> f64 {
        if self.value.abs() <= self.rounding { 0.5 } else { f64::from(self.value > 0.0) }
    }
}

/// Frames of a block.
fn block_length(frames: usize, width: usize) -> usize {
    let root = (frames as f64).cbrt().round() as usize;
    width.max(root).clamp(1, (frames / FEWEST_BLOCKS).max(1))
}

/// A draw: the first frame of each block. Blocks begin anywhere and go on at the first frame after the last, so that every
/// frame is as likely as every other.
fn draw(frames: usize, block: usize, rng: &mut impl Rng) -> Vec<usize> {
    (0..frames.div_ceil(block)).map(|_| rng.random_range(0..frames)).collect()
}

/// Frames of a draw in ascending order, as many as the clip has: the last block may be shorter.
fn picked(draw: &[usize], block: usize, frames: usize) -> Vec<usize> {
    let mut times = vec![0; frames];
    for frame in draw.iter().flat_map(|&start| start..start + block).take(frames) {
        times[frame % frames] += 1;
    }
    times.iter().enumerate().flat_map(|(frame, &times)| repeat_n(frame, times)).collect()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use ndarray::{Array2, Axis, array};
    use proptest::prelude::*;

    use super::*;
    use crate::align::{Aligner, Shuffles, align, margin_evidence};

    fn confidence_of(rule: Rule, matrices: &[Array2<f32>], width: usize) -> Option<Confidence> {
        let rivals: Vec<_> = matrices[1..].iter().map(|rival| rival.view()).collect();
        let found = confidence(rule, matrices[0].view(), &rivals, width).unwrap()?;
        let [mut leader, mut runner_up] =
            [0, 1].map(|class| Shuffles::new(rule, matrices[class].view(), class as u64).unwrap());
        Some(Confidence { margin_order: margin_evidence(&mut leader, &mut runner_up, || false), ..found })
    }

    fn rule(aligner: Aligner) -> Rule {
        Rule { aligner, background: 0.25, ..Rule::default() }
    }

    /// Leader and rivals of different numbers of steps, over as many frames, and a rule for them.
    fn matrices() -> impl Strategy<Value = (Rule, Vec<Array2<f32>>, usize)> {
        (1..9_usize, 0..5_usize, 0..4_usize).prop_flat_map(|(frames, aligner, width)| {
            let most = if Aligner::value_variants()[aligner] == Aligner::Dtw { 5 } else { frames.min(5) };
            let one = (1..=most).prop_flat_map(move |steps| {
                proptest::collection::vec(0.0..1.0_f32, steps * frames)
                    .prop_map(move |cells| Array2::from_shape_vec((steps, frames), cells).unwrap())
            });
            (
                Just(rule(Aligner::value_variants()[aligner])),
                proptest::collection::vec(one, 2..4),
                Just(width),
            )
        })
    }

    #[test]
    fn equal_scripts_are_too_close_to_call() {
        let cells = array![[0.3_f32, 0.1, 0.7, 0.2, 0.4], [0.6, 0.2, 0.9, 0.1, 0.3]];
        for &aligner in Aligner::value_variants() {
            let found = confidence_of(rule(aligner), &[cells.clone(), cells.clone()], 1).unwrap();
            assert_eq!((found.margin, found.interval, found.won), (0.0, [0.0, 0.0], 0.5));
            assert!(found.too_close);
        }
    }

    #[test]
    fn a_lead_in_every_frame_is_not_too_close_and_one_in_a_single_frame_is() {
        let rival = Array2::from_shape_fn((2, 24), |(step, t)| 0.2 + ((step + t * 7) % 5) as f32 / 50.0);
        let everywhere = &rival + 0.2;
        let found = confidence_of(Rule::default(), &[everywhere, rival.clone()], 3).unwrap();
        assert!(!found.too_close && found.won == 1.0 && found.interval[0] > 0.15, "{found:?}");
        let mut once = rival.clone();
        once[[0, 5]] += 0.6;
        let found = confidence_of(Rule::default(), &[once, rival], 3).unwrap();
        assert!(found.margin > 0.0 && found.too_close, "{found:?}");
    }

    #[test]
    fn any_rival_may_overtake() {
        let flat = |value: f32| Array2::from_elem((1, 40), value);
        let mut rivals = [flat(0.4), flat(0.4)];
        for frame in 0..40 {
            rivals[frame % 2][[0, frame]] += 0.15;
        }
        let leader = flat(0.5);
        let [first, second] = rivals;
        let one = confidence_of(Rule::default(), &[leader.clone(), first.clone()], 1).unwrap();
        let both = confidence_of(Rule::default(), &[leader, first, second], 1).unwrap();
        assert_eq!(one.margin, both.margin);
        assert!(
            both.interval[0] <= one.interval[0] && both.interval[1] < one.interval[1],
            "{one:?} {both:?}"
        );
    }

    /// With one step the score is the mean of the cells: the classical standard error of a mean.
    #[test]
    fn the_spread_of_a_mean_is_its_standard_error() {
        let mut rng = Pcg64::seed_from_u64(7);
        let noise: Vec<f32> = (0..900).map(|_| rng.random_range(0.0..1.0)).collect();
        let spread = |series: &[f32], width| {
            let leader = Array2::from_shape_vec((1, series.len()), series.to_vec()).unwrap();
            let rival = Array2::zeros((1, series.len()));
            confidence_of(Rule::default(), &[leader, rival], width).unwrap().spread
        };
        let expected = (1.0 / 12.0_f64 / 900.0).sqrt();
        let alone = spread(&noise, 1);
        assert!((alone / expected - 1.0).abs() < 0.25, "{alone} {expected}");
        // Smoothed over 20 frames, neighbours say the same: the standard error of the mean stays that of the noise, and
        // single frames would have shown a fifth of it.
        let smoothed: Vec<f32> =
            (0..900).map(|t| (0..20).map(|lag| noise[(t + lag) % 900]).sum::<f32>() / 20.0).collect();
        let blocks = spread(&smoothed, 40);
        assert!((0.7..1.25).contains(&(blocks / expected)), "{blocks} {expected}");
        assert_eq!(block_length(900, 40), 40);
    }

    #[test]
    fn blocks_follow_the_smoothing_and_stay_a_quarter_of_the_clip() {
        for (frames, width, block) in [
            (2, 9, 1),
            (3, 0, 1),
            (8, 0, 2),
            (8, 10, 2),
            (40, 10, 10),
            (40, 0, 3),
            (1000, 0, 10),
            (1000, 30, 30),
        ] {
            assert_eq!(block_length(frames, width), block, "{frames} frames, width {width}");
        }
    }

    #[test]
    fn draws_are_blocks_in_order_and_every_frame_is_as_likely() {
        let mut rng = Pcg64::seed_from_u64(3);
        let mut counts = [0_usize; 12];
        for _ in 0..4000 {
            let picked = picked(&draw(12, 3, &mut rng), 3, 12);
            assert!(picked.len() == 12 && picked.is_sorted());
            // Whole blocks: who is in is in with a neighbour.
            for &frame in &picked {
                counts[frame] += 1;
                assert!(picked.contains(&((frame + 1) % 12)) || picked.contains(&((frame + 11) % 12)));
            }
        }
        // Five standard deviations of four blocks of three in 4000 draws.
        let bound = 5.0 * (4000.0 * 12.0 / 4.0 / 12.0 * 3.0_f64).sqrt();
        assert!(counts.iter().all(|&count| (count as f64 - 4000.0).abs() < bound), "{counts:?}");
    }

    #[test]
    fn without_a_rival_or_a_second_frame_there_is_none() {
        let cells = array![[0.3_f32, 0.1]];
        assert_eq!(confidence_of(Rule::default(), std::slice::from_ref(&cells), 1), None);
        let one = array![[0.3_f32]];
        assert_eq!(confidence_of(Rule::default(), &[one.clone(), one], 1), None);
        let views = [cells.view()];
        assert_eq!(
            confidence_in_turn(Rule::default(), cells.view(), &views, 1, || true),
            Ok(None),
            "cancelled"
        );
        let steps = array![[0.1_f32, 0.2], [0.1, 0.2], [0.1, 0.2]];
        let refused = confidence(rule(Aligner::Segment), cells.view(), &[steps.view()], 1);
        assert!(matches!(refused, Err(AlignError::TooFewFrames { .. })), "{refused:?}");
    }

    #[test]
    fn the_margin_is_compared_with_every_pair_of_other_orders() {
        // The leader's steps come in order, the rival's say nothing about order.
        let leader = array![
            [0.9_f32, 0.9, 0.1, 0.1, 0.1, 0.1],
            [0.1, 0.1, 0.9, 0.9, 0.1, 0.1],
            [0.1, 0.1, 0.1, 0.1, 0.9, 0.9]
        ];
        let rival = Array2::from_elem((2, 6), 0.3_f32);
        let found = confidence_of(Rule::default(), &[leader.clone(), rival.clone()], 1).unwrap();
        // Five other orders of the leader with the one other order of the rival, none as good.
        let order = found.margin_order.unwrap();
        assert!((order.p - 1.0 / 6.0).abs() < 1e-12, "{found:?}");
        assert!(order.z > 1.5 && order.z_error == 0.0, "all orders are known: {found:?}");
        let single = Array2::from_elem((1, 6), 0.3_f32);
        let found = confidence_of(Rule::default(), &[single.clone(), single], 1).unwrap();
        assert_eq!(found.margin_order, None);
        let flat = confidence_of(Rule::default(), &[rival.clone(), rival], 1).unwrap();
        let order = flat.margin_order.unwrap();
        assert_eq!((order.z, order.z_error, order.p), (0.0, 0.0, 1.0), "all margins are equal");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Every multiset of frames of a small clip, aligned by itself, in the share of its draws.
        #[test]
        fn the_share_of_wins_is_that_of_all_draws(
            cells in proptest::collection::vec(0.0..1.0_f32, 18), aligner in 0..5_usize,
        ) {
            let rule = rule(Aligner::value_variants()[aligner]);
            let half = |from: usize| Array2::from_shape_vec((3, 3), cells[from..from + 9].to_vec()).unwrap();
            let matrices = [half(0), half(9)];
            let (mut wins, mut lowest, mut highest) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
            for number in 0..27 {
                let mut picked = [number / 9, number / 3 % 3, number % 3];
                picked.sort_unstable();
                let score = |at: usize| align(rule, matrices[at].select(Axis(1), &picked).view()).unwrap().score;
                let margin = score(0) - score(1);
                wins += if margin.abs() < 1e-12 { 0.5 } else { f64::from(margin > 0.0) } / 27.0;
                (lowest, highest) = (margin.min(lowest), margin.max(highest));
            }
            let found = confidence_of(rule, &matrices, 1).unwrap();
            // Five standard deviations of a share of 200 draws.
            prop_assert!((found.won - wins).abs() <= 5.0 * (wins * (1.0 - wins) / 200.0).sqrt() + 1e-9);
            prop_assert!(lowest - 1e-9 <= found.interval[0] && found.interval[1] <= highest + 1e-9);
        }

        /// The draws one by one, every rival aligned in each.
        #[test]
        fn neither_threads_nor_rivals_out_of_reach_change_a_bit((rule, matrices, width) in matrices()) {
            let views: Vec<_> = matrices.iter().map(|cells| cells.view()).collect();
            let found = confidence(rule, views[0], &views[1..], width).unwrap();
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                prop_assert_eq!(found, pool.install(|| confidence(rule, views[0], &views[1..], width)).unwrap());
            }
            let in_turn = confidence_in_turn(rule, views[0], &views[1..], width, || false).unwrap();
            prop_assert_eq!(found, in_turn);
            let Some(contest) = Contest::new(rule, views[0], &views[1..], width).unwrap() else { return Ok(()) };
            let mut scratch = contest.scratch();
            for draw in contest.draws() {
                let picked = picked(&draw, contest.block, contest.frames);
                let score =
                    |cells: &ArrayView2<f32>| align(rule, cells.select(Axis(1), &picked).view()).unwrap().score;
                let best = views[1..].iter().map(score).fold(f64::NEG_INFINITY, f64::max);
                prop_assert_eq!(contest.margin_of(&draw, &mut scratch), Margin::new(score(&views[0]), best));
            }
        }

        #[test]
        fn twice_the_cells_is_twice_the_interval((rule, matrices, width) in matrices()) {
            let twice: Vec<_> = matrices.iter().map(|cells| cells * 2.0).collect();
            let doubled = Rule { background: 2.0 * rule.background, ..rule };
            let once = confidence_of(rule, &matrices, width);
            prop_assert_eq!(once, confidence_of(rule, &matrices, width), "the same again");
            prop_assert_eq!(once.is_some(), matrices[0].ncols() > 1);
            if let Some((one, two)) = once.zip(confidence_of(doubled, &twice, width)) {
                prop_assert_eq!(one.interval.map(|end| 2.0 * end), two.interval);
                prop_assert_eq!((2.0 * one.margin, 2.0 * one.spread), (two.margin, two.spread));
                prop_assert_eq!((one.won, one.too_close), (two.won, two.too_close));
                prop_assert_eq!(one.margin_order.map(|order| order.p), two.margin_order.map(|order| order.p));
                prop_assert!(one.interval[0] <= one.interval[1] && (0.0..=1.0).contains(&one.won));
            }
        }
    }
}
