//! `actalign-tui find` and `eval moments` with the small random checkpoint: what is found is arbitrary.

use std::fs;

use actalign_tui::annotation::parse;
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{clip, program_in};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "check", "steps": ["the queen attacks the king"], "max_seconds": 1},
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]}]}"#;
const FIND: &str =
    "find clip.mp4 --scripts scripts.json --min-score -9 --min-length 0 --smoothing 0 --background 50";

/// A folder with a clip of eight seconds, 25 frames/s, and a script file.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    clip::reordered(200).write(&folder.path().join("clip.mp4"), clip::paint_number);
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

#[test]
fn find_tells_moments_with_their_steps() {
    let folder = folder();
    let output = program_in(folder.path(), &format!("{FIND} --json")).assert().success().get_output().clone();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let moments = report["moments"].as_array().unwrap();
    assert!(!moments.is_empty(), "{report}");
    let mut last = f64::INFINITY;
    for moment in moments {
        let of = |field: &str| moment[field].as_f64().unwrap();
        assert!(of("score") <= last && of("start") < of("end") && of("end") <= 8.01, "{moment}");
        last = of("score");
        let steps: Vec<[f64; 2]> = serde_json::from_value(moment["steps"].clone()).unwrap();
        let is_check = moment["class"] == "check";
        assert!(if is_check { steps.len() == 1 } else { (2..=3).contains(&steps.len()) }, "{moment}");
        assert_eq!((steps[0][0], steps[steps.len() - 1][1]), (of("start"), of("end")));
        assert!(steps.windows(2).all(|pair| pair[0][1] <= pair[1][0]), "{moment}");
        assert!(!is_check || of("end") - of("start") <= 1.01, "its own limit");
        assert_eq!(moment["order"].is_null(), is_check, "a single step has no other order");
        assert!(is_check || (moment["order"]["z"].is_f64() && moment["order"]["p"].is_f64()));
    }
    let settings = &report["settings"];
    assert_eq!((&settings["frames"], &settings["background"]), (&80.into(), &50.0.into()));
    assert_eq!((&settings["clip"], &settings["sampling"]), (&"clip.mp4".into(), &"10 fps".into()));

    let again = program_in(folder.path(), &format!("{FIND} --json")).assert().success().get_output().clone();
    assert_eq!(again.stdout, output.stdout, "from the cache");
    program_in(folder.path(), FIND)
        .assert()
        .success()
        .stdout(predicate::str::contains("steps begin").and(predicate::str::contains("80 frames of 0:07.9")));
}

#[test]
fn after_a_coarse_pass_only_promising_parts_are_embedded_densely() {
    let folder = folder();
    let find = FIND.replace("--min-score -9", "--min-score 0");
    let report = |arguments: &str| -> Value {
        let output = program_in(folder.path(), &format!("{find} --json {arguments}")).assert().success();
        serde_json::from_slice(&output.get_output().stdout).unwrap()
    };
    let coarse = report("--coarse always");
    let parts: Vec<[f64; 2]> = serde_json::from_value(coarse["settings"]["dense"].clone()).unwrap();
    let dense: f64 = parts.iter().map(|[start, end]| end - start).sum();
    assert!(dense <= 0.4 * 8.0 + 1e-6, "{parts:?}");
    assert_eq!(coarse["settings"]["frames"], 80, "frames between count until the next");

    let whole = report("");
    assert!(whole["settings"]["dense"].is_null(), "a short recording has no such pass");
    let cached = report("--coarse always");
    assert_eq!(cached, whole, "cached frames need none");
}

#[test]
fn find_writes_annotations() {
    let folder = folder();
    let path = folder.path();
    let written = program_in(path, &format!("{FIND} --format csv")).assert().success().get_output().clone();
    let [annotation] = &parse(&String::from_utf8(written.stdout).unwrap()).unwrap()[..] else {
        panic!("one")
    };
    assert_eq!(annotation.video, "clip.mp4");
    assert!(annotation.moments.iter().any(|moment| moment.steps[0].name.starts_with("the queen")));

    program_in(path, &format!("{FIND} --format elan --out clip.eaf")).assert().success().stdout("");
    let elan = fs::read_to_string(path.join("clip.eaf")).unwrap();
    assert_eq!(parse(&elan).unwrap()[0].moments.len(), annotation.moments.len());

    fs::copy(path.join("clip.mp4"), path.join("other.mp4")).unwrap();
    let two = FIND.replace("clip.mp4", "clip.mp4 other.mp4");
    program_in(path, &format!("{two} --format vtt"))
        .assert()
        .code(2)
        .stderr(predicate::str::contains("holds one recording"));
    fs::create_dir(path.join("chapters")).unwrap();
    program_in(path, &format!("{two} --format vtt --out chapters")).assert().success();
    for name in ["clip.vtt", "other.vtt"] {
        assert!(fs::read_to_string(path.join("chapters").join(name)).unwrap().starts_with("WEBVTT\n"));
    }
}

#[test]
fn a_recording_that_is_broken_does_not_keep_the_others() {
    let folder = folder();
    fs::write(folder.path().join("broken.mp4"), "nothing").unwrap();
    let two = FIND.replace("clip.mp4", "broken.mp4 clip.mp4");
    program_in(folder.path(), &two)
        .assert()
        .code(1)
        .stdout(predicate::str::contains("80 frames"))
        .stderr(predicate::str::contains("broken.mp4").and(predicate::str::contains("1 of 2 recordings")));
    let scripts = SCRIPTS.replace("\"max_seconds\": 1", "\"max_seconds\": \"two\"");
    fs::write(folder.path().join("scripts.json"), scripts).unwrap();
    program_in(folder.path(), FIND).assert().code(1).stderr(predicate::str::contains("max_seconds \"two\""));
}

#[test]
fn moments_are_evaluated_against_annotations() {
    let folder = folder();
    let truth = r#"{"clip.mp4": [{"class": "fork", "start": 1, "end": 4, "steps": [[1, 2], [2, 3], [3, 4]]},
        {"class": "resigning", "start": 5, "end": 6, "steps": []}]}"#;
    fs::write(folder.path().join("moments.json"), truth).unwrap();
    let arguments = "eval moments moments.json --scripts scripts.json --min-score -9 --smoothing 0";
    let assert = program_in(folder.path(), &format!("{arguments} --json")).assert().success();
    let output = assert.stderr(predicate::str::contains("without a script")).get_output().clone();
    let results: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&results["recordings"], &results["moments"], &results["classes"]),
        (&1.into(), &1.into(), &1.into())
    );
    let rows = results["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "find",
            "find --compete",
            "steps in reverse order",
            "windows, mean-pool",
            "windows, dtw",
            "threshold of best affinity"
        ]
    );
    for row in rows {
        let map: [f64; 3] = serde_json::from_value(row["map"].clone()).unwrap();
        assert!(map.iter().all(|map| (0.0..=100.0).contains(map)) && map[0] >= map[2], "{row}");
    }
    program_in(folder.path(), arguments).assert().success().stdout(predicate::str::contains("mAP@0.5"));

    fs::write(folder.path().join("moments.json"), truth.replace("clip.mp4", "gone.mp4")).unwrap();
    program_in(folder.path(), arguments)
        .assert()
        .code(1)
        .stderr(predicate::str::contains("no video gone.mp4").and(predicate::str::contains("--videos")));
}
