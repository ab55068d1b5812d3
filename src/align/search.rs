//! The dynamic programme of every aligner: the best sum up to every cell, step by step, and the path back.

use std::ops::Range;

use ndarray::{ArrayView2, Axis};

use super::rule::{Best, MOST, Moves};
use super::{AlignError, Aligner, Rule, check};

/// Most improvements of a mean path. Each finds a path of higher mean; a handful suffices.
const IMPROVEMENTS: usize = 100;

/// A cell matrix whose rows can be taken in any order, with the rule of the search.
#[derive(Clone)]
pub(super) struct Search {
    rule: Rule,
    rows: Vec<Vec<f32>>,
    frames: usize,
    /// Frames that the band allows for each place in the script.
    allowed: Vec<Range<usize>>,
    /// Best sums, (K+1)×(T+1). Sum (k, t) is over the first k steps and t frames with step k begun: its last frame is t, or for
    /// `drop` and `windows` an earlier one. Row 0 is for the frames before the first step.
    sums: Vec<f64>,
}

impl Search {
    pub fn new(rule: Rule, cells: ArrayView2<f32>) -> Result<Self, AlignError> {
        check(cells)?;
        let (steps, frames) = cells.dim();
        if rule.aligner.counts_frames_once() && steps > frames {
            return Err(AlignError::TooFewFrames { aligner: rule.aligner, steps, frames });
        }
        if !(-MOST..=MOST).contains(&rule.background) {
            return Err(AlignError::Background { value: rule.background });
        }
        let allowed = (0..steps).map(|step| allowed(rule.band, (step, steps), frames)).collect();
        let rows = cells.axis_iter(Axis(0)).map(|row| row.to_vec()).collect();
        let mut search = Self { rule, rows, frames, allowed, sums: vec![0.0; (steps + 1) * (frames + 1)] };
        if let Some(band) = rule.band {
            // Whether there is a path does not depend on the order of the rows.
            let as_written: Vec<usize> = (0..steps).collect();
            search.fill(&as_written, 0.0, 0);
            if search.best(steps).1 == f64::NEG_INFINITY {
                return Err(AlignError::Band { band, steps, frames });
            }
        }
        Ok(search)
    }

    /// Score and path of the rows in this order.
    pub fn align(&mut self, order: &[usize]) -> (f64, Vec<(usize, usize)>) {
        let (score, above) = self.search(order, 0);
        let mut path = Vec::with_capacity(order.len() + self.frames);
        self.go_back(order, above, |step, frame| path.push((step, frame)));
        path.reverse();
        (score, path)
    }

    pub fn score(&mut self, order: &[usize]) -> f64 {
        self.search(order, 0).0
    }

    /// Makes `drawn` the search through these frames of this one, as many as it has. Memory is used again.
    pub fn draw(&self, picked: &[usize], drawn: &mut Self) {
        let Self { rule, rows, frames, allowed, .. } = self;
        (drawn.rule, drawn.frames) = (*rule, *frames);
        drawn.allowed.clone_from(allowed);
        drawn.rows.resize_with(rows.len(), Vec::new);
        for (row, from) in drawn.rows.iter_mut().zip(rows) {
            row.clear();
            row.extend(picked.iter().map(|&frame| from[frame]));
        }
        drawn.sums.resize((rows.len() + 1) * (frames + 1), 0.0);
    }

    /// Frees the sums of a search that others are drawn from.
    pub fn forget_sums(&mut self) {
        self.sums = Vec::new();
    }

    /// Score without each row in turn, the others as written. Without a band alone: bands depend on the number of rows.
    ///
    /// Sums of rows before the missing one are those of the whole matrix. From the last row to the first, none is overwritten
    /// that is still needed; only searches for a mean begin anew.
    pub fn scores_without_rows(&mut self) -> Vec<f64> {
        let steps = self.rows.len();
        let as_written: Vec<usize> = (0..steps).collect();
        self.fill(&as_written, 0.0, 0);
        let mut scores: Vec<f64> = (0..steps)
            .rev()
            .map(|missing| {
                let order: Vec<usize> = (0..steps).filter(|&row| row != missing).collect();
                // With one step less, windows are longer.
                let is_known =
                    self.rule.aligner.best() == Best::Sum && self.rule.aligner.moves() != Moves::Windows;
                let known = if is_known { missing } else { 0 };
                self.search(&order, known).0
            })
            .collect();
        scores.reverse();
        scores
    }

