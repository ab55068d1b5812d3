//! Matrix products with packed operands.

use std::cell::RefCell;
use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;
use rayon::prelude::*;

use super::bf16::{self, Bf16Kernel};
pub use super::finish::Epilogue;
use super::finish::{Finish, activate_tile, finish_tile};
use super::kernel::{Isa, LARGEST_TILE, multiply, prefetch};
pub use super::rows::Rows;
use crate::backbone::activation::Activation;

/// A linear layer, `x · Wᵀ + b`, its weight packed for the inner loop.
#[derive(Debug)]
pub struct Linear {
    isa: Isa,
    inputs: usize,
    outputs: usize,
    panels: Panels,
    bias: Vec<f32>,
}

/// How a weight is packed, which decides how products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    F32,
    /// Kept in f16, computed with in f32.
    F16,
    /// Kept in bf16, computed with in f32.
    Bf16,
    /// Kept in bf16, computed with in bf16 and summed in f32.
    Bf16Products(Bf16Kernel),
}

impl Packing {
    /// The kernel for products of bf16 values.
    pub fn bf16_kernel(self) -> Option<Bf16Kernel> {
        match self {
            Self::Bf16Products(kernel) => Some(kernel),
            _ => None,
        }
    }
}

/// A packed weight. All but the last: panels of as many outputs as a tile has columns, each `inputs × columns`.
#[derive(Debug)]
enum Panels {
    F32(Vec<f32>),
    /// Brought to single precision, panel by panel, while rows wait: that costs little beside their product.
    F16(Vec<f16>),
    /// As those of f16.
    Bf16(Vec<half::bf16>),
    Bf16Products(bf16::Panels),
}

/// Inputs taken at a time: a panel of them then stays in the second-level cache while rows pass by.
const DEPTH: usize = 1536;
/// Values of packed rows in a block. Smaller blocks would fit into that cache, but each block reads all weights.
const BLOCK: usize = 768 << 10;

