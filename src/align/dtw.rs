use super::{AlignError, Alignment, check};
use ndarray::ArrayView2;

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
    // The best sum up to every cell, step after step.
    let mut sums = vec![0.0; steps * frames];
    let cells = cells.as_standard_layout();
    let rows = cells.as_slice().unwrap_or_default().chunks_exact(frames);
    // The row above the first step holds no path, so that the first step is entered from its first frame only.
    let no_path = vec![f64::NEG_INFINITY; frames];
    let mut above = &no_path[..];
    for (step, (row, sums)) in rows.zip(sums.chunks_exact_mut(frames)).enumerate() {
        sum_row(step, row, above, sums);
        above = sums;
    }
    Ok(Alignment::new(above[frames - 1], backtrack(&sums, steps, frames), steps, frames))
}

/// The score alone, in the memory of two steps: of each best path it keeps the length in the place of its cells. There is
/// a row, all are of one length, and all cells are finite.
pub(super) fn dtw_score(rows: &[&[f32]]) -> f64 {
    let frames = rows[0].len();
    let (mut above, mut sums) = (vec![f64::NEG_INFINITY; frames], vec![0.0; frames]);
    let (mut lengths_above, mut lengths) = (vec![0_usize; frames], vec![0; frames]);
    for (step, row) in rows.iter().enumerate() {
        sum_row(step, row, &above, &mut sums);
        let mut length_left = lengths_above[0] + 1;
        lengths[0] = length_left;
        let sums_before = above.windows(2).zip(&sums);
        for ((length, before), (above, &left)) in
            lengths[1..].iter_mut().zip(lengths_above.windows(2)).zip(sums_before)
        {
            length_left = 1 + match origin(above[0], left, above[1]) {
                Origin::Diagonal => before[0],
                Origin::Left => length_left,
                Origin::Above => before[1],
            };
            *length = length_left;
        }
        (above, sums) = (sums, above);
        (lengths_above, lengths) = (lengths, lengths_above);
    }
    above[frames - 1] / lengths_above[frames - 1] as f64
}

/// The best sums up to the cells of a step, from those of the step above.
fn sum_row(step: usize, row: &[f32], above: &[f64], sums: &mut [f64]) {
    let start = if step == 0 { 0.0 } else { above[0] };
    let mut left = start + f64::from(row[0]);
    sums[0] = left;
    for ((sum, above), &cell) in sums[1..].iter_mut().zip(above.windows(2)).zip(&row[1..]) {
        left = larger(larger(above[0], above[1]), left) + f64::from(cell);
        *sum = left;
    }
}

/// The neighbour from which a path enters a cell.
enum Origin {
    /// The previous step at the previous frame.
    Diagonal,
    /// The previous frame.
    Left,
    /// The previous step.
    Above,
}

/// Where the best sum before a cell is; the diagonal where there are several, and then the previous frame.
fn origin(diagonal: f64, left: f64, above: f64) -> Origin {
    let best = larger(diagonal, larger(left, above));
    if diagonal == best {
        Origin::Diagonal
    } else if left == best {
        Origin::Left
    } else {
        Origin::Above
    }
}

/// The larger of two numbers, of which neither is NaN: a single instruction, unlike [`f64::max`].
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Goes from the last cell back to the first, to the best sum before each.
fn backtrack(sums: &[f64], steps: usize, frames: usize) -> Vec<(usize, usize)> {
    let (mut step, mut frame) = (steps - 1, frames - 1);
    let mut path = Vec::with_capacity(steps + frames - 1);
    path.push((step, frame));
    while (step, frame) != (0, 0) {
        let at = step * frames + frame;
        if step == 0 {
            frame -= 1;
        } else if frame == 0 {
            step -= 1;
        } else {
            let origin = origin(sums[at - frames - 1], sums[at - 1], sums[at - frames]);
            step -= usize::from(!matches!(origin, Origin::Left));
            frame -= usize::from(!matches!(origin, Origin::Above));
        }
        path.push((step, frame));
    }
    path.reverse();
    path
}
