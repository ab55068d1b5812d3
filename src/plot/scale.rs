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
    /// On the rank scale.
    ranks: Ranks,
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
        let ranks = if scale == Scale::Rank { Ranks::new(cells) } else { Ranks::default() };
        let shade = |cell: f32| match scale {
            Scale::Rank => ranks.share(cell),
            _ if high > low => ((scale.stretch(cell) - low) / (high - low)) as f32,
            _ => 0.0,
        };
        let matrices = cells.iter().map(|cells| cells.mapv(shade)).collect();
        Self { scale, matrices, ends, ranks }
    }

    /// The value that has a shade from 0 to 1.
    pub fn value(&self, shade: f64) -> f64 {
        let (low, high) = self.ends;
        let between = low + (high - low) * shade;
        match self.scale {
            Scale::Rank => self.ranks.value(shade).into(),
            Scale::Log => between.exp(),
            Scale::Linear => between,
        }
    }
}

/// How many cells are smaller than a value. The cells are counted in bins: the result is exact in a bin of equal cells, and
/// between the smallest and the largest cell of another bin it is interpolated. That takes a fraction of the time of sorting.
#[derive(Clone, Debug, Default)]
struct Ranks {
    bins: Vec<Bin>,
    /// [`ordered_bits`] of the smallest cell.
    least: u32,
    /// How far the difference from `least` is shifted right to get the index of a bin.
    shift: u32,
    cells: usize,
}

/// A range of values, and the cells within it.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    /// Number of cells in all lower bins.
    below: u32,
    /// [`ordered_bits`] of its smallest and of its largest cell.
    least: u32,
    largest: u32,
    /// By how much the rank grows per unit of the ordered bits.
    slope: f32,
}

/// Number of bits in the index of a bin.
const BIN_BITS: u32 = 14;

impl Ranks {
    fn new(matrices: &[ArrayView2<f32>]) -> Self {
        let all = || matrices.iter().flatten().map(|&cell| ordered_bits(cell));
        let (least, largest) = all().fold((u32::MAX, 0), |(low, high), bits| (low.min(bits), high.max(bits)));
        let span = largest.saturating_sub(least);
        let shift = (u32::BITS - span.leading_zeros()).saturating_sub(BIN_BITS);
        let mut bins = vec![Bin { least: u32::MAX, ..Bin::default() }; (span >> shift) as usize + 1];
        let mut cells = 0;
        for bits in all() {
            let bin = &mut bins[((bits - least) >> shift) as usize];
            *bin = Bin {
                below: bin.below + 1,
                least: bin.least.min(bits),
                largest: bin.largest.max(bits),
                ..*bin
            };
            cells += 1;
        }
        let mut below = 0;
        for bin in &mut bins {
            let count = std::mem::replace(&mut bin.below, below);
            below += count;
            bin.slope = count.saturating_sub(1) as f32 / bin.largest.saturating_sub(bin.least).max(1) as f32;
        }
        Self { bins, least, shift, cells }
    }

    /// The rank of the largest cell.
    fn last(&self) -> usize {
        self.cells.saturating_sub(1).max(1)
    }

    /// The share of all cells that are smaller than this one of them.
    fn share(&self, cell: f32) -> f32 {
        let bits = ordered_bits(cell);
        let bin = self.bins[((bits - self.least) >> self.shift) as usize];
        let rank = bin.below as f32 + (bits - bin.least) as f32 * bin.slope;
        (rank / self.last() as f32).min(1.0)
    }

    /// The value below which this share of the cells lies.
    fn value(&self, share: f64) -> f32 {
        let rank = (share * self.cells.saturating_sub(1) as f64).round();
        let above = self.bins.partition_point(|bin| f64::from(bin.below) <= rank);
        let Some(bin) = self.bins[..above].last().filter(|_| self.cells > 0) else { return 0.0 };
        let within = ((rank - f64::from(bin.below)) / f64::from(bin.slope.max(f32::MIN_POSITIVE))).round();
        of_ordered_bits(bin.least + (within as u32).min(bin.largest - bin.least))
    }
}

/// The bits of a number as an integer that is larger for a larger number.
fn ordered_bits(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// The inverse of [`ordered_bits`].
fn of_ordered_bits(bits: u32) -> f32 {
    f32::from_bits(if bits >> 31 == 1 { bits & !(1 << 31) } else { !bits })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against sorting.
        #[test]
        fn ranks_count_the_smaller_cells(
            cells in prop::collection::vec(prop_oneof![-1.0_f32..1.0, 0.5_f32..0.501, Just(0.25)], 1..200),
        ) {
            let matrix = Array1::from(cells.clone()).into_shape_with_order((1, cells.len())).unwrap();
            let ranks = Ranks::new(&[matrix.view()]);
            let mut sorted = cells;
            sorted.sort_by(f32::total_cmp);
            let shares: Vec<f32> = sorted.iter().map(|&cell| ranks.share(cell)).collect();
            prop_assert!(shares.is_sorted(), "{shares:?}");
            prop_assert_eq!(shares[0], 0.0);
            for (&cell, &share) in sorted.iter().zip(&shares) {
                let bin = |other: f32| (ordered_bits(other) - ranks.least) >> ranks.shift;
                let smaller = sorted.partition_point(|&other| other < cell);
                let alike = sorted.iter().filter(|&&other| bin(other) == bin(cell)).count();
                let is_exact = sorted.iter().all(|&other| bin(other) != bin(cell) || other == cell);
                let rank = share * ranks.last() as f32;
                let most = if is_exact { 1e-3 } else { alike as f32 };
                prop_assert!((rank - smaller as f32).abs() <= most, "{cell} has rank {rank}, not {smaller}");
                if is_exact {
                    prop_assert_eq!(ranks.value(share.into()), cell);
                }
            }
        }
    }

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
