//! Matrix products with packed operands.

use std::cell::RefCell;
use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;
use rayon::prelude::*;

use super::bf16::{self, Bf16Kernel};
pub use super::finish::Epilogue;
use super::finish::{Finish, finish_tile};
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
/// Values of packed rows that stay in that cache beside the panel.
const BLOCK: usize = 160 << 10;

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

    /// Adds to `out` what the layer, an activation and the layer `next` make of `x`. `wide` has room for as many rows of
    /// the outputs of this layer.
    pub fn add_with(
        &self,
        activation: Activation,
        next: &Self,
        x: &[f32],
        out: &mut [f32],
        wide: &mut [f32],
    ) {
        if let (Panels::Bf16Products(first), Panels::Bf16Products(second)) = (&self.panels, &next.panels) {
            return self.on_shares(x, out, next.outputs, |x, out| {
                bf16::Panels::add_two(first, second, activation, Rows::of(x, self.inputs), out);
            });
        }
        self.apply(x, wide, Epilogue::Activate(activation));
        next.apply(wide, out, Epilogue::Add);
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
        let (most, columns) = self.isa.tile();
        let x = Rows::of(x, self.inputs);
        if let Panels::Bf16Products(panels) = &self.panels {
            return panels.apply(x, out, then);
        }
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
        for then in [Epilogue::Store, Epilogue::Activate(Activation::GeluTanh), Epilogue::Add] {
            let mut out = before.clone();
            pool.install(|| linear.apply(x, &mut out, then));
            let mut want = sums.to_vec();
            match then {
                Epilogue::Store => {}
                Epilogue::Activate(activation) => activate(linear.isa, &mut want, activation),
                Epilogue::Add => want.iter_mut().zip(&before).for_each(|(want, before)| *want += before),
            }
            for (got, want) in out.iter().zip(want) {
                prop_assert!((got - want).abs() < 2e-3, "{} {then:?}: {got} is not {want}", linear.isa);
            }
        }
        Ok(())
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
        fn two_layers_of_bf16_equal_one_after_the_other(
            rows in 1usize..70, inputs in 1usize..50, between in 1usize..70, outputs in 1usize..50, threads in 1usize..4,
        ) {
            let layer = |inputs: usize, outputs: usize, kernel| {
                let (weight, bias) = (values(outputs * inputs, 2), values(outputs, 3));
                Linear::new(Isa::detect(), Packing::Bf16Products(kernel), &weight, bias)
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let x = values(rows * inputs, 1);
            for kernel in Bf16Kernel::all() {
                let (first, second) = (layer(inputs, between, kernel), layer(between, outputs, kernel));
                let mut wide = vec![0.0; rows * between];
                let [mut got, mut want] = [(); 2].map(|()| values(rows * outputs, 4));
                pool.install(|| first.add_with(Activation::Gelu, &second, &x, &mut got, &mut wide));
                first.apply(&x, &mut wide, Epilogue::Activate(Activation::Gelu));
                second.apply(&wide, &mut want, Epilogue::Add);
                for (got, want) in got.iter().zip(want) {
                    prop_assert!((got - want).abs() < 1e-3, "{kernel}: {got} is not {want}");
                }
            }
        }
    }
}
