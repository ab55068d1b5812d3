//! The files of a model in training.

use std::path::Path;

use plotters::prelude::*;
use serde_json::json;

use crate::training::learner::initial_weights;
use crate::training::{Options, Progress, TrainingError, World, vocabulary};
use actalign_tui::files::atomic_write::write_atomically;

/// Initial scale, as in SigLIP, and bias, about the log-odds of a true pair in a small batch.
const SCALE: f32 = 20.0;
const BIAS: f32 = -6.0;

/// Writes a checkpoint with random weights.
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

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainingError> {
    write_atomically(path, bytes).map_err(|source| TrainingError::Write { path: path.to_owned(), source })
}

/// Loss and accuracy over the steps, as SVG.
pub fn plot(course: &[Progress]) -> String {
    let mut svg = String::new();
    // Drawing into a string does not fail, and no plot is worth ending a training for.
    let _ = draw(&mut svg, course);
    svg
}

fn draw(svg: &mut String, course: &[Progress]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (720, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let steps = course.last().map_or(1, |p| p.steps) as f32;
    let highest = course.iter().map(|p| p.loss).fold(0.0, f32::max).max(0.1);
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .caption(
            "loss (blue, left) and share of held-out pictures matched (orange, right)",
            ("sans-serif", 15),
        )
        .x_label_area_size(32)
        .y_label_area_size(44)
        .right_y_label_area_size(44)
        .build_cartesian_2d(0f32..steps, 0f32..highest)?
        .set_secondary_coord(0f32..steps, 0f32..1f32);
    chart.configure_mesh().x_desc("steps").draw()?;
    chart.configure_secondary_axes().draw()?;
    chart
        .draw_series(LineSeries::new(course.iter().map(|p| (p.step as f32, p.loss)), BLUE.stroke_width(2)))?;
    let orange = RGBColor(230, 120, 20);
    chart.draw_secondary_series(LineSeries::new(
        course.iter().map(|p| (p.step as f32, p.accuracy)),
        orange.stroke_width(2),
    ))?;
    root.present()?;
    Ok(())
}
