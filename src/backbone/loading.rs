//! Loads the towers of a family: onto the kernels of the processor, or as burn modules onto another device.

use std::fmt;

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::cpu::encoder::Loader;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::Tower;
use super::family::{ImageModel, TextModel};
use super::patches::{Batch, Patches};
use super::resize::PreparedImage;
use super::tokenizer::Tokens;
use super::weights::Weights;

/// An image tower made of the kernels of the processor.
pub(super) trait ImageKernels: fmt::Debug + Send + Sync {
    /// One row for each image of a batch, from its [`Patches`].
    fn forward(&self, patches: &[f32], batch: Batch) -> Vec<f32>;
}

/// An image tower as a burn module, whose fields are named as the tensors of the checkpoint.
pub trait ImageModule: Module + fmt::Debug + Send + Sync {
    /// `[images, dimensions]` from the tensor of the [`Patches`] of a batch.
    fn forward(&self, patches: Tensor<2>, batch: Batch) -> Tensor<2>;
}

/// A text tower as a burn module, whose fields are named as the tensors of the checkpoint.
pub(super) trait TextModule: Module + fmt::Debug + Send + Sync {
    /// `[texts, dimensions]` of texts of one length.
    fn embed(&self, texts: &[Tokens], device: &Device) -> Tensor<2>;
}

/// Loads an image tower: `kernels` on the processor, `module` elsewhere.
pub(super) fn load_images<K: ImageKernels + 'static, M: ImageModule + 'static>(
    weights: &Weights,
    patches: Patches,
    device: &ComputeDevice,
    kernels: impl FnOnce(&Loader) -> Result<K, ModelError>,
    module: impl FnOnce(&Device) -> M,
) -> Result<Box<dyn ImageModel>, ModelError> {
    if let Some(isa) = device.cpu() {
        let tensors = weights.map()?;
        let model = kernels(&Loader { tensors: &tensors, isa, packing: device.packing() })?;
        return Ok(Box::new(ImagesOnCpu { model, patches }));
    }
    let (device, dtype) = (device.device().clone(), device.precision().dtype());
    let model = load_module(weights, Tower::Vision, module(&device), dtype)?;
    Ok(Box::new(ImagesOnDevice { model, patches, device, dtype }))
}

/// Loads a text tower: `kernels` on the processor, `module` elsewhere.
pub(super) fn load_texts<K: TextModel + 'static, M: TextModule + 'static>(
    weights: &Weights,
    device: &ComputeDevice,
    kernels: impl FnOnce(&Loader) -> Result<K, ModelError>,
    module: impl FnOnce(&Device) -> M,
) -> Result<Box<dyn TextModel>, ModelError> {
    if let Some(isa) = device.cpu() {
        let tensors = weights.map()?;
        return Ok(Box::new(kernels(&Loader { tensors: &tensors, isa, packing: device.packing() })?));
    }
    let (device, dtype) = (device.device().clone(), device.precision().dtype());
    let model = load_module(weights, Tower::Text, module(&device), dtype)?;
    Ok(Box::new(TextsOnDevice { model, device }))
}

/// Loads the weights of a tower into its burn module.
pub(super) fn load_module<M: Module>(
    weights: &Weights,
    tower: Tower,
    mut module: M,
    dtype: DType,
) -> Result<M, ModelError> {
    weights.map()?.check(tower)?;
    weights.load(&mut module, dtype)?;
    Ok(module)
}

/// Token ids of texts of one length, `[texts, positions]`.
pub(super) fn ids(texts: &[&[i32]], device: &Device) -> Tensor<2, Int> {
    let shape = [texts.len(), texts.first().map_or(0, |ids| ids.len())];
    Tensor::from_data(TensorData::new(texts.concat(), shape), device)
}

#[derive(Debug)]
struct ImagesOnCpu<K> {
    model: K,
    patches: Patches,
}

impl<K: ImageKernels> ImageModel for ImagesOnCpu<K> {
    fn forward(&self, images: &[&PreparedImage]) -> Result<Vec<f32>, ModelError> {
        Ok(self.model.forward(&self.patches.values(images), self.patches.batch(images)))
    }
}

#[derive(Debug)]
struct ImagesOnDevice<M> {
    model: M,
    patches: Patches,
    device: Device,
    dtype: DType,
}

impl<M: ImageModule> ImageModel for ImagesOnDevice<M> {
    fn forward(&self, images: &[&PreparedImage]) -> Result<Vec<f32>, ModelError> {
        let patches = self.patches.tensor(images, &self.device);
        into_values(self.model.forward(patches.cast(self.dtype), self.patches.batch(images)))
    }
}

#[derive(Debug)]
struct TextsOnDevice<M> {
    model: M,
    device: Device,
}

impl<M: TextModule> TextModel for TextsOnDevice<M> {
    fn forward(&self, texts: &[Tokens]) -> Result<Vec<f32>, ModelError> {
        into_values(self.model.embed(texts, &self.device))
    }
}

fn into_values(embeddings: Tensor<2>) -> Result<Vec<f32>, ModelError> {
    embeddings.try_into_vec_as::<f32>().map_err(|error| ModelError::Compute(error.to_string()))
}
