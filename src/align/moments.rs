//! Moments: where in a long recording the steps of a script happen in order.

use std::ops::Range;

use ndarray::{ArrayView2, Axis};

use super::search::larger;
use super::{AlignError, check};

/// A stretch of frames that shows a script.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentPath {
    /// From the first frame of the first step to the last of the last step.
    pub frames: Range<usize>,
    /// Sum of the gains on the path, less the price of the frames that it leaves out.
    pub sum: f64,
    /// Mean over the steps of the mean gain of their frames: a long step weighs as much as a short one.
    pub score: f64,
    /// From the first frame of each step to its last. Frames between may be left out.
    pub steps: Vec<Range<usize>>,
}

/// What a moment may be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MomentLimits {
    /// Least and largest number of frames, from the first to the last.
    pub frames: (usize, usize),
    /// Price of a frame that is left out within a moment; not negative.
    pub gap: f64,
}

impl MomentLimits {
    /// No limit of length.
    pub fn of_gap(gap: f64) -> Self {
        Self { frames: (1, usize::MAX), gap }
    }
}

/// Finds up to `most` moments of a script in K×T `gains`, which say how much better a step explains a frame than the
/// background does. Highest sum first: each is the best of all that overlap none of those before, and has a positive sum.
///
/// # Errors
/// If there is no gain, or one that is not finite.
pub fn moments(
    gains: ArrayView2<f32>,
    limits: MomentLimits,
    most: usize,
) -> Result<Vec<MomentPath>, AlignError> {
    check(gains)?;
    let rows = rows(gains);
    Ok(MomentSearch::new(&rows, limits).find(most))
}

/// The moment of highest sum in K×T `gains`, whatever its length and sign; `None` if there are fewer frames than steps.
///
/// # Errors
/// As [`moments`].
pub fn best_moment(gains: ArrayView2<f32>, gap: f64) -> Result<Option<MomentPath>, AlignError> {
    check(gains)?;
    let (steps, frames) = gains.dim();
    if steps > frames {
        return Ok(None);
    }
    let rows = rows(gains);
    let mut search = MomentSearch::new(&rows, MomentLimits::of_gap(gap));
    search.bound(0..frames, 0);
    let best =
        (0..frames).reduce(|best, end| if search.bounds[end] > search.bounds[best] { end } else { best });
    Ok(best.and_then(|end| search.best_to(end, 0)))
}

fn rows(gains: ArrayView2<f32>) -> Vec<Vec<f32>> {
    gains.axis_iter(Axis(0)).map(|row| row.to_vec()).collect()
}

/// Frames whose highest bound is kept.
const BLOCK: usize = 128;

/// The search for moments of one script.
///
/// One pass finds the best sum up to every last frame, regardless of lengths and of moments found before: a bound. Bounds are
/// visited from the highest down. Only there, the best path within the limits is sought anew, and either reaches its bound,
/// so that it is the next moment, or lowers it.
struct MomentSearch<'a> {
    rows: &'a [Vec<f32>],
    frames: usize,
    limits: MomentLimits,
    /// For each frame what the sum of a moment that ends with it does not exceed.
    bounds: Vec<f64>,
    /// The highest bound of each block of frames.
    highest: Vec<f64>,
    /// Frames of the moments found, in order of time.
    taken: Vec<Range<usize>>,
    /// Best sums of two steps while bounds are computed.
    sums: [Vec<f64>; 2],
    /// Best sums of all steps in a stretch, (K+1)×(T′+1), as in [`super::search::Search`].
    table: Vec<f64>,
}

impl<'a> MomentSearch<'a> {
    fn new(rows: &'a [Vec<f32>], limits: MomentLimits) -> Self {
        let frames = rows.first().map_or(0, Vec::len);
        Self {
            rows,
            frames,
            limits,
            bounds: vec![f64::INFINITY; frames],
            highest: vec![f64::INFINITY; frames.div_ceil(BLOCK)],
            taken: Vec::new(),
            sums: Default::default(),
            table: Vec::new(),
        }
    }

