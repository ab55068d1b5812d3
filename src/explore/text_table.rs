//! Embedded texts and their products with the frames of a clip.

use std::borrow::Cow;
use std::collections::HashMap;

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

use crate::align::{self, Preset};
use crate::explore::frames::FrameTable;

/// Texts, or frames, multiplied together by one thread.
const PIECE: usize = 4;
/// Most sums that are kept, of all texts together: 64 MB.
const MOST_SUMS: usize = 1 << 23;
/// Below this, values of two unit embeddings are equal.
const ROUNDING: f32 = 1e-6;

/// Texts by number, in the order in which they arrived.
#[derive(Clone, Debug)]
pub struct TextTable {
    dim: usize,
    numbers: HashMap<String, usize>,
    texts: Vec<Text>,
}

#[derive(Clone, Debug)]
struct Text {
    unit: Vec<f32>,
    /// Length of the raw embedding.
    norm: f64,
    /// Whether the text was longer than the checkpoint reads.
    cut: bool,
    /// Products with the raw frames, by slot.
    products: Vec<f32>,
    /// Sums of the products with the first 0, 1, … frames by time, as a preset scales them.
    prefix_sums: Vec<f64>,
    /// The preset of the sums; `None` if they are out of date.
    summed: Option<Preset>,
}

impl TextTable {
    pub fn new(dim: usize) -> Self {
        Self { dim, numbers: HashMap::new(), texts: Vec::new() }
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    pub fn without_products(&self) -> Self {
        let mut table = self.clone();
        for text in &mut table.texts {
            text.products.clear();
            text.prefix_sums.clear();
            text.summed = None;
        }
        table
    }

    pub fn number(&self, text: &str) -> Option<usize> {
        self.numbers.get(text).copied()
    }

    pub fn is_cut(&self, number: usize) -> bool {
        self.texts[number].cut
    }

    /// Whether two texts have the same embedding, up to rounding.
    pub fn are_same(&self, number: usize, other: usize) -> bool {
        let pairs = self.texts[number].unit.iter().zip(&self.texts[other].unit);
        number == other || pairs.into_iter().all(|(a, b)| (a - b).abs() < ROUNDING)
    }

    /// Where a text lies on one axis, in steps of what [`TextTable::are_same`] takes for rounding.
    pub fn place(&self, number: usize) -> i64 {
        self.texts[number]
            .unit
            .first()
            .map_or(0, |&first| (f64::from(first) / f64::from(ROUNDING)).floor() as i64)
    }

    pub fn unit(&self, number: usize) -> ArrayView1<'_, f32> {
        ArrayView1::from(&self.texts[number].unit)
    }

    /// Length of a text's raw embedding.
    pub fn norm(&self, number: usize) -> f64 {
        self.texts[number].norm
    }

    /// Adds raw embeddings of texts, and whether they were cut. A text that is already there is ignored.
    pub fn extend(&mut self, texts: impl IntoIterator<Item = (String, Vec<f32>, bool)>) {
        for (text, embedding, cut) in texts {
            if self.numbers.contains_key(&text) {
                continue;
            }
            assert_eq!(embedding.len(), self.dim, "an embedding of another model");
            let row = ArrayView1::from(&embedding);
            let unit = align::unit_rows(row.insert_axis(Axis(0)));
            self.numbers.insert(text, self.texts.len());
            self.texts.push(Text {
                unit: unit.into_iter().collect(),
                norm: align::norm(row),
                cut,
                products: Vec::new(),
                prefix_sums: Vec::new(),
                summed: None,
            });
        }
    }

    /// Marks all sums as out of date, after rows have changed.
    pub fn forget_sums(&mut self) {
        for text in &mut self.texts {
            text.summed = None;
        }
    }

    /// Multiplies every text with the frames that it has not been multiplied with, by slot.
    pub fn multiply(&mut self, frames: &FrameTable) {
        self.texts.par_chunks_mut(PIECE).for_each(|texts| {
            let first = texts.iter().map(|text| text.products.len()).min().unwrap_or_default();
            for slot in first..frames.len() {
                let raw = frames.raw(slot);
                for text in texts.iter_mut().filter(|text| text.products.len() == slot) {
                    text.products.push(align::dot(&text.unit, raw));
                }
            }
        });
    }

    /// Products of texts with raw frames, a row per text and a column per slot.
    pub fn products_of(&self, numbers: &[usize], slots: &[usize]) -> Array2<f32> {
        let shape = (numbers.len(), slots.len());
        Array2::from_shape_fn(shape, |(row, column)| self.texts[numbers[row]].products[slots[column]])
    }

    /// Brings the sums of some texts up to date, unless they are too many to be kept.
    pub fn sum(&mut self, numbers: impl IntoIterator<Item = usize>, frames: &FrameTable, preset: Preset) {
        if self.texts.len() * frames.len() > MOST_SUMS {
            return;
        }
        let mut wanted = vec![false; self.texts.len()];
        for number in numbers {
            wanted[number] = self.texts[number].summed != Some(preset);
        }
        let scales = frames.scales_by_time(preset);
        let wanted = self.texts.par_iter_mut().zip(wanted).filter(|(_, wanted)| *wanted);
        wanted.for_each(|(text, _)| {
            text.prefix_sums.clear();
            text.prefix_sums.extend(prefix_sums(&text.products, &scales));
            text.summed = Some(preset);
        });
    }

    /// Sums of a text's products with the first 0, 1, … rows, which have these slots and factors under `preset`. Computed anew
    /// unless [`TextTable::sum`] has kept them.
    pub fn prefix_sums(&self, number: usize, preset: Preset, scales: &[(usize, f64)]) -> Cow<'_, [f64]> {
        let text = &self.texts[number];
        match text.summed {
            Some(summed) if summed == preset => Cow::Borrowed(&text.prefix_sums),
            _ => Cow::Owned(prefix_sums(&text.products, scales).collect()),
        }
    }

    /// The same sums of several texts, for rows with these slots and factors, without products that are kept.
    pub fn fresh_sums(
        &self,
        numbers: &[usize],
        frames: &FrameTable,
        scales: &[(usize, f64)],
    ) -> Vec<Vec<f64>> {
        let mut products = vec![Vec::with_capacity(frames.len()); numbers.len()];
        let slots: Vec<usize> = (0..frames.len()).collect();
        for slots in slots.chunks(PIECE) {
            for (&number, products) in numbers.iter().zip(&mut products) {
                products
                    .extend(slots.iter().map(|&slot| align::dot(&self.texts[number].unit, frames.raw(slot))));
            }
        }
        products.into_iter().map(|products| prefix_sums(&products, scales).collect()).collect()
    }
}

/// Sums of the first 0, 1, … products, given slots and factors in order.
fn prefix_sums(products: &[f32], scales: &[(usize, f64)]) -> impl Iterator<Item = f64> {
    let mut sum = 0.0;
    std::iter::once(sum).chain(scales.iter().map(move |&(slot, scale)| {
        sum += f64::from(products[slot]) * scale;
        sum
    }))
}
