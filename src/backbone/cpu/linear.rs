//! Matrix products with packed operands.

use std::cell::RefCell;
use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;
use rayon::prelude::*;

use super::activation::activate_portable;
use super::kernel::{Isa, LARGEST_TILE, for_each_isa, multiply, prefetch};
use crate::backbone::activation::Activation;
use crate::backbone::device::Precision;

/// A linear layer, `x · Wᵀ + b`, its weight packed for the inner loop.
#[derive(Debug)]
pub struct Linear {
    isa: Isa,
    inputs: usize,
    outputs: usize,
    /// Panels of as many outputs as a tile has columns, each `inputs × columns`.
    panels: Panels,
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Panels {
    Single(Vec<f32>),
    /// Brought to single precision, panel by panel, while rows wait: that costs little beside their product.
    Half(Vec<f16>),
}

/// What becomes of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// It replaces what was there.
    Store,
    /// What an activation makes of it replaces what was there.
    Activate(Activation),
    /// It is added to what was there.
    Add,
}

/// Rows of a matrix that lie `stride` values apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub stride: usize,
    pub count: usize,
    pub length: usize,
}

impl<'a> Rows<'a> {
    /// All values, in rows of `length`.
    pub fn of(values: &'a [f32], length: usize) -> Self {
        Self { values, stride: length, count: values.len() / length, length }
    }

    /// Rows of `length` that start `stride` values apart.
    pub fn within(values: &'a [f32], stride: usize, length: usize) -> Self {
        Self { values, stride, count: values.len().div_ceil(stride), length }
    }

    /// `count` rows from row `first` on.
    pub fn part(self, first: usize, count: usize) -> Self {
        Self { values: &self.values[first * self.stride..], count, ..self }
    }

    fn row(self, index: usize) -> &'a [f32] {
        &self.values[index * self.stride..][..self.length]
    }
}

/// Inputs taken at a time: a panel of them then stays in the second-level cache while rows pass by.
const DEPTH: usize = 1536;
/// Values of packed rows that stay in that cache beside the panel.
const BLOCK: usize = 160 << 10;

impl Linear {
    /// `weight` is outputs × inputs, as checkpoints have it.
    pub fn new(isa: Isa, precision: Precision, weight: &[f32], bias: Vec<f32>) -> Self {
        let (outputs, inputs) = (bias.len(), weight.len() / bias.len().max(1));
        let mut panels = Vec::new();
        pack_groups(Rows::of(weight, inputs), 0..inputs, isa.tile().1, true, &mut panels);
        let panels = match precision {
            Precision::F32 => Panels::Single(panels),
            Precision::F16 => Panels::Half(Vec::from_f32_slice(&panels)),
        };
        Self { isa, inputs, outputs, panels, bias }
    }

    /// Values of a row of the result.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `x` has rows of as many values as the layer has inputs, `out` as many rows of its outputs. The work is
    /// split among the threads of the pool at hand.
    pub fn apply(&self, x: &[f32], out: &mut [f32], then: Epilogue) {
        let rows = x.len() / self.inputs;
        let share = rows.div_ceil(rayon::current_num_threads());
        // The rows of a single tile take as long as one of them: reading the weights.
        if share == rows || rows <= self.isa.tile().0 {
            return self.apply_here(x, out, then);
        }
        out.par_chunks_mut(share * self.outputs)
            .zip(x.par_chunks(share * self.inputs))
            .for_each(|(out, x)| self.apply_here(x, out, then));
    }