    /// Computes the sums of the best path, of which those of the first `known` rows are there. Returns its score and the offset
    /// subtracted from each cell.
    fn search(&mut self, order: &[usize], known: usize) -> (f64, f64) {
        self.fill(order, 0.0, known);
        let sum = self.best(order.len()).1;
        if self.rule.aligner.divides_by_frames() {
            return (sum / self.frames as f64, 0.0);
        }
        let mut length = 0;
        self.go_back(order, 0.0, |_, _| length += 1);
        let mut mean = sum / f64::from(length);
        if self.rule.aligner.best() == Best::Sum {
            return (mean, 0.0);
        }
        // Dinkelbach: where no path has a positive sum above the mean, the mean is the highest there is.
        let mut taken_off = 0.0;
        for _ in 0..IMPROVEMENTS {
            self.fill(order, mean, 0);
            let (mut sum, mut length) = (0.0, 0);
            self.go_back(order, mean, |step, frame| {
                sum += f64::from(self.rows[order[step]][frame]);
                length += 1;
            });
            taken_off = mean;
            let better = sum / f64::from(length);
            if better <= mean {
                break;
            }
            mean = better;
        }
        (mean, taken_off)
    }

    /// Fills the sums for the rows in this order after the first `known`, with `off` subtracted from each cell.
    fn fill(&mut self, order: &[usize], off: f64, known: usize) {
        let Rule { aligner, background, .. } = self.rule;
        let opens_start = self.rule.opens_start();
        let width = self.frames + 1;
        if known == 0 {
            for (t, sum) in self.sums[..width].iter_mut().enumerate() {
                *sum = match aligner.moves() {
                    Moves::Windows => 0.0,
                    _ if t == 0 || opens_start => background * t as f64,
                    _ => f64::NEG_INFINITY,
                };
            }
        }
        let window = Aligner::window(order.len(), self.frames);
        let (above, mut rest) = self.sums[known * width..].split_at_mut(width);
        let mut above = &*above;
        for (&row, allowed) in order.iter().zip(&self.allowed).skip(known) {
            let (sums, below) = rest.split_at_mut(width);
            let row = &self.rows[row];
            match aligner.moves() {
                Moves::Warp => fill_row::<true, false>(row, off, allowed, above, sums, 0.0),
                Moves::Segment => fill_row::<false, false>(row, off, allowed, above, sums, 0.0),
                Moves::SegmentOrSkip => fill_row::<false, true>(row, off, allowed, above, sums, background),
                Moves::Windows => fill_windows(row, window, allowed, above, sums),
            }
            (above, rest) = (sums, below);
        }
    }

    /// End of the best path of so many steps, as a number of frames, and its sum. Of equal ends the last.
    fn best(&self, steps: usize) -> (usize, f64) {
        let last = &self.sums[steps * (self.frames + 1)..];
        let all = (self.frames, last[self.frames]);
        if !self.rule.opens_end() {
            return all;
        }
        let end = |t: usize| (t, last[t] + self.rule.background * (self.frames - t) as f64);
        (1..self.frames).rev().map(end).fold(all, |best, end| if end.1 > best.1 { end } else { best })
    }

    /// Visits the cells of the best path from the last to the first, each by its place in the order and its frame.
    fn go_back(&self, order: &[usize], off: f64, mut visit: impl FnMut(usize, usize)) {
        let Rule { aligner, background, .. } = self.rule;
        let width = self.frames + 1;
        let (mut k, mut t) = (order.len(), self.best(order.len()).0);
        let window = Aligner::window(k, self.frames);
        while k > 0 {
            let at = k * width + t;
            if aligner.moves() == Moves::Windows {
                if self.sums[at - 1] == self.sums[at] {
                    t -= 1;
                } else {
                    (1..=window).for_each(|back| visit(k - 1, t - back));
                    (k, t) = (k - 1, t - window);
                }
                continue;
            }
            let (diagonal, left, above) =
                (self.sums[at - width - 1], self.sums[at - 1], self.sums[at - width]);
            if aligner.moves() == Moves::SegmentOrSkip {
                let cell = cell(&self.rows[order[k - 1]], off, &self.allowed[k - 1], t - 1);
                if background + left > cell + larger(diagonal, left) {
                    t -= 1;
                    continue;
                }
            }
            visit(k - 1, t - 1);
            let origin = if aligner.moves() == Moves::Warp {
                warp_origin(diagonal, left, above)
            } else {
                stay_or_begin(diagonal, left)
            };
            k -= usize::from(!matches!(origin, Origin::Left));
            t -= usize::from(!matches!(origin, Origin::Above));
        }
    }
}

