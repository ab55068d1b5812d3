//! The commands of the built program, with the small random checkpoint of the fixtures: rankings are arbitrary.

use std::fs;
use std::path::Path;

use actalign_tui::backbone::PreparedImage;
use actalign_tui::explain::{Grid, Mask};
use assert_cmd::Command;
use predicates::prelude::*;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{MODEL, PROGRAM, clip, program};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]}]}"#;

/// A folder with a clip of one second, 25 frames/s, and a script file.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    clip::reordered(25).write(&folder.path().join("clip.mp4"), clip::paint_number);
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    fs::write(folder.path().join("lines.txt"), "a rook\n\na King, in check!\n").unwrap();
    folder
}

fn run(folder: &Path, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).env("ACTALIGN_MODEL", MODEL).env("ACTALIGN_DATA_DIR", folder.join("data"));
    command.env("ACTALIGN_CACHE_DIR", folder.join("cache")).args(arguments.split_whitespace());
    command
}

fn json(folder: &Path, arguments: &str) -> Value {
    let output = run(folder, arguments).assert().success().get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn classify_ranks_the_candidates_of_a_clip() {
    let folder = folder();
    let report = json(folder.path(), "classify clip.mp4 --scripts scripts.json --json");
    assert_eq!(report["classes"][0]["name"], "castling");
    assert_eq!(report["classes"][1]["index"], 1);
    let ranking: Vec<u64> =
        report["ranking"].as_array().unwrap().iter().map(|i| i.as_u64().unwrap()).collect();
    let scores: Vec<f64> =
        report["classes"].as_array().unwrap().iter().map(|c| c["score"].as_f64().unwrap()).collect();
    assert!(scores[ranking[0] as usize] >= scores[ranking[1] as usize]);
    // Ten frames a second out of 25, and the path of the published alignment has T + K − 1 cells.
    assert_eq!(report["classes"][1]["path"].as_array().unwrap().len(), 10 + 3 - 1);
    for class in report["classes"].as_array().unwrap() {
        assert!(class["mean_pool"].is_f64() && class["order_z"].is_f64() && class["order_p"].is_f64());
    }
    let settings = &report["settings"];
    assert_eq!((&settings["preset"], &settings["smoothing"]), (&"paper".into(), &10.into()));
    assert_eq!((&settings["template"], &settings["clip"]), (&"context".into(), &"clip.mp4".into()));

    run(folder.path(), "classify clip.mp4 --scripts scripts.json --smoothing 0 --template {step}")
        .assert()
        .success()
        .stdout(predicate::str::contains("castling").and(predicate::str::contains("smoothing off")));
}

#[test]
fn every_option_of_classify_changes_the_scores() {
    let folder = folder();
    let score = |more: &str| {
        json(folder.path(), &format!("classify clip.mp4 --scripts scripts.json --json {more}"))["classes"][0]
            ["score"]
            .as_f64()
            .unwrap()
    };
    let default = score("");
    assert_eq!(score("--smoothing 1 --template context --fps 10"), default, "the defaults are these");
    for knob in [
        "--smoothing 0.3",
        "--template step",
        "--fps native",
        "--end 0.5",
        "--preset released",
        "--aligner segment",
        "--aligner drop --background p90",
        "--cell logit",
    ] {
        assert_ne!(score(knob), default, "{knob}");
    }
}

#[test]
fn a_broken_clip_does_not_stop_the_others() {
    let folder = folder();
    fs::write(folder.path().join("broken.mp4"), "no video").unwrap();
    let output = run(folder.path(), "classify broken.mp4 clip.mp4 clip.mp4 --scripts scripts.json --json")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("broken.mp4").and(predicate::str::contains("1 of 3")))
        .get_output()
        .clone();
    let lines: Vec<Value> = output
        .stdout
        .split(|&b| b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], lines[1]);
}

