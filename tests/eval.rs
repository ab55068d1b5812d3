//! `eval` on a small dataset, with the built binary. The checkpoint is the small random one of the fixtures: what is
//! tested is the way, not the verdict.

// Not every helper is used here.
#[allow(dead_code)]
#[path = "video/clip.rs"]
mod clip;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny");

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]},
    {"name": "pin", "steps": ["the bishop slides out", "a knight cannot move"]}]}"#;

const SCRIPTS_SHORT: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["king moves", "rook jumps"]},
    {"name": "fork", "steps": ["knight jumps", "queen falls"]},
    {"name": "pin", "steps": ["bishop slides", "knight stays"]}]}"#;

/// Clips `a` to `c`, and a broken and a missing one.
const MANIFEST: &str = r#"{"id": "a", "video": "clips/a.mp4", "domain": "chess", "candidates": ["castling", "fork", "pin"], "answer": 0, "groups": ["late"]}
{"id": "broken", "video": "clips/broken.mp4", "domain": "chess", "candidates": ["castling", "fork"], "answer": 1, "groups": ["late"]}
{"id": "b", "video": "clips/b.mp4", "domain": "chess", "candidates": ["castling", "fork", "pin"], "answer": 1}

{"id": "c", "video": "clips/a.mp4", "start": 0.4, "domain": "unknown", "candidates": ["pin", "castling"], "answer": 1, "groups": ["late", "short"]}
{"id": "missing", "video": "clips/none.mp4", "domain": "chess", "candidates": ["castling", "fork"], "answer": 0}
"#;

fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("clips")).unwrap();
    clip::reordered(25).write(&folder.path().join("clips/a.mp4"), clip::paint_number);
    clip::reordered(15)
        .write(&folder.path().join("clips/b.mp4"), |i, frame| clip::paint_number(255 - i, frame));
    fs::write(folder.path().join("clips/broken.mp4"), "no video").unwrap();
    fs::write(folder.path().join("manifest.jsonl"), MANIFEST).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn run(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::cargo_bin("actalign-tui").unwrap();
    command.current_dir(folder).env("ACTALIGN_MODEL", MODEL).env("ACTALIGN_CACHE_DIR", folder.join("cache"));
    command.args(arguments.split_whitespace());
    command
}

