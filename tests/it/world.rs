//! The rendered world through the built program.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use actalign_tui::script::ScriptFile;
use actalign_tui::video::{Sampling, Segment, VideoReader};
use assert_cmd::Command;
use predicates::prelude::{PredicateBooleanExt, predicate};
use serde_json::Value;

fn program(data: &Path) -> Command {
    let mut command = crate::support::program();
    command.env("ACTALIGN_DATA_DIR", data).env("ACTALIGN_CACHE_DIR", data.join("cache"));
    command.env_remove("ACTALIGN_MODEL");
    command
}

fn render(data: &Path, seed: &str, out: &Path) {
    program(data)
        .args(["demo", "render", "--clips", "4", "--seed", seed, "--out"])
        .arg(out)
        .assert()
        .success();
}

#[test]
fn a_seed_renders_the_same_dataset_again_and_it_can_be_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, other] = ["first", "second", "other"].map(|name| folder.path().join(name));
    render(folder.path(), "5", &first);
    render(folder.path(), "5", &second);
    render(folder.path(), "6", &other);
    for name in [
        "manifest.jsonl",
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
        assert!(times.windows(2).all(|pair| (pair[1] - pair[0] - 0.05).abs() < 1e-3), "20 frames a second");
        let candidates = entry["candidates"].as_array().unwrap();
        assert_eq!(candidates.len(), 5);
        for name in candidates {
            assert!(scripts.classes.iter().any(|class| class.name == *name.as_str().unwrap()));
        }
        groups.extend(entry["groups"].as_array().unwrap().iter().map(|g| g.as_str().unwrap().to_owned()));
    }
    for group in ["order-pair", "shared-phase", "near-twin", "late-start"] {
        assert!(groups.contains(group), "{group}");
    }

    let output = program(folder.path())
        .args(["eval", "--model", "demo", "--json"])
        .arg(first.join("manifest.jsonl"))
        .assert()
        .success();
    let results: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let rows: Vec<&str> =
        results["rows"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(
        rows,
        [
            "chance",
            "mean-pool",
            "order-free",
            "+alignment",
            "+context",
            "+smoothing",
            "short-fixed",
            "context-rich"
        ]
    );
    assert!(results["rows"].as_array().unwrap().iter().all(|row| row["n_read"] == 4));
}

#[test]
fn the_bundled_model_recognises_the_bundled_clips() {
    let data = tempfile::tempdir().unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/manifest.jsonl");
    let output =
        program(data.path()).args(["eval", "--model", "demo", "--json"]).arg(manifest).assert().success();
    let results: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let row = results["rows"].as_array().unwrap().iter().find(|row| row["name"] == "+smoothing").unwrap();
    assert_eq!(row["outside"]["late-start"]["top1"], 100.0, "{row}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    for command in ["render --seed 1 --clips 1", "train --steps 1"] {
        program(data.path())
            .arg("demo")
            .args(command.split(' '))
            .arg("--out")
            .arg(file.join("within"))
            .assert()
            .code(1)
            .stderr(predicate::str::contains("within").and(predicate::str::contains("--out")));
    }
}
