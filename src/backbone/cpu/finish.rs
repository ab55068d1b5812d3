//! What becomes of a product.

use super::activation::activate_portable;
use super::kernel::for_each_isa;
use crate::backbone::activation::Activation;

/// What is done with each value of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// It replaces what was there.
    Store,
    /// What an activation makes of it replaces what was there.
    Activate(Activation),
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

for_each_isa! {
    /// Brings a tile to rows of the result, from their first value on.
    pub fn finish_tile(tile: &mut [f32], out: &mut [f32], how: Finish) = finish_portable
}

#[inline(always)]
fn finish_portable(tile: &mut [f32], out: &mut [f32], how: Finish) {
    // Rows of a known length become straight vector code.
    const USUAL: usize = 32;
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
            (Some(bias), _) => out.iter_mut().zip(sums).zip(bias).for_each(|((o, s), b)| *o = s + b),
            (None, _) => out.iter_mut().zip(sums).for_each(|(o, s)| *o += s),
        }
        if let Epilogue::Activate(activation) = how.then {
            activate_portable(out, activation);
        }
    }
}
