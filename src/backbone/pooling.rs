//! A head that pools by attention, as a burn module. Fields carry the names of the published tensors.

use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::encoder::{EncoderSizes, Mlp, attend, join_heads, split_heads};

/// A learned query that attends to all patches, followed by a residual MLP.
#[derive(Module, Debug)]
pub(super) struct PoolingHead {
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

impl PoolingHead {
    pub fn new(sizes: &EncoderSizes, device: &Device) -> Self {
        let hidden = sizes.hidden;
        Self {
            probe: Initializer::Zeros.init([1, 1, hidden], device),
            attention: PoolingAttention {
                in_proj_weight: Initializer::Zeros.init([3 * hidden, hidden], device),
                in_proj_bias: Initializer::Zeros.init([3 * hidden], device),
                out_proj: LinearConfig::new(hidden, hidden).init(device),
                heads: sizes.heads,
            },
            layernorm: sizes.layer_norm(device),
            mlp: Mlp::new(sizes, device),
        }
    }

    /// `[batch · positions, hidden]` to `[batch, hidden]`.
    pub fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
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
        self.out_proj.forward(join_heads(attend(q, k, v, false)))
    }
}