fn output(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments).assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn clips(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("clips.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn row<'a>(clip: &'a Value, name: &str) -> &'a Value {
    clip["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()
}

fn floats(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn agree(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn the_document_counts_what_the_rankings_say() {
    let folder = dataset();
    fs::write(folder.path().join("scripts-short.json"), SCRIPTS_SHORT).unwrap();
    let first = output(folder.path(), "eval manifest.jsonl --json --out results");
    let document: Value = serde_json::from_str(&first).unwrap();
    let rows = document["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
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
    let unread = document["unread"].as_array().unwrap();
    assert_eq!((unread.len(), &unread[0]["id"], &unread[1]["id"]), (2, &json!("broken"), &json!("missing")));
    assert!(unread[1]["reason"].as_str().unwrap().contains("none.mp4"));

    // Chance, by hand: clips of 3, 3 and 2 candidates.
    agree(
        &["top1", "top2", "top3"].map(|k| rows[0][k].as_f64().unwrap()),
        &[(100.0 / 3.0 + 100.0 / 3.0 + 50.0) / 3.0, (200.0 / 3.0 + 200.0 / 3.0 + 100.0) / 3.0, 100.0],
    );
    assert_eq!(rows[0]["trials"]["n"], 10);

    let clips = clips(&folder.path().join("results"));
    let (unread, clips): (Vec<Value>, Vec<Value>) =
        clips.into_iter().partition(|clip| clip.get("reason").is_some());
    assert_eq!(unread.len(), 2);
    assert_eq!(clips.iter().map(|clip| clip["id"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b", "c"]);
    for result in &rows[1..] {
        let right: Vec<f64> = clips
            .iter()
            .map(|clip| {
                let ranking = &row(clip, result["name"].as_str().unwrap())["ranking"];
                f64::from(ranking[0] == clip["answer"])
            })
            .collect();
        let total: f64 = right.iter().sum();
        let top1 = [&result["top1"], &result["top1_attempted"]].map(|v| v.as_f64().unwrap());
        agree(&top1, &[100.0 * total / 3.0, 100.0 * total / 5.0]);
        assert_eq!((&result["n_read"], &result["n_attempted"]), (&json!(3), &json!(5)));
        let [low, high] = floats(&result["top1_ci"])[..] else { panic!("{result}") };
        assert!(low <= top1[0] && top1[0] <= high);
        // Clips a and c are late, c alone is short.
        let share = |values: &Value| (values["n"].as_u64().unwrap(), values["top1"].as_f64().unwrap());
        assert_eq!(share(&result["groups"]["late"]), (2, 50.0 * (right[0] + right[2])));
        assert_eq!(share(&result["outside"]["late"]), (1, 100.0 * right[1]));
        assert_eq!(share(&result["groups"]["short"]), (1, 100.0 * right[2]));
    }
    assert_eq!(rows[5]["top1"], rows[7]["top1"], "the main scripts are the context-rich ones");
    assert_ne!(row(&clips[0], "short-fixed")["scores"], row(&clips[0], "context-rich")["scores"]);
    let settings = &document["settings"];
    assert_eq!((&settings["sampling"], &settings["model"]["dim"]), (&json!("10"), &json!(32)));
    let knobs = &settings["rows"][2];
    assert_eq!((&knobs["name"], &knobs["template_text"]), (&json!("+alignment"), &json!("{step}")));
    assert_eq!((&knobs["preset"], &knobs["smoothing_seconds"]), (&json!("paper"), &json!(0.0)));

    let written = fs::read_to_string(folder.path().join("results/results.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), document);
    let tables = fs::read_to_string(folder.path().join("results/results.md")).unwrap();
    assert!(tables.contains("| +smoothing") && tables.contains("outside late"));
    assert_eq!(output(folder.path(), "eval manifest.jsonl --json"), first, "the same again");
}

#[test]
fn rows_say_what_classify_says_of_the_same_clip_and_settings() {
    let folder = dataset();
    fs::write(folder.path().join("manifest.jsonl"), MANIFEST.lines().next().unwrap()).unwrap();
    output(folder.path(), "eval manifest.jsonl --out results");
    let clip = &clips(&folder.path().join("results"))[0];
    let classify = |knobs: &str| -> Value {
        let command = format!("classify clips/a.mp4 --scripts scripts.json --json {knobs}");
        serde_json::from_str(&output(folder.path(), &command)).unwrap()
    };
    let values = |report: &Value, key: &str| -> Vec<f64> {
        report["classes"].as_array().unwrap().iter().map(|class| class[key].as_f64().unwrap()).collect()
    };
    for (name, knobs, key) in [
        ("+smoothing", "", "score"),
        ("order-free", "", "order_free"),
        ("mean-pool", "", "mean_pool"),
        ("+context", "--smoothing 0", "score"),
        ("+alignment", "--smoothing 0 --template step", "score"),
    ] {
        let report = classify(knobs);
        agree(&floats(&row(clip, name)["scores"]), &values(&report, key));
        if key == "score" {
            assert_eq!(row(clip, name)["ranking"], report["ranking"], "{name}");
        }
    }
}

#[test]
fn people_get_tables_and_the_clips_that_could_not_be_read() {
    let folder = dataset();
    let contains = predicate::str::contains;
    run(folder.path(), "eval manifest.jsonl --aligners dtw")
        .assert()
        .success()
        .stdout(contains("+smoothing").and(contains("Clips that could not be read (2)")))
        .stdout(contains("missing: ").and(contains("outside late")).and(contains("3 of 5")))
        .stdout(contains("short-fixed").not());
}

#[test]
fn nothing_read_is_a_failure_that_says_why() {
    let folder = dataset();
    let line = MANIFEST.lines().nth(1).unwrap();
    fs::write(folder.path().join("manifest.jsonl"), line).unwrap();
    run(folder.path(), "eval manifest.jsonl --json")
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("broken: ").and(predicate::str::contains("none of its 1 clips")));
}

#[test]
fn what_is_wrong_with_the_inputs_is_said_before_the_work() {
    let folder = dataset();
    let bad =
        MANIFEST.replace("[\"pin\", \"castling\"], \"answer\": 1", "[\"pin\", \"castling\"], \"answer\": 2");
    fs::write(folder.path().join("bad.jsonl"), bad).unwrap();
    let stranger = MANIFEST.replace("\"pin\", \"castling\"", "\"pin\", \"stalemate\"");
    fs::write(folder.path().join("stranger.jsonl"), stranger).unwrap();
    fs::create_dir(folder.path().join("alone")).unwrap();
    fs::write(folder.path().join("alone/manifest.jsonl"), MANIFEST).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for (arguments, words) in [
        ("eval none.jsonl", ["none.jsonl", "cannot read"]),
        ("eval bad.jsonl", ["bad.jsonl, line 5", "count from 0 to 1"]),
        ("eval stranger.jsonl", ["line 5", "scripts.json has no script for \"stalemate\""]),
        ("eval alone/manifest.jsonl", ["alone/scripts.json is not there", "--scripts"]),
        ("eval manifest.jsonl --model nowhere", ["nowhere", "check"]),
        ("eval manifest.jsonl --scripts-short none.json", ["none.json", "cannot read"]),
        ("eval manifest.jsonl --out file/results", ["file/results", "cannot be made"]),
    ] {
        let [first, second] = words.map(predicate::str::contains);
        run(folder.path(), arguments).assert().code(1).stdout("").stderr(first.and(second));
    }
    run(folder.path(), "eval manifest.jsonl --aligners dtw,nonsense")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("nonsense").and(predicate::str::contains("there are dtw, segment")));
}
