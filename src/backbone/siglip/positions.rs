//! Positions at flexible resolution: those of a square of patches, resized to the grid of an image.

use crate::backbone::patches::Batch;
use crate::backbone::resize::{Filter, taps};

/// Resizes a `table` of the positions of a square of patches, with a row of values for each of `known` patches, to the grid
/// of a batch.
pub(super) fn resized(table: &[f32], known: usize, batch: Batch) -> Vec<f32> {
    let hidden = table.len() / known;
    let mut positions = vec![0.0; batch.rows * batch.columns * hidden];
    for (position, weights) in
        positions.chunks_exact_mut(hidden).zip(resizing(known, batch).chunks_exact(known))
    {
        for (weight, row) in
            weights.iter().zip(table.chunks_exact(hidden)).filter(|(weight, _)| **weight != 0.0)
        {
            position.iter_mut().zip(row).for_each(|(value, known)| *value += weight * known);
        }
    }
    positions
}

/// The share of each of `known` patches of a square in each patch of a grid: bilinear, and antialiased along a side that
/// shrinks, as `torch.nn.functional.interpolate` does it. A row for each patch of the grid.
pub(super) fn resizing(known: usize, batch: Batch) -> Vec<f32> {
    let side = known.isqrt();
    let [down, across] =
        [batch.rows, batch.columns].map(|length| taps(side, length, 0..length, Filter::Bilinear));
    let mut weights = vec![0.0; batch.rows * batch.columns * known];
    let places = down.iter().flat_map(|row| across.iter().map(move |column| (row, column)));
    for (weights, ((top, down), (left, across))) in weights.chunks_exact_mut(known).zip(places) {
        for (row, down) in (*top..).zip(down) {
            for (column, across) in (*left..).zip(across) {
                weights[row * side + column] = (down * across) as f32;
            }
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: usize, columns: usize) -> Batch {
        Batch { images: 1, rows, columns }
    }

    #[test]
    fn positions_of_the_square_itself_stay() {
        let table: Vec<f32> = (0..18).map(|value| value as f32).collect();
        assert_eq!(resized(&table, 9, grid(3, 3)), table);
    }

    #[test]
    fn positions_are_interpolated_and_averaged() {
        // Two rows of two patches: 0 1 / 2 3.
        let table = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(resized(&table, 4, grid(1, 1)), [1.5]);
        assert_eq!(resized(&table, 4, grid(1, 4)), [1.0, 1.25, 1.75, 2.0]);
        assert_eq!(resized(&table, 4, grid(4, 1)), [0.5, 1.0, 2.0, 2.5]);
    }
}
