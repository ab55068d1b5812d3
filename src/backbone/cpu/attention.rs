//! Scaled dot-product attention.

use std::ops::Range;

use rayon::prelude::*;

use super::activation::softmax_rows;
use super::bf16::{self, Bf16Kernel};
use super::finish::copy_sums;
use super::kernel::{Isa, LARGEST_TILE, multiply};
use super::linear::{groups, pack_groups, pack_panels};
use super::rows::Rows;

/// How attention is divided.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    pub isa: Isa,
    /// The kernel for products of bf16 values; without one they are of f32.
    pub bf16: Option<Bf16Kernel>,
    pub heads: usize,
    /// Values of a position, all heads together.
    pub hidden: usize,
    /// Whether a position attends only to itself and those before it.
    pub is_causal: bool,
}

/// Buffers for the work on one head.
#[derive(Default)]
struct Head {
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    weights: Vec<f32>,
    packed_weights: Vec<f32>,
}

impl Attention {
    /// Attention of every position to all positions of its sequence, for `batch` sequences. `projected` has a row
    /// for each position: its query, its key and its value, one after another. `out` takes a row for each.
    /// No mask for padding, which is attended to, as in training.
    pub fn within(self, projected: &[f32], batch: usize, out: &mut [f32]) {
        let hidden = self.hidden;
        let positions = out.len() / hidden / batch;
        // Where there are fewer sequences than threads, the queries of a sequence are shared among several.
        let pieces = rayon::current_num_threads().div_ceil(batch);
        let share = positions.div_ceil(pieces);
        out.par_chunks_mut(positions * hidden).zip(projected.par_chunks(positions * 3 * hidden)).for_each(
            |(out, projected)| {
                let [queries, keys, values] = parts(projected, hidden);
                out.par_chunks_mut(share * hidden).enumerate().for_each(|(piece, out)| {
                    let queries = queries.part(piece * share, out.len() / hidden);
                    self.between(queries, keys, values, piece * share, out);
                });
            },
        );
    }

    /// Attention of queries to the keys and values of one sequence; the first query is that of position `first`.
    pub fn between(self, queries: Rows, keys: Rows, values: Rows, first: usize, out: &mut [f32]) {
        let Self { isa, heads, hidden, .. } = self;
        let size = hidden / heads;
        let softmax = |query: usize, products: &mut [f32]| {
            if self.is_causal {
                for (position, products) in (first + query..).zip(products.chunks_exact_mut(keys.count)) {
                    products[position + 1..].fill(f32::NEG_INFINITY);
                }
            }
            softmax_rows(isa, products, keys.count, 1.0 / (size as f32).sqrt());
        };
        let of_heads = (0..heads).map(|head| head * size..(head + 1) * size);
        // A single query would take as long as a whole group of them.
        match self.bf16.filter(|_| queries.count > 1) {
            Some(kernel) => of_heads.for_each(|head| {
                bf16::attention::attend(kernel, isa, [queries, keys, values], head, softmax, out);
            }),
            None => {
                let mut work = Head::default();
                of_heads.for_each(|head| attend(isa, [queries, keys, values], head, softmax, &mut work, out));
            }
        }
    }
}

/// The queries, keys and values of one sequence, one after another in a row for each position.
pub fn parts(projected: &[f32], hidden: usize) -> [Rows<'_>; 3] {
    [0, 1, 2].map(|part| Rows::within(&projected[part * hidden..], 3 * hidden, hidden))
}

/// How many queries to take at a time, in whole groups, so that their products with all keys stay in the cache.
pub fn block_of(queries: usize, keys: usize, group: usize) -> usize {
    const PRODUCTS: usize = 64 << 10;
    (PRODUCTS / keys / group).max(1).min(queries.div_ceil(group)) * group
}