    fn apply_here(&self, x: &[f32], out: &mut [f32], then: Epilogue) {
        let (most, columns) = self.isa.tile();
        let x = Rows::of(x, self.inputs);
        let depth = self.inputs.div_ceil(self.inputs.div_ceil(DEPTH));
        let block = (BLOCK / depth / most).max(1) * most;
        let mut tile = [0.0; LARGEST_TILE];
        with_buffers(|Buffers { rows: packed, panel }| {
            for start in (0..self.inputs).step_by(depth) {
                let inputs = start..self.inputs.min(start + depth);
                for top in (0..x.count).step_by(block) {
                    let rows = x.part(top, block.min(x.count - top));
                    pack_groups(rows, inputs.clone(), most, false, packed);
                    for column in (0..self.outputs).step_by(columns) {
                        let at = column * self.inputs;
                        let panel =
                            self.panels.get(at + inputs.start * columns..at + inputs.end * columns, panel);
                        let width = columns.min(self.outputs - column);
                        let finish = Finish {
                            bias: (inputs.start == 0).then(|| &self.bias[column..column + width]),
                            then: if inputs.end == self.inputs || then == Epilogue::Add {
                                then
                            } else {
                                Epilogue::Store
                            },
                            columns,
                            stride: self.outputs,
                            width,
                        };
                        for (row, a) in groups(packed, rows.count, most) {
                            let out = &mut out[(top + row) * self.outputs + column..];
                            // The product takes long enough for them to arrive.
                            let lines = out.chunks(self.outputs).take(most);
                            lines.for_each(|line| prefetch(&line[..width.min(line.len())]));
                            let tile = multiply(self.isa, a, panel, &mut tile);
                            finish_tile(self.isa, tile, out, finish);
                        }
                    }
                }
            }
        });
    }
}

/// What becomes of a tile.
#[derive(Clone, Copy)]
struct Finish<'a> {
    /// Where the sums begin; those over further inputs are added to what was there.
    bias: Option<&'a [f32]>,
    then: Epilogue,
    columns: usize,
    /// Values of a row of the result, and how many of them the tile makes.
    stride: usize,
    width: usize,
}

for_each_isa! {
    /// Brings a tile to rows of the result, from their first value on.
    fn finish_tile(tile: &mut [f32], out: &mut [f32], how: Finish) = finish_portable
}

#[inline(always)]
fn finish_portable(tile: &mut [f32], out: &mut [f32], how: Finish) {
    for (out, sums) in out.chunks_mut(how.stride).zip(tile.chunks_exact(how.columns)) {
        let out = &mut out[..how.width];
        match (how.bias, how.then) {
            (Some(bias), Epilogue::Add) => {
                out.iter_mut().zip(sums).zip(bias).for_each(|((o, s), b)| *o += s + b)
            }
            (Some(bias), _) => out.iter_mut().zip(sums).zip(bias).for_each(|((o, s), b)| *o = s + b),
            (None, _) => out.iter_mut().zip(sums).for_each(|(o, s)| *o += s),
        }
        if let Epilogue::Activate(activation) = how.then {
            activate_portable(out, activation);
        }
    }
}

impl Panels {
    /// Some values, by way of a buffer where they are of half precision.
    fn get<'a>(&'a self, range: Range<usize>, buffer: &'a mut Vec<f32>) -> &'a [f32] {
        match self {
            Self::Single(values) => &values[range],
            Self::Half(values) => {
                buffer.resize(range.len(), 0.0);
                values[range].convert_to_f32_slice(buffer);
                buffer
            }
        }
    }
}

/// Packed operands of the product in hand.
struct Buffers {
    rows: Vec<f32>,
    panel: Vec<f32>,
}

/// Lends the buffers that the thread keeps. `f` must not ask for them again.
fn with_buffers(f: impl FnOnce(&mut Buffers)) {
    thread_local! {
        static BUFFERS: RefCell<Buffers> = const { RefCell::new(Buffers { rows: Vec::new(), panel: Vec::new() }) };
    }
    BUFFERS.with_borrow_mut(f);
}

/// The groups of `rows` rows that [`pack_groups`] made, each with its first row.
pub fn groups(packed: &[f32], rows: usize, size: usize) -> impl Iterator<Item = (usize, &[f32])> {
    let depth = packed.len() / rows.max(1);
    packed.chunks((size * depth).max(1)).enumerate().map(move |(group, packed)| (group * size, packed))
}

