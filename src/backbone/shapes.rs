//! Names and shapes of the tensors that a configuration asks for.

use super::encoder::EncoderSizes;

/// The tensors of one tower, in the names of transformers.
pub(super) struct Shapes {
    prefix: &'static str,
    list: Vec<(String, Vec<usize>)>,
}

impl Shapes {
    /// All names begin with `prefix`.
    pub fn new(prefix: &'static str) -> Self {
        Self { prefix, list: Vec::new() }
    }

    pub fn into_list(self) -> Vec<(String, Vec<usize>)> {
        self.list
    }

    pub fn add(&mut self, name: &str, shape: &[usize]) {
        self.list.push((format!("{}{name}", self.prefix), shape.to_vec()));
    }

    pub fn add_linear(&mut self, name: &str, input: usize, output: usize) {
        self.add(&format!("{name}.weight"), &[output, input]);
        self.add(&format!("{name}.bias"), &[output]);
    }

    pub fn add_norm(&mut self, name: &str, hidden: usize) {
        self.add(&format!("{name}.weight"), &[hidden]);
        self.add(&format!("{name}.bias"), &[hidden]);
    }

    /// The layers of an [`Encoder`](super::encoder::Encoder).
    pub fn add_layers(&mut self, sizes: &EncoderSizes) {
        let EncoderSizes { hidden, intermediate, layers, .. } = *sizes;
        for layer in 0..layers {
            let name = |part: &str| format!("encoder.layers.{layer}.{part}");
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                self.add_linear(&name(&format!("self_attn.{projection}")), hidden, hidden);
            }
            for norm in ["layer_norm1", "layer_norm2"] {
                self.add_norm(&name(norm), hidden);
            }
            self.add_linear(&name("mlp.fc1"), hidden, intermediate);
            self.add_linear(&name("mlp.fc2"), intermediate, hidden);
        }
    }

    /// A [`PoolingHead`](super::pooling::PoolingHead) called `head`.
    pub fn add_pooling_head(&mut self, sizes: &EncoderSizes) {
        let EncoderSizes { hidden, intermediate, .. } = *sizes;
        self.add("head.probe", &[1, 1, hidden]);
        self.add("head.attention.in_proj_weight", &[3 * hidden, hidden]);
        self.add("head.attention.in_proj_bias", &[3 * hidden]);
        self.add_linear("head.attention.out_proj", hidden, hidden);
        self.add_norm("head.layernorm", hidden);
        self.add_linear("head.mlp.fc1", hidden, intermediate);
        self.add_linear("head.mlp.fc2", intermediate, hidden);
    }
}