/// Attention of one head, which has the values `of_head` of each row, and writes only those of the rows of `out`. `softmax` gets the
/// number of a query and the products of it and those after it, a row each, and makes weights of them.
fn attend(
    isa: Isa,
    [queries, keys, values]: [Rows; 3],
    of_head: Range<usize>,
    softmax: impl Fn(usize, &mut [f32]),
    work: &mut Head,
    out: &mut [f32],
) {
    let (most, columns) = isa.tile();
    let mut tile = [0.0; LARGEST_TILE];
    pack_groups(keys, of_head.clone(), columns, true, &mut work.keys);
    pack_panels(values, of_head.clone(), columns, &mut work.values);

    let length = queries.length;
    let block = block_of(queries.count, keys.count, most);
    for (number, out) in out.chunks_mut(block * length).enumerate() {
        let queries = queries.part(number * block, out.len() / length);
        pack_groups(queries, of_head.clone(), most, false, &mut work.queries);
        work.weights.resize(queries.count * keys.count, 0.0);
        for (panel, of_keys) in work.keys.chunks_exact(columns * of_head.len()).enumerate() {
            for (row, group) in groups(&work.queries, queries.count, most) {
                let tile = multiply(isa, group, of_keys, &mut tile);
                let weights = &mut work.weights[row * keys.count..];
                copy(tile, columns, weights, keys.count, panel * columns, keys.count);
            }
        }
        softmax(number * block, &mut work.weights);

        pack_groups(
            Rows::of(&work.weights, keys.count),
            0..keys.count,
            most,
            false,
            &mut work.packed_weights,
        );
        for (panel, of_values) in work.values.chunks_exact(columns * keys.count).enumerate() {
            for (row, group) in groups(&work.packed_weights, queries.count, most) {
                let tile = multiply(isa, group, of_values, &mut tile);
                let start = of_head.start + panel * columns;
                copy(tile, columns, &mut out[row * length..], length, start, of_head.end);
            }
        }
    }
}

/// Copies a tile into rows of `length` values from `start` on, without what would lie at `end` or beyond.
fn copy(tile: &[f32], columns: usize, rows: &mut [f32], length: usize, start: usize, end: usize) {
    let width = columns.min(end - start);
    for (row, line) in rows.chunks_mut(length).zip(tile.chunks_exact(columns)) {
        copy_sums(line, &mut row[start..start + width]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As many positions as take several blocks of queries.
    #[test]
    fn queries_in_blocks_equal_each_alone() {
        let (positions, heads, size) = (300, 2, 8);
        let hidden = heads * size;
        assert!(block_of(positions, positions, 1) < positions);
        let projected: Vec<f32> =
            (0..positions * 3 * hidden).map(|i| (i * i % 173) as f32 / 100.0 - 0.8).collect();
        let [queries, keys, values] = parts(&projected, hidden);
        for (isa, is_causal) in Isa::all().into_iter().flat_map(|isa| [(isa, false), (isa, true)]) {
            let attention = |bf16| Attention { isa, bf16, heads, hidden, is_causal };
            let mut want = vec![0.0; positions * hidden];
            for (position, out) in want.chunks_exact_mut(hidden).enumerate() {
                attention(None).between(queries.part(position, 1), keys, values, position, out);
            }
            let near = |kernel: Option<Bf16Kernel>, tolerance: f32| {
                let mut got = vec![0.0; positions * hidden];
                attention(kernel).within(&projected, 1, &mut got);
                let differ = got.iter().zip(&want).find(|(got, want)| (*got - *want).abs() > tolerance);
                assert!(differ.is_none(), "{isa} {kernel:?} {is_causal}: {differ:?}");
            };
            near(None, 1e-5);
            Bf16Kernel::all().into_iter().for_each(|kernel| near(Some(kernel), 0.03));
        }
    }

    proptest! {
        #[test]
        fn bf16_is_near_f32(
            batch in 1usize..3, positions in 2usize..70, heads in 1usize..4, size in 1usize..50, is_causal in any::<bool>(),
        ) {
            let hidden = heads * size;
            let values = (0..batch * positions * 3 * hidden).map(|i| (i * i % 173) as f32 / 100.0 - 0.8);
            let projected: Vec<f32> = values.collect();
            let attend = |bf16| {
                let mut out = vec![0.0; batch * positions * hidden];
                Attention { isa: Isa::detect(), bf16, heads, hidden, is_causal }.within(&projected, batch, &mut out);
                out
            };
            let want = attend(None);
            for kernel in Bf16Kernel::all() {
                for (got, want) in attend(Some(kernel)).iter().zip(&want) {
                    prop_assert!((got - want).abs() < 0.03, "{kernel}: {got} is not near {want}");
                }
            }
        }
    }
}
