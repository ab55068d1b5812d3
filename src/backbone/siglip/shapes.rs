//! Names and shapes of the tensors that a configuration asks for.

use super::config::{Config, TextConfig, VisionConfig};

pub(super) fn shapes(config: &Config) -> Vec<(String, Vec<usize>)> {
    let mut shapes = vision_shapes(&config.vision_config);
    shapes.extend(text_shapes(&config.text_config));
    shapes
}

fn vision_shapes(config: &VisionConfig) -> Vec<(String, Vec<usize>)> {
    let (hidden, mlp, patch) = (config.hidden_size, config.intermediate_size, config.patch_size());
    let mut shapes = Shapes::new("vision_model.");
    shapes.add("embeddings.patch_embedding.weight", &[hidden, 3, patch, patch]);
    shapes.add("embeddings.patch_embedding.bias", &[hidden]);
    shapes.add("embeddings.position_embedding.weight", &[config.grid() * config.grid(), hidden]);
    shapes.add_layers(config.num_hidden_layers, hidden, mlp);
    shapes.add_norm("post_layernorm", hidden);
    shapes.add("head.probe", &[1, 1, hidden]);
    shapes.add("head.attention.in_proj_weight", &[3 * hidden, hidden]);
    shapes.add("head.attention.in_proj_bias", &[3 * hidden]);
    shapes.add_linear("head.attention.out_proj", hidden, hidden);
    shapes.add_norm("head.layernorm", hidden);
    shapes.add_linear("head.mlp.fc1", hidden, mlp);
    shapes.add_linear("head.mlp.fc2", mlp, hidden);
    shapes.list
}

fn text_shapes(config: &TextConfig) -> Vec<(String, Vec<usize>)> {
    let hidden = config.hidden_size;
    let mut shapes = Shapes::new("text_model.");
    shapes.add("embeddings.token_embedding.weight", &[config.vocab_size, hidden]);
    shapes.add("embeddings.position_embedding.weight", &[config.max_position_embeddings, hidden]);
    shapes.add_layers(config.num_hidden_layers, hidden, config.intermediate_size);
    shapes.add_norm("final_layer_norm", hidden);
    shapes.add_linear("head", hidden, config.projection_size());
    shapes.list
}

struct Shapes {
    prefix: &'static str,
    list: Vec<(String, Vec<usize>)>,
}

impl Shapes {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, list: Vec::new() }
    }

    fn add(&mut self, name: &str, shape: &[usize]) {
        self.list.push((format!("{}{name}", self.prefix), shape.to_vec()));
    }

    fn add_linear(&mut self, name: &str, input: usize, output: usize) {
        self.add(&format!("{name}.weight"), &[output, input]);
        self.add(&format!("{name}.bias"), &[output]);
    }

    fn add_norm(&mut self, name: &str, hidden: usize) {
        self.add(&format!("{name}.weight"), &[hidden]);
        self.add(&format!("{name}.bias"), &[hidden]);
    }

    fn add_layers(&mut self, layers: usize, hidden: usize, mlp: usize) {
        for layer in 0..layers {
            let name = |part: &str| format!("encoder.layers.{layer}.{part}");
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                self.add_linear(&name(&format!("self_attn.{projection}")), hidden, hidden);
            }
            for norm in ["layer_norm1", "layer_norm2"] {
                self.add_norm(&name(norm), hidden);
            }
            self.add_linear(&name("mlp.fc1"), hidden, mlp);
            self.add_linear(&name("mlp.fc2"), mlp, hidden);
        }
    }
}
