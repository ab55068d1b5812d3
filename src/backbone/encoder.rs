//! The transformer that both towers share. Fields carry the names of the published tensors.
//!
//! Activations stay flat, `[batch · positions, dimensions]`, so that every linear layer is one matrix
//! product; only attention looks at them as `[batch, heads, positions, head size]`.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu, sigmoid};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor};

use super::activation::Activation;
use super::rotary::{DeviceTurns, Rotary};

#[derive(Debug, Clone, Copy)]
pub(super) struct EncoderSizes {
    pub hidden: usize,
    pub intermediate: usize,
    pub layers: usize,
    pub heads: usize,
    pub eps: f64,
    pub activation: Activation,
    /// Whether a position attends only to itself and those before it.
    pub is_causal: bool,
    /// Where queries and keys are turned by their positions.
    pub rotary: Option<Rotary>,
}

impl EncoderSizes {
    pub fn layer_norm(&self, device: &Device) -> LayerNorm {
        LayerNormConfig::new(self.hidden).with_epsilon(self.eps).init(device)
    }
}

#[derive(Module, Debug)]
pub(super) struct Encoder {
    layers: Vec<EncoderLayer>,
    head_size: usize,
    #[module(skip)]
    rotary: Option<Rotary>,
}

#[derive(Module, Debug)]
struct EncoderLayer {
    layer_norm1: LayerNorm,
    self_attn: Attention,
    layer_norm2: LayerNorm,
    mlp: Mlp,
}

/// Attention of every position to all positions of its sequence.
#[derive(Module, Debug)]
pub(super) struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    heads: usize,
    is_causal: bool,
}

#[derive(Module, Debug)]
pub(super) struct Mlp {
    fc1: Linear,
    fc2: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Encoder {
    pub fn new(sizes: &EncoderSizes, device: &Device) -> Self {
        Self {
            layers: (0..sizes.layers).map(|_| EncoderLayer::new(sizes, device)).collect(),
            head_size: sizes.hidden / sizes.heads,
            rotary: sizes.rotary,
        }
    }

    /// `x` and the result are `[batch · positions, hidden]`.
    pub fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let turns = self.rotary.map(|rotary| rotary.turns(self.head_size).on(&x.device()));
        self.layers.iter().fold(x, |x, layer| layer.forward(x, batch, turns.as_ref()))
    }
}

impl EncoderLayer {
    fn new(sizes: &EncoderSizes, device: &Device) -> Self {
        Self {
            layer_norm1: sizes.layer_norm(device),
            self_attn: Attention::new(sizes, device),
            layer_norm2: sizes.layer_norm(device),
            mlp: Mlp::new(sizes, device),
        }
    }

    fn forward(&self, x: Tensor<2>, batch: usize, turns: Option<&DeviceTurns>) -> Tensor<2> {
        let x = x.clone() + self.self_attn.forward(self.layer_norm1.forward(x), batch, turns);
        x.clone() + self.mlp.forward(self.layer_norm2.forward(x))
    }
}

impl Attention {
    pub fn new(sizes: &EncoderSizes, device: &Device) -> Self {
        let linear = || LinearConfig::new(sizes.hidden, sizes.hidden).init(device);
        Self {
            q_proj: linear(),
            k_proj: linear(),
            v_proj: linear(),
            out_proj: linear(),
            heads: sizes.heads,
            is_causal: sizes.is_causal,
        }
    }

    /// `x` and the result are `[batch · positions, hidden]`. `turns` turn queries and keys by their positions.
    pub fn forward(&self, x: Tensor<2>, batch: usize, turns: Option<&DeviceTurns>) -> Tensor<2> {
        let turned = |x: Tensor<4>| match turns {
            Some(turns) => turns.apply(x),
            None => x,
        };
        let q = turned(split_heads(self.q_proj.forward(x.clone()), batch, self.heads));
        let k = turned(split_heads(self.k_proj.forward(x.clone()), batch, self.heads));
        let v = split_heads(self.v_proj.forward(x), batch, self.heads);
        self.out_proj.forward(join_heads(attend(q, k, v, self.is_causal)))
    }
}

impl Mlp {
    pub fn new(sizes: &EncoderSizes, device: &Device) -> Self {
        Self {
            fc1: LinearConfig::new(sizes.hidden, sizes.intermediate).init(device),
            fc2: LinearConfig::new(sizes.intermediate, sizes.hidden).init(device),
            activation: sizes.activation,
        }
    }

    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.fc2.forward(activate(self.fc1.forward(x), self.activation))
    }
}

/// Scaled dot-product attention. No mask for padding, which is attended to, as in training. `q` is
/// `[batch, heads, queries, head size]`, `k` and `v` have their own number of positions.
pub(super) fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, is_causal: bool) -> Tensor<4> {
    // Scales by 1/√(head size) by default.
    attention(q, k, v, None, None, AttentionModuleOptions { is_causal, ..Default::default() })
}

fn activate(x: Tensor<2>, activation: Activation) -> Tensor<2> {
    match activation {
        Activation::GeluTanh => {
            // x + 0.044715 x³: a power is slow, and its gradient slower.
            let inner = x.clone() * (x.clone() * x.clone() * 0.044715 + 1.0);
            x * sigmoid(inner * (8.0 / std::f64::consts::PI).sqrt())
        }
        Activation::Gelu => gelu(x),
        Activation::QuickGelu => x.clone() * sigmoid(x * 1.702),
    }
}

/// `[batch · positions, hidden]` to `[batch, heads, positions, head size]`.
pub(super) fn split_heads(x: Tensor<2>, batch: usize, heads: usize) -> Tensor<4> {
    let [rows, hidden] = x.dims();
    x.reshape([batch, rows / batch, heads, hidden / heads]).swap_dims(1, 2)
}

/// The inverse of [`split_heads`].
pub(super) fn join_heads(x: Tensor<4>) -> Tensor<2> {
    let [batch, heads, positions, size] = x.dims();
    x.swap_dims(1, 2).reshape([batch * positions, heads * size])
}