/// Frames that a step may hold: those within `band` of the step's place in the script.
fn allowed(band: Option<f64>, (step, steps): (usize, usize), frames: usize) -> Range<usize> {
    let Some(band) = band else { return 0..frames };
    // Whole numbers on the left, so that a frame that is exactly on the band is in it, however the band is rounded.
    let (k, most) = ((step + 1) * frames, band * (frames * steps) as f64 * (1.0 + 1e-12));
    let is_near = |frame: &usize| ((frame + 1) * steps).abs_diff(k) as f64 <= most;
    let start = (0..frames).find(is_near).unwrap_or(frames);
    start..(start..frames).find(|frame| !is_near(frame)).unwrap_or(frames)
}

/// Best sums up to the cells of a step, from those of the step before. `WARPS`: a frame may count for both steps. `DROPS`:
/// once the step has begun, frames may be left out for `background` each.
fn fill_row<const WARPS: bool, const DROPS: bool>(
    row: &[f32],
    off: f64,
    allowed: &Range<usize>,
    above: &[f64],
    sums: &mut [f64],
    background: f64,
) {
    let mut left = f64::NEG_INFINITY;
    sums[0] = left;
    let outside = |left: f64| if DROPS { background + left } else { f64::NEG_INFINITY };
    let (before, rest) = sums[1..].split_at_mut(allowed.start);
    let (inside, after) = rest.split_at_mut(allowed.len());
    before.fill(f64::NEG_INFINITY);
    let above = above[allowed.start..].windows(2);
    for ((sum, above), &cell) in inside.iter_mut().zip(above).zip(&row[allowed.clone()]) {
        let entered = if WARPS { larger(above[0], above[1]) } else { above[0] };
        let taken = larger(entered, left) + (f64::from(cell) - off);
        left = if DROPS { larger(taken, background + left) } else { taken };
        *sum = left;
    }
    for sum in after {
        left = outside(left);
        *sum = left;
    }
}

/// Best sums of windows up to each frame, the last window being of this step, from the sums of the step before. A cell counts by
/// how far it is above the mean of its step.
fn fill_windows(row: &[f32], window: usize, allowed: &Range<usize>, above: &[f64], sums: &mut [f64]) {
    // From the first cell, so that windows of equal cells are exactly 0.
    let value = |frame: usize| f64::from(row[frame]) - f64::from(row[0]);
    let mean = (0..row.len()).map(value).sum::<f64>() / row.len() as f64;
    let mut inside = 0.0;
    let mut best = f64::NEG_INFINITY;
    sums[0] = best;
    for (frame, sum) in sums[1..].iter_mut().enumerate() {
        inside += value(frame) - mean;
        if let Some(before) = frame.checked_sub(window) {
            inside -= value(before) - mean;
        }
        if frame + 1 >= window {
            let start = frame + 1 - window;
            if allowed.start <= start && frame < allowed.end {
                best = larger(best, above[start] + inside);
            }
        }
        *sum = best;
    }
}

/// A cell as [`fill_row`] sees it.
fn cell(row: &[f32], off: f64, allowed: &Range<usize>, frame: usize) -> f64 {
    if allowed.contains(&frame) { f64::from(row[frame]) - off } else { f64::NEG_INFINITY }
}

/// The neighbour from which a path enters a cell.
enum Origin {
    Diagonal,
    Left,
    Above,
}

/// The best origin of a cell: of equal ones the diagonal, then the previous frame.
fn warp_origin(diagonal: f64, left: f64, above: f64) -> Origin {
    let best = larger(diagonal, larger(left, above));
    if diagonal == best {
        Origin::Diagonal
    } else if left == best {
        Origin::Left
    } else {
        Origin::Above
    }
}

/// The same if each frame is in one step; of equal ones the same step.
fn stay_or_begin(diagonal: f64, left: f64) -> Origin {
    if left >= diagonal { Origin::Left } else { Origin::Diagonal }
}

/// The larger of two numbers that are not NaN: a single instruction, unlike [`f64::max`].
pub fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
