//! From the values of matrices to shades and back. The affinities of a real checkpoint lie between 1e-5 and 0.3, so a linear
//! scale often shows nothing.

use std::fmt;

use ndarray::{Array2, ArrayView2};

/// How a value becomes a shade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// By the share of cells that are smaller.
    #[default]
    Rank,
    /// By the logarithm of the value.
    Log,
    /// By the value.
    Linear,
}

impl Scale {
    const ALL: [Self; 3] = [Self::Rank, Self::Log, Self::Linear];

    /// The scale after this one, in a ring.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scale| scale.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Log => "log",
            Self::Linear => "linear",
        }
    }

    /// The axis on which the scale is linear.
    fn stretch(self, value: f32) -> f64 {
        match self {
            Self::Log => f64::from(value.max(f32::MIN_POSITIVE)).ln(),
            _ => f64::from(value),
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Some matrices as shades on one scale: from 0 for the smallest of all cells to 1 for the largest, 0 where all are equal.
#[derive(Clone, Debug)]
pub struct Shades {
    pub scale: Scale,
    /// The shades of each matrix, K×T.
    pub matrices: Vec<Array2<f32>>,
    /// The smallest and the largest cell, on the scale's own axis.
    ends: (f64, f64),
    /// On the rank scale all cells, ascending.
    sorted: Vec<f32>,
}

impl Shades {
    pub fn new(scale: Scale, cells: &[ArrayView2<f32>]) -> Self {
        let all = || cells.iter().flatten().copied();
        let ends = all().fold(None, |ends: Option<(f32, f32)>, cell| {
            let (low, high) = ends.unwrap_or((cell, cell));
            Some((low.min(cell), high.max(cell)))
        });
        let (low, high) = ends.unwrap_or_default();
        let ends @ (low, high) = (scale.stretch(low), scale.stretch(high));
        let (matrices, sorted) = match scale {
            Scale::Rank => ranks(cells),
            _ => {
                let shade = |cell: f32| {
                    if high > low { ((scale.stretch(cell) - low) / (high - low)) as f32 } else { 0.0 }
                };
                (cells.iter().map(|cells| cells.mapv(shade)).collect(), Vec::new())
            }
        };
        Self { scale, matrices, ends, sorted }
    }

    /// The value that has a shade from 0 to 1.
    pub fn value(&self, shade: f64) -> f64 {
        let (low, high) = self.ends;
        let between = low + (high - low) * shade;
        match self.scale {
            Scale::Rank => {
                let place = (shade * self.sorted.len().saturating_sub(1) as f64).round() as usize;
                self.sorted.get(place).copied().unwrap_or(0.0).into()
            }
            Scale::Log => between.exp(),
            Scale::Linear => between,
        }
    }
}

/// The share of all cells that are smaller than each, and the cells in order.
fn ranks(matrices: &[ArrayView2<f32>]) -> (Vec<Array2<f32>>, Vec<f32>) {
    // Each cell is sorted together with its place, so that one pass over the sorted cells gives all ranks.
    let mut order: Vec<u64> = matrices
        .iter()
        .flatten()
        .zip(0_u32..)
        .map(|(&cell, place)| u64::from(ordered_bits(cell)) << 32 | u64::from(place))
        .collect();
    radsort::sort_by_key(&mut order, |&cell| (cell >> 32) as u32);
    let cells: Vec<f32> = matrices.iter().flatten().copied().collect();
    let sorted = order.iter().map(|&cell| cells[cell as u32 as usize]).collect();

    let last = order.len().saturating_sub(1).max(1) as f32;
    let mut shades = vec![0.0; order.len()];
    let mut smaller = 0;
    for equal in order.chunk_by(|a, b| a >> 32 == b >> 32) {
        for &cell in equal {
            shades[cell as u32 as usize] = smaller as f32 / last;
        }
        smaller += equal.len();
    }
    let mut shades = shades.into_iter();
    let shades = matrices
        .iter()
        .map(|cells| Array2::from_shape_simple_fn(cells.dim(), || shades.next().unwrap_or(0.0)));
    (shades.collect(), sorted)
}

/// The bits of a number as an integer that is larger for a larger number.
fn ordered_bits(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn each_scale_spans_the_shades_and_keeps_the_order() {
        let cells = array![[1e-5, 1e-4], [1e-2, 0.3]];
        for scale in Scale::ALL {
            let of_cells = Shades::new(scale, &[cells.view()]);
            let shades: Vec<f32> = of_cells.matrices[0].iter().copied().collect();
            assert_eq!((shades[0], shades[3]), (0.0, 1.0), "{scale}");
            assert!(shades.is_sorted(), "{scale}");
            for (&cell, &shade) in cells.iter().zip(&shades) {
                let back = of_cells.value(shade.into());
                assert!((back / f64::from(cell) - 1.0).abs() < 1e-2, "{scale}: {cell} {back}");
            }
        }
        let ranks = &Shades::new(Scale::Rank, &[cells.view()]).matrices[0];
        assert!((ranks[(0, 1)] - 1.0 / 3.0).abs() < 1e-6, "rank spreads what linear crushes");
        assert!(Shades::new(Scale::Linear, &[cells.view()]).matrices[0][(0, 1)] < 1e-3);
    }

    #[test]
    fn two_matrices_share_one_scale() {
        let (low, high) = (array![[-1.0, 0.0]], array![[0.0, 3.0], [1.0, 1.0]]);
        for scale in [Scale::Rank, Scale::Linear] {
            let of_both = Shades::new(scale, &[low.view(), high.view()]);
            let shades = &of_both.matrices;
            assert_eq!((shades[0][(0, 0)], shades[1][(0, 1)]), (0.0, 1.0), "{scale}");
            assert_eq!(shades[0][(0, 1)], shades[1][(0, 0)], "equal cells have equal shades");
            assert_eq!((of_both.value(0.0), of_both.value(1.0)), (-1.0, 3.0), "{scale}");
        }
        let ranks = &Shades::new(Scale::Rank, &[high.view()]).matrices[0];
        assert_eq!(*ranks, array![[0.0, 1.0], [1.0 / 3.0, 1.0 / 3.0]]);
    }

    #[test]
    fn a_matrix_of_one_value_has_one_shade() {
        for scale in Scale::ALL {
            let shades = Shades::new(scale, &[array![[0.5, 0.5]].view()]);
            assert!(shades.matrices[0].iter().all(|&shade| shade == 0.0), "{scale}");
            assert!((shades.value(0.7) - 0.5).abs() < 1e-9, "{scale}");
        }
    }
}
