//! A clip of which some frames are embedded: the others are filled in from their neighbours.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};

use crate::align::{
    self, AlignError, Alignment, Calibration, Cell, OwnCalibration, Preset, Rule, ScaledFrame, Smoothing,
    Windows,
};
use crate::explore::method::Method;

/// The embedded frames of a clip, and their products with the steps of its candidates. Rows are the ticks of the whole clip.
#[derive(Clone, Debug)]
pub struct SparseClip {
    /// Indices of the classes.
    pub classes: Vec<usize>,
    /// Number of rows of the whole clip, T.
    pub rows: usize,
    /// The known rows, n, ascending.
    pub known: Vec<usize>,
    /// Raw embeddings of the known rows.
    pub frames: Vec<Arc<[f32]>>,
    /// Products of unit steps with raw frames, for each class K×n.
    pub products: Vec<Array2<f32>>,
    pub smoothing: Smoothing,
    pub method: Method,
    pub calibration: OwnCalibration,
}

/// Rows without an embedding between two known ones, or before the first or after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub rows: Range<usize>,
    /// Whether it has a known row on one side alone.
    pub is_open: bool,
}

/// How a row is filled: two known ones, and the share of the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    pub from: usize,
    pub to: usize,
    pub share: f32,
}

impl Mix {
    pub fn of(self, from: f32, to: f32) -> f32 {
        from + self.share * (to - from)
    }
}

/// For each of `rows` rows the two known ones beside it, as places among `known`, which is ascending and not empty. A row with
/// one neighbour is filled with that.
pub fn mixes(rows: usize, known: &[usize]) -> Vec<Mix> {
    let mut after = 0;
    let mix = |row| {
        after += usize::from(known.get(after).is_some_and(|&next| next < row));
        let last = known.len() - 1;
        match known.get(after) {
            Some(&next) if next > row && after > 0 => {
                let before = known[after - 1];
                let share = (row - before) as f32 / (next - before) as f32;
                Mix { from: after - 1, to: after, share }
            }
            _ => Mix { from: after.min(last), to: after.min(last), share: 0.0 },
        }
    };
    (0..rows).map(mix).collect()
}

/// A sparse clip with every row filled in.
pub struct Filled<'a> {
    clip: &'a SparseClip,
    /// What a raw product of each row is multiplied by.
    scales: Vec<f32>,
    windows: Windows,
    calibration: Calibration,
    rule: Rule,
    /// Scaled products of each class, K×T.
    pub products: Vec<Array2<f32>>,
    /// Cells of each class, K×T′.
    pub cells: Vec<Array2<f32>>,
    pub alignments: Vec<Alignment>,
}

impl SparseClip {
    pub fn gaps(&self) -> Vec<Gap> {
        let (Some(&first), Some(&last)) = (self.known.first(), self.known.last()) else { return Vec::new() };
        let open = |rows: Range<usize>| Gap { rows, is_open: true };
        let inner = self.known.windows(2).map(|pair| Gap { rows: pair[0] + 1..pair[1], is_open: false });
        let gaps = [open(0..first)].into_iter().chain(inner).chain([open(last + 1..self.rows)]);
        gaps.filter(|gap| !gap.rows.is_empty()).collect()
    }

