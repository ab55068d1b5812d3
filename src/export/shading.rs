//! From the values of matrices to shades, and from shades to values for the colour bar.

use crate::scale::Scale;

/// One scale for all cells of a figure.
#[derive(Clone, Debug)]
pub struct Shading {
    scale: Scale,
    /// All cells, ascending.
    sorted: Vec<f32>,
}

impl Shading {
    /// A scale from the least of the cells to the greatest.
    pub fn new(scale: Scale, cells: impl IntoIterator<Item = f32>) -> Self {
        let mut sorted: Vec<f32> = cells.into_iter().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        Self { scale, sorted }
    }

    /// How values become shades.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Shade of a cell, from 0 for the least to 1 for the greatest; 0 where all are equal.
    pub fn shade(&self, value: f32) -> f32 {
        if self.scale == Scale::Rank {
            let below = self.sorted.partition_point(|y| y.total_cmp(&value).is_lt());
            return below as f32 / self.last().max(1) as f32;
        }
        let (low, high) = self.ends();
        if high > low { ((self.stretched(value) - low) / (high - low)) as f32 } else { 0.0 }
    }

    /// The value that has a shade from 0 to 1.
    pub fn value(&self, shade: f64) -> f64 {
        let (low, high) = self.ends();
        let between = low + (high - low) * shade;
        match self.scale {
            Scale::Rank => self.at((shade * self.last() as f64).round() as usize),
            Scale::Log => between.exp(),
            Scale::Linear => between,
        }
    }

    fn last(&self) -> usize {
        self.sorted.len().saturating_sub(1)
    }

    fn at(&self, place: usize) -> f64 {
        self.sorted.get(place).copied().map_or(0.0, f64::from)
    }

    /// What the scale is even in.
    fn stretched(&self, value: f32) -> f64 {
        match self.scale {
            Scale::Log => f64::from(value.max(f32::MIN_POSITIVE)).ln(),
            _ => f64::from(value),
        }
    }

    fn ends(&self) -> (f64, f64) {
        let end = |value: Option<&f32>| self.stretched(value.copied().unwrap_or_default());
        (end(self.sorted.first()), end(self.sorted.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_shades_belong_together_on_every_scale() {
        let cells = [0.3, 1e-5, 1e-2, 1e-4];
        for scale in [Scale::Rank, Scale::Log, Scale::Linear] {
            let shading = Shading::new(scale, cells);
            assert_eq!((shading.shade(1e-5), shading.shade(0.3)), (0.0, 1.0), "{scale}");
            for cell in cells {
                let back = shading.value(shading.shade(cell).into());
                assert!((back / f64::from(cell) - 1.0).abs() < 1e-2, "{scale}: {cell} {back}");
            }
        }
        assert!((Shading::new(Scale::Rank, cells).shade(1e-4) - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn cells_of_one_value_have_one_shade() {
        for scale in [Scale::Rank, Scale::Log, Scale::Linear] {
            let shading = Shading::new(scale, [0.5, 0.5]);
            assert_eq!(shading.shade(0.5), 0.0, "{scale}");
            assert!((shading.value(0.7) - 0.5).abs() < 1e-9, "{scale}");
        }
    }
}
