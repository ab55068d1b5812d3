//! The image tower: patches, transformer, and a head that pools by attention.

use super::config::VisionConfig;
use crate::backbone::cpu::attention::Attention;
use crate::backbone::cpu::encoder::{Encoder, Loader, Mlp, Spare};
use crate::backbone::cpu::kernel::Isa;
use crate::backbone::cpu::linear::{Epilogue, Linear, Rows};
use crate::backbone::cpu::norm::LayerNorm;
use crate::backbone::device::Precision;
use crate::backbone::error::ModelError;
use crate::backbone::weights::Tensors;

#[derive(Debug)]
pub struct CpuVision {
    patches: Linear,
    /// A row for each patch of an image.
    positions: Vec<f32>,
    encoder: Encoder,
    norm: LayerNorm,
    head: PoolingHead,
    spare: Spare,
}

/// A learned query that attends to all patches, followed by a residual MLP.
#[derive(Debug)]
struct PoolingHead {
    attention: Attention,
    /// What the learned query became by its projection, which is the same for all images.
    query: Vec<f32>,
    keys_values: Linear,
    out: Linear,
    norm: LayerNorm,
    mlp: Mlp,
}

impl CpuVision {
    pub fn load(
        tensors: &Tensors,
        config: &VisionConfig,
        isa: Isa,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let loader = Loader { tensors, isa, precision, eps: config.layer_norm_eps as f32 };
        let floats = |name: &str| tensors.floats(&format!("vision_model.{name}"));
        let bias = floats("embeddings.patch_embedding.bias")?;
        Ok(Self {
            // A convolution whose stride is its width is a matrix product over the patches.
            patches: loader.pack(&floats("embeddings.patch_embedding.weight")?, bias),
            positions: floats("embeddings.position_embedding.weight")?,
            encoder: Encoder::load(&loader, &config.encoder_sizes(), "vision_model")?,
            norm: loader.norm("vision_model.post_layernorm")?,
            head: PoolingHead::load(&loader, config)?,
            spare: Spare::default(),
        })
    }

    /// One row for each of `batch` images, from their [`Patches`](super::Patches).
    pub fn forward(&self, patches: &[f32], batch: usize) -> Vec<f32> {
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

impl PoolingHead {
    fn load(loader: &Loader, config: &VisionConfig) -> Result<Self, ModelError> {
        let hidden = config.hidden_size;
        let floats = |name: &str| loader.tensors.floats(&format!("vision_model.head.{name}"));
        let weight = floats("attention.in_proj_weight")?;
        let bias = floats("attention.in_proj_bias")?;
        // Query, key and value lie in one tensor of three times the rows.
        let (of_query, of_rest) = weight.split_at(hidden * hidden);
        let mut query = vec![0.0; hidden];
        let projection = loader.pack(of_query, bias[..hidden].to_vec());
        projection.apply(&floats("probe")?, &mut query, Epilogue::Store);
        Ok(Self {
            attention: Attention { isa: loader.isa, heads: config.num_attention_heads, hidden },
            query,
            keys_values: loader.pack(of_rest, bias[hidden..].to_vec()),
            out: loader.linear("vision_model.head.attention.out_proj")?,
            norm: loader.norm("vision_model.head.layernorm")?,
            mlp: Mlp::load(loader, "vision_model.head.mlp")?,
        })
    }

    fn forward(&self, x: &[f32], batch: usize, projected: &mut [f32]) -> Vec<f32> {
        let hidden = self.query.len();
        let projected = &mut projected[..2 * x.len()];
        self.keys_values.apply(x, projected, Epilogue::Store);
        let mut pooled = vec![0.0; batch * hidden];
        for (pooled, image) in
            pooled.chunks_exact_mut(hidden).zip(projected.chunks_exact(projected.len() / batch))
        {
            let [keys, values] = [0, 1].map(|part| Rows::within(&image[part * hidden..], 2 * hidden, hidden));
            self.attention.between(Rows::of(&self.query, hidden), keys, values, pooled);
        }
        let mut out = vec![0.0; batch * hidden];
        self.out.apply(&pooled, &mut out, Epilogue::Store);
        self.norm.apply(&out, &mut pooled);
        self.mlp.add(&pooled, &mut out, &mut vec![0.0; batch * self.mlp.width()]);
        out
    }
}