    /// Fills in the unknown rows and aligns every class.
    ///
    /// # Errors
    /// If nothing is known, or a class cannot be aligned.
    pub fn filled(&self) -> Result<Filled<'_>, AlignError> {
        if self.known.is_empty() {
            return Err(AlignError::Empty { steps: 0, frames: 0 });
        }
        let mixes = mixes(self.rows, &self.known);
        let frames: Vec<Vec<f32>> = mixes.iter().map(|&mix| self.mixed_frame(mix)).collect();
        let preset = self.method.preset;
        let scaled: Vec<ScaledFrame> = frames.iter().map(|raw| scaled(raw, preset)).collect();
        let scales: Vec<f32> = scaled.iter().map(|frame| frame.scale as f32).collect();
        let windows = Windows::new(self.smoothing, &scaled);
        let fill = |products: &Array2<f32>| {
            Array2::from_shape_fn((products.nrows(), self.rows), |(step, row)| {
                let mix = mixes[row];
                scales[row] * mix.of(products[[step, mix.from]], products[[step, mix.to]])
            })
        };
        let products: Vec<Array2<f32>> = self.products.iter().map(fill).collect();
        let cosines: Vec<Array2<f32>> =
            products.iter().map(|products| cosines(&windows, products.view())).collect();
        let calibration = self.calibration.fitted(&cosines);
        calibration.check()?;
        let cells: Vec<Array2<f32>> =
            cosines.iter().map(|cosines| align::cells(cosines, self.method.cell, calibration)).collect();
        let rule = self.method.rule(&cells);
        let alignments =
            cells.iter().map(|cells| align::align(rule, cells.view())).collect::<Result<_, _>>()?;
        Ok(Filled { clip: self, scales, windows, calibration, rule, products, cells, alignments })
    }

    fn mixed_frame(&self, mix: Mix) -> Vec<f32> {
        let pairs = self.frames[mix.from].iter().zip(&self.frames[mix.to][..]);
        pairs.map(|(&from, &to)| mix.of(from, to)).collect()
    }
}

fn scaled(raw: &[f32], preset: Preset) -> ScaledFrame<'_> {
    let length = raw.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let scale = match preset {
        Preset::Paper if length > 0.0 => length.recip(),
        Preset::Paper => 0.0,
        Preset::Released => 1.0,
    };
    ScaledFrame { raw, scale, length: scale * length }
}

fn cosines(windows: &Windows, products: ArrayView2<f32>) -> Array2<f32> {
    let sums: Vec<Vec<f64>> = products.axis_iter(Axis(0)).map(|row| prefix_sums(row.iter())).collect();
    let sums: Vec<&[f64]> = sums.iter().map(Vec::as_slice).collect();
    windows.cosines(&sums)
}