    fn find(&mut self, most: usize) -> Vec<MomentPath> {
        let longest = self.limits.frames.1;
        self.bound(0..self.frames, 0);
        let mut found = Vec::new();
        while found.len() < most
            && let Some(end) = self.highest()
        {
            let start = self.earliest_start(end);
            let best = self.best_to(end, start);
            let sum = best.as_ref().map_or(f64::NEG_INFINITY, |moment| moment.sum);
            let Some(moment) = best.filter(|_| sum >= self.bounds[end]) else {
                // A path that is too long for this end is often the best of the next ends, too.
                self.bounds[end] = sum;
                self.bound(start..self.next_taken(end).min(end.saturating_add(longest)), end);
                continue;
            };
            let Range { start, end } = moment.frames;
            self.bounds[start..end].fill(f64::NEG_INFINITY);
            self.summarise(start..end);
            let place = self.taken.partition_point(|other| other.start < start);
            self.taken.insert(place, start..end);
            self.bound(end..self.next_taken(end).min(end.saturating_add(longest)), end);
            found.push(moment);
        }
        found
    }

    /// The first frame of the highest bound, if that is positive.
    fn highest(&self) -> Option<usize> {
        let bound = largest(&self.highest);
        let block = self.highest.iter().position(|&highest| highest == bound && highest > 0.0)?;
        let first = block * BLOCK;
        self.bounds[first..].iter().position(|&other| other == bound).map(|place| first + place)
    }

    /// Brings the highest bounds of blocks up to date after those of some frames have changed.
    fn summarise(&mut self, frames: Range<usize>) {
        let blocks = frames.start / BLOCK..frames.end.div_ceil(BLOCK);
        let bounds = self.bounds[blocks.start * BLOCK..].chunks(BLOCK);
        for (highest, bounds) in self.highest[blocks].iter_mut().zip(bounds) {
            *highest = largest(bounds);
        }
    }

    /// The earliest frame at which a moment that ends with frame `end` may begin.
    fn earliest_start(&self, end: usize) -> usize {
        let before = self.taken.partition_point(|other| other.end <= end);
        let free = before.checked_sub(1).map_or(0, |last| self.taken[last].end);
        free.max((end + 1).saturating_sub(self.limits.frames.1))
    }

    /// First frame of the first moment found after this frame, or the number of frames.
    fn next_taken(&self, frame: usize) -> usize {
        let next = self.taken.partition_point(|other| other.start < frame);
        self.taken.get(next).map_or(self.frames, |next| next.start)
    }

    /// Lowers the bounds of the frames of a stretch from `first` on to the best sums of paths that begin in the stretch.
    fn bound(&mut self, stretch: Range<usize>, first: usize) {
        let [above, sums] = &mut self.sums;
        above.clear();
        above.resize(stretch.len() + 1, 0.0);
        sums.clear();
        sums.resize(stretch.len() + 1, f64::NEG_INFINITY);
        let (fours, others) = self.rows[..self.rows.len() - 1].as_chunks::<4>();
        for four in fours {
            fill_last(four.each_ref().map(|row| &row[stretch.clone()]), self.limits.gap, above, sums);
            std::mem::swap(above, sums);
        }
        for row in others {
            fill_last([&row[stretch.clone()]], self.limits.gap, above, sums);
            std::mem::swap(above, sums);
        }
        let last = self.rows.last().map_or(&[][..], |row| &row[stretch.clone()]);
        let mut begun = f64::NEG_INFINITY;
        let ends = stretch.clone().zip(&mut self.bounds[stretch.clone()]);
        for (((end, bound), above), &gain) in ends.zip(&above[..]).zip(last) {
            let taken = larger(*above, begun) + f64::from(gain);
            begun = larger(taken, begun - self.limits.gap);
            *bound = if end >= first && taken < *bound { taken } else { *bound };
        }
        self.summarise(first..stretch.end.max(first));
    }

