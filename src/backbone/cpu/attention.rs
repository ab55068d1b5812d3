//! Scaled dot-product attention.

use rayon::prelude::*;

use super::activation::softmax_rows;
use super::kernel::{Isa, LARGEST_TILE, multiply};
use super::linear::{Rows, groups, pack_groups, pack_panels};

/// How attention is divided.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    pub isa: Isa,
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
                let [queries, keys, values] =
                    [0, 1, 2].map(|part| Rows::within(&projected[part * hidden..], 3 * hidden, hidden));
                out.par_chunks_mut(share * hidden).enumerate().for_each(|(piece, out)| {
                    let queries = queries.part(piece * share, out.len() / hidden);
                    self.between(queries, keys, values, piece * share, out);
                });
            },
        );
    }

    /// Attention of queries to the keys and values of one sequence; the first query is that of position `first`.
    pub fn between(self, queries: Rows, keys: Rows, values: Rows, first: usize, out: &mut [f32]) {
        let Self { isa, heads, hidden, is_causal } = self;
        let (most, columns) = isa.tile();
        let size = hidden / heads;
        let scale = 1.0 / (size as f32).sqrt();
        let mut work = Head::default();
        let mut tile = [0.0; LARGEST_TILE];
        for head in 0..heads {
            let of_head = head * size..(head + 1) * size;
            pack_groups(queries, of_head.clone(), most, false, &mut work.queries);
            pack_groups(keys, of_head.clone(), columns, true, &mut work.keys);
            pack_panels(values, of_head.clone(), columns, &mut work.values);

            work.weights.resize(queries.count * keys.count, 0.0);
            for (panel, of_keys) in work.keys.chunks_exact(columns * size).enumerate() {
                for (row, group) in groups(&work.queries, queries.count, most) {
                    let tile = multiply(isa, group, of_keys, &mut tile);
                    let weights = &mut work.weights[row * keys.count..];
                    copy(tile, columns, weights, keys.count, panel * columns, keys.count);
                }
            }
            if is_causal {
                for (position, weights) in (first..).zip(work.weights.chunks_exact_mut(keys.count)) {
                    weights[position + 1..].fill(f32::NEG_INFINITY);
                }
            }
            softmax_rows(isa, &mut work.weights, keys.count, scale);

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
                    copy(tile, columns, &mut out[row * hidden..], hidden, start, of_head.end);
                }
            }
        }
    }
}

/// Copies a tile into rows of `length` values from `start` on, without what would lie at `end` or beyond.
fn copy(tile: &[f32], columns: usize, rows: &mut [f32], length: usize, start: usize, end: usize) {
    let width = columns.min(end - start);
    for (row, line) in rows.chunks_mut(length).zip(tile.chunks_exact(columns)) {
        row[start..start + width].copy_from_slice(&line[..width]);
    }
}
