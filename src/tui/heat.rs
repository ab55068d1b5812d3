//! From the values of a matrix to shades: the affinities of a real checkpoint lie between 1e-5 and 0.3, so a linear
//! scale often shows nothing.

use ndarray::{Array2, ArrayView2};

/// How a value becomes a shade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// By the share of the matrix' cells that are smaller.
    #[default]
    Rank,
    /// By the logarithm of the value.
    Log,
    /// By the value.
    Linear,
}

impl Scale {
    /// The scale after this one.
    pub fn next(self) -> Self {
        match self {
            Self::Rank => Self::Log,
            Self::Log => Self::Linear,
            Self::Linear => Self::Rank,
        }
    }

    /// Name shown on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Log => "log",
            Self::Linear => "linear",
        }
    }

    /// Shade of every cell, from 0 for the smallest to 1 for the largest.
    pub fn shades(self, cells: ArrayView2<f32>) -> Array2<f32> {
        match self {
            Self::Rank => {
                let mut sorted: Vec<f32> = cells.iter().copied().collect();
                sorted.sort_unstable_by(f32::total_cmp);
                let last = sorted.len().saturating_sub(1).max(1) as f32;
                cells.mapv(|x| sorted.partition_point(|y| y.total_cmp(&x).is_lt()) as f32 / last)
            }
            Self::Log => spread(&cells.mapv(|x| x.max(f32::MIN_POSITIVE).ln())),
            Self::Linear => spread(&cells.to_owned()),
        }
    }
}

fn spread(values: &Array2<f32>) -> Array2<f32> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = high - low;
    if range > 0.0 { values.mapv(|x| (x - low) / range) } else { Array2::zeros(values.dim()) }
}

#[cfg(test)]
mod tests {
    use super::Scale;
    use ndarray::array;

    #[test]
    fn each_scale_spans_the_shades_and_keeps_the_order() {
        let cells = array![[1e-5, 1e-4], [1e-2, 0.3]];
        for scale in [Scale::Rank, Scale::Log, Scale::Linear] {
            let shades: Vec<f32> = scale.shades(cells.view()).into_iter().collect();
            assert_eq!((shades[0], shades[3]), (0.0, 1.0), "{scale:?}");
            assert!(shades.is_sorted(), "{scale:?}");
        }
        let ranks = Scale::Rank.shades(cells.view());
        assert!((ranks[(0, 1)] - 1.0 / 3.0).abs() < 1e-6, "rank spreads what linear crushes");
        assert!(Scale::Linear.shades(cells.view())[(0, 1)] < 1e-3);
    }

    #[test]
    fn a_matrix_of_one_value_has_one_shade() {
        for scale in [Scale::Rank, Scale::Log, Scale::Linear] {
            assert!(scale.shades(array![[0.5, 0.5]].view()).iter().all(|&s| s == 0.0), "{scale:?}");
        }
    }
}
