//! The weight of a linear layer in bf16.

use std::cell::RefCell;
use std::ops::Range;

use super::kernel::Bf16Kernel;
use super::lines::{COLUMNS, GROUP, LINE, Line, PackedRows, Sums, pack_columns, round_rows};
use crate::backbone::activation::Activation;
use crate::backbone::cpu::finish::{Epilogue, Finish, activate_tile, finish_tile};
use crate::backbone::cpu::kernel::Isa;
use crate::backbone::cpu::rows::Rows;

/// A weight packed for a kernel.
#[derive(Debug)]
pub struct Panels {
    kernel: Bf16Kernel,
    isa: Isa,
    inputs: usize,
    /// Panels of 32 outputs.
    lines: Vec<Line>,
    bias: Vec<f32>,
}

/// Inputs taken at a time: a panel of them and the rows of a block then stay in the second-level cache.
const DEPTH: usize = 1536;
/// Values of packed rows in a block.
const BLOCK: usize = 1024 * 768;

/// Sums of the inputs `inputs` of up to 32 rows and 32 outputs, the first of each.
struct Part<'a> {
    sums: &'a mut Sums,
    row: usize,
    output: usize,
    inputs: Range<usize>,
}

impl Panels {
    /// `weight` has a row for each output.
    pub fn new(kernel: Bf16Kernel, isa: Isa, weight: Rows, bias: &[f32]) -> Self {
        let mut lines = Vec::new();
        pack_columns(isa, weight, 0..weight.length, &mut PackedRows::default(), &mut lines);
        Self { kernel, isa, inputs: weight.length, lines, bias: bias.to_vec() }
    }

    /// Applies the layer to rows. `out` takes as many, each as long as the bias.
    pub fn apply(&self, x: Rows, out: &mut [f32], then: Epilogue) {
        let block = block(x.count, self.inputs);
        with_buffers(|Buffers { rows: packed, .. }| {
            for (top, out) in out.chunks_mut(block * self.bias.len()).enumerate() {
                let rows = x.part(top * block, out.len() / self.bias.len());
                packed.pack(self.isa, rows, 0..self.inputs);
                self.finish(packed, rows.count, out, then);
            }
        });
    }

    /// Adds to `out` what two layers, with an activation between them, make of rows.
    pub fn add_two(first: &Self, second: &Self, activation: Activation, x: Rows, out: &mut [f32]) {
        let (isa, between, block) = (first.isa, second.inputs, block(x.count, second.inputs));
        let mut bias = first.bias.clone();
        bias.resize(between.next_multiple_of(LINE), 0.0);
        with_buffers(|Buffers { rows: packed, wide }| {
            for (top, out) in out.chunks_mut(block * second.bias.len()).enumerate() {
                let rows = x.part(top * block, out.len() / second.bias.len());
                packed.pack(isa, rows, 0..first.inputs);
                wide.resize(rows.count, between);
                first.multiply(packed, first.inputs, |Part { sums, row, output, .. }| {
                    let bias = &bias[output..output + COLUMNS];
                    let groups = sums.0.as_chunks_mut::<{ GROUP * COLUMNS }>().0.iter_mut();
                    for (group, sums) in (row / GROUP..rows.count.div_ceil(GROUP)).zip(groups) {
                        activate_tile(isa, sums, COLUMNS, bias, activation);
                        round_rows(isa, sums, wide.set(group, output / LINE));
                    }
                });
                second.finish(wide, rows.count, out, Epilogue::Add);
            }
        });
    }

    /// Brings the products with `count` packed rows to `out`.
    fn finish(&self, packed: &PackedRows, count: usize, out: &mut [f32], then: Epilogue) {
        let outputs = self.bias.len();
        let parts = self.inputs.div_ceil(DEPTH);
        self.multiply(packed, self.inputs.div_ceil(parts), |Part { sums, row, output, inputs }| {
            let (count, width) = ((count - row).min(2 * GROUP), COLUMNS.min(outputs - output));
            let finish = Finish {
                bias: (inputs.start == 0).then(|| &self.bias[output..output + width]),
                then,
                columns: COLUMNS,
                stride: outputs,
                width,
            };
            finish_tile(self.isa, &mut sums.0[..count * COLUMNS], &mut out[row * outputs + output..], finish);
        });
    }

    /// Hands the products with packed rows to `take`, over about `depth` inputs at a time.
    fn multiply(&self, packed: &PackedRows, depth: usize, mut take: impl FnMut(Part)) {
        let (steps, depth) = (packed.steps(), depth.div_ceil(LINE));
        let mut sums = Sums::ZERO;
        self.kernel.lend(|kernel| {
            for start in (0..steps).step_by(depth) {
                let part = start..steps.min(start + depth);
                let inputs = part.start * LINE..self.inputs.min(part.end * LINE);
                // A panel has a line for each input.
                for (panel, lines) in self.lines.chunks_exact(steps * LINE).enumerate() {
                    let lines = &lines[part.start * LINE..part.end * LINE];
                    for (pair, rows) in packed.pairs(part.clone()).enumerate() {
                        kernel.multiply(rows, lines, &mut sums);
                        let (row, output) = (pair * 2 * GROUP, panel * COLUMNS);
                        take(Part { sums: &mut sums, row, output, inputs: inputs.clone() });
                    }
                }
            }
        });
    }
}

/// Rows of a block, of so many rows of so many inputs. The blocks are of about the same size: each reads all panels.
fn block(rows: usize, inputs: usize) -> usize {
    let blocks = (rows * inputs.min(DEPTH)).div_ceil(BLOCK).max(1);
    rows.div_ceil(blocks).next_multiple_of(2 * GROUP).max(2 * GROUP)
}

/// Packed rows of the product in hand, and of the next one.
#[derive(Debug, Default)]
struct Buffers {
    rows: PackedRows,
    wide: PackedRows,
}

/// Lends the buffers that the thread keeps. `f` must not ask for them again.
fn with_buffers(f: impl FnOnce(&mut Buffers)) {
    thread_local! {
        static BUFFERS: RefCell<Buffers> = RefCell::default();
    }
    BUFFERS.with_borrow_mut(f);
}
