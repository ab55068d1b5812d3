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

#[derive(Module, Debug)]
struct PatchEmbeddings {
    class_embedding: Param<Tensor<1>>,
    patch_embedding: Conv2d,
    position_embedding: Embedding,
}

impl ClipVision {
    pub fn new(outline: &Outline, device: &Device) -> Self {
        let (sizes, patch) = (&outline.vision, outline.patch_size());
        let hidden = sizes.hidden;
        Self {
            vision_model: VisionTransformer {
                embeddings: PatchEmbeddings {
                    class_embedding: Initializer::Zeros.init([hidden], device),
                    patch_embedding: Conv2dConfig::new([3, hidden], [patch, patch])
                        .with_stride([patch, patch])
                        .with_bias(false)
                        .init(device),
                    position_embedding: EmbeddingConfig::new(outline.patches() + 1, hidden).init(device),
                },
                pre_layrnorm: sizes.layer_norm(device),
                encoder: Encoder::new(sizes, device),
                post_layernorm: sizes.layer_norm(device),
            },
            visual_projection: LinearConfig::new(hidden, outline.dims[0]).with_bias(false).init(device),
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
    /// `[batch · (1 + patches), hidden]`.
    fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let x = convolve(&self.patch_embedding, patches);
        let [rows, hidden] = x.dims();
        let class = self.class_embedding.val().reshape([1, 1, hidden]).repeat_dim(0, batch);
        let x = Tensor::cat(vec![class, x.reshape([batch, rows / batch, hidden])], 1);
        (x + self.position_embedding.weight.val().unsqueeze()).reshape([rows + batch, hidden])
    }
}

/// The same tower on the processor.
#[derive(Debug)]
pub(super) struct CpuVision {
    patches: CpuLinear,
    /// The class token, and a row for each patch, all with their positions.
    start: Vec<f32>,
    pre_norm: CpuLayerNorm,
    encoder: CpuEncoder,
    norm: CpuLayerNorm,
    head: CpuLinear,
    spare: Spare,
}

impl CpuVision {
    pub fn load(loader: &Loader, outline: &Outline) -> Result<Self, ModelError> {
        let Outline { vision: sizes, dims, .. } = outline;
        let floats = |name: &str| loader.tensors.floats(&format!("vision_model.embeddings.{name}"));
        let mut start = floats("position_embedding.weight")?;
        start.iter_mut().zip(floats("class_embedding")?).for_each(|(value, class)| *value += class);
        Ok(Self {
            patches: loader.projection("vision_model.embeddings.patch_embedding", sizes.hidden)?,
            start,
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
        let hidden = self.norm.weight.len();
        self.spare.with(|buffers| {
            buffers.narrow.clear();
            (0..batch).for_each(|_| buffers.narrow.extend_from_slice(&self.start));
            let images = buffers.narrow.chunks_exact_mut(self.start.len());
            for (image, patches) in images.zip(patches.chunks_exact(patches.len() / batch)) {
                self.patches.apply(patches, &mut image[hidden..], Epilogue::Add);
            }
            buffers.x.resize(buffers.narrow.len(), 0.0);
            self.pre_norm.apply(&buffers.narrow, &mut buffers.x);
            self.encoder.apply(buffers, batch);
            let first: Vec<f32> = buffers
                .x
                .chunks_exact(self.start.len())
                .flat_map(|image| &image[..hidden])
                .copied()
                .collect();
            let mut normed = vec![0.0; first.len()];
            self.norm.apply(&first, &mut normed);
            let mut out = vec![0.0; batch * self.head.outputs()];
            self.head.apply(&normed, &mut out, Epilogue::Store);
            out
        })
    }
}
