use super::{AlignError, Alignment, check};
use ndarray::{ArrayView2, Axis};

/// The move that leads into a cell.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Move {
    /// From the previous step and the previous frame.
    Diagonal,
    /// From the previous frame in the same step.
    Frame,
    /// From the previous step in the same frame.
    Step,
}

/// Dynamic time warping: the path of highest sum from the first step and frame to the last of both, one
/// step, one frame or one of each at a time (Eqs. 10, 11). The score is the sum over the length of the path
/// (Eq. 13).
///
/// Equal sums prefer the diagonal move, then the previous frame, then the previous step.
///
/// # Errors
/// When there is no cell, or one that is not finite.
pub fn dtw(cells: ArrayView2<f32>) -> Result<Alignment, AlignError> {
    check(cells)?;
    let (steps, frames) = cells.dim();
    let mut moves = vec![Move::Frame; steps * frames];
    // Best sums up to every frame of the step before and of this step. The row above the first step holds no
    // path, so that the first step is entered from its first frame only.
    let mut above = vec![f64::NEG_INFINITY; frames];
    let mut sums = vec![0.0; frames];
    for (step, row) in cells.axis_iter(Axis(0)).enumerate() {
        let start = if step == 0 { 0.0 } else { above[0] };
        let moves = &mut moves[step * frames..][..frames];
        let mut left = f64::from(row[0]) + start;
        let mut corner = above[0];
        sums[0] = left;
        moves[0] = Move::Step;
        let rest = sums[1..].iter_mut().zip(&mut moves[1..]).zip(&above[1..]).zip(row.iter().skip(1));
        for (((sum, chosen), &up), &cell) in rest {
            let (mut best, mut from) = (corner, Move::Diagonal);
            if left > best {
                (best, from) = (left, Move::Frame);
            }
            if up > best {
                (best, from) = (up, Move::Step);
            }
            left = best + f64::from(cell);
            corner = up;
            *sum = left;
            *chosen = from;
        }
        std::mem::swap(&mut above, &mut sums);
    }
    let path = backtrack(&moves, steps, frames);
    Ok(Alignment::new(above[frames - 1], path, steps, frames))
}

/// Follows the moves from the last cell back to the first.
fn backtrack(moves: &[Move], steps: usize, frames: usize) -> Vec<(usize, usize)> {
    let (mut step, mut frame) = (steps - 1, frames - 1);
    let mut path = Vec::with_capacity(steps + frames - 1);
    path.push((step, frame));
    while (step, frame) != (0, 0) {
        let from = moves[step * frames + frame];
        step -= usize::from(!matches!(from, Move::Frame));
        frame -= usize::from(!matches!(from, Move::Step));
        path.push((step, frame));
    }
    path.reverse();
    path
}
