//! `eval` on datasets of others and on embeddings made elsewhere, with the built program.

use std::fs;
use std::path::Path;

use ndarray::{Array2, s};
use ndarray_npy::{read_npy, write_npy};
use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run;
use crate::support::clip;

/// Capitals differ from those of the options, as from a language model.
const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "Castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]},
    {"name": "pin", "steps": ["the bishop slides out", "a knight cannot move"]}]}"#;

/// Two videos of which `a` is whole and `b_1` is there as the part of 1.2 to 2.0 seconds.
fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("clips")).unwrap();
    clip::reordered(50).write(&folder.path().join("clips/a.mp4"), clip::paint_number);
    let part = |i, frame: &mut _| clip::paint_number(i + 30, frame);
    clip::reordered(20).write(&folder.path().join("clips/b_1_1.2_2.0.mp4"), part);
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn rows() -> Vec<Value> {
    let choices = "1. Castling\n2. Fork\n3. Pin";
    let row = |id: &str, youtube_id: &str, start: Value, end: Value| {
        json!({
            "youtube_id": youtube_id, "id": id, "action": "Fork", "domain": "Chess", "question": "Which?",
            "answer": "2", "choices_str": choices, "start_timestamp": start, "end_timestamp": end,
        })
    };
    vec![
        row("first", "a", json!(0.4), json!("1.6")),
        row("second", "b_1", json!("1.2"), json!(1.98)),
        row("missing", "c", json!(3), json!(4.25)),
    ]
}

/// The same questions as the authors' items, with scripts of their own.
fn items() -> Vec<Value> {
    let item = |id: &str, youtube_id: &str, subactions: Value| {
        json!({
            "youtube_id": youtube_id, "id": id, "domain": "Chess", "action": "Fork", "question": "Which?",
            "cleaned_options": ["castling", "fork", "pin"], "correct_answer_index": 1, "subactions": subactions,
        })
    };
    let scripts: Value = serde_json::from_str(SCRIPTS).unwrap();
    let [castling, fork, pin] = [0, 1, 2].map(|class| scripts["classes"][class]["steps"].clone());
    let full = json!({"castling in Chess": castling, "fork in Chess": fork, "pin in Chess": pin});
    let mut other = full.clone();
    other["fork in Chess"] = json!(["a queen and a king are hit at once"]);
    vec![
        item("first", "a", full),
        item("second", "b_1", other),
        item("missing", "c", json!("Sure! Here are")),
    ]
}

fn write_lines(path: &Path, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(path, lines.join("\n")).unwrap();
}

fn write_list(path: &Path, items: &[Value]) {
    fs::write(path, serde_json::to_string_pretty(items).unwrap()).unwrap();
}

fn fails(folder: &Path, arguments: &str, words: &[&str]) {
    let mut assert = run(folder, arguments).assert().code(1).stdout("");
    for &word in words {
        assert = assert.stderr(predicate::str::contains(word));
    }
}

