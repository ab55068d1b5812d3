//! Whether the frames of a clip that are not embedded yet can still change its winner, and which of them say most about that.

use std::ops::Range;

use ndarray::Array2;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::align::{self, AlignError};
use crate::explain::RIVALS;
use crate::explore::sparse_clip::{Filled, Gap, SparseClip};

/// Nothing is said before each of so many parts of the clip has a known row;
const PARTS: usize = 4;
/// in a long clip there are so many parts for each of its rows.
const PARTS_PER_ROW: f64 = 0.07;
/// Draws of how the unknown rows may differ from what they are filled in with.
const DRAWS: usize = 100;
/// Draws that the leader may lose in a look that is sure of it, in the first looks
const LOSSES: usize = 15;
/// and later: each further look is one more chance to be wrong.
const LATER_LOSSES: usize = 1;
const FIRST_LOOKS: usize = 3;
/// How far a row in the middle of a gap may be from what it is filled in with, in residuals of known rows.
const SCALE: f32 = 1.0;
/// Rows to embed before the next look, as a share of the clip.
const STEP: f64 = 0.015;
/// Fixed, so that the same frames always give the same answer.
const SEED: u64 = 0x05e7_71ed;

/// What the known frames of a clip say about its winner.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Index of the class in front.
    pub leader: usize,
    /// Draws in which another overtakes it; no more are counted than settle nothing.
    pub lost: usize,
    /// Rows to embed next, the one that says most first.
    pub next: Vec<usize>,
}

/// Follows the looks at a clip.
#[derive(Clone, Debug, Default)]
pub struct Settling {
    looks: usize,
    before: Option<Look>,
}

impl Settling {
    /// Adds a look at more frames than the one before. Returns whether the winner is settled: two looks in a row are sure of it.
    pub fn add(&mut self, look: &Look) -> bool {
        self.looks += 1;
        let most = if self.looks <= FIRST_LOOKS { LOSSES } else { LATER_LOSSES };
        let is_sure = |before: &Look| before.leader == look.leader && before.lost.max(look.lost) <= most;
        let is_settled = self.before.as_ref().is_some_and(is_sure);
        self.before = Some(look.clone());
        is_settled
    }
}

/// How the unknown rows of a clip may differ from what they are filled in with.
struct Contest<'a> {
    filled: Filled<'a>,
    /// Places of the classes, best first.
    classes: Vec<usize>,
    gaps: Vec<Gap>,
    /// Of each class K × as many as there are known rows but the first and the last: how far each of these is from what its
    /// neighbours would fill it in with.
    residuals: Vec<Array2<f32>>,
}

impl SparseClip {
    /// The rows without which nothing is said: the middle of each part of the clip that has no known row.
    pub fn first_rows(&self) -> Vec<usize> {
        let parts = PARTS.max((PARTS_PER_ROW * self.rows as f64).round() as usize).min(self.rows);
        let start = |part: usize| part * self.rows / parts;
        let parts = (0..parts).map(|part| start(part)..start(part + 1));
        let is_unknown = |part: &Range<usize>| {
            let next = self.known.partition_point(|&row| row < part.start);
            self.known.get(next).is_none_or(|&row| row >= part.end)
        };
        parts.filter(is_unknown).map(|part| part.start.midpoint(part.end)).collect()
    }

    /// Looks at what is known: aligns all classes with the unknown rows filled in, and again with draws of how far these may be
    /// from that.
    ///
    /// # Errors
    /// If nothing is known, or a class cannot be aligned.
    pub fn look(&self) -> Result<Look, AlignError> {
        let filled = self.filled()?;
        let ranking = align::rank(&filled.scores());
        let contest = Contest {
            classes: ranking.into_iter().take(1 + RIVALS).collect(),
            gaps: self.gaps(),
            residuals: residuals(self),
            filled,
        };
        let count = ((STEP * self.rows as f64).round() as usize).max(1);
        Ok(Look {
            leader: self.classes[contest.classes[0]],
            lost: contest.lost()?,
            next: contest.next_rows(count),
        })
    }
}