/// Packs the values `range` of the rows, in groups of `size` rows, each group value by value. The last group is
/// smaller, unless it is to be padded with rows of zeros.
pub fn pack_groups(rows: Rows, range: Range<usize>, size: usize, pad: bool, packed: &mut Vec<f32>) {
    /// Values of a row moved before the next row's, so that what is written stays in the first-level cache.
    const RUN: usize = 128;
    let depth = range.len();
    let groups = rows.count.div_ceil(size);
    packed.resize(if pad { groups * size } else { rows.count } * depth, 0.0);
    for (group, packed) in packed.chunks_mut(size * depth).enumerate() {
        let first = group * size;
        let count = size.min(rows.count - first);
        let step = if pad { size } else { count };
        if step > count {
            packed.fill(0.0);
        }
        for (run, packed) in packed.chunks_mut(RUN * step).enumerate() {
            let start = range.start + run * RUN;
            let values = |row: usize| &rows.row(first + row)[start..range.end.min(start + RUN)];
            let next = range.end.min(start + RUN)..range.end.min(start + 2 * RUN);
            (first..first + count).for_each(|row| prefetch(&rows.row(row)[next.clone()]));
            let fours = count / 4 * 4;
            for row in (0..fours).step_by(4) {
                transpose([0, 1, 2, 3].map(|next| values(row + next)), packed, step, row);
            }
            for row in fours..count {
                transpose([values(row)], packed, step, row);
            }
        }
    }
}

/// Writes rows of one length as columns of lines of `step` values, from column `at` on.
#[inline(always)]
fn transpose<const ROWS: usize>(rows: [&[f32]; ROWS], lines: &mut [f32], step: usize, at: usize) {
    // By squares, so that the compiler sees what can be turned within registers.
    let mut squares = rows.map(|row| row.as_chunks::<4>().0.iter());
    let (whole, rest) = lines.split_at_mut(rows[0].len() / 4 * 4 * step);
    for lines in whole.chunks_exact_mut(4 * step) {
        let mut turned = [[0.0; ROWS]; 4];
        for (row, squares) in squares.iter_mut().enumerate() {
            let Some(values) = squares.next() else { return };
            for (turned, value) in turned.iter_mut().zip(values) {
                turned[row] = *value;
            }
        }
        for (line, turned) in lines.chunks_exact_mut(step).zip(turned) {
            line[at..at + ROWS].copy_from_slice(&turned);
        }
    }
    let rests = rows.map(|row| row.as_chunks::<4>().1);
    for (i, line) in rest.chunks_exact_mut(step).enumerate() {
        for (to, values) in line[at..at + ROWS].iter_mut().zip(rests) {
            *to = values[i];
        }
    }
}

/// Packs the values `range` of the rows as the columns of a product are read: panels of `size` values of every row, the
/// last one padded with zeros.
pub fn pack_panels(rows: Rows, range: Range<usize>, size: usize, packed: &mut Vec<f32>) {
    packed.clear();
    packed.resize(range.len().div_ceil(size) * size * rows.count, 0.0);
    for (panel, packed) in packed.chunks_exact_mut(size * rows.count).enumerate() {
        let start = range.start + panel * size;
        let end = range.end.min(start + size);
        for (row, line) in packed.chunks_exact_mut(size).enumerate() {
            line[..end - start].copy_from_slice(&rows.row(row)[start..end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::activation::activate;
    use super::*;

    fn values(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) as f32 / 1e7 - 0.8)
            .collect()
    }

    proptest! {
        #[test]
        fn products_equal_their_definition(
            rows in 1usize..40, inputs in 1usize..90, outputs in 1usize..90, deep in any::<bool>(), threads in 1usize..4,
        ) {
            // Deep enough for the inputs to be taken in two parts.
            let inputs = if deep { inputs + DEPTH } else { inputs };
            let (x, weight, bias) = (values(rows * inputs, 1), values(outputs * inputs, 2), values(outputs, 3));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let before = values(rows * outputs, 4);
            for isa in Isa::all() {
                let linear = Linear::new(isa, Precision::F32, &weight, bias.clone());
                for then in [Epilogue::Store, Epilogue::Activate(Activation::GeluTanh), Epilogue::Add] {
                    let mut out = before.clone();
                    pool.install(|| linear.apply(&x, &mut out, then));
                    for (row, column) in (0..rows).flat_map(|r| (0..outputs).map(move |c| (r, c))) {
                        let products = x[row * inputs..][..inputs].iter().zip(&weight[column * inputs..]);
                        let sum: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        let mut want = [(sum + f64::from(bias[column])) as f32];
                        match then {
                            Epilogue::Store => {}
                            Epilogue::Activate(activation) => activate(isa, &mut want, activation),
                            Epilogue::Add => want[0] += before[row * outputs + column],
                        }
                        let got = out[row * outputs + column];
                        prop_assert!((got - want[0]).abs() < 2e-3, "{isa} {then:?}: {got} is not {}", want[0]);
                    }
                }
            }
        }
    }
}