fn prefix_sums<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<f64> {
    let mut sum = 0.0;
    let sums = values.map(|&value| {
        sum += f64::from(value);
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

impl Filled<'_> {
    /// Scores of the classes, in their order.
    pub fn scores(&self) -> Vec<f64> {
        self.alignments.iter().map(|alignment| alignment.score).collect()
    }

    /// The score of a class with other scaled products, K×T.
    ///
    /// # Errors
    /// If it cannot be aligned.
    pub fn score(&self, products: ArrayView2<f32>) -> Result<f64, AlignError> {
        let cosines = cosines(&self.windows, products);
        let cells = align::cells(&cosines, self.clip.method.cell, self.calibration);
        align::score(self.rule, cells.view())
    }

    /// What a raw product of a row is multiplied by.
    pub fn scale(&self, row: usize) -> f32 {
        self.scales[row]
    }

    /// How much a cell changes with its cosine.
    pub fn slope(&self, cell: f32) -> f32 {
        match self.clip.method.cell {
            Cell::Affinity => self.calibration.alpha * cell * (1.0 - cell),
            Cell::Logit => self.calibration.alpha,
            Cell::Cosine => 1.0,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use clap::ValueEnum;
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    use super::*;
    use crate::align::{Aligner, products, unit_rows};

    /// A clip of raw `frames`, T×d, of which some rows are known, and its candidates by their steps, K×d each.
    pub fn sparse(
        frames: &Array2<f32>,
        scripts: &[Array2<f32>],
        known: &[usize],
        method: Method,
    ) -> SparseClip {
        let rows = frames.select(Axis(0), known);
        SparseClip {
            rows: frames.nrows(),
            known: known.to_vec(),
            frames: rows.rows().into_iter().map(|row| row.to_vec().into()).collect(),
            classes: (0..scripts.len()).collect(),
            products: scripts
                .iter()
                .map(|script| products(unit_rows(script.view()).view(), rows.view()))
                .collect(),
            smoothing: Smoothing { width: 5, preset: method.preset },
            method,
            calibration: Calibration { alpha: 10.0, beta: -3.0 }.into(),
        }
    }

    /// The scores of a whole clip by the plain functions of `align`.
    fn scores(frames: &Array2<f32>, scripts: &[Array2<f32>], method: Method) -> Vec<f64> {
        let smoothing = Smoothing { width: 5, preset: method.preset };
        let prepared = smoothing.prepare(frames.view());
        let norms = smoothing.window_norms(prepared.view());
        let cells: Vec<Array2<f32>> = scripts
            .iter()
            .map(|script| products(unit_rows(script.view()).view(), prepared.view()))
            .map(|products| smoothing.cosines(products.view(), &norms))
            .map(|cosines| align::cells(&cosines, method.cell, Calibration { alpha: 10.0, beta: -3.0 }))
            .collect();
        let rule = method.rule(&cells);
        cells.iter().map(|cells| align::score(rule, cells.view()).unwrap()).collect()
    }

    fn matrix(rows: usize, dim: usize) -> impl Strategy<Value = Array2<f32>> {
        prop::collection::vec(-1.0..1.0_f32, rows * dim)
            .prop_map(move |values| Array2::from_shape_vec((rows, dim), values).unwrap())
    }

    #[test]
    fn a_row_is_mixed_of_its_neighbours() {
        let mix = |from, to, share| Mix { from, to, share };
        let expected = [mix(0, 0, 0.0), mix(0, 0, 0.0), mix(0, 1, 0.25), mix(0, 1, 0.5), mix(0, 1, 0.75)];
        let found = mixes(8, &[1, 5, 6]);
        assert_eq!(found[..5], expected);
        assert_eq!(found[5..], [mix(1, 1, 0.0), mix(2, 2, 0.0), mix(2, 2, 0.0)]);
    }

    #[test]
    fn gaps_are_between_known_rows_and_at_both_ends() {
        let frames = Array2::ones((9, 2));
        let clip = sparse(&frames, &[array![[1.0, 0.0]]], &[2, 3, 6], Method::default());
        let gap = |rows, is_open| Gap { rows, is_open };
        assert_eq!(clip.gaps(), [gap(0..2, true), gap(4..6, false), gap(7..9, true)]);
        assert_eq!(sparse(&frames, &[], &[0, 1, 2, 3, 4, 5, 6, 7, 8], Method::default()).gaps(), []);
    }

    proptest! {
        #[test]
        fn a_filled_clip_scores_as_its_frames_do(
            frames in matrix(12, 4),
            scripts in prop::collection::vec(matrix(3, 4), 1..4),
            known in prop::collection::btree_set(0..12_usize, 1..12),
            (aligner, preset) in (0..5_usize, 0..2_usize),
        ) {
            let aligner = Aligner::value_variants()[aligner];
            let preset = [Preset::Paper, Preset::Released][preset];
            let method = Method { aligner, preset, ..Method::default() };
            let known: Vec<usize> = known.into_iter().collect();
            // The same fill, a row at a time.
            let mut filled = frames.clone();
            for row in 0..12 {
                let before = known.iter().rev().find(|&&other| other <= row);
                let after = known.iter().find(|&&other| other >= row);
                let (before, after) = (*before.or(after).unwrap(), *after.or(before).unwrap());
                let share = if after > before { (row - before) as f32 / (after - before) as f32 } else { 0.0 };
                let mixed: Array1<f32> = &frames.row(before) * (1.0 - share) + &frames.row(after) * share;
                filled.row_mut(row).assign(&mixed);
            }
            let found = sparse(&frames, &scripts, &known, method).filled().unwrap().scores();
            for (found, expected) in found.into_iter().zip(scores(&filled, &scripts, method)) {
                prop_assert!((found - expected).abs() < 1e-5, "{found} {expected}");
            }
        }
    }

    #[test]
    fn nothing_known_is_refused() {
        let clip = sparse(&Array2::ones((4, 2)), &[array![[1.0, 0.0]]], &[], Method::default());
        assert!(matches!(clip.filled(), Err(AlignError::Empty { .. })));
    }
}
