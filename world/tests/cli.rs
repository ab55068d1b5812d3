//! The built program renders and refuses.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use actalign_tui::script::ScriptFile;
use actalign_tui::video::{Sampling, Segment, VideoReader};
use assert_cmd::Command;
use predicates::prelude::{PredicateBooleanExt, predicate};
use serde_json::Value;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_actalign-world"))
}

fn render(seed: &str, difficulty: &str, out: &Path) {
    let options = ["render", "--clips", "4", "--seed", seed, "--difficulty", difficulty, "--out"];
    program().args(options).arg(out).assert().success();
}

#[test]
fn a_seed_renders_the_same_dataset_again() {
    renders_again("easy", 5, 20.0);
    renders_again("video", 10, 10.0);
}

fn renders_again(difficulty: &str, candidates: usize, frames_per_second: f64) {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, other] = ["first", "second", "other"].map(|name| folder.path().join(name));
    render("5", difficulty, &first);
    render("5", difficulty, &second);
    render("6", difficulty, &other);
    for name in [
        "manifest.jsonl",
        "boxes.json",
        "scripts.json",
        "scripts-short.json",
        "scripts-quarter-other-words.json",
        "scripts-half-other-words.json",
        "scripts-other-words.json",
    ] {
        assert_eq!(fs::read(first.join(name)).unwrap(), fs::read(second.join(name)).unwrap(), "{name}");
    }
    let manifest = fs::read_to_string(first.join("manifest.jsonl")).unwrap();
    assert_ne!(manifest, fs::read_to_string(other.join("manifest.jsonl")).unwrap());

    let boxes: Value = serde_json::from_slice(&fs::read(first.join("boxes.json")).unwrap()).unwrap();
    let scripts = ScriptFile::load(&first.join("scripts.json")).unwrap();
    let mut groups = HashSet::new();
    for line in manifest.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let video = entry["video"].as_str().unwrap();
        assert_eq!(fs::read(first.join(video)).unwrap(), fs::read(second.join(video)).unwrap(), "{video}");
        let reader = VideoReader::open(first.join(video), Sampling::Native, Segment::default()).unwrap();
        assert_eq!(reader.info().codec, "h264");
        let times: Vec<f64> = reader.map(|frame| frame.unwrap().time).collect();
        assert!(times.len() > 40, "{video}: {} frames", times.len());
        let apart = 1.0 / frames_per_second;
        assert!(
            times.windows(2).all(|pair| (pair[1] - pair[0] - apart).abs() < 1e-3),
            "{video}: {apart} s apart"
        );
        let boxes = boxes[entry["id"].as_str().unwrap()].as_array().unwrap();
        assert_eq!(boxes.len(), times.len(), "{video}: a line for each frame");
        for (boxes, time) in boxes.iter().zip(&times) {
            assert!((boxes["time"].as_f64().unwrap() - time).abs() < 1e-3);
            for sides in ["athlete", "prop"].into_iter().filter_map(|name| boxes[name].as_array()) {
                let [left, top, right, bottom] = [0, 1, 2, 3].map(|side| sides[side].as_f64().unwrap());
                assert!(0.0 <= left && left < right && right <= 1.0, "{sides:?}");
                assert!(0.0 <= top && top < bottom && bottom <= 1.0, "{sides:?}");
            }
        }
        let seen = boxes.iter().filter(|boxes| boxes["athlete"].is_array()).count();
        assert!(seen * 3 > boxes.len(), "{video}: the athlete is in many frames");
        let names = entry["candidates"].as_array().unwrap();
        assert_eq!(names.len(), candidates);
        for name in names {
            assert!(scripts.classes.iter().any(|class| class.name == *name.as_str().unwrap()));
        }
        groups.extend(entry["groups"].as_array().unwrap().iter().map(|g| g.as_str().unwrap().to_owned()));
    }
    for group in ["order-pair", "shared-phase", "near-twin", "late-start"] {
        assert!(groups.contains(group), "{group}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    for command in ["render --seed 1 --clips 1", "train --steps 1"] {
        program()
            .args(command.split(' '))
            .arg("--out")
            .arg(file.join("within"))
            .assert()
            .code(1)
            .stderr(predicate::str::contains("within").and(predicate::str::contains("--out")));
    }
}
