//! The image tower: patches behind a class token, where the size has one, a transformer with rotary positions, a head that
//! pools by attention, a projection.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::config::Config;
use crate::backbone::cpu;
use crate::backbone::cpu::encoder::{Loader, Spare};
use crate::backbone::cpu::linear::{Epilogue, Linear as CpuLinear};
use crate::backbone::encoder::Encoder;
use crate::backbone::error::ModelError;
use crate::backbone::loading::{ImageKernels, ImageModule};
use crate::backbone::patches::{Batch, convolve};
use crate::backbone::pooling::PoolingHead;

#[derive(Module, Debug)]
pub(super) struct PeVision {
    vision_model: VisionTransformer,
    visual_projection: Linear,
}

#[derive(Module, Debug)]
struct VisionTransformer {
    embeddings: PatchEmbeddings,
    pre_layernorm: LayerNorm,
    encoder: Encoder,
    post_layernorm: LayerNorm,
    head: PoolingHead,
}

#[derive(Module, Debug)]
struct PatchEmbeddings {
    class_embedding: Option<Param<Tensor<1>>>,
    patch_embedding: Conv2d,
    position_embedding: Embedding,
}

impl PeVision {
    pub fn new(config: &Config, device: &Device) -> Self {
        let outline = config.outline();
        let (sizes, patch, has_class) = (&outline.vision, outline.patch_size(), config.vision.has_class);
        let (hidden, positions) = (sizes.hidden, outline.patches() + usize::from(has_class));
        Self {
            vision_model: VisionTransformer {
                embeddings: PatchEmbeddings {
                    class_embedding: has_class.then(|| Initializer::Zeros.init([hidden], device)),
                    patch_embedding: Conv2dConfig::new([3, hidden], [patch, patch])
                        .with_stride([patch, patch])
                        .with_bias(false)
                        .init(device),
                    position_embedding: EmbeddingConfig::new(positions, hidden).init(device),
                },
                pre_layernorm: sizes.layer_norm(device),
                encoder: Encoder::new(sizes, device),
                post_layernorm: sizes.layer_norm(device),
                head: PoolingHead::new(&config.pooling(), device),
            },
            visual_projection: LinearConfig::new(hidden, config.dim).init(device),
        }
    }
}

impl ImageModule for PeVision {
    fn forward(&self, patches: Tensor<2>, Batch { images: batch, .. }: Batch) -> Tensor<2> {
        let model = &self.vision_model;
        let x = model.pre_layernorm.forward(model.embeddings.forward(patches, batch));
        let x = model.post_layernorm.forward(model.encoder.forward(x, batch));
        self.visual_projection.forward(model.head.forward(x, batch))
    }
}

impl PatchEmbeddings {
    /// `[batch · positions, hidden]`.
    fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let x = convolve(&self.patch_embedding, patches);
        let [rows, hidden] = x.dims();
        let mut x = x.reshape([batch, rows / batch, hidden]);
        if let Some(class) = &self.class_embedding {
            let class = class.val().reshape([1, 1, hidden]).repeat_dim(0, batch);
            x = Tensor::cat(vec![class, x], 1);
        }
        let rows = batch * x.dims()[1];
        (x + self.position_embedding.weight.val().unsqueeze()).reshape([rows, hidden])
    }
}

/// The same tower on the processor.
#[derive(Debug)]
pub(super) struct CpuVision {
    patches: CpuLinear,
    /// The class token, if there is one, and a row for each patch, all with their positions.
    start: Vec<f32>,
    /// Values of the class token.
    of_class: usize,
    pre_norm: cpu::norm::LayerNorm,
    encoder: cpu::encoder::Encoder,
    norm: cpu::norm::LayerNorm,
    head: cpu::pooling::PoolingHead,
    projection: CpuLinear,
    spare: Spare,
}

impl CpuVision {
    pub fn load(loader: &Loader, config: &Config) -> Result<Self, ModelError> {
        let sizes = &config.outline().vision;
        let floats = |name: &str| loader.tensors.floats(&format!("vision_model.embeddings.{name}"));
        let mut start = floats("position_embedding.weight")?;
        if config.vision.has_class {
            start.iter_mut().zip(floats("class_embedding")?).for_each(|(value, class)| *value += class);
        }
        Ok(Self {
            patches: loader.projection("vision_model.embeddings.patch_embedding", sizes.hidden)?,
            start,
            of_class: if config.vision.has_class { sizes.hidden } else { 0 },
            pre_norm: loader.norm("vision_model.pre_layernorm", sizes)?,
            encoder: cpu::encoder::Encoder::load(loader, sizes, "vision_model")?,
            norm: loader.norm("vision_model.post_layernorm", sizes)?,
            head: cpu::pooling::PoolingHead::load(loader, &config.pooling(), "vision_model.head")?,
            projection: loader.linear("visual_projection")?,
            spare: Spare::default(),
        })
    }
}

impl ImageKernels for CpuVision {
    fn forward(&self, patches: &[f32], Batch { images: batch, .. }: Batch) -> Vec<f32> {
        self.spare.with(|buffers| {
            buffers.narrow.clear();
            (0..batch).for_each(|_| buffers.narrow.extend_from_slice(&self.start));
            let images = buffers.narrow.chunks_exact_mut(self.start.len());
            for (image, patches) in images.zip(patches.chunks_exact(patches.len() / batch)) {
                self.patches.apply(patches, &mut image[self.of_class..], Epilogue::Add);
            }
            buffers.x.resize(buffers.narrow.len(), 0.0);
            self.pre_norm.apply(&buffers.narrow, &mut buffers.x);
            self.encoder.apply(buffers, batch);
            self.norm.apply(&buffers.x, &mut buffers.narrow);
            let pooled = self.head.forward(&buffers.narrow, batch, &mut buffers.projected);
            let mut out = vec![0.0; batch * self.projection.outputs()];
            self.projection.apply(&pooled, &mut out, Epilogue::Store);
            out
        })
    }
}
