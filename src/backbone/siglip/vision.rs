//! The image tower: patches, transformer, and a head that pools by attention.

use std::borrow::Cow;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Tensor};

use super::positions::resized;
use crate::backbone::config::Outline;
use crate::backbone::cpu;
use crate::backbone::cpu::encoder::{Loader, Spare};
use crate::backbone::cpu::linear::{Epilogue, Linear as CpuLinear};
use crate::backbone::encoder::{Encoder, EncoderSizes};
use crate::backbone::error::ModelError;
use crate::backbone::loading::{ImageKernels, ImageModule};
use crate::backbone::patches::{Batch, convolve};
use crate::backbone::pooling::PoolingHead;

/// The tensors of a checkpoint that start with `vision_model.`.
#[derive(Module, Debug)]
pub struct SiglipVision {
    vision_model: VisionTransformer<PatchEmbeddings>,
}

/// `E` makes patches into positions, [`VisionTransformer::forward`] positions into embeddings.
#[derive(Module, Debug)]
pub(super) struct VisionTransformer<E: Module> {
    pub(super) embeddings: E,
    encoder: Encoder,
    post_layernorm: LayerNorm,
    head: PoolingHead,
}

#[derive(Module, Debug)]
struct PatchEmbeddings {
    patch_embedding: Conv2d,
    position_embedding: Embedding,
}

impl SiglipVision {
    pub(super) fn new(outline: &Outline, device: &Device) -> Self {
        let (hidden, patch) = (outline.vision.hidden, outline.patch_size());
        let embeddings = PatchEmbeddings {
            patch_embedding: Conv2dConfig::new([3, hidden], [patch, patch])
                .with_stride([patch, patch])
                .init(device),
            position_embedding: EmbeddingConfig::new(outline.patches(), hidden).init(device),
        };
        Self { vision_model: VisionTransformer::new(embeddings, &outline.vision, device) }
    }
}

impl ImageModule for SiglipVision {
    fn forward(&self, patches: Tensor<2>, Batch { images, .. }: Batch) -> Tensor<2> {
        self.vision_model.forward(self.vision_model.embeddings.forward(patches, images), images)
    }
}

impl<E: Module> VisionTransformer<E> {
    pub(super) fn new(embeddings: E, sizes: &EncoderSizes, device: &Device) -> Self {
        Self {
            embeddings,
            encoder: Encoder::new(sizes, device),
            post_layernorm: sizes.layer_norm(device),
            head: PoolingHead::new(sizes, device),
        }
    }

    /// `[batch · patches, hidden]` to `[batch, hidden]`.
    pub(super) fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let x = self.encoder.forward(x, batch);
        self.head.forward(self.post_layernorm.forward(x), batch)
    }
}

impl PatchEmbeddings {
    fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let x = convolve(&self.patch_embedding, patches);
        let [rows, hidden] = x.dims();
        let mut offset = self.position_embedding.weight.val();
        if let Some(bias) = &self.patch_embedding.bias {
            offset = offset + bias.val().unsqueeze();
        }
        (x.reshape([batch, rows / batch, hidden]) + offset.unsqueeze()).reshape([rows, hidden])
    }
}

/// The same tower on the processor.
#[derive(Debug)]
pub(super) struct CpuVision {
    patches: CpuLinear,
    /// A row for each patch of an image, or at flexible resolution of the square that is resized to its grid.
    positions: Vec<f32>,
    /// Patches of that square.
    flexible: Option<usize>,
    encoder: cpu::encoder::Encoder,
    norm: cpu::norm::LayerNorm,
    head: cpu::pooling::PoolingHead,
    spare: Spare,
}

impl CpuVision {
    pub fn load(loader: &Loader, outline: &Outline, flexible: bool) -> Result<Self, ModelError> {
        let sizes = &outline.vision;
        let floats = |name: &str| loader.tensors.floats(&format!("vision_model.embeddings.{name}"));
        let bias = floats("patch_embedding.bias")?;
        Ok(Self {
            // A linear layer over the patches. A convolution whose stride is its width is a matrix product over the patches.
            patches: loader.pack(&floats("patch_embedding.weight")?, bias),
            positions: floats("position_embedding.weight")?,
            flexible: flexible.then(|| outline.patches()),
            encoder: cpu::encoder::Encoder::load(loader, sizes, "vision_model")?,
            norm: loader.norm("vision_model.post_layernorm", sizes)?,
            head: cpu::pooling::PoolingHead::load(loader, sizes, "vision_model.head")?,
            spare: Spare::default(),
        })
    }
}

impl ImageKernels for CpuVision {
    fn forward(&self, patches: &[f32], batch: Batch) -> Vec<f32> {
        let positions = match self.flexible {
            Some(known) => Cow::Owned(resized(&self.positions, known, batch)),
            None => Cow::Borrowed(&self.positions),
        };
        let Batch { images, .. } = batch;
        self.spare.with(|buffers| {
            buffers.x.clear();
            (0..images).for_each(|_| buffers.x.extend_from_slice(&positions));
            self.patches.apply(patches, &mut buffers.x, Epilogue::Add);
            self.encoder.apply(buffers, images);
            self.norm.apply(&buffers.x, &mut buffers.narrow);
            self.head.forward(&buffers.narrow, images, &mut buffers.projected)
        })
    }
}
