//! Scaled dot-product attention with products of bf16 values.

use std::cell::RefCell;
use std::ops::Range;

use super::kernel::Bf16Kernel;
use super::lines::{COLUMNS, GROUP, LINE, Line, PackedRows, Sums, pack_columns, pack_inputs};
use crate::backbone::cpu::attention::block_of;
use crate::backbone::cpu::finish::copy_sums;
use crate::backbone::cpu::kernel::Isa;
use crate::backbone::cpu::rows::Rows;

/// Buffers for the work on one head.
#[derive(Default)]
struct Head {
    rows: PackedRows,
    keys: Vec<Line>,
    values: Vec<Line>,
    weights: Vec<f32>,
}

/// Attention of one head, which has the values `of_head` of each row, and writes only those of the rows of `out`. `softmax` gets the
/// number of a query and the products of it and those after it, a row each, and makes weights of them.
pub fn attend(
    kernel: Bf16Kernel,
    isa: Isa,
    [queries, keys, values]: [Rows; 3],
    of_head: Range<usize>,
    softmax: impl Fn(usize, &mut [f32]),
    out: &mut [f32],
) {
    thread_local! {
        static HEAD: RefCell<Head> = RefCell::default();
    }
    HEAD.with_borrow_mut(|Head { rows, keys: packed_keys, values: packed_values, weights }| {
        pack_columns(isa, keys, of_head.clone(), rows, packed_keys);
        pack_inputs(isa, values, of_head.clone(), packed_values);
        let block = block_of(queries.count, keys.count, 2 * GROUP);
        for (number, out) in out.chunks_mut(block * queries.length).enumerate() {
            let queries = queries.part(number * block, out.len() / queries.length);
            rows.pack(isa, queries, of_head.clone());
            weights.resize(queries.count * keys.count, 0.0);
            multiply(kernel, rows, packed_keys, weights, keys.count, 0..keys.count);
            softmax(number * block, weights);
            rows.pack(isa, Rows::of(weights, keys.count), 0..keys.count);
            multiply(kernel, rows, packed_values, out, queries.length, of_head.clone());
        }
    });
}

/// The product of packed rows and panels, in the values `range` of rows of `length`.
fn multiply(
    kernel: Bf16Kernel,
    packed: &PackedRows,
    panels: &[Line],
    out: &mut [f32],
    length: usize,
    range: Range<usize>,
) {
    let steps = packed.steps();
    let mut sums = Sums::ZERO;
    kernel.lend(|kernel| {
        for (panel, lines) in panels.chunks_exact(steps * LINE).enumerate() {
            let start = range.start + panel * COLUMNS;
            let end = range.end.min(start + COLUMNS);
            for (rows, out) in packed.pairs(0..steps).zip(out.chunks_mut(2 * GROUP * length)) {
                kernel.multiply(rows, lines, &mut sums);
                for (line, sums) in out.chunks_exact_mut(length).zip(sums.0.as_chunks::<COLUMNS>().0) {
                    copy_sums(sums, &mut line[start..end]);
                }
            }
        }
    });
}
