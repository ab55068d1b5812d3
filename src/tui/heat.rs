//! From the values of a matrix to shades: the affinities of a real checkpoint lie between 1e-5 and 0.3, so a linear
//! scale often shows nothing.

use ndarray::{Array2, ArrayView2};

use crate::scale::Scale;

/// Shades of every cell of some matrices, on one scale: from 0 for the smallest of all cells to 1 for the largest.
pub fn shades_of(scale: Scale, matrices: &[ArrayView2<f32>]) -> Vec<Array2<f32>> {
    match scale {
        Scale::Rank => ranks(matrices),
        Scale::Log => spread(matrices.iter().map(|cells| cells.mapv(|x| x.max(f32::MIN_POSITIVE).ln()))),
        Scale::Linear => spread(matrices.iter().map(ArrayView2::to_owned)),
    }
}

/// The share of all cells that are smaller than each.
fn ranks(matrices: &[ArrayView2<f32>]) -> Vec<Array2<f32>> {
    // Numbers are sorted together with their places, as whole numbers of the same order: one pass then tells all ranks.
    let mut sorted: Vec<u64> = matrices
        .iter()
        .flat_map(|cells| cells.iter())
        .zip(0_u32..)
        .map(|(&cell, place)| u64::from(in_order(cell)) << 32 | u64::from(place))
        .collect();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1).max(1) as f32;
    let mut shades = vec![0.0; sorted.len()];
    let mut smaller = 0;
    for equal in sorted.chunk_by(|a, b| a >> 32 == b >> 32) {
        for &cell in equal {
            shades[cell as u32 as usize] = smaller as f32 / last;
        }
        smaller += equal.len();
    }
    let mut shades = shades.into_iter();
    matrices
        .iter()
        .map(|cells| Array2::from_shape_simple_fn(cells.dim(), || shades.next().unwrap_or(0.0)))
        .collect()
}

/// A whole number that is larger for a larger number.
fn in_order(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn spread(matrices: impl Iterator<Item = Array2<f32>>) -> Vec<Array2<f32>> {
    let mut matrices: Vec<Array2<f32>> = matrices.collect();
    let all = || matrices.iter().flatten().copied();
    let low = all().fold(f32::INFINITY, f32::min);
    let range = all().fold(f32::NEG_INFINITY, f32::max) - low;
    for cells in &mut matrices {
        cells.mapv_inplace(|x| if range > 0.0 { (x - low) / range } else { 0.0 });
    }
    matrices
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn each_scale_spans_the_shades_and_keeps_the_order() {
        let cells = array![[1e-5, 1e-4], [1e-2, 0.3]];
        for scale in [Scale::Rank, Scale::Log, Scale::Linear] {
            let shades: Vec<f32> = shades_of(scale, &[cells.view()])[0].iter().copied().collect();
            assert_eq!((shades[0], shades[3]), (0.0, 1.0), "{scale:?}");
            assert!(shades.is_sorted(), "{scale:?}");
        }
        let ranks = &shades_of(Scale::Rank, &[cells.view()])[0];
        assert!((ranks[(0, 1)] - 1.0 / 3.0).abs() < 1e-6, "rank spreads what linear crushes");
        assert!(shades_of(Scale::Linear, &[cells.view()])[0][(0, 1)] < 1e-3);
    }

    #[test]
    fn two_matrices_share_one_scale() {
        let (low, high) = (array![[-1.0, 0.0]], array![[0.0, 3.0], [1.0, 1.0]]);
        for scale in [Scale::Rank, Scale::Linear] {
            let shades = shades_of(scale, &[low.view(), high.view()]);
            assert_eq!((shades[0][(0, 0)], shades[1][(0, 1)]), (0.0, 1.0), "{scale:?}");
            assert_eq!(shades[0][(0, 1)], shades[1][(0, 0)], "equal cells have equal shades");
        }
        assert_eq!(shades_of(Scale::Rank, &[high.view()])[0], array![[0.0, 1.0], [1.0 / 3.0, 1.0 / 3.0]]);
    }

    #[test]
    fn a_matrix_of_one_value_has_one_shade() {
        for scale in [Scale::Rank, Scale::Log, Scale::Linear] {
            assert!(shades_of(scale, &[array![[0.5, 0.5]].view()])[0].iter().all(|&s| s == 0.0), "{scale:?}");
        }
    }
}