/// The clips' records.
fn clips(folder: &Path, arguments: &str) -> Vec<Value> {
    // Another evaluation may have been there.
    let _ = fs::remove_dir_all(folder.join("results"));
    run(folder, &format!("{arguments} --out results")).assert().success();
    let text = fs::read_to_string(folder.join("results/clips.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The scores of a row of a clip.
fn scores(clip: &Value, row: &str) -> Vec<f64> {
    let rows = clip["rows"].as_array().unwrap_or_else(|| panic!("{clip}"));
    let row = rows.iter().find(|found| found["name"] == row).unwrap();
    row["scores"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect()
}

#[track_caller]
fn agree(a: &Value, b: &Value) {
    for row in ["mean-pool", "order-free", "+alignment", "+smoothing"] {
        let (a, b) = (scores(a, row), scores(b, row));
        assert!(
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6),
            "{row}: {a:?} {b:?}"
        );
    }
}

/// The program's own manifest of the same parts.
fn write_own(folder: &Path) {
    let entry = |id: &str, video: &str, start: Value, end: Value| {
        json!({
            "id": id, "video": video, "start": start, "end": end, "domain": "chess",
            "candidates": ["Castling", "fork", "pin"], "answer": 1,
        })
    };
    let first = entry("first", "clips/a.mp4", json!(0.4), json!(1.6));
    let second = entry("second", "clips/b_1_1.2_2.0.mp4", json!(null), json!(null));
    write_lines(&folder.join("own.jsonl"), &[first, second]);
}

#[test]
fn rows_of_action_atlas_score_as_in_an_own_manifest() {
    let folder = dataset();
    let folder = folder.path();
    write_own(folder);
    write_lines(&folder.join("rows.jsonl"), &rows());
    let own = clips(folder, "eval own.jsonl");
    let found = clips(folder, "eval rows.jsonl --clips clips");
    assert_eq!(found.len(), 3);
    assert_eq!(found[0]["candidates"], json!(["Castling", "Fork", "Pin"]));
    assert_eq!((&found[0]["answer"], &found[0]["frames"]), (&json!(1), &json!(12)));
    // The step alone is the same sentence; in context, the names differ in their capitals only, which do not count.
    agree(&found[0], &own[0]);
    agree(&found[1], &own[1]);
    let reason = found[2]["reason"].as_str().unwrap();
    assert!(
        reason.contains("c_3.0_4.2.mp4") && reason.contains("c.mp4") && reason.contains("clips"),
        "{reason}"
    );
    // The same rows in one list.
    write_list(&folder.join("rows.json"), &rows());
    assert_eq!(clips(folder, "eval rows.json --clips clips"), found);
}

#[test]
fn generated_items_bring_their_scripts() {
    let folder = dataset();
    let folder = folder.path();
    fs::rename(folder.join("clips/a.mp4"), folder.join("clips/a_0.0_2.0.mp4")).unwrap();
    write_list(&folder.join("generated.json"), &items());
    let found = clips(folder, "eval generated.json --clips clips");
    assert_eq!(found.iter().map(|clip| &clip["id"]).collect::<Vec<_>>(), ["first", "second", "missing"]);
    let reason = found[2]["reason"].as_str().unwrap();
    assert!(reason.contains("item 3") && reason.contains("holds text"), "{reason}");

    // With their steps in a script file the first clip scores the same, and the second one does not.
    let shared = clips(folder, "eval generated.json --clips clips --scripts scripts.json");
    agree(&shared[0], &found[0]);
    let (own, other) = (scores(&found[1], "+context"), scores(&shared[1], "+context"));
    assert!(own[0] == other[0] && own[1] != other[1] && own[2] == other[2], "{own:?} {other:?}");

    // They also serve rows, matched by id.
    write_lines(&folder.join("rows.jsonl"), &rows()[1..]);
    let rows = clips(folder, "eval rows.jsonl --clips clips --scripts generated.json");
    agree(&rows[0], &found[1]);
    assert!(rows[1]["reason"].as_str().unwrap().contains("holds text"));
}

#[test]
fn an_option_without_a_script_leaves_its_clip_unread() {
    let folder = dataset();
    let folder = folder.path();
    let mut rows = rows();
    rows[1]["choices_str"] = json!("1. Stalemate\n2. Fork");
    write_lines(&folder.join("rows.jsonl"), &rows);
    let found = clips(folder, "eval rows.jsonl --clips clips");
    let reason = found[1]["reason"].as_str().unwrap();
    assert!(reason.contains("line 2") && reason.contains("no script for \"Stalemate\""), "{reason}");
    assert!(found[0].get("reason").is_none());
}

#[test]
fn an_option_without_a_short_script_misses_only_that_row() {
    let folder = dataset();
    let folder = folder.path();
    write_lines(&folder.join("rows.jsonl"), &rows()[..1]);
    let whole: Value = serde_json::from_str(SCRIPTS).unwrap();
    let mut short = whole.clone();
    fs::write(folder.join("scripts-short.json"), short.to_string()).unwrap();
    let whole = clips(folder, "eval rows.jsonl --clips clips");
    short["classes"].as_array_mut().unwrap().pop();
    fs::write(folder.join("scripts-short.json"), short.to_string()).unwrap();
    let found = clips(folder, "eval rows.jsonl --clips clips");
    agree(&found[0], &whole[0]);
    assert!(!scores(&whole[0], "short-fixed").is_empty());
    let rows = found[0]["rows"].as_array().unwrap();
    let short = rows.iter().find(|row| row["name"] == "short-fixed").unwrap();
    assert_eq!(short["ranking"], json!([]));
    assert!(short["fault"].as_str().unwrap().contains("no short-fixed script"));
}

/// Clips that are not there, and those whose candidates have no scripts, have nothing to select.
#[test]
fn results_open_with_clips_without_candidates() {
    let folder = dataset();
    let folder = folder.path();
    let mut rows = rows();
    rows[1]["choices_str"] = json!("1. Stalemate\n2. Fork");
    write_lines(&folder.join("rows.jsonl"), &rows);
    clips(folder, "eval rows.jsonl --clips clips");
    let output = run(folder, "results --plain")
        .env("ACTALIGN_DATA_DIR", folder)
        .write_stdin("results\nnext-wrong\nnext-wrong\nnext-wrong\nquit\n")
        .assert()
        .success()
        .get_output()
        .clone();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("of 1 clips are right") && said.contains("2 could not be read"), "{said}");
    assert!(said.contains("second: not read") && said.contains("missing: not read"), "{said}");
}

#[test]
fn writing_is_blurred_in_its_frames() {
    let folder = dataset();
    let folder = folder.path();
    let mut rows = rows();
    rows.truncate(2);
    write_lines(&folder.join("rows.jsonl"), &rows);
    let plain = clips(folder, "eval rows.jsonl --clips clips");
    let writing = |description: &str| json!([{"description": description, "bounding_poly": {"vertices": [[0, 0], [64, 0], [64, 16], [0, 16]]}}]);
    // At 10 of 25 frames a second the second frame is not taken; numbers have no letters.
    rows[0]["frames_to_blur"] = json!({"2": writing("Fork"), "4": writing("2:1")});
    rows[1]["frames_to_blur"] = json!({"1": writing("Fork")});
    write_lines(&folder.join("rows.jsonl"), &rows);
    let masked = clips(folder, "eval rows.jsonl --clips clips");
    agree(&masked[0], &plain[0]);
    assert_ne!(scores(&masked[1], "mean-pool"), scores(&plain[1], "mean-pool"));
    // What the cache holds of one is not taken for the other.
    assert_eq!(clips(folder, "eval rows.jsonl --clips clips"), masked);
    assert_eq!(clips(folder, "eval rows.jsonl --clips clips --no-cache"), masked);
}

#[test]
fn embeddings_score_as_their_frames() {
    let folder = dataset();
    let folder = folder.path();
    write_own(folder);
    fs::create_dir(folder.join("npy")).unwrap();
    let embed = |arguments: &str| {
        run(folder, &format!("embed {arguments}")).assert().success();
    };
    embed("--video clips/a.mp4 --start 0.4 --end 1.6 --out npy/first.npy");
    embed("--video clips/b_1_1.2_2.0.mp4 --out npy/b_1_1.2_2.0.npy");
    let own = clips(folder, "eval own.jsonl");
    let found = clips(folder, "eval own.jsonl --embeddings npy --fps 10");
    agree(&found[0], &own[0]);
    agree(&found[1], &own[1]);
    // Another rate is another smoothing width.
    let denser = clips(folder, "eval own.jsonl --embeddings npy --fps 30");
    assert_eq!(scores(&denser[0], "+context"), scores(&found[0], "+context"));
    assert_ne!(scores(&denser[0], "+smoothing"), scores(&found[0], "+smoothing"));

    write_lines(&folder.join("rows.jsonl"), &rows());
    write_list(&folder.join("generated.json"), &items());
    fs::rename(folder.join("npy/b_1_1.2_2.0.npy"), folder.join("npy/b_1.npy")).unwrap();
    let first: Array2<f32> = read_npy(folder.join("npy/first.npy")).unwrap();
    write_npy(folder.join("npy/c.npy"), &first.slice(s![.., ..7]).mapv(f64::from)).unwrap();
    let found = clips(folder, "eval rows.jsonl --embeddings npy --fps 10");
    agree(&found[0], &own[0]);
    agree(&found[1], &own[1]);
    let reason = found[2]["reason"].as_str().unwrap();
    assert!(reason.contains("npy/c.npy: 7 dimensions, but the model has 32"), "{reason}");
    fs::remove_file(folder.join("npy/b_1.npy")).unwrap();
    let found = clips(folder, "eval generated.json --embeddings npy --fps 10");
    agree(&found[0], &own[0]);
    let reason = found[1]["reason"].as_str().unwrap();
    assert!(reason.contains("second.npy or b_1.npy is not in npy"), "{reason}");
}

#[test]
fn videos_are_found_in_the_folder_of_clips() {
    let folder = dataset();
    let folder = folder.path();
    write_own(folder);
    let own = clips(folder, "eval own.jsonl");
    let manifest = fs::read_to_string(folder.join("own.jsonl")).unwrap().replace("clips/", "");
    fs::write(folder.join("own.jsonl"), manifest).unwrap();
    assert_eq!(clips(folder, "eval own.jsonl --clips clips"), own);
}

#[test]
fn the_released_preset_follows_the_authors_scripts() {
    let folder = dataset();
    let folder = folder.path();
    let mut rows = rows();
    rows.truncate(2);
    (rows[0]["start_timestamp"], rows[0]["end_timestamp"]) = (json!(0.43), json!(1.19));
    let area = json!([{"description": "2:1", "bounding_poly": {"vertices": [[0, 0], [64, 16]]}}]);
    write_lines(&folder.join("rows.jsonl"), &rows);
    let plain = clips(folder, "eval rows.jsonl --clips clips --preset released");
    let names: Vec<&Value> = plain[0]["rows"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["mean-pool", "released"]);
    // Frames 10 to 28 of 25 a second; a part is taken as it is.
    assert_eq!((&plain[0]["frames"], &plain[1]["frames"]), (&json!(19), &json!(20)));

    // Frame 10 of the whole video is the first of the segment; what ActionAtlas blurs is left alone.
    let masked = |rows: &mut [Value], number: &str| {
        rows[0]["frames_to_obfuscate"] = json!({number: area});
        rows[0]["frames_to_blur"] =
            json!({"1": [{"description": "Fork", "bounding_poly": area[0]["bounding_poly"]}]});
        write_lines(&folder.join("rows.jsonl"), rows);
        clips(folder, "eval rows.jsonl --clips clips --preset released")
    };
    assert_ne!(masked(&mut rows, "10")[0], plain[0]);
    assert_eq!(masked(&mut rows, "9")[0], plain[0]);

    // The baseline's sentence, padded to full length, against the sum of the raw frames.
    let embed = |arguments: &str| {
        run(folder, &format!("embed {arguments} --out embedded.npy")).assert().success();
        read_npy::<_, Array2<f32>>(folder.join("embedded.npy")).unwrap().mapv(f64::from)
    };
    let frames = embed("--video clips/b_1_1.2_2.0.mp4 --fps native");
    let sentences = ["Castling", "Fork", "Pin"].map(|option| {
        // The script file tells the domain.
        format!("This is a video of chess executing {option}")
    });
    fs::write(folder.join("lines.txt"), sentences.join("\n")).unwrap();
    let names = embed("--texts lines.txt");
    let mean = frames.mean_axis(ndarray::Axis(0)).unwrap();
    // One norm divides all names.
    let norm = names.iter().map(|value| value * value).sum::<f64>().sqrt();
    let expected = names.rows().into_iter().map(|name| name.dot(&mean) / (norm * mean.dot(&mean).sqrt()));
    let baseline = scores(&plain[1], "mean-pool");
    assert!(baseline.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{baseline:?}");

    // Steps are padded less than the method pads them.
    let padded = clips(folder, "eval rows.jsonl --clips clips --fps native");
    assert_eq!(padded[1]["frames"], plain[1]["frames"]);
    assert_ne!(scores(&padded[1], "+context"), scores(&plain[1], "released"));
    assert_eq!(clips(folder, "eval rows.jsonl --clips clips --preset released --no-cache")[1], plain[1]);
    fails(folder, "eval rows.jsonl --clips clips --preset released --aligners dtw", &["leave --aligners"]);
}

#[test]
fn invalid_datasets_are_refused_before_the_work() {
    let folder = dataset();
    let folder = folder.path();
    write_lines(&folder.join("rows.jsonl"), &rows());
    write_list(&folder.join("generated.json"), &items());
    let mut bad = rows();
    bad[1]["answer"] = json!(4);
    write_lines(&folder.join("bad.jsonl"), &bad);
    bad[1] = bad[0].clone();
    write_list(&folder.join("twice.json"), &bad);
    fs::write(folder.join("half.jsonl"), format!("{}\n\n{{\"youtube_id\": ", rows()[0])).unwrap();
    let mut bad = items();
    bad[2]["correct_answer_index"] = json!(3);
    write_list(&folder.join("bad.json"), &bad);
    fs::write(folder.join("open.json"), "[{\"youtube_id\": \"a\"}").unwrap();
    write_list(&folder.join("strange.json"), &[json!({"name": "fork"})]);
    fs::write(folder.join("none.json"), "[]").unwrap();
    for (arguments, words) in [
        ("rows.jsonl", ["rows.jsonl names videos by youtube_id", "--clips"]),
        ("generated.json", ["generated.json names videos by youtube_id", "--embeddings"]),
        ("rows.jsonl --clips nowhere", ["cannot read the folder nowhere", "holds the clips"]),
        ("rows.jsonl --embeddings nowhere --fps 30", ["cannot read the folder nowhere", "the embeddings"]),
        ("rows.jsonl --embeddings clips", ["how many rows a second", "--fps 30"]),
        ("rows.jsonl --embeddings clips --fps native", ["how many rows a second", "--fps 30"]),
        ("rows.jsonl --clips clips --scripts none.json", ["none.json lists no clip", ""]),
        ("bad.jsonl --clips clips", ["bad.jsonl, line 2", "3 candidates count from 1 to 3"]),
        ("twice.json --clips clips", ["twice.json, item 2", "taken by item 1"]),
        ("half.jsonl --clips clips", ["half.jsonl, line 3", "EOF while parsing a value at column 15"]),
        ("bad.json --clips clips", ["bad.json, item 3", "count from 0 to 2"]),
        ("open.json --clips clips", ["open.json is not valid JSON", "line 1 column 20"]),
        ("strange.json --clips clips", ["strange.json, item 1", "neither \"subactions\""]),
        ("none.json --clips clips", ["none.json lists no clip", ""]),
    ] {
        fails(folder, &format!("eval {arguments}"), &words);
    }
    fs::remove_file(folder.join("scripts.json")).unwrap();
    fails(folder, "eval rows.jsonl --clips clips", &["there is no scripts.json", "--scripts"]);
}