impl Linear {
    /// `weight` is outputs × inputs, as checkpoints have it.
    pub fn new(isa: Isa, packing: Packing, weight: &[f32], bias: Vec<f32>) -> Self {
        let (outputs, inputs) = (bias.len(), weight.len() / bias.len().max(1));
        let weight = Rows::of(weight, inputs);
        let panels = || {
            let mut panels = Vec::new();
            pack_groups(weight, 0..inputs, isa.tile().1, true, &mut panels);
            panels
        };
        let panels = match packing {
            Packing::F32 => Panels::F32(panels()),
            Packing::F16 => Panels::F16(Vec::from_f32_slice(&panels())),
            Packing::Bf16 => Panels::Bf16(Vec::from_f32_slice(&panels())),
            Packing::Bf16Products(kernel) => {
                Panels::Bf16Products(bf16::Panels::new(kernel, isa, weight, &bias))
            }
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
        self.on_shares(x, out, self.outputs, |x, out| self.apply_here(x, out, then));
    }

    /// Adds to `out` what the layer, an activation and the layer `next` make of `x`. What lies between the layers is packed for
    /// the next as it is made.
    pub fn add_with(&self, activation: Activation, next: &Self, x: &[f32], out: &mut [f32]) {
        self.on_shares(x, out, next.outputs, |x, out| {
            let x = Rows::of(x, self.inputs);
            match (&self.panels, &next.panels) {
                (Panels::Bf16Products(first), Panels::Bf16Products(second)) => {
                    bf16::Panels::add_two(first, second, activation, x, out);
                }
                _ => self.add_two_here(activation, next, x, out),
            }
        });
    }

    /// Shares rows of `x` and of `out`, which are `outputs` long, among the threads of the pool at hand.
    fn on_shares(&self, x: &[f32], out: &mut [f32], outputs: usize, f: impl Fn(&[f32], &mut [f32]) + Sync) {
        let rows = x.len() / self.inputs;
        let share = rows.div_ceil(rayon::current_num_threads());
        // The rows of a single tile take as long as one of them: reading the weights.
        if share == rows || rows <= self.isa.tile().0 {
            return f(x, out);
        }
        out.par_chunks_mut(share * outputs)
            .zip(x.par_chunks(share * self.inputs))
            .for_each(|(out, x)| f(x, out));
    }

    fn apply_here(&self, x: &[f32], out: &mut [f32], then: Epilogue) {
        let x = Rows::of(x, self.inputs);
        if let Panels::Bf16Products(panels) = &self.panels {
            return panels.apply(x, out, then);
        }
        with_buffers(|Buffers { rows: packed, panel, .. }| {
            for (top, out) in self.blocks(x.count, out, self.outputs) {
                let rows = x.part(top, out.len() / self.outputs);
                for inputs in self.parts() {
                    pack_groups(rows, inputs.clone(), self.isa.tile().0, false, packed);
                    self.finish(packed, inputs, rows.count, panel, out, then);
                }
            }
        });
    }

    fn add_two_here(&self, activation: Activation, next: &Self, x: Rows, out: &mut [f32]) {
        let (most, columns) = self.isa.tile();
        with_buffers(|Buffers { rows: packed, wide, panel }| {
            for (top, out) in next.blocks(x.count, out, next.outputs) {
                let rows = x.part(top, out.len() / next.outputs);
                pack_groups(rows, 0..self.inputs, most, false, packed);
                wide.resize(rows.count * self.outputs, 0.0);
                for inputs in next.parts() {
                    let wide = &mut wide[inputs.start * rows.count..inputs.end * rows.count];
                    for column in inputs.clone().step_by(columns) {
                        let outputs = column..inputs.end.min(column + columns);
                        let bias = &self.bias[outputs.clone()];
                        let lines = column - inputs.start..outputs.end - inputs.start;
                        self.multiply(packed, 0..self.inputs, rows.count, panel, column, |row, tile| {
                            activate_tile(self.isa, tile, columns, bias, activation);
                            let count = tile.len() / columns;
                            let group = &mut wide[row * inputs.len()..][..count * inputs.len()];
                            let lines = &mut group[count * lines.start..count * lines.end];
                            pack_rows(|row| &tile[row * columns..][..bias.len()], count, count, lines);
                        });
                    }
                }
                for inputs in next.parts() {
                    let wide = &wide[inputs.start * rows.count..inputs.end * rows.count];
                    next.finish(wide, inputs, rows.count, panel, out, Epilogue::Add);
                }
            }
        });
    }

    /// Ranges of the inputs. Sums over one of them stay in registers until they are stored.
    fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let (inputs, depth) = (self.inputs, self.depth());
        (0..inputs).step_by(depth).map(move |start| start..inputs.min(start + depth))
    }

    /// Inputs of a part, a whole number of panels of the layer before.
    fn depth(&self) -> usize {
        self.inputs.div_ceil(self.inputs.div_ceil(DEPTH)).next_multiple_of(self.isa.tile().1)
    }

    /// Splits the rows of the result, each `outputs` long, into blocks of about the same size. Each comes with the number of its
    /// first row.
    fn blocks<'a>(
        &self,
        rows: usize,
        out: &'a mut [f32],
        outputs: usize,
    ) -> impl Iterator<Item = (usize, &'a mut [f32])> {
        let most = self.isa.tile().0;
        let largest = (BLOCK / self.depth() / most).max(1) * most;
        let block = rows.div_ceil(rows.div_ceil(largest).max(1)).next_multiple_of(most).max(most);
        out.chunks_mut(block * outputs).enumerate().map(move |(number, out)| (number * block, out))
    }

    /// Multiplies packed rows with the weights of some inputs, and stores or adds the products in rows of the result.
    fn finish(
        &self,
        packed: &[f32],
        inputs: Range<usize>,
        rows: usize,
        panel: &mut Vec<f32>,
        out: &mut [f32],
        then: Epilogue,
    ) {
        let columns = self.isa.tile().1;
        for column in (0..self.outputs).step_by(columns) {
            let width = columns.min(self.outputs - column);
            let finish = Finish {
                bias: (inputs.start == 0).then(|| &self.bias[column..column + width]),
                then,
                columns,
                stride: self.outputs,
                width,
            };
            self.multiply(packed, inputs.clone(), rows, panel, column, |row, tile| {
                let count = tile.len() / columns;
                // The product takes long enough for them to arrive.
                let next = out.chunks(self.outputs).skip(row + count).take(count);
                next.for_each(|line| prefetch(&line[column..column + width]));
                finish_tile(self.isa, tile, &mut out[row * self.outputs + column..], finish);
            });
        }
    }

    /// Hands the products of packed rows with a part of the inputs to `take`, for the outputs from `column` on, tile by
    /// tile, each with its first row.
    fn multiply(
        &self,
        packed: &[f32],
        inputs: Range<usize>,
        rows: usize,
        panel: &mut Vec<f32>,
        column: usize,
        mut take: impl FnMut(usize, &mut [f32]),
    ) {
        let (most, columns) = self.isa.tile();
        let at = column * self.inputs;
        let panel = self.panels.get(at + inputs.start * columns..at + inputs.end * columns, panel);
        let mut tile = [0.0; LARGEST_TILE];
        for (row, a) in groups(packed, rows, most) {
            take(row, multiply(self.isa, a, panel, &mut tile));
        }
    }
}

