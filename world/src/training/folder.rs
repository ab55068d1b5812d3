//! The files of a model that is being trained.

use std::path::Path;

use serde_json::json;

use crate::training::learner::initial_weights;
use crate::training::{Options, TrainingError, World, vocabulary};
use actalign_tui::atomic_write::write_atomically;

/// Scale and bias to begin with: the scale is SigLIP's, the bias about the share of true pairs in a small batch.
const SCALE: f32 = 20.0;
const BIAS: f32 = -6.0;

/// Makes the folder a checkpoint with random weights.
pub fn begin(world: &impl World, options: &Options, out: &Path) -> Result<(), TrainingError> {
    std::fs::create_dir_all(out).map_err(|source| TrainingError::Write { path: out.to_owned(), source })?;
    let sizes = &options.sizes;
    let (hidden, mlp) = (sizes.hidden, 4 * sizes.hidden);
    let config = json!({
        "architectures": ["SiglipModel"],
        "model_type": "siglip",
        "text_config": {
            "hidden_size": hidden,
            "intermediate_size": mlp,
            "max_position_embeddings": sizes.positions,
            "model_type": "siglip_text_model",
            "num_attention_heads": sizes.heads,
            "num_hidden_layers": sizes.text_layers,
            "projection_size": hidden,
            "vocab_size": sizes.vocabulary,
        },
        "torch_dtype": "float16",
        "vision_config": {
            "hidden_size": hidden,
            "image_size": sizes.image,
            "intermediate_size": mlp,
            "model_type": "siglip_vision_model",
            "num_attention_heads": sizes.heads,
            "num_hidden_layers": sizes.vision_layers,
            "patch_size": sizes.patch,
        },
    });
    let preprocessor = json!({
        "do_normalize": true,
        "do_rescale": true,
        "do_resize": true,
        "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "SiglipImageProcessor",
        "image_std": [0.5, 0.5, 0.5],
        "resample": 2,
        "rescale_factor": 1.0 / 255.0,
        "size": {"height": sizes.image, "width": sizes.image},
    });
    let config_path = out.join("config.json");
    write(&config_path, format!("{config:#}\n").as_bytes())?;
    write(&out.join("preprocessor_config.json"), format!("{preprocessor:#}\n").as_bytes())?;
    let tokenizer = vocabulary::train(world, sizes.vocabulary, options.seed)?;
    write(&out.join("tokenizer.json"), tokenizer.as_bytes())?;
    let weights = initial_weights(&config_path, options.seed, SCALE.ln(), BIAS)?;
    write(&out.join("model.safetensors"), &weights)
}

/// Writes a file whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainingError> {
    write_atomically(path, bytes).map_err(|source| TrainingError::Write { path: path.to_owned(), source })
}
