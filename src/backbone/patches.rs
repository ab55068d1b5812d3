//! Cuts images into the patches that an image tower takes.

use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, TensorData};

use super::preparation::Normalisation;
use super::resize::Square;

/// Makes images of one size into the input of an image tower.
#[derive(Clone, Copy, Debug)]
pub struct Patches {
    /// Sides of an image and of a patch in pixels.
    pub(super) image: usize,
    pub(super) patch: usize,
    pub(super) normalisation: Normalisation,
}

impl Patches {
    /// Patches along a side; pixels beyond the last whole patch are ignored.
    fn grid(&self) -> usize {
        self.image / self.patch
    }

    /// Values of a patch, all colours together.
    fn length(&self) -> usize {
        3 * self.patch * self.patch
    }

    /// `[images · grid², 3 · patch · patch]`.
    pub fn tensor(&self, images: &[Square], device: &Device) -> Tensor<2> {
        let shape = [images.len() * self.grid() * self.grid(), self.length()];
        Tensor::from_data(TensorData::new(self.values(images), shape), device)
    }

    /// Cuts images into normalised patches, `[images · grid², 3 · patch · patch]`: row by row, and inside a
    /// patch colour by colour, as the convolution's weight lies.
    pub(super) fn values(&self, images: &[Square]) -> Vec<f32> {
        let (size, patch, grid) = (self.image, self.patch, self.grid());
        let levels: [[f32; 256]; 3] = std::array::from_fn(|colour| self.normalisation.levels(colour));
        let mut values = Vec::with_capacity(images.len() * grid * grid * self.length());
        for image in images {
            for (row, column) in (0..grid).flat_map(|row| (0..grid).map(move |column| (row, column))) {
                for (colour, levels) in levels.iter().enumerate() {
                    for y in row * patch..(row + 1) * patch {
                        let start = 3 * (y * size + column * patch);
                        let line = &image.rgb[start..start + 3 * patch];
                        values.extend(line.chunks_exact(3).map(|pixel| levels[usize::from(pixel[colour])]));
                    }
                }
            }
        }
        values
    }
}

/// A convolution whose stride is its width is a matrix product over the patches: `[batch · grid², values]` to
/// `[batch · grid², hidden]`. The bias is left to the caller.
pub(super) fn convolve(convolution: &Conv2d, patches: Tensor<2>) -> Tensor<2> {
    let weight = convolution.weight.val();
    let [hidden, inputs] = [weight.dims()[0], patches.dims()[1]];
    patches.matmul(weight.reshape([hidden, inputs]).transpose())
}
