//! Rotary positions in two dimensions (Su et al. 2021, Heo et al. 2024): pairs of the values of queries and keys are turned by
//! angles that grow with the column and the row of a patch.

use burn::tensor::{Device, Tensor, TensorData};

/// The wavelengths of the pairs grow from 2π to 2π times this.
const BASE: f32 = 10_000.0;

/// Where the positions of an image tower lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rotary {
    /// Patches along a side.
    pub grid: usize,
    /// Whether a class token precedes the patches, which is not turned. The patches then count from 1.
    pub has_class: bool,
}

/// Cosines and sines, `[positions, head size / 2]`.
#[derive(Debug)]
pub(super) struct Turns {
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
    /// Pairs of a head.
    pub pairs: usize,
}

impl Rotary {
    /// The first half of the pairs of a head turns with the column, the second half with the row. `head_size` is a
    /// multiple of 4.
    pub fn turns(self, head_size: usize) -> Turns {
        let waves = head_size / 4;
        let first = usize::from(self.has_class);
        let frequencies: Vec<f32> =
            (0..waves).map(|wave| 1.0 / BASE.powf(wave as f32 / waves as f32)).collect();
        let of_patches = (0..self.grid).flat_map(|row| (0..self.grid).map(move |column| [column, row]));
        let angles = of_patches.flat_map(|places| {
            let frequencies = &frequencies;
            places
                .into_iter()
                .flat_map(move |place| frequencies.iter().map(move |f| (place + first) as f32 * f))
        });
        let angles: Vec<f32> = std::iter::repeat_n(0.0, first * 2 * waves).chain(angles).collect();
        Turns {
            cos: angles.iter().map(|angle| angle.cos()).collect(),
            sin: angles.iter().map(|angle| angle.sin()).collect(),
            pairs: 2 * waves,
        }
    }
}

impl Turns {
    /// Turns the values of one position, head after head.
    pub fn apply(&self, position: usize, values: &mut [f32]) {
        let range = position * self.pairs..(position + 1) * self.pairs;
        let (cos, sin) = (&self.cos[range.clone()], &self.sin[range]);
        for head in values.chunks_exact_mut(2 * self.pairs) {
            for (([a, b], cos), sin) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }

    /// The same on a device.
    pub fn on(&self, device: &Device) -> DeviceTurns {
        let tensor = |values: &[f32]| {
            let shape = [1, 1, values.len() / self.pairs, self.pairs, 1];
            Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
        };
        DeviceTurns { cos: tensor(&self.cos), sin: tensor(&self.sin) }
    }
}

/// [`Turns`] on a device.
#[derive(Debug)]
pub(super) struct DeviceTurns {
    cos: Tensor<5>,
    sin: Tensor<5>,
}

impl DeviceTurns {
    /// `[batch, heads, positions, head size]`.
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        let shape = x.dims();
        let [batch, heads, positions, size] = shape;
        let (cos, sin) = (self.cos.clone().cast(x.dtype()), self.sin.clone().cast(x.dtype()));
        let pairs = x.reshape([batch, heads, positions, size / 2, 2]);
        let part = |part: usize| {
            pairs.clone().slice([0..batch, 0..heads, 0..positions, 0..size / 2, part..part + 1])
        };
        let (a, b) = (part(0), part(1));
        let turned = [a.clone() * cos.clone() - b.clone() * sin.clone(), b * cos + a * sin];
        Tensor::cat(turned.into(), 4).reshape(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_products_depend_on_the_distance_alone() {
        let rotary = Rotary { grid: 5, has_class: true };
        let turns = rotary.turns(8);
        assert_eq!(turns.cos.len(), 26 * 4);
        let product = |from: usize, to: usize| -> f32 {
            let mut pair =
                [[0.3, -1.0, 0.7, 0.2, -0.4, 0.9, 1.1, -0.6], [1.0, 0.5, -0.3, 0.8, 0.1, -0.7, 0.2, 0.4]];
            turns.apply(from, &mut pair[0]);
            turns.apply(to, &mut pair[1]);
            pair[0].iter().zip(pair[1]).map(|(a, b)| a * b).sum()
        };
        let patch = |row: usize, column: usize| 1 + row * 5 + column;
        let want = product(patch(0, 0), patch(2, 1));
        for (row, column) in [(0, 1), (1, 0), (2, 3)] {
            let got = product(patch(row, column), patch(row + 2, column + 1));
            assert!((got - want).abs() < 1e-5, "{got} is not {want}");
        }
        assert!((product(patch(0, 0), patch(1, 2)) - want).abs() > 1e-2);
        let mut class = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        turns.apply(0, &mut class);
        assert_eq!(class, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    }
}
