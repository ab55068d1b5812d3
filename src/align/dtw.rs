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
        let start = if step == 0 { 0.0 } else { above[0] };
        let mut left = start + f64::from(row[0]);
        sums[0] = left;
        for ((sum, above), &cell) in sums[1..].iter_mut().zip(above.windows(2)).zip(&row[1..]) {
            left = larger(larger(above[0], above[1]), left) + f64::from(cell);
            *sum = left;
        }
        above = sums;
    }
    Ok(Alignment::new(above[frames - 1], backtrack(&sums, steps, frames), steps, frames))
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
            let (diagonal, left, up) = (sums[at - frames - 1], sums[at - 1], sums[at - frames]);
            let best = larger(diagonal, larger(left, up));
            step -= usize::from(diagonal == best || left != best);
            frame -= usize::from(diagonal == best || left == best);
        }
        path.push((step, frame));
    }
    path.reverse();
    path
}
