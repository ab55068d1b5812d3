//! From the start of the program to what a user waits for: its help, the explorer's first picture, the ranking of a clip
//! whose embeddings are known. Medians of the whole process, the loader of shared libraries among it.
//!
//! The clip has 300 frames, its candidates 50 steps together; the checkpoint is random, with the 1152 dimensions of
//! SigLIP's largest models but a single layer, since a known clip loads no tower.
//! `ACTALIGN_TEST_CHECKPOINT=FOLDER` adds the first picture with another checkpoint, of which nothing is known.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_actalign-tui");
const TOKENIZER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny/tokenizer.json");
const RUNS: usize = 31;
const FRAMES: usize = 300;
const CLASSES: usize = 5;
const STEPS: usize = 10;
/// What the explorer asks last, when it asks a terminal about pictures, and what one answers that draws none.
const QUESTION_ENDS: &[u8] = b"\x1b[5n";
const ANSWER: &[u8] = b"\x1b[?62;22c\x1b[6;20;10t\x1b[0n";
/// What ends a picture in a terminal that takes pictures whole.
const PICTURE_ENDS: &[u8] = b"\x1b[?2026l";

fn main() {
    let world = tempfile::tempdir().unwrap();
    let folder = world.path();
    make_clip(&folder.join("clip"));
    make_scripts(&folder.join("scripts.json"));
    make_checkpoint(&folder.join("model"));
    let model = folder.join("model").display().to_string();

    println!("| median of {RUNS} | ms |\n|---|---:|");
    tell("--help", || run(folder, &["--help"]));
    let classify =
        ["classify", "clip", "--fps", "native", "--scripts", "scripts.json", "--json", "--model", &model];
    run(folder, &classify);
    tell("classify, 300 known frames, 50 known steps, d = 1152", || run(folder, &classify));
    let explore = |model: &str| {
        let arguments =
            ["clip", "--fps", "native", "--scripts", "scripts.json", "--model"].map(str::to_owned);
        arguments.into_iter().chain([model.to_owned()]).collect::<Vec<_>>()
    };
    tell("first picture of the explorer, the same clip", || first_picture(folder, &explore(&model)));
    tell("first picture of the explorer, the demo", || first_picture(folder, &[]));
    if let Ok(other) = std::env::var("ACTALIGN_TEST_CHECKPOINT") {
        let arguments: Vec<_> = explore(&other).into_iter().chain(["--no-cache".to_owned()]).collect();
        tell("first picture of the explorer, another checkpoint, nothing known", || {
            first_picture(folder, &arguments)
        });
    }
}

fn tell(what: &str, mut run: impl FnMut() -> Duration) {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    times.sort();
    println!("| {what} | {:.1} |", times[RUNS / 2].as_secs_f64() * 1e3);
}

/// Seconds of a command from start to end.
fn run(folder: &Path, arguments: &[&str]) -> Duration {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    for (variable, folder) in folders(folder) {
        command.env(variable, folder);
    }
    let start = Instant::now();
    assert!(command.status().unwrap().success(), "{arguments:?} failed");
    start.elapsed()
}

