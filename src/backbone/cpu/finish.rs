//! What becomes of a product.

use super::activation::activate_portable;
use super::kernel::for_each_isa;
use crate::backbone::activation::Activation;

/// What is done with each value of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// It replaces what was there.
    Store,
    /// It is added to what was there.
    Add,
}

/// What becomes of a tile.
#[derive(Clone, Copy)]
pub struct Finish<'a> {
    /// Where the sums begin; those over further inputs are added to what was there.
    pub bias: Option<&'a [f32]>,
    pub then: Epilogue,
    pub columns: usize,
    /// Values of a row of the result, and how many of them the tile makes.
    pub stride: usize,
    pub width: usize,
}

/// Columns of a tile on most processors. The compiler makes faster code for a length that it knows.
const USUAL: usize = 32;

for_each_isa! {
    /// Brings a tile to rows of the result, from their first value on.
    pub fn finish_tile(tile: &mut [f32], out: &mut [f32], how: Finish) = finish_portable
}

#[inline(always)]
fn finish_portable(tile: &mut [f32], out: &mut [f32], how: Finish) {
    if how.columns == USUAL && how.width == USUAL {
        finish_rows(tile, out, Finish { columns: USUAL, width: USUAL, ..how });
    } else {
        finish_rows(tile, out, how);
    }
}

#[inline(always)]
fn finish_rows(tile: &mut [f32], out: &mut [f32], how: Finish) {
    for (out, sums) in out.chunks_mut(how.stride).zip(tile.chunks_exact(how.columns)) {
        let out = &mut out[..how.width];
        match (how.bias, how.then) {
            (Some(bias), Epilogue::Add) => {
                out.iter_mut().zip(sums).zip(bias).for_each(|((o, s), b)| *o += s + b)
            }
            (Some(bias), Epilogue::Store) => {
                out.iter_mut().zip(sums).zip(bias).for_each(|((o, s), b)| *o = s + b)
            }
            (None, _) => out.iter_mut().zip(sums).for_each(|(o, s)| *o += s),
        }
    }
}

/// Copies as many sums as there is room for.
pub fn copy_sums(sums: &[f32], to: &mut [f32]) {
    match (sums.first_chunk::<USUAL>(), <&mut [f32; USUAL]>::try_from(&mut *to)) {
        (Some(sums), Ok(to)) => *to = *sums,
        _ => to.iter_mut().zip(sums).for_each(|(to, sum)| *to = *sum),
    }
}

for_each_isa! {
    /// Adds the bias to the rows of a tile, and activates them.
    pub fn activate_tile(tile: &mut [f32], columns: usize, bias: &[f32], activation: Activation) = activate_tile_portable<FUSED>
}

#[inline(always)]
fn activate_tile_portable<const FUSED: bool>(
    tile: &mut [f32],
    columns: usize,
    bias: &[f32],
    activation: Activation,
) {
    for row in tile.chunks_exact_mut(columns) {
        row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
    }
    activate_portable::<FUSED>(tile, activation);
}
