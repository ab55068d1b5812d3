//! Scores of one script on draws of its clip's frames.

use ndarray::{ArrayView1, ArrayView2, Axis};

use super::search::Search;
use super::{AlignError, Ends, Rule};

/// Relative to the largest cell: more than what a score and its ceiling are rounded by.
const ROUNDING: f64 = 1e-9;

/// A script, to be aligned with as many frames as its clip has, drawn from them.
pub struct DrawnScores {
    whole: Search,
    as_written: Vec<usize>,
    /// The most that each frame can add: its best cell, or the background where frames may be left out.
    best: Vec<f64>,
    /// The most cells that a path has besides one in each frame.
    more: usize,
    /// The worst cell, where the mean of the step is subtracted: the mean is no less.
    least: Option<f64>,
    rounding: f64,
}

/// The memory of one alignment after the other, of any scripts.
pub struct Scratch(Search);

impl DrawnScores {
    /// Of K×T `cells`.
    ///
    /// # Errors
    /// As [`align`](super::align).
    pub fn new(rule: Rule, cells: ArrayView2<f32>) -> Result<Self, AlignError> {
        let mut whole = Search::new(rule, cells)?;
        whole.forget_sums();
        let leaves_out = rule.aligner.ends() == Ends::Open || rule.opens_start() || rule.opens_end();
        let least = if leaves_out { rule.background } else { f64::NEG_INFINITY };
        let best = |frame: ArrayView1<f32>| frame.iter().map(|&cell| f64::from(cell)).fold(least, f64::max);
        let largest =
            cells.iter().fold(rule.background.abs(), |largest, &cell| largest.max(f64::from(cell).abs()));
        Ok(Self {
            as_written: (0..cells.nrows()).collect(),
            best: cells.axis_iter(Axis(1)).map(best).collect(),
            more: if rule.aligner.counts_frames_once() { 0 } else { cells.nrows() - 1 },
            least: rule
                .aligner
                .subtracts_means()
                .then(|| cells.iter().map(|&cell| f64::from(cell)).fold(f64::INFINITY, f64::min)),
            rounding: ROUNDING * largest,
            whole,
        })
    }

    pub fn scratch(&self) -> Scratch {
        Scratch(self.whole.clone())
    }

    /// The score of `picked` frames, T of them, bit-equal to [`score`](super::score).
    pub fn score(&self, picked: &[usize], scratch: &mut Scratch) -> f64 {
        self.whole.draw(picked, &mut scratch.0);
        scratch.0.score(&self.as_written)
    }

    /// What the score of these frames does not exceed, found without a path.
    ///
    /// A score is a mean over at least one cell of each frame, and of at most K − 1 more cells if a frame may count for
    /// several steps. The ceiling takes the best cell of each frame, and the best of all for the others. Windows leave most frames
    /// out, and subtract a mean: there the ceiling is the best of all cells less the worst.
    pub fn ceiling(&self, picked: &[usize]) -> f64 {
        let (mut sum, mut most) = (0.0, f64::NEG_INFINITY);
        for &frame in picked {
            sum += self.best[frame];
            most = self.best[frame].max(most);
        }
        if let Some(least) = self.least {
            return most - least + self.rounding;
        }
        (sum + self.more as f64 * most) / (picked.len() + self.more) as f64 + self.rounding
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use ndarray::{Array2, s};
    use proptest::prelude::*;

    use super::*;
    use crate::align::{Aligner, score};

    proptest! {
        #[test]
        fn draws_score_as_their_matrix_and_below_their_ceiling(
            cells in proptest::collection::vec(-1.0..1.0_f32, 4 * 9),
            draws in proptest::collection::vec(proptest::collection::vec(0..9_usize, 9), 1..4),
            (aligner, open_start, open_end) in (0..5_usize, any::<bool>(), any::<bool>()),
            (background, offset) in (-1.0..1.0_f64, -2.0..2.0_f32),
            band in proptest::option::of(0.4..1.0_f64),
        ) {
            let aligner = Aligner::value_variants()[aligner];
            let rule = Rule { aligner, background, open_start, open_end, band };
            let cells = Array2::from_shape_vec((4, 9), cells).unwrap() + offset;
            let drawn = DrawnScores::new(rule, cells.view()).unwrap();
            // A script of one step has one path.
            let closed = Rule { aligner: Aligner::Dtw, band: None, ..rule };
            let single = DrawnScores::new(closed, cells.slice(s![..1, ..])).unwrap();
            let mut scratch = single.scratch();
            for picked in draws {
                let found = drawn.score(&picked, &mut scratch);
                prop_assert_eq!(found, score(rule, cells.select(Axis(1), &picked).view()).unwrap());
                prop_assert!(found <= drawn.ceiling(&picked), "{found} {}", drawn.ceiling(&picked));
                let (found, ceiling) = (single.score(&picked, &mut scratch), single.ceiling(&picked));
                prop_assert!(found <= ceiling && ceiling - found < 1e-8, "{found} {ceiling}");
            }
        }
    }
}