impl Panels {
    /// Some values, by way of a buffer where they are of half precision.
    fn get<'a>(&'a self, range: Range<usize>, buffer: &'a mut Vec<f32>) -> &'a [f32] {
        buffer.resize(range.len(), 0.0);
        match self {
            Self::F32(values) => return &values[range],
            Self::F16(values) => values[range].convert_to_f32_slice(buffer),
            Self::Bf16(values) => values[range].convert_to_f32_slice(buffer),
            Self::Bf16Products(_) => unreachable!("these have kernels of their own"),
        }
        buffer
    }
}

/// Packed operands of the product in hand.
#[derive(Default)]
struct Buffers {
    rows: Vec<f32>,
    /// Those between two layers.
    wide: Vec<f32>,
    panel: Vec<f32>,
}

/// Lends the buffers that the thread keeps. `f` must not ask for them again.
fn with_buffers(f: impl FnOnce(&mut Buffers)) {
    thread_local! {
        static BUFFERS: RefCell<Buffers> = RefCell::default();
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
            pack_rows(values, count, step, packed);
        }
    }
}

/// Writes `count` rows of one length as columns of lines of `step` values.
#[inline(always)]
fn pack_rows<'a>(values: impl Fn(usize) -> &'a [f32], count: usize, step: usize, lines: &mut [f32]) {
    let fours = count / 4 * 4;
    for row in (0..fours).step_by(4) {
        transpose([0, 1, 2, 3].map(|next| values(row + next)), lines, step, row);
    }
    for row in fours..count {
        transpose([values(row)], lines, step, row);
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

    /// The nearest bf16.
    fn rounded(values: &[f32]) -> Vec<f32> {
        values.iter().map(|value| half::bf16::from_f32(*value).to_f32()).collect()
    }

    /// A row of sums for each row of `x`, in double precision.
    fn sums(x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let inputs = weight.len() / bias.len();
        let outputs = |x| weight.chunks(inputs).zip(bias).map(move |(weight, bias)| (x, weight, bias));
        let sum = |(x, weight, bias): (&[f32], &[f32], &f32)| {
            let products = x.iter().zip(weight).map(|(a, b)| f64::from(*a) * f64::from(*b));
            (products.sum::<f64>() + f64::from(*bias)) as f32
        };
        x.chunks(inputs).flat_map(outputs).map(sum).collect()
    }

    /// Applies a layer on some threads, and compares what becomes of the sums.
    fn compare(linear: &Linear, threads: usize, x: &[f32], sums: &[f32]) -> Result<(), TestCaseError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let before = values(sums.len(), 4);
        for then in [Epilogue::Store, Epilogue::Add] {
            let mut out = before.clone();
            pool.install(|| linear.apply(x, &mut out, then));
            let mut want = sums.to_vec();
            if then == Epilogue::Add {
                want.iter_mut().zip(&before).for_each(|(want, before)| *want += before);
            }
            for (got, want) in out.iter().zip(want) {
                prop_assert!((got - want).abs() < 2e-3, "{} {then:?}: {got} is not {want}", linear.isa);
            }
        }
        Ok(())
    }

    /// Compares [`Linear::add_with`] with one layer after the other, for each kind of packing.
    fn compare_two(
        [rows, inputs, between, outputs]: [usize; 4],
        threads: usize,
    ) -> Result<(), TestCaseError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let x = values(rows * inputs, 1);
        let of_f32 = Isa::all().into_iter().map(|isa| (isa, Packing::F32));
        let of_bf16 =
            Bf16Kernel::all().into_iter().map(|kernel| (Isa::detect(), Packing::Bf16Products(kernel)));
        for (isa, packing) in of_f32.chain([(Isa::detect(), Packing::F16)]).chain(of_bf16) {
            let layer = |inputs: usize, outputs: usize| {
                let weight: Vec<f32> = values(outputs * inputs, 2).iter().map(|w| w * 0.1).collect();
                Linear::new(isa, packing, &weight, values(outputs, 3))
            };
            let (first, second) = (layer(inputs, between), layer(between, outputs));
            let mut wide = vec![0.0; rows * between];
            let [mut got, mut want] = [(); 2].map(|()| values(rows * outputs, 4));
            pool.install(|| first.add_with(Activation::Gelu, &second, &x, &mut got));
            first.apply(&x, &mut wide, Epilogue::Store);
            activate(isa, &mut wide, Activation::Gelu);
            second.apply(&wide, &mut want, Epilogue::Add);
            for (got, want) in got.iter().zip(want) {
                prop_assert!((got - want).abs() < 1e-3, "{isa} {packing:?}: {got} is not {want}");
            }
        }
        Ok(())
    }

    #[test]
    fn rows_of_several_blocks_equal_their_definition() {
        let (inputs, outputs, rows) = (DEPTH, 3, 2 * BLOCK / DEPTH + 5);
        let (x, weight, bias) = (values(rows * inputs, 1), values(outputs * inputs, 2), values(outputs, 3));
        let layer = |isa, packing| Linear::new(isa, packing, &weight, bias.clone());
        let want = sums(&x, &weight, &bias);
        for isa in Isa::all() {
            compare(&layer(isa, Packing::F32), 1, &x, &want).unwrap();
        }
        let want = sums(&rounded(&x), &rounded(&weight), &bias);
        for kernel in Bf16Kernel::all() {
            compare(&layer(Isa::detect(), Packing::Bf16Products(kernel)), 1, &x, &want).unwrap();
        }
        compare_two([rows, 4, DEPTH, outputs], 1).unwrap();
    }

    proptest! {
        #[test]
        fn products_equal_their_definition(
            rows in 1usize..40, inputs in 1usize..90, outputs in 1usize..90, deep in any::<bool>(), threads in 1usize..4,
        ) {
            // Deep enough for the inputs to be taken in two parts.
            let inputs = if deep { inputs + DEPTH } else { inputs };
            let (x, weight, bias) = (values(rows * inputs, 1), values(outputs * inputs, 2), values(outputs, 3));
            let want = sums(&x, &weight, &bias);
            for isa in Isa::all() {
                compare(&Linear::new(isa, Packing::F32, &weight, bias.clone()), threads, &x, &want)?;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn products_of_bf16_equal_those_of_rounded_values(
            rows in 1usize..70, inputs in 1usize..90, outputs in 1usize..70, deep in 0usize..8, threads in 1usize..4,
        ) {
            let inputs = if deep == 0 { inputs + DEPTH } else { inputs };
            let (x, weight, bias) = (values(rows * inputs, 1), values(outputs * inputs, 2), values(outputs, 3));
            let want = sums(&rounded(&x), &rounded(&weight), &bias);
            for kernel in Bf16Kernel::all() {
                let linear = Linear::new(Isa::detect(), Packing::Bf16Products(kernel), &weight, bias.clone());
                compare(&linear, threads, &x, &want)?;
            }
        }

        #[test]
        fn two_layers_equal_one_after_the_other(
            rows in 1usize..130, inputs in 1usize..50, between in 1usize..70, outputs in 1usize..50,
            deep in 0usize..8, threads in 1usize..4,
        ) {
            let between = if deep == 0 { between + DEPTH } else { between };
            compare_two([rows, inputs, between, outputs], threads)?;
        }
    }
}