    /// The best moment that ends with the frame `end`, begins with `start` or later, and is within the limits.
    fn best_to(&mut self, end: usize, start: usize) -> Option<MomentPath> {
        let (shortest, gap) = (self.limits.frames.0, self.limits.gap);
        let width = end - start + 2;
        let beginnings = (end + 2).saturating_sub(shortest.max(1) + start).min(width);
        self.table.clear();
        self.table.resize((self.rows.len() + 1) * width, f64::NEG_INFINITY);
        let (mut above, mut rest) = self.table.split_at_mut(width);
        above[..beginnings].fill(0.0);
        let (fours, others) = self.rows.as_chunks::<4>();
        for four in fours {
            let (sums, below) = rest.split_at_mut(4 * width);
            fill_all(four.each_ref().map(|row| &row[start..=end]), gap, above, sums);
            (above, rest) = (&mut sums[3 * width..], below);
        }
        for row in others {
            let (sums, below) = rest.split_at_mut(width);
            fill_all([&row[start..=end]], gap, above, sums);
            (above, rest) = (sums, below);
        }
        let (sum, _) = self.taken(self.rows.len(), width - 1, start);
        (sum > f64::NEG_INFINITY).then(|| self.moment(sum, start, width - 1))
    }

    /// Best sum in the table of a path through the first `step` steps and `column` frames that takes the last of these, and
    /// whether that frame continues the step.
    fn taken(&self, step: usize, column: usize, start: usize) -> (f64, bool) {
        let width = self.table.len() / (self.rows.len() + 1);
        let (entered, begun) =
            (self.table[(step - 1) * width + column - 1], self.table[step * width + column - 1]);
        let gain = f64::from(self.rows[step - 1][start + column - 1]);
        (larger(entered, begun) + gain, begun >= entered)
    }

    /// The moment of the path in the table that ends with a frame taken at `column`.
    fn moment(&self, sum: f64, start: usize, mut column: usize) -> MomentPath {
        let steps = self.rows.len();
        let width = self.table.len() / (steps + 1);
        let last = column;
        let mut spans = vec![0..0; steps];
        let mut gains = vec![(0.0, 0); steps];
        let mut step = steps;
        while step > 0 {
            let (taken, continues) = self.taken(step, column, start);
            let left_out = self.table[step * width + column - 1] - self.limits.gap;
            column -= 1;
            if left_out > taken && column + 1 < last {
                continue;
            }
            let (frame, step_number) = (start + column, step - 1);
            let span = &mut spans[step_number];
            *span = frame..span.end.max(frame + 1);
            gains[step_number].0 += f64::from(self.rows[step_number][frame]);
            gains[step_number].1 += 1;
            step -= usize::from(!continues);
        }
        let means = gains.iter().map(|&(sum, count)| sum / f64::from(count));
        let score = means.sum::<f64>() / steps as f64;
        MomentPath { frames: spans[0].start..spans[steps - 1].end, sum, score, steps: spans }
    }
}

/// Best sums of the last of N steps from those of the step before them: of the first 0, 1, … frames, with the step begun.
fn fill_last<const N: usize>(rows: [&[f32]; N], gap: f64, above: &[f64], sums: &mut [f64]) {
    let mut begun = [f64::NEG_INFINITY; N];
    sums[0] = begun[N - 1];
    for (frame, (sum, &above)) in sums[1..].iter_mut().zip(above).enumerate() {
        advance(&mut begun, above, rows.map(|row| row[frame]), gap);
        *sum = begun[N - 1];
    }
}