#[test]
fn embed_writes_frames_times_texts_and_tokens() {
    let folder = folder();
    run(folder.path(), "embed --video clip.mp4 --fps 5 --start 0.2 --texts lines.txt --out out.safetensors")
        .assert()
        .success()
        .stdout("");
    let bytes = fs::read(folder.path().join("out.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let times = tensors.tensor("frame_pts").unwrap();
    assert_eq!((times.dtype(), times.shape()), (Dtype::F64, &[4][..]));
    let times: Vec<f64> =
        times.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    for (time, expected) in times.iter().zip([0.2, 0.4, 0.6, 0.8]) {
        assert!((time - expected).abs() < 1e-9, "{times:?}");
    }
    let frames = tensors.tensor("frame_embeds").unwrap();
    assert_eq!((frames.dtype(), frames.shape()), (Dtype::F32, &[4, 32][..]));
    let length = floats(&frames.data()[..32 * 4]).iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!((length - 1.0).abs() > 1e-3, "raw: not normalised");
    assert_eq!(tensors.tensor("text_embeds").unwrap().shape(), [3, 32]);
    let ids = tensors.tensor("input_ids").unwrap();
    assert_eq!((ids.dtype(), ids.shape()), (Dtype::I32, &[3, 64][..]));
    let second = &ids.data()[64 * 4..128 * 4];
    assert!(second.chunks_exact(4).all(|b| b == 1i32.to_le_bytes()), "an empty line is only end and padding");
}

#[test]
fn embed_and_align_agree_with_classify() {
    let folder = folder();
    let sentences = |class: &str, steps: [&str; 2]| {
        steps.map(|s| format!("This is a video of doing {class} in chess with {s}")).join("\n")
    };
    fs::write(
        folder.path().join("castling.txt"),
        sentences("castling", ["the king moves two squares", "the rook jumps over"]),
    )
    .unwrap();
    run(folder.path(), "embed --video clip.mp4 --out z.npy").assert().success();
    run(folder.path(), "embed --texts castling.txt --out castling.npy").assert().success();
    let config: Value = json(folder.path(), "classify clip.mp4 --scripts scripts.json --json");
    let [alpha, beta] = ["alpha", "beta"].map(|knob| config["settings"][knob].as_f64().unwrap());
    let log_scale = alpha.ln();
    let aligned = json(
        folder.path(),
        &format!(
            "align --frames z.npy --steps castling.npy --smoothing 10 --logit-scale {log_scale} --logit-bias {beta} --json"
        ),
    );
    let (a, b) = (&aligned["classes"][0], &config["classes"][0]);
    assert!((a["score"].as_f64().unwrap() - b["score"].as_f64().unwrap()).abs() < 1e-5, "{a} {b}");
    assert_eq!(a["path"], b["path"]);
    assert_eq!(a["name"], "castling");
}

#[test]
fn the_batch_size_does_not_change_embeddings() {
    let folder = folder();
    let embed = |batch: &str| {
        let arguments =
            format!("embed --video clip.mp4 --texts lines.txt --no-cache --out out.safetensors {batch}");
        run(folder.path(), &arguments).assert().success();
        let bytes = fs::read(folder.path().join("out.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        ["frame_embeds", "text_embeds"].map(|name| floats(tensors.tensor(name).unwrap().data())).concat()
    };
    let usual = embed("");
    for batch in ["--batch 1", "--batch 3", "--batch 100"] {
        let other = embed(batch);
        assert_eq!(other.len(), usual.len());
        assert!(usual.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-5), "{batch}");
    }
    run(folder.path(), "embed --video clip.mp4 --out out.npy --batch 0").assert().code(2);
}

#[test]
fn images_are_embedded_in_place_of_frames() {
    let folder = folder();
    image::RgbImage::from_pixel(9, 7, image::Rgb([200, 10, 10])).save(folder.path().join("red.png")).unwrap();
    image::RgbImage::from_pixel(5, 8, image::Rgb([10, 10, 200]))
        .save(folder.path().join("blue.png"))
        .unwrap();
    run(folder.path(), "embed --images red.png blue.png red.png --out images.safetensors").assert().success();
    let bytes = fs::read(folder.path().join("images.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let rows = floats(tensors.tensor("frame_embeds").unwrap().data());
    let rows: Vec<&[f32]> = rows.chunks_exact(32).collect();
    assert_ne!(rows[0], rows[1]);
    for (a, b) in rows[0].iter().zip(rows[2]) {
        assert!((a - b).abs() < 1e-5, "the same image has the same embedding");
    }
    let times = tensors.tensor("frame_pts").unwrap().data().to_vec();
    assert_eq!(times[8..16], 1f64.to_le_bytes());
}

#[test]
fn patches_are_what_the_cosine_loses_without_a_window() {
    let folder = folder();
    // The model takes 32 × 32 pixels in 4 × 4 patches.
    let picture = image::RgbImage::from_fn(32, 32, |x, y| image::Rgb([(x * 8) as u8, (y * 8) as u8, 40]));
    let (grid, whole) = (Grid::new(32, 32, 8), PreparedImage::square(32, picture.as_raw().clone()));
    let masked = grid.masked(&whole, &Mask::Blur.picture(&whole, grid), |window| window == (1, 2));
    let masked = image::RgbImage::from_raw(32, 32, masked.rgb).unwrap();
    picture.save(folder.path().join("whole.png")).unwrap();
    masked.save(folder.path().join("masked.png")).unwrap();
    run(folder.path(), "embed --images whole.png masked.png --texts lines.txt --patches --out x.safetensors")
        .assert()
        .success();
    let bytes = fs::read(folder.path().join("x.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let rows = |name: &str| -> Vec<Vec<f32>> {
        floats(tensors.tensor(name).unwrap().data()).chunks_exact(32).map(<[f32]>::to_vec).collect()
    };
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let (frames, texts) = (rows("frame_embeds"), rows("text_embeds"));
    let patches = tensors.tensor("frame_patches").unwrap();
    assert_eq!((patches.dtype(), patches.shape()), (Dtype::F32, &[2, 4, 4, 3][..]));
    let patches = floats(patches.data());
    for (number, text) in texts.iter().enumerate() {
        let expected = cosine(&frames[0], text) - cosine(&frames[1], text);
        let found = patches[(4 + 2) * 3 + number];
        assert!((found - expected).abs() < 1e-5, "text {number}: {found} for {expected}");
    }

    let video = "embed --video clip.mp4 --fps 5 --start 0.2 --texts lines.txt --patches --out y.safetensors";
    run(folder.path(), video).assert().success();
    let bytes = fs::read(folder.path().join("y.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("frame_patches").unwrap().shape(), [4, 4, 4, 3], "one map a tick");
    run(folder.path(), "embed --video clip.mp4 --patches --out y.safetensors").assert().code(2);
}

#[test]
fn errors_name_the_file_and_give_advice() {
    let folder = folder();
    fs::write(folder.path().join("bad.json"), "{\"domain\": \"chess\",\n \"classes\": oops}").unwrap();
    for (arguments, words) in [
        ("classify none.mp4 --scripts scripts.json", vec!["none.mp4", "no such file"]),
        ("classify clip.mp4 --scripts none.json", vec!["none.json"]),
        ("classify clip.mp4 --scripts bad.json", vec!["bad.json", "line 2"]),
        ("classify clip.mp4 --scripts scripts.json --model nowhere", vec!["nowhere"]),
        ("classify clip.mp4 --scripts scripts.json --device cuda", vec!["cuda", "--device"]),
        ("classify clip.mp4 --scripts scripts.json --start 7", vec!["clip.mp4", "7"]),
        ("embed --images scripts.json --out x.safetensors", vec!["scripts.json"]),
        ("embed --video clip.mp4 --out x.csv", vec!["x.csv", ".safetensors"]),
        ("embed --video clip.mp4 --texts lines.txt --out x.npy", vec![".npy", "apart"]),
        ("embed --texts lines.txt --patches --out x.safetensors", vec!["--patches", "--video"]),
        ("embed --texts lines.txt --out nowhere/x.npy", vec!["nowhere/x.npy"]),
        ("clip.mp4 --scripts scripts.json", vec!["needs a terminal", "classify"]),
    ] {
        let mut assert = run(folder.path(), arguments).assert().code(1).stdout("");
        for word in words {
            assert = assert.stderr(predicate::str::contains(word));
        }
        assert.stderr(predicate::str::contains("panicked").not());
    }
    assert!(!folder.path().join("x.npy").exists());
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = folder();
    for arguments in [
        "classify clip.mp4",
        "classify --scripts scripts.json",
        "clip.mp4",
        "classify clip.mp4 --scripts scripts.json --fps 0",
        "classify clip.mp4 --scripts scripts.json --smoothing -1",
        "classify clip.mp4 --scripts scripts.json --template nothing",
        "classify clip.mp4 --scripts scripts.json --device tpu",
        "embed --out x.npy",
        "embed --video clip.mp4 --images a.png --out x.npy",
        "nonsense --frobnicate",
    ] {
        run(folder.path(), arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(predicate::str::starts_with("error: "));
    }
}

#[test]
fn the_bare_program_prints_how_to_begin_and_doctor_the_parts() {
    let folder = folder();
    run(folder.path(), "").assert().success().stdout(
        predicate::str::contains("opens a demo").and(predicate::str::contains("actalign-tui CLIP --scripts")),
    );
    assert!(!folder.path().join("data").exists(), "nothing is unpacked that is not shown");
    run(folder.path(), "doctor")
        .assert()
        .success()
        .stdout(predicate::str::contains("libavcodec").and(predicate::str::contains("images 32×32")));
    run(folder.path(), "doctor --model nowhere").assert().code(1).stdout(predicate::str::contains("PROBLEM"));
}

#[test]
fn demo_names_the_bundled_model_and_a_path_a_folder() {
    let folder = folder();
    let report = json(folder.path(), "classify clip.mp4 --scripts scripts.json --model demo --json");
    assert_eq!(report["settings"]["model"], "demo");
    assert_eq!(report["ranking"].as_array().unwrap().len(), 2);
    run(folder.path(), "doctor --model demo")
        .assert()
        .success()
        .stdout(predicate::str::contains("dimensions"));
    run(folder.path(), "embed --texts lines.txt --out x.npy --model ./demo")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("./demo"));

    fs::write(folder.path().join("full"), "").unwrap();
    run(folder.path(), "embed --texts lines.txt --out x.npy --model demo")
        .env("ACTALIGN_DATA_DIR", folder.path().join("full"))
        .assert()
        .code(1)
        .stderr(predicate::str::contains("full").and(predicate::str::contains("set ACTALIGN_DATA_DIR")));
}

#[test]
fn missing_arguments_are_reported_with_the_demo() {
    let folder = folder();
    run(folder.path(), "clip.mp4")
        .env_remove("ACTALIGN_MODEL")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--scripts").and(predicate::str::contains("--model demo")));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["doctor"][..], &["cache", "info"], &["cache", "info", "--json"], &["keys"], &[]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = std::process::Command::new(PROGRAM)
            .args(arguments)
            .env("ACTALIGN_CACHE_DIR", folder.path())
            .stdin(std::process::Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}");
    }
}
