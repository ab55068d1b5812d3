//! Cuts images into the patches that an image tower takes.

use std::borrow::Borrow;

use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, TensorData};

use super::preparation::Normalisation;
use super::resize::PreparedImage;

/// Images of one size, as the grid of patches of each.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    pub images: usize,
    /// Patches one above the other.
    pub rows: usize,
    /// Patches side by side.
    pub columns: usize,
}

/// Makes images of one size into the input of an image tower.
#[derive(Clone, Copy, Debug)]
pub struct Patches {
    /// Side of a patch in pixels.
    pub(super) side: usize,
    pub(super) order: Order,
    pub(super) normalisation: Normalisation,
}

/// How the values of a patch follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Colour by colour, as the weight of a convolution lies.
    Colours,
    /// Pixel by pixel.
    Pixels,
}

impl Patches {
    /// The grid of images of one size; pixels beyond the last whole patch are ignored.
    pub fn batch<I: Borrow<PreparedImage>>(&self, images: &[I]) -> Batch {
        let [rows, columns] = images.first().map_or([0; 2], |image| {
            let PreparedImage { width, height, .. } = image.borrow();
            [height / self.side, width / self.side]
        });
        Batch { images: images.len(), rows, columns }
    }

    /// Values of a patch, all colours together.
    fn length(&self) -> usize {
        3 * self.side * self.side
    }

    /// `[images · patches, 3 · side · side]`.
    pub fn tensor<I: Borrow<PreparedImage>>(&self, images: &[I], device: &Device) -> Tensor<2> {
        let Batch { rows, columns, .. } = self.batch(images);
        let shape = [images.len() * rows * columns, self.length()];
        Tensor::from_data(TensorData::new(self.values(images), shape), device)
    }

    /// Cuts images of one size into normalised patches, `[images · patches, 3 · side · side]`, row by row.
    pub(super) fn values<I: Borrow<PreparedImage>>(&self, images: &[I]) -> Vec<f32> {
        let (side, Batch { rows, columns, .. }) = (self.side, self.batch(images));
        let levels: [[f32; 256]; 3] = std::array::from_fn(|colour| self.normalisation.levels(colour));
        let level = |pixel: &[u8], colour: usize| levels[colour][usize::from(pixel[colour])];
        let mut values = Vec::with_capacity(images.len() * rows * columns * self.length());
        for image in images {
            let PreparedImage { width, rgb, .. } = image.borrow();
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let lines = (row * side..(row + 1) * side).map(|y| {
                    let start = 3 * (y * width + column * side);
                    &rgb[start..start + 3 * side]
                });
                match self.order {
                    Order::Colours => {
                        for colour in 0..3 {
                            for line in lines.clone() {
                                values.extend(line.chunks_exact(3).map(|pixel| level(pixel, colour)));
                            }
                        }
                    }
                    Order::Pixels => {
                        for line in lines {
                            values.extend(
                                line.chunks_exact(3)
                                    .flat_map(|pixel| [0, 1, 2].map(|colour| level(pixel, colour))),
                            );
                        }
                    }
                }
            }
        }
        values
    }
}

/// A convolution whose stride is its width is a matrix product over the patches: `[batch · patches, values]` to
/// `[batch · patches, hidden]`. The bias is left to the caller.
pub(super) fn convolve(convolution: &Conv2d, patches: Tensor<2>) -> Tensor<2> {
    let weight = convolution.weight.val();
    let [hidden, inputs] = [weight.dims()[0], patches.dims()[1]];
    patches.matmul(weight.reshape([hidden, inputs]).transpose())
}