/// The same for each of N steps, one after the other in `sums`.
fn fill_all<const N: usize>(rows: [&[f32]; N], gap: f64, above: &[f64], sums: &mut [f64]) {
    let mut begun = [f64::NEG_INFINITY; N];
    let mut sums = sums.chunks_exact_mut(above.len());
    let mut sums = rows.map(|_| sums.next().unwrap_or_default());
    for sums in &mut sums {
        sums[0] = f64::NEG_INFINITY;
    }
    for frame in 0..above.len() - 1 {
        advance(&mut begun, above[frame], rows.map(|row| row[frame]), gap);
        for (sums, &begun) in sums.iter_mut().zip(&begun) {
            sums[frame + 1] = begun;
        }
    }
}

/// Best sums of N steps that have begun, a frame later. The steps do not wait for each other, so the processor does them
/// together.
#[inline(always)]
fn advance<const N: usize>(begun: &mut [f64; N], above: f64, gains: [f32; N], gap: f64) {
    let mut before = above;
    for (begun, gain) in begun.iter_mut().zip(gains) {
        let taken = larger(before, *begun) + f64::from(gain);
        before = *begun;
        *begun = larger(taken, before - gap);
    }
}

/// The largest of some numbers that are not NaN, or −∞.
fn largest(numbers: &[f64]) -> f64 {
    let (eights, others) = numbers.as_chunks::<8>();
    let largest = eights.iter().fold([f64::NEG_INFINITY; 8], |largest, eight| {
        std::array::from_fn(|lane| larger(largest[lane], eight[lane]))
    });
    largest.iter().chain(others).copied().fold(f64::NEG_INFINITY, larger)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

    /// The best sum of a path that takes the first and the last frame of a stretch, by trying all of them.
    fn best_sum(gains: &Array2<f32>, stretch: Range<usize>, gap: f64) -> Option<f64> {
        let steps = gains.nrows();
        let choices = steps + 1;
        let sum = |mut number: usize| {
            let (mut sum, mut current, mut is_left_out) = (0.0, 0, true);
            for frame in stretch.clone() {
                let choice = number % choices;
                number /= choices;
                is_left_out = choice == 0;
                if is_left_out {
                    if frame == stretch.start {
                        return None;
                    }
                    sum -= gap;
                    continue;
                }
                if choice != current && choice != current + 1 {
                    return None;
                }
                current = choice;
                sum += f64::from(gains[(choice - 1, frame)]);
            }
            (current == steps && !is_left_out).then_some(sum)
        };
        (0..choices.pow(stretch.len() as u32)).filter_map(sum).max_by(f64::total_cmp)
    }

    /// The moments by their definition.
    fn brute_force(gains: &Array2<f32>, limits: MomentLimits) -> Vec<(Range<usize>, f64)> {
        let frames = gains.ncols();
        let stretches = (0..frames).flat_map(|start| (start + 1..=frames).map(move |end| start..end));
        let (shortest, longest) = limits.frames;
        let allowed = stretches.filter(|stretch| (shortest..=longest).contains(&stretch.len()));
        let sums =
            allowed.filter_map(|stretch| Some((stretch.clone(), best_sum(gains, stretch, limits.gap)?)));
        let mut left: Vec<(Range<usize>, f64)> = sums.filter(|(_, sum)| *sum > 0.0).collect();
        let mut found = Vec::new();
        while let Some(best) = left.iter().max_by(|a, b| a.1.total_cmp(&b.1)).cloned() {
            left.retain(|(stretch, _)| stretch.end <= best.0.start || best.0.end <= stretch.start);
            found.push(best);
        }
        found
    }

    /// Checks that the spans of a moment make a path of its sum: with gaps within steps, at least that of the best.
    fn check_path(gains: &Array2<f32>, moment: &MomentPath, gap: f64) {
        assert_eq!(moment.steps.len(), gains.nrows());
        assert!(moment.steps.iter().all(|span| !span.is_empty()));
        assert!(moment.steps.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", moment.steps);
        assert_eq!(moment.frames, moment.steps[0].start..moment.steps.last().unwrap().end);
        let best = best_sum(gains, moment.frames.clone(), gap).unwrap();
        assert!((best - moment.sum).abs() < 1e-9, "{best} {}", moment.sum);
    }

    fn gains() -> impl Strategy<Value = Array2<f32>> {
        (1..=3_usize, 1..=8_usize).prop_flat_map(|shape| {
            prop::collection::vec(-1.0..1.0_f32, shape.0 * shape.1)
                .prop_map(move |gains| Array2::from_shape_vec(shape, gains).unwrap())
        })
    }

    proptest! {
        #[test]
        fn moments_are_those_of_brute_force(
            gains in gains(),
            (shortest, longest) in (1..4_usize, 2..9_usize),
            gap in prop_oneof![Just(0.0), 0.0..0.5_f64],
        ) {
            let limits = MomentLimits { frames: (shortest, longest), gap };
            let found = moments(gains.view(), limits, usize::MAX).unwrap();
            let expected = brute_force(&gains, limits);
            prop_assert_eq!(found.len(), expected.len(), "{:?} {:?}", found, expected);
            for (moment, (stretch, sum)) in found.iter().zip(expected) {
                prop_assert!((moment.sum - sum).abs() < 1e-9, "{:?} {:?} {}", moment, stretch, sum);
                prop_assert_eq!(&moment.frames, &stretch);
                check_path(&gains, moment, gap);
            }
        }

        #[test]
        fn the_best_moment_is_that_of_brute_force(gains in gains(), gap in 0.0..0.5_f64) {
            let gains = gains - 0.5;
            let found = best_moment(gains.view(), gap).unwrap();
            let frames = gains.ncols();
            let stretches = (0..frames).flat_map(|start| (start + 1..=frames).map(move |end| start..end));
            let expected = stretches.filter_map(|stretch| best_sum(&gains, stretch, gap)).max_by(f64::total_cmp);
            prop_assert_eq!(found.is_some(), expected.is_some());
            if let Some((found, expected)) = found.zip(expected) {
                prop_assert!((found.sum - expected).abs() < 1e-9);
                check_path(&gains, &found, gap);
            }
        }
    }

    #[test]
    fn both_of_two_moments_are_found_with_their_steps() {
        let gains = array![
            [-1.0, 2.0, 2.0, -1.0, -1.0, -1.0, 3.0, -1.0_f32],
            [-1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0, 3.0],
        ];
        let limits = MomentLimits { frames: (1, 4), gap: 0.5 };
        let found = moments(gains.view(), limits, 9).unwrap();
        let spans: Vec<_> = found.iter().map(|moment| moment.steps.clone()).collect();
        assert_eq!(spans, [vec![6..7, 7..8], vec![1..3, 4..5]]);
        assert_eq!((found[0].sum, found[0].score), (6.0, 3.0));
        // A long step weighs as much as a short one; the frame left out has its price.
        assert_eq!((found[1].sum, found[1].score), (4.5, 1.5));
        assert_eq!(moments(gains.view(), limits, 1).unwrap(), found[..1]);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let gains =
            array![[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0_f32], [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 1.0]];
        let of = |frames| moments(gains.view(), MomentLimits { frames, gap: 0.0 }, 9).unwrap();
        assert_eq!(of((1, 9))[0].frames, 0..7);
        assert_eq!(of((1, 3))[0].frames, 4..7);
        assert_eq!(of((4, 9)).len(), 1);
        assert_eq!(of((8, 9)), []);
    }

    #[test]
    fn gains_that_are_no_numbers_are_refused() {
        let gains = array![[1.0, f32::NAN]];
        let refused = moments(gains.view(), MomentLimits::of_gap(0.0), 1).unwrap_err();
        assert!(matches!(refused, AlignError::NotFinite { step: 0, frame: 1, .. }));
        assert_eq!(best_moment(array![[1.0_f32], [1.0]].view(), 0.0), Ok(None));
    }
}