/// See [`Contest::residuals`].
fn residuals(clip: &SparseClip) -> Vec<Array2<f32>> {
    let inner = clip.known.len().saturating_sub(2);
    let residual = |products: &Array2<f32>, step: usize, place: usize| {
        let [before, row, after] = [0, 1, 2].map(|more| clip.known[place + more] as f32);
        let [from, value, to] = [0, 1, 2].map(|more| products[[step, place + more]]);
        value - (from + (row - before) / (after - before) * (to - from))
    };
    let of_class = |products: &Array2<f32>| {
        Array2::from_shape_fn((products.nrows(), inner), |(step, place)| residual(products, step, place))
    };
    clip.products.iter().map(of_class).collect()
}

/// What a draw adds to a gap: a residual, so many times.
type Bulge = (usize, f32);

impl Contest<'_> {
    /// See [`Look::lost`]. Without a residual nothing is known of the gaps.
    fn lost(&self) -> Result<usize, AlignError> {
        if self.residuals[0].ncols() == 0 {
            return Ok(DRAWS);
        }
        let mut rng = Pcg64::seed_from_u64(SEED);
        let mut lost = 0;
        for _ in 0..DRAWS {
            lost += usize::from(self.is_overtaken(&self.draw(&mut rng))?);
            if lost > LOSSES {
                break;
            }
        }
        Ok(lost)
    }

    /// For each gap the residual of any known row, in either direction.
    fn draw(&self, rng: &mut impl Rng) -> Vec<Bulge> {
        let residuals = self.residuals[0].ncols();
        let bulge = |_: &Gap| (rng.random_range(0..residuals), if rng.random() { SCALE } else { -SCALE });
        self.gaps.iter().map(bulge).collect()
    }

    fn is_overtaken(&self, draw: &[Bulge]) -> Result<bool, AlignError> {
        let leader = self.score(self.classes[0], draw)?;
        for &rival in &self.classes[1..] {
            if self.score(rival, draw)? >= leader {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn score(&self, class: usize, draw: &[Bulge]) -> Result<f64, AlignError> {
        let mut products = self.filled.products[class].clone();
        for (gap, &(residual, times)) in self.gaps.iter().zip(draw) {
            let residual = self.residuals[class].column(residual);
            for (row, share) in gap.rows.clone().zip(shares(gap)) {
                products.column_mut(row).scaled_add(times * share * self.filled.scale(row), &residual);
            }
        }
        self.filled.score(products.view())
    }

    /// Up to `count` unknown rows: the middle of the gap whose rows are farthest from known ones, of what is left of it or of the
    /// next gap, and so on. Of gaps of one size, the one that may move the margin most comes first.
    fn next_rows(&self, count: usize) -> Vec<usize> {
        let mut open: Vec<(Gap, f64)> = self.gaps.iter().cloned().zip(self.variances()).collect();
        let mut rows = Vec::new();
        while rows.len() < count {
            let in_order = |&a: &usize, &b: &usize| {
                let ((a, of_a), (b, of_b)) = (&open[a], &open[b]);
                reach(a).cmp(&reach(b)).then(of_a.total_cmp(of_b))
            };
            let Some(most) = (0..open.len()).max_by(in_order) else { break };
            let (Gap { rows: Range { start, end }, is_open }, variance) = open.swap_remove(most);
            let middle = match is_open {
                // Two thirds of the way to the open end.
                true if start == 0 => (end - 1) / 3,
                true => end - 1 - (end - 1 - start) / 3,
                false => start.midpoint(end),
            };
            rows.push(middle);
            let halves = [start..middle, middle + 1..end].into_iter().filter(|half| !half.is_empty());
            open.extend(halves.map(|rows| {
                let share = rows.len() as f64 / (end - start) as f64;
                (Gap { rows, is_open: false }, variance * share * share)
            }));
        }
        rows
    }

    /// For each gap the variance that it gives to the margin over the rival with the lowest ratio of margin and deviation.
    fn variances(&self) -> Vec<f64> {
        let [leader, rivals @ ..] = &self.classes[..] else { return Vec::new() };
        let score = |class: usize| self.filled.alignments[class].score;
        let of_rival = |&rival: &usize| {
            let variances: Vec<f64> =
                self.gaps.iter().map(|gap| self.variance(*leader, rival, gap)).collect();
            let deviation = variances.iter().sum::<f64>().sqrt();
            ((score(*leader) - score(rival)) / deviation.max(f64::MIN_POSITIVE), variances)
        };
        let nearest = rivals.iter().map(of_rival).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map_or_else(|| vec![0.0; self.gaps.len()], |(_, variances)| variances)
    }

    /// Variance of the margin of two classes over the residuals of one gap, along their present paths.
    fn variance(&self, leader: usize, rival: usize, gap: &Gap) -> f64 {
        let filled = &self.filled;
        let shares: Vec<f32> = shares(gap).collect();
        let mut moves = vec![0.0; self.residuals[leader].ncols()];
        for (class, sign) in [(leader, 1.0), (rival, -1.0)] {
            let path = &filled.alignments[class].path;
            for &(step, row) in path.iter().filter(|(_, row)| gap.rows.contains(row)) {
                let slope = filled.slope(filled.cells[class][[step, row]]) * filled.scale(row);
                let weight = sign * slope * shares[row - gap.rows.start] / path.len() as f32;
                for (change, residual) in moves.iter_mut().zip(self.residuals[class].row(step)) {
                    *change += f64::from(weight * residual);
                }
            }
        }
        moves.iter().map(|change| change * change).sum::<f64>() / moves.len().max(1) as f64
    }
}

/// Rows from the known ones beside a gap to its farthest row.
fn reach(gap: &Gap) -> usize {
    if gap.is_open { gap.rows.len() } else { gap.rows.len().div_ceil(2) }
}

/// How far each row of a gap may be from what it is filled in with, as a share of a residual: as far as a random walk between
/// the ends of the gap, or from its one end.
fn shares(gap: &Gap) -> impl Iterator<Item = f32> {
    let Range { start, end } = gap.rows;
    let is_open = gap.is_open;
    (start..end).map(move |row| {
        let share = (row - start + 1) as f32 / (end - start + 1) as f32;
        match is_open {
            true if start == 0 => (2.0 * (1.0 - share)).sqrt().max(1.0),
            true => (2.0 * share).sqrt().max(1.0),
            false => 2.0 * (share * (1.0 - share)).sqrt(),
        }
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use crate::explore::method::Method;
    use crate::explore::sparse_clip::tests::sparse;

    /// Two classes of two steps. The first is an axis for each half, the second another axis for each.
    fn scripts() -> [Array2<f32>; 2] {
        [
            array![[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]],
            array![[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]],
        ]
    }

    /// Frames that lie between both classes, `lean` towards the first, with noise.
    fn frames(rows: usize, lean: impl Fn(usize) -> f32, noise: f32, seed: u64) -> Array2<f32> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut frames = Array2::zeros((rows, 4));
        for (row, mut frame) in frames.rows_mut().into_iter().enumerate() {
            let half = usize::from(row >= rows / 2);
            frame[half] = 1.0 + lean(row);
            frame[2 + half] = 1.0 - lean(row);
            let noise: Array1<f32> = (0..4).map(|_| noise * (rng.random::<f32>() - 0.5)).collect();
            frame += &noise;
        }
        frames
    }

    /// Sees frames until the winner is settled. Returns their number, the winner, and whether it was settled.
    fn watch(frames: &Array2<f32>, scripts: &[Array2<f32>]) -> (usize, usize, bool) {
        let mut known: Vec<usize> = Vec::new();
        let mut settling = Settling::default();
        loop {
            let clip = sparse(frames, scripts, &known, Method::default());
            let mut next = clip.first_rows();
            if next.is_empty() {
                let look = clip.look().unwrap();
                if settling.add(&look) || known.len() == frames.nrows() {
                    return (known.len(), look.leader, known.len() < frames.nrows());
                }
                next = look.next;
            }
            assert!(!next.is_empty());
            known.extend(next);
            known.sort_unstable();
            assert!(known.windows(2).all(|pair| pair[0] < pair[1]), "no row twice: {known:?}");
        }
    }

    fn winner(frames: &Array2<f32>, scripts: &[Array2<f32>]) -> usize {
        let all: Vec<usize> = (0..frames.nrows()).collect();
        let clip = sparse(frames, scripts, &all, Method::default());
        align::rank(&clip.filled().unwrap().scores())[0]
    }

    #[test]
    fn a_clear_winner_is_settled_soon_but_not_before_the_clip_is_covered() {
        for seed in 0..20 {
            let (seen, leader, settled) = watch(&frames(120, |_| 0.5, 0.4, seed), &scripts());
            assert!(settled && leader == 0 && seen <= 12, "{seed}: {leader} after {seen}");
            let least =
                sparse(&frames(120, |_| 0.5, 0.4, seed), &scripts(), &[], Method::default()).first_rows();
            assert!(seen > least.len());
        }
    }

    /// The first class is ahead for three quarters of the clip, the second makes up for it at the end.
    #[test]
    fn a_late_change_that_overturns_the_winner_keeps_it_unsettled() {
        for seed in 0..20 {
            let lean = |row: usize| if row < 90 { 0.2 } else { -0.9 };
            let frames = frames(120, lean, 0.4, seed);
            assert_eq!(winner(&frames, &scripts()), 1);
            assert_eq!(watch(&frames, &scripts()).1, 1, "{seed}");
        }
    }

    #[test]
    fn twins_are_never_settled() {
        let [first, _] = scripts();
        let frames = frames(40, |_| 0.5, 0.4, 7);
        assert_eq!(watch(&frames, &[first.clone(), first]), (40, 0, false));
    }

    #[test]
    fn a_single_class_is_settled() {
        let [first, _] = scripts();
        let (seen, leader, settled) = watch(&frames(40, |_| 0.5, 0.4, 7), &[first]);
        assert!(settled && leader == 0 && seen < 40);
    }

    #[test]
    fn two_looks_in_a_row_must_be_sure_of_the_same_class() {
        let look = |leader, lost| Look { leader, lost, next: Vec::new() };
        let settled = |looks: &[(usize, usize)]| {
            let mut settling = Settling::default();
            looks.iter().map(|&(leader, lost)| settling.add(&look(leader, lost))).collect::<Vec<_>>()
        };
        assert_eq!(settled(&[(1, LOSSES), (1, 0)]), [false, true]);
        assert_eq!(settled(&[(1, 0), (0, 0), (0, LOSSES)]), [false, false, true]);
        assert_eq!(settled(&[(1, LOSSES + 1), (1, 0), (1, 0)]), [false, false, true]);
    }

    #[test]
    fn later_looks_must_be_surer() {
        let mut settling = Settling::default();
        let look = |lost| Look { leader: 0, lost, next: Vec::new() };
        let unsure = [DRAWS; FIRST_LOOKS].map(|lost| settling.add(&look(lost)));
        assert_eq!(unsure, [false; FIRST_LOOKS]);
        let later = [LATER_LOSSES + 1, LATER_LOSSES, LATER_LOSSES].map(|lost| settling.add(&look(lost)));
        assert_eq!(later, [false, false, true]);
    }

    #[test]
    fn every_part_of_a_clip_is_seen_first() {
        let frames = frames(100, |_| 0.5, 0.4, 7);
        let first = |known: &[usize]| sparse(&frames, &scripts(), known, Method::default()).first_rows();
        let all = first(&[]);
        assert_eq!(first(&all), [] as [usize; 0]);
        for left_out in 0..all.len() {
            let mut known = all.clone();
            let row = known.remove(left_out);
            assert_eq!(first(&known), [row], "the same part is missing");
        }
        let half: Vec<usize> = (0..50).collect();
        assert!(first(&half).iter().all(|&row| row >= 50));
        assert_eq!(
            sparse(&frames.slice_move(ndarray::s![..1, ..]), &scripts(), &[], Method::default()).first_rows(),
            [0]
        );
    }

    /// The second half is restless, so that its frames say most.
    #[test]
    fn the_next_rows_are_where_frames_are_uncertain() {
        let mut restless = frames(128, |_| 0.1, 0.05, 3);
        let noisy = frames(128, |_| 0.1, 2.0, 4);
        restless.slice_mut(ndarray::s![64.., ..]).assign(&noisy.slice(ndarray::s![64.., ..]));
        let known: Vec<usize> = (0..128).step_by(8).collect();
        let next = sparse(&restless, &scripts(), &known, Method::default()).look().unwrap().next;
        assert!(next.iter().all(|&row| row >= 56 && !known.contains(&row)), "{next:?}");
    }
}
