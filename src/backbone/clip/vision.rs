//! The image tower: a class token before the patches, transformer, the class token's position projected.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::backbone::config::Outline;
use crate::backbone::cpu::encoder::{Encoder as CpuEncoder, Loader, Spare};
use crate::backbone::cpu::linear::{Epilogue, Linear as CpuLinear};
use crate::backbone::cpu::norm::LayerNorm as CpuLayerNorm;
use crate::backbone::encoder::Encoder;
use crate::backbone::error::ModelError;
use crate::backbone::loading::{ImageKernels, ImageModule};
use crate::backbone::patches::{Batch, convolve};

/// The tensors of a checkpoint that start with `vision_model.`, and the projection.
#[derive(Module, Debug)]
pub(super) struct ClipVision {
    vision_model: VisionTransformer,
    visual_projection: Linear,
}

#[derive(Module, Debug)]
struct VisionTransformer {
    embeddings: PatchEmbeddings,
    // The published tensors are named so.
    pre_layrnorm: LayerNorm,
    encoder: Encoder,
    post_layernorm: LayerNorm,
}

/// A class token and the patches, with their positions.
#[derive(Module, Debug)]
pub(in crate::backbone) struct PatchEmbeddings {
    class_embedding: Param<Tensor<1>>,
    patch_embedding: Conv2d,
    position_embedding: Embedding,
}

impl ClipVision {
    pub fn new(outline: &Outline, device: &Device) -> Self {
        let sizes = &outline.vision;
        Self {
            vision_model: VisionTransformer {
                embeddings: PatchEmbeddings::new(outline, device),
                pre_layrnorm: sizes.layer_norm(device),
                encoder: Encoder::new(sizes, device),
                post_layernorm: sizes.layer_norm(device),
            },
            visual_projection: LinearConfig::new(sizes.hidden, outline.dims[0]).with_bias(false).init(device),
        }
    }
}

impl ImageModule for ClipVision {
    fn forward(&self, patches: Tensor<2>, Batch { images: batch, .. }: Batch) -> Tensor<2> {
        let model = &self.vision_model;
        let x = model.pre_layrnorm.forward(model.embeddings.forward(patches, batch));
        let x = model.encoder.forward(x, batch);
        let [rows, hidden] = x.dims();
        let first = x.reshape([batch, rows / batch, hidden]).slice([0..batch, 0..1, 0..hidden]);
        self.visual_projection.forward(model.post_layernorm.forward(first.reshape([batch, hidden])))
    }
}

impl PatchEmbeddings {
    pub fn new(outline: &Outline, device: &Device) -> Self {
        let (hidden, patch) = (outline.vision.hidden, outline.patch_size());
        Self {
            class_embedding: Initializer::Zeros.init([hidden], device),
            patch_embedding: Conv2dConfig::new([3, hidden], [patch, patch])
                .with_stride([patch, patch])
                .with_bias(false)
                .init(device),
            position_embedding: EmbeddingConfig::new(outline.patches() + 1, hidden).init(device),
        }
    }

    /// `[batch · (1 + patches), hidden]`.
    pub fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let x = convolve(&self.patch_embedding, patches);
        let [rows, hidden] = x.dims();
        let class = self.class_embedding.val().reshape([1, 1, hidden]).repeat_dim(0, batch);
        let x = Tensor::cat(vec![class, x.reshape([batch, rows / batch, hidden])], 1);
        (x + self.position_embedding.weight.val().unsqueeze()).reshape([rows + batch, hidden])
    }
}

/// [`PatchEmbeddings`] on the processor.
#[derive(Debug)]
pub(in crate::backbone) struct PatchRows {
    patches: CpuLinear,
    /// The class token, and a row for each patch, all with their positions.
    start: Vec<f32>,
}

impl PatchRows {
    pub fn load(loader: &Loader, hidden: usize) -> Result<Self, ModelError> {
        let floats = |name: &str| loader.tensors.floats(&format!("vision_model.embeddings.{name}"));
        let mut start = floats("position_embedding.weight")?;
        start.iter_mut().zip(floats("class_embedding")?).for_each(|(value, class)| *value += class);
        Ok(Self { patches: loader.projection("vision_model.embeddings.patch_embedding", hidden)?, start })
    }

    /// Replaces `rows` by the positions of `batch` images.
    pub fn apply(&self, patches: &[f32], batch: usize, rows: &mut Vec<f32>) {
        rows.clear();
        (0..batch).for_each(|_| rows.extend_from_slice(&self.start));
        let images = rows.chunks_exact_mut(self.start.len());
        for (image, patches) in images.zip(patches.chunks_exact(patches.len() / batch)) {
            self.patches.apply(patches, &mut image[self.patches.outputs()..], Epilogue::Add);
        }
    }
}

/// The same tower on the processor.
#[derive(Debug)]
pub(super) struct CpuVision {
    embeddings: PatchRows,
    pre_norm: CpuLayerNorm,
    encoder: CpuEncoder,
    norm: CpuLayerNorm,
    head: CpuLinear,
    spare: Spare,
}

impl CpuVision {
    pub fn load(loader: &Loader, outline: &Outline) -> Result<Self, ModelError> {
        let Outline { vision: sizes, dims, .. } = outline;
        Ok(Self {
            embeddings: PatchRows::load(loader, sizes.hidden)?,
            pre_norm: loader.norm("vision_model.pre_layrnorm", sizes)?,
            encoder: CpuEncoder::load(loader, sizes, "vision_model")?,
            norm: loader.norm("vision_model.post_layernorm", sizes)?,
            head: loader.projection("visual_projection", dims[0])?,
            spare: Spare::default(),
        })
    }
}

impl ImageKernels for CpuVision {
    fn forward(&self, patches: &[f32], Batch { images: batch, .. }: Batch) -> Vec<f32> {
        self.spare.with(|buffers| {
            self.embeddings.apply(patches, batch, &mut buffers.narrow);
            buffers.x.resize(buffers.narrow.len(), 0.0);
            self.pre_norm.apply(&buffers.narrow, &mut buffers.x);
            let first = self.encoder.apply_at(buffers, &vec![0; batch]);
            let mut normed = vec![0.0; first.len()];
            self.norm.apply(&first, &mut normed);
            let mut out = vec![0.0; batch * self.head.outputs()];
            self.head.apply(&normed, &mut out, Epilogue::Store);
            out
        })
    }
}
