//! The image tower: patches, transformer, and a head that pools by attention.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Tensor};

use crate::backbone::config::Outline;
use crate::backbone::cpu;
use crate::backbone::cpu::encoder::{Loader, Spare};
use crate::backbone::cpu::linear::{Epilogue, Linear as CpuLinear};
use crate::backbone::encoder::{Encoder, EncoderSizes};
use crate::backbone::error::ModelError;
use crate::backbone::loading::{ImageKernels, ImageModule};
use crate::backbone::patches::convolve;
use crate::backbone::pooling::PoolingHead;

/// The tensors of a checkpoint that start with `vision_model.`.
#[derive(Module, Debug)]
pub struct SiglipVision {
    vision_model: VisionTransformer,
}

#[derive(Module, Debug)]
struct VisionTransformer {
    embeddings: PatchEmbeddings,
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
        let (sizes, patch) = (&outline.vision, outline.patch_size());
        let hidden = sizes.hidden;
        Self {
            vision_model: VisionTransformer {
                embeddings: PatchEmbeddings {
                    patch_embedding: Conv2dConfig::new([3, hidden], [patch, patch])
                        .with_stride([patch, patch])
                        .init(device),
                    position_embedding: EmbeddingConfig::new(outline.patches(), hidden).init(device),
                },
                encoder: Encoder::new(sizes, device),
                post_layernorm: sizes.layer_norm(device),
                head: PoolingHead::new(sizes, device),
            },
        }
    }
}

impl ImageModule for SiglipVision {
    fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let model = &self.vision_model;
        let x = model.encoder.forward(model.embeddings.forward(patches, batch), batch);
        model.head.forward(model.post_layernorm.forward(x), batch)
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
    /// A row for each patch of an image.
    positions: Vec<f32>,
    encoder: cpu::encoder::Encoder,
    norm: cpu::norm::LayerNorm,
    head: cpu::pooling::PoolingHead,
    spare: Spare,
}

impl CpuVision {
    pub fn load(loader: &Loader, sizes: &EncoderSizes) -> Result<Self, ModelError> {
        let floats = |name: &str| loader.tensors.floats(&format!("vision_model.embeddings.{name}"));
        let bias = floats("patch_embedding.bias")?;
        Ok(Self {
            // A convolution whose stride is its width is a matrix product over the patches.
            patches: loader.pack(&floats("patch_embedding.weight")?, bias),
            positions: floats("position_embedding.weight")?,
            encoder: cpu::encoder::Encoder::load(loader, sizes, "vision_model")?,
            norm: loader.norm("vision_model.post_layernorm", sizes)?,
            head: cpu::pooling::PoolingHead::load(loader, sizes, "vision_model.head")?,
            spare: Spare::default(),
        })
    }
}

impl ImageKernels for CpuVision {
    fn forward(&self, patches: &[f32], batch: usize) -> Vec<f32> {
        self.spare.with(|buffers| {
            buffers.x.clear();
            (0..batch).for_each(|_| buffers.x.extend_from_slice(&self.positions));
            self.patches.apply(patches, &mut buffers.x, Epilogue::Add);
            self.encoder.apply(buffers, batch);
            self.norm.apply(&buffers.x, &mut buffers.narrow);
            self.head.forward(&buffers.narrow, batch, &mut buffers.projected)
        })
    }
}
