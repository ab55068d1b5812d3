//! The row of an X-CLIP model, with a small random checkpoint of the fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use actalign_tui::backbone::{ComputeDevice, DeviceChoice, VideoCheckpoint};
use actalign_tui::video::{Sampling, Segment, VideoReader};
use assert_cmd::assert::Assert;
use ndarray::Array2;
use ndarray_npy::write_npy;
use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{SCRIPTS, run};
use crate::support::{MODEL, clip};

const NAMES: [&str; 3] = ["castling", "fork", "pin"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Clips of so many frames, and where each begins in seconds.
const CLIPS: [(&str, usize, Option<f64>); 4] =
    [("a", 30, None), ("b", 17, None), ("c", 30, Some(0.6)), ("d", 3, None)];

fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut lines = Vec::new();
    for (number, (name, frames, start)) in CLIPS.into_iter().enumerate() {
        let path = folder.path().join(format!("{name}.mp4"));
        clip::reordered(frames).write(&path, |i, frame| clip::paint_number(5 * i + 40 * number, frame));
        let line = json!({"id": name, "video": format!("{name}.mp4"), "start": start, "domain": "chess",
            "candidates": NAMES, "answer": 1});
        lines.push(line.to_string());
    }
    fs::write(folder.path().join("manifest.jsonl"), lines.join("\n")).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn eval(folder: &Path, x_clip: &Path, more: &[&str]) -> Assert {
    let mut command = run(folder, "eval manifest.jsonl --json --out results");
    command.env("ACTALIGN_CONFIG_DIR", folder.join("config"));
    command.arg("--x-clip").arg(x_clip).args(more).assert()
}

fn results(assert: Assert) -> Value {
    serde_json::from_slice(&assert.success().get_output().stdout).unwrap()
}

fn last(rows: &Value) -> &Value {
    rows.as_array().unwrap().last().unwrap()
}

/// The logits of the candidates, computed from the frames of these numbers in the clip.
fn logits(video: &Path, start: Option<f64>, numbers: [usize; 4]) -> Vec<f64> {
    let checkpoint = VideoCheckpoint::open(&fixture("xclip/tiny")).unwrap();
    let model = checkpoint.load(&ComputeDevice::open(DeviceChoice::Cpu).unwrap()).unwrap();
    let segment = Segment { start, end: None };
    let frames: Vec<_> =
        VideoReader::open(video, Sampling::Native, segment).unwrap().map(Result::unwrap).collect();
    let preprocessor = checkpoint.checkpoint().preprocessor();
    let squares = numbers.map(|number| {
        let frame = &frames[number];
        preprocessor.prepare(&frame.rgb, frame.width, frame.height)
    });
    let tokenizer = checkpoint.checkpoint().tokenizer().unwrap();
    let names = model.embed_texts(&NAMES.map(|name| tokenizer.encode(name).unwrap())).unwrap();
    let compared = model.compare(&model.embed_clip(&squares).unwrap(), &names).unwrap();
    compared.into_iter().map(|text| text.logit).collect()
}

#[test]
fn the_model_sees_frames_of_the_whole_clip_and_ranks_all_names() {
    let folder = dataset();
    let found = results(eval(folder.path(), &fixture("xclip/tiny"), &[]));
    let spec = last(&found["settings"]["rows"]);
    assert_eq!((&spec["name"], &spec["score"]), (&json!("x-clip"), &json!("clip")));
    assert_eq!((&spec["x_clip"]["frames"], &spec["x_clip"]["image_size"]), (&json!(4), &json!(32)));
    assert_eq!(spec["x_clip"]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(last(&found["rows"])["top3"], json!(100.0), "all three candidates are ranked");
    assert_eq!(found["unaligned"], json!([]));
    let summary = fs::read_to_string(folder.path().join("results/results.md")).unwrap();
    assert!(summary.contains("4 frames of 32×32, class name alone"), "{summary}");

    let lines = fs::read_to_string(folder.path().join("results/clips.jsonl")).unwrap();
    // Of 30, 17, 15 (from 0.6 s on) and 3 frames; the last has them repeated.
    let middles = [[3, 11, 18, 26], [2, 6, 10, 14], [1, 5, 9, 13], [0, 1, 1, 2]];
    for ((line, (name, _, start)), middles) in lines.lines().zip(CLIPS).zip(middles) {
        let clip: Value = serde_json::from_str(line).unwrap();
        let row = last(&clip["rows"]);
        let scores: Vec<f64> =
            row["scores"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        let want = logits(&folder.path().join(format!("{name}.mp4")), start, middles);
        assert!(scores.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-4), "{name}: {scores:?} {want:?}");
        let mut ranking: Vec<usize> = (0..3).collect();
        ranking.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        assert_eq!(row["ranking"], json!(ranking));
    }
}

#[test]
fn an_evaluation_resumes_with_the_same_model_only() {
    let folder = dataset();
    let path = folder.path();
    let before = results(eval(path, &fixture("xclip/tiny"), &[]));
    // As an interrupted run leaves it.
    let lines = fs::read_to_string(path.join("results/clips.jsonl")).unwrap();
    let done: String = lines.split_inclusive('\n').take(2).collect();
    fs::write(path.join("results/clips.part.jsonl"), done).unwrap();
    for name in ["clips.jsonl", "results.json"] {
        fs::remove_file(path.join("results").join(name)).unwrap();
    }

    let other = eval(path, &fixture("xclip/awkward"), &[]).code(1);
    other.stderr(predicate::str::contains("holds another evaluation, which differs in: X-CLIP model"));
    let without = run(path, "eval manifest.jsonl --out results").assert().code(1);
    without.stderr(predicate::str::contains("holds another evaluation"));

    // The same model elsewhere.
    let moved = path.join("moved");
    fs::create_dir(&moved).unwrap();
    for file in fs::read_dir(fixture("xclip/tiny")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), moved.join(file.file_name())).unwrap();
    }
    let resumed = eval(path, &moved, &[]);
    let resumed = resumed.stderr(predicate::str::contains("2 of 4 clips were done before"));
    assert_eq!(results(resumed)["rows"], before["rows"]);
    assert_eq!(fs::read_to_string(path.join("results/clips.jsonl")).unwrap(), lines);

    // Its preparation is part of it.
    let settings = moved.join("preprocessor_config.json");
    let text = fs::read_to_string(&settings).unwrap().replace("\"resample\": 2", "\"resample\": 3");
    fs::write(&settings, text).unwrap();
    eval(path, &moved, &[]).code(1).stderr(predicate::str::contains("differs in: X-CLIP model"));
}