/// Seconds of the explorer from start to the end of its first picture.
fn first_picture(folder: &Path, arguments: &[String]) -> Duration {
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(PROGRAM);
    command.args(arguments);
    command.cwd(folder);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    for variable in ["NO_COLOR", "TERM_PROGRAM", "LC_TERMINAL", "KONSOLE_VERSION", "ZELLIJ", "STY"] {
        command.env_remove(variable);
    }
    for (variable, folder) in folders(folder) {
        command.env(variable, folder);
    }
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let start = Instant::now();
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let (mut seen, mut chunk, mut is_answered) = (Vec::new(), [0; 1 << 16], false);
    let has = |seen: &[u8], what: &[u8]| seen.windows(what.len()).any(|window| window == what);
    while !has(&seen, PICTURE_ENDS) {
        let count = reader.read(&mut chunk).unwrap();
        assert!(count > 0, "the explorer ended: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&chunk[..count]);
        if !is_answered && has(&seen, QUESTION_ENDS) {
            writer.write_all(ANSWER).unwrap();
            is_answered = true;
        }
    }
    let time = start.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    time
}

fn folders(folder: &Path) -> [(&'static str, &Path); 3] {
    ["ACTALIGN_CONFIG_DIR", "ACTALIGN_DATA_DIR", "ACTALIGN_CACHE_DIR"].map(|variable| (variable, folder))
}

fn make_clip(folder: &Path) {
    fs::create_dir(folder).unwrap();
    for number in 0..FRAMES {
        let picture = image::RgbImage::from_fn(96, 54, |x, y| {
            image::Rgb([(x as usize + number) as u8, (y as usize * 3) as u8, (number / 2) as u8])
        });
        picture.save(folder.join(format!("frame{number:04}.png"))).unwrap();
    }
}

fn make_scripts(path: &Path) {
    let class = |class| {
        let steps: Vec<_> = (0..STEPS).map(|step| format!("step {step} of class {class}")).collect();
        json!({"name": format!("class {class}"), "steps": steps})
    };
    let classes: Vec<_> = (0..CLASSES).map(class).collect();
    fs::write(path, json!({"domain": "sport", "classes": classes}).to_string()).unwrap();
}

fn make_checkpoint(folder: &Path) {
    const D: usize = 1152;
    const MLP: usize = 4304;
    fs::create_dir(folder).unwrap();
    fs::copy(TOKENIZER, folder.join("tokenizer.json")).unwrap();
    let tower = json!({"hidden_size": D, "intermediate_size": MLP, "num_hidden_layers": 1, "num_attention_heads": 16});
    let mut config = json!({"model_type": "siglip", "vision_config": tower, "text_config": tower});
    config["vision_config"]["patch_size"] = json!(32);
    config["text_config"]["vocab_size"] = json!(1000);
    fs::write(folder.join("config.json"), config.to_string()).unwrap();

    let mut tensors: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |name: &str, shape: &[usize]| tensors.push((name.to_owned(), shape.to_vec()));
    for (tower, last) in [("vision_model", "post_layernorm"), ("text_model", "final_layer_norm")] {
        let layer = format!("{tower}.encoder.layers.0");
        for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            add(&format!("{layer}.self_attn.{projection}.weight"), &[D, D]);
            add(&format!("{layer}.self_attn.{projection}.bias"), &[D]);
        }
        for norm in
            [format!("{layer}.layer_norm1"), format!("{layer}.layer_norm2"), format!("{tower}.{last}")]
        {
            add(&format!("{norm}.weight"), &[D]);
            add(&format!("{norm}.bias"), &[D]);
        }
        let heads = if tower == "vision_model" { vec![layer, format!("{tower}.head")] } else { vec![layer] };
        for mlp in heads {
            add(&format!("{mlp}.mlp.fc1.weight"), &[MLP, D]);
            add(&format!("{mlp}.mlp.fc1.bias"), &[MLP]);
            add(&format!("{mlp}.mlp.fc2.weight"), &[D, MLP]);
            add(&format!("{mlp}.mlp.fc2.bias"), &[D]);
        }
    }
    for (name, shape) in [
        ("vision_model.embeddings.patch_embedding.weight", vec![D, 3, 32, 32]),
        ("vision_model.embeddings.patch_embedding.bias", vec![D]),
        ("vision_model.embeddings.position_embedding.weight", vec![49, D]),
        ("vision_model.head.probe", vec![1, 1, D]),
        ("vision_model.head.attention.in_proj_weight", vec![3 * D, D]),
        ("vision_model.head.attention.in_proj_bias", vec![3 * D]),
        ("vision_model.head.attention.out_proj.weight", vec![D, D]),
        ("vision_model.head.attention.out_proj.bias", vec![D]),
        ("vision_model.head.layernorm.weight", vec![D]),
        ("vision_model.head.layernorm.bias", vec![D]),
        ("text_model.embeddings.token_embedding.weight", vec![1000, D]),
        ("text_model.embeddings.position_embedding.weight", vec![64, D]),
        ("text_model.head.weight", vec![D, D]),
        ("text_model.head.bias", vec![D]),
        ("logit_scale", vec![1]),
        ("logit_bias", vec![1]),
    ] {
        add(name, &shape);
    }
    let mut dice = Pcg64::seed_from_u64(5);
    let values: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, shape)| {
            (0..shape.iter().product())
                .flat_map(|_| dice.random_range(-0.05f32..0.05).to_le_bytes())
                .collect()
        })
        .collect();
    let views = tensors
        .iter()
        .zip(&values)
        .map(|((name, shape), bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    fs::write(folder.join("model.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
}
