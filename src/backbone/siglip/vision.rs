//! The image tower: patches, transformer, and a head that pools by attention.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

use super::config::VisionConfig;
use crate::backbone::encoder::{Encoder, Mlp, attend, join_heads, split_heads};
use crate::backbone::preparation::Normalisation;
use crate::backbone::resize::Square;

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

/// A learned query that attends to all patches, followed by a residual MLP.
#[derive(Module, Debug)]
struct PoolingHead {
    probe: Param<Tensor<3>>,
    attention: PoolingAttention,
    layernorm: LayerNorm,
    mlp: Mlp,
}

/// Query, key and value projections lie in one tensor of three times the rows.
#[derive(Module, Debug)]
struct PoolingAttention {
    in_proj_weight: Param<Tensor<2>>,
    in_proj_bias: Param<Tensor<1>>,
    out_proj: Linear,
    heads: usize,
}

impl SiglipVision {
    pub(super) fn new(config: &VisionConfig, device: &Device) -> Self {
        let sizes = config.encoder_sizes();
        let (hidden, patch, positions) = (sizes.hidden, config.patch_size(), config.grid() * config.grid());
        Self {
            vision_model: VisionTransformer {
                embeddings: PatchEmbeddings {
                    patch_embedding: Conv2dConfig::new([3, hidden], [patch, patch])
                        .with_stride([patch, patch])
                        .init(device),
                    position_embedding: EmbeddingConfig::new(positions, hidden).init(device),
                },
                encoder: Encoder::new(&sizes, device),
                post_layernorm: sizes.layer_norm(device),
                head: PoolingHead {
                    probe: Initializer::Zeros.init([1, 1, hidden], device),
                    attention: PoolingAttention {
                        in_proj_weight: Initializer::Zeros.init([3 * hidden, hidden], device),
                        in_proj_bias: Initializer::Zeros.init([3 * hidden], device),
                        out_proj: LinearConfig::new(hidden, hidden).init(device),
                        heads: sizes.heads,
                    },
                    layernorm: sizes.layer_norm(device),
                    mlp: Mlp::new(&sizes, device),
                },
            },
        }
    }

    /// `[batch, hidden]`, one embedding an image, from the tensor of its [`Patches`].
    pub fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let model = &self.vision_model;
        let x = model.embeddings.forward(patches, batch);
        let x = model.encoder.forward(x, batch);
        model.head.forward(model.post_layernorm.forward(x), batch)
    }
}

impl PatchEmbeddings {
    /// A convolution whose stride is its width is a matrix product over the patches.
    fn forward(&self, patches: Tensor<2>, batch: usize) -> Tensor<2> {
        let [rows, inputs] = patches.dims();
        let weight = self.patch_embedding.weight.val();
        let hidden = weight.dims()[0];
        let x = patches.matmul(weight.reshape([hidden, inputs]).transpose());
        let mut offset = self.position_embedding.weight.val();
        if let Some(bias) = &self.patch_embedding.bias {
            offset = offset + bias.val().unsqueeze();
        }
        (x.reshape([batch, rows / batch, hidden]) + offset.unsqueeze()).reshape([rows, hidden])
    }
}

impl PoolingHead {
    fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let probe = self.probe.val().squeeze_dim::<2>(0);
        let x = self.attention.forward(probe, x, batch);
        x.clone() + self.mlp.forward(self.layernorm.forward(x))
    }
}

impl PoolingAttention {
    /// `probe` is `[1, hidden]`, `x` `[batch · positions, hidden]`; the result is `[batch, hidden]`.
    fn forward(&self, probe: Tensor<2>, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let (weight, bias) = (self.in_proj_weight.val(), self.in_proj_bias.val());
        let hidden = weight.dims()[1];
        let project = |x: Tensor<2>, part: usize| {
            let rows = part * hidden..(part + 1) * hidden;
            let weight = weight.clone().slice([rows.clone(), 0..hidden]);
            x.matmul(weight.transpose()) + bias.clone().slice([rows]).unsqueeze()
        };
        let q = split_heads(project(probe, 0), 1, self.heads).repeat_dim(0, batch);
        let k = split_heads(project(x.clone(), 1), batch, self.heads);
        let v = split_heads(project(x, 2), batch, self.heads);
        self.out_proj.forward(join_heads(attend(q, k, v)))
    }
}

/// Makes images into the input of [`SiglipVision::forward`].
#[derive(Clone, Debug)]
pub struct Patches {
    pub(super) config: VisionConfig,
    pub(super) normalisation: Normalisation,
}

impl Patches {
    /// `[images · positions, 3 · patch · patch]`.
    pub fn tensor(&self, images: &[Square], device: &Device) -> Tensor<2> {
        let config = &self.config;
        let shape = [images.len() * config.grid() * config.grid(), config.patch_values()];
        Tensor::from_data(TensorData::new(self.values(images), shape), device)
    }

    /// Cuts images into normalised patches, `[images · grid², 3 · patch · patch]`: row by row, and inside a
    /// patch colour by colour, as the convolution's weight lies.
    pub(super) fn values(&self, images: &[Square]) -> Vec<f32> {
        let config = &self.config;
        let (size, patch, grid) = (config.image_size(), config.patch_size(), config.grid());
        let levels: [[f32; 256]; 3] = std::array::from_fn(|colour| self.normalisation.levels(colour));
        let mut values = Vec::with_capacity(images.len() * grid * grid * config.patch_values());
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
