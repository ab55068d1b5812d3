//! A head that pools by attention.

use super::attention::Attention;
use super::encoder::{Loader, Mlp};
use super::linear::{Epilogue, Linear, Rows};
use super::norm::LayerNorm;
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::error::ModelError;

/// A learned query that attends to all patches, followed by a residual MLP.
#[derive(Debug)]
pub struct PoolingHead {
    attention: Attention,
    /// What the learned query became by its projection, which is the same for all images.
    query: Vec<f32>,
    keys_values: Linear,
    out: Linear,
    norm: LayerNorm,
    mlp: Mlp,
}

impl PoolingHead {
    /// Its tensors begin with `name`.
    pub fn load(loader: &Loader, sizes: &EncoderSizes, name: &str) -> Result<Self, ModelError> {
        let EncoderSizes { hidden, heads, .. } = *sizes;
        let floats = |part: &str| loader.tensors.floats(&format!("{name}.{part}"));
        let weight = floats("attention.in_proj_weight")?;
        let bias = floats("attention.in_proj_bias")?;
        // Query, key and value lie in one tensor of three times the rows.
        let (of_query, of_rest) = weight.split_at(hidden * hidden);
        let mut query = vec![0.0; hidden];
        let projection = loader.pack(of_query, bias[..hidden].to_vec());
        projection.apply(&floats("probe")?, &mut query, Epilogue::Store);
        Ok(Self {
            attention: loader.attention(heads, hidden, false),
            query,
            keys_values: loader.pack(of_rest, bias[hidden..].to_vec()),
            out: loader.linear(&format!("{name}.attention.out_proj"))?,
            norm: loader.norm(&format!("{name}.layernorm"), sizes)?,
            mlp: Mlp::load(loader, sizes, &format!("{name}.mlp"))?,
        })
    }

    /// One row for each of `batch` images from the rows `x` of their positions. `projected` has room for two such.
    pub fn forward(&self, x: &[f32], batch: usize, projected: &mut [f32]) -> Vec<f32> {
        let hidden = self.query.len();
        let projected = &mut projected[..2 * x.len()];
        self.keys_values.apply(x, projected, Epilogue::Store);
        let mut pooled = vec![0.0; batch * hidden];
        for (pooled, image) in
            pooled.chunks_exact_mut(hidden).zip(projected.chunks_exact(projected.len() / batch))
        {
            let [keys, values] = [0, 1].map(|part| Rows::within(&image[part * hidden..], 2 * hidden, hidden));
            self.attention.between(Rows::of(&self.query, hidden), keys, values, 0, pooled);
        }
        let mut out = vec![0.0; batch * hidden];
        self.out.apply(&pooled, &mut out, Epilogue::Store);
        self.norm.apply(&out, &mut pooled);
        self.mlp.add(&pooled, &mut out);
        out
    }
}