#[test]
fn wrong_folders_are_refused_with_advice() {
    let folder = dataset();
    for (x_clip, words) in [
        (Path::new(MODEL), "this SigLIP model embeds single images, no clips"),
        (
            fixture("clip/quick").as_path(),
            "use a whole X-CLIP checkpoint such as microsoft/xclip-base-patch32",
        ),
        (folder.path(), "config.json is missing"),
    ] {
        eval(folder.path(), x_clip, &[]).code(1).stderr(predicate::str::contains(words));
    }
    let mut command = run(folder.path(), "eval manifest.jsonl");
    let outcome = command.arg("--model").arg(fixture("xclip/tiny")).assert().code(1);
    outcome.stderr(predicate::str::contains("name it as the --x-clip of `actalign-tui eval`"));
}

#[test]
fn embeddings_made_elsewhere_have_no_frames_for_it() {
    let folder = dataset();
    fs::create_dir(folder.path().join("npy")).unwrap();
    for (name, ..) in CLIPS {
        let rows = Array2::from_shape_fn((5, 32), |(row, column)| (row * 7 + column * 3) as f32 % 5.0 - 1.0);
        write_npy(folder.path().join(format!("npy/{name}.npy")), &rows).unwrap();
    }
    let found = results(eval(folder.path(), &fixture("xclip/tiny"), &["--embeddings", "npy", "--fps", "10"]));
    let unaligned = found["unaligned"].as_array().unwrap();
    assert_eq!(unaligned.len(), 4, "{found}");
    for clip in unaligned {
        assert_eq!(clip["row"], "x-clip");
        assert_eq!(clip["reason"], "X-CLIP needs a video, not embeddings of frames");
    }
    assert_eq!(last(&found["rows"])["top1"], json!(0.0));
}

/// The model reads 16 tokens.
#[test]
fn names_that_are_too_long_are_reported() {
    let folder = dataset();
    let long = "a pin of a knight to its king by a bishop from far away across the whole board";
    for name in ["manifest.jsonl", "scripts.json"] {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name), text.replace("\"pin\"", &format!("\"{long}\""))).unwrap();
    }
    // The other rows cut longer sentences.
    let found = results(eval(folder.path(), &fixture("xclip/awkward"), &[]));
    assert!(found["cut_texts"].as_array().unwrap().contains(&json!(long)), "{found}");
}
