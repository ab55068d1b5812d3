//! The quiz in a pseudo-terminal, and the evaluation of its answers.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::terminal::Session;
use crate::support::{clip, program_in};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]},
    {"name": "pin", "steps": ["the bishop slides out", "a knight cannot move"]}]}"#;

/// Four clips, the last one broken, without scripts.
fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut lines = String::new();
    for (number, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let path = folder.path().join(format!("{name}.mp4"));
        if name == "d" {
            fs::write(path, "no video").unwrap();
        } else {
            clip::reordered(10).write(&path, |i, frame| clip::paint_number(i + 40 * number, frame));
        }
        let line = json!({"id": name, "video": format!("{name}.mp4"), "domain": "chess",
            "candidates": ["castling", "fork", "pin"], "answer": 1});
        lines += &format!("{line}\n");
    }
    fs::write(folder.path().join("manifest.jsonl"), lines).unwrap();
    folder
}

fn quiz(folder: &Path) -> Session {
    Session::program(&["quiz", "manifest.jsonl", "--out", "answers", "--name", "ana", "--seed", "1"], folder)
}

/// The lines of `answers.jsonl`.
fn answers(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("answers/answers.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until a picture of the clip is there, and presses a key.
fn press_at(session: &mut Session, progress: &str, key: &str) {
    session.wait_for_drawing(progress, "decoding");
    session.wait_for_drawing(" s  ", "decoding");
    session.press(key);
}

#[test]
fn a_quiz_resumes_after_a_kill_and_its_answers_are_a_row() {
    let folder = dataset();
    let mut session = quiz(folder.path());
    press_at(&mut session, "clip 1 of 4 · 0 answered, 0 skipped", "1");
    press_at(&mut session, "clip 2 of 4 · 1 answered, 0 skipped", "s");
    session.wait_for("clip 3 of 4 · 1 answered, 1 skipped");
    session.kill();
    let [first, second] = &answers(folder.path())[..] else { panic!() };
    assert_eq!((&first["clip"], &first["class"]), (&json!("a"), &first["shown"][0]));
    assert!(first["seconds"].as_f64().unwrap() >= 0.0 && first["replays"] == 0);
    assert_eq!((&second["clip"], &second["class"]), (&json!("b"), &Value::Null));

    let mut session = quiz(folder.path());
    press_at(&mut session, "clip 3 of 4 · 1 answered, 1 skipped", "2");
    session.wait_for("cannot be read");
    // Nothing was seen, so nothing can be answered.
    session.press("1");
    session.wait_for("Nothing was seen: s skips this clip.");
    session.press("s");
    session.wait_for("2 of 4 clips are answered, 2 skipped.");
    session.press("q");
    let (status, after) = session.end();
    assert!(status.success());
    for part in ["ana answered 2 of 4 clips, 2 skipped", "the same command continues", "--human answers"] {
        assert!(after.contains(part), "{after}");
    }

    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    let eval = |more: &str| {
        let arguments = format!("eval manifest.jsonl --json --out results {more}");
        let outcome = program_in(folder.path(), &arguments).assert().success();
        serde_json::from_slice::<Value>(&outcome.get_output().stdout).unwrap()
    };
    let results = eval("--human answers");
    let row = results["rows"].as_array().unwrap().last().unwrap();
    let right = answers(folder.path()).iter().filter(|answer| answer["class"] == "fork").count();
    assert_eq!((&row["name"], &row["n_read"]), (&json!("human:ana"), &json!(2)));
    assert_eq!((&row["top1"], &row["top2"]), (&json!(50.0 * right as f64), &Value::Null));
    let human = &results["settings"]["rows"].as_array().unwrap().last().unwrap()["human"];
    assert_eq!((&human["answered"], &human["seed"]), (&json!(2), &json!(1)));
    assert!(human["median_seconds"].is_f64());

    // One more answer changes the row alone, and no clip is evaluated again.
    let mut session = quiz(folder.path());
    session.wait_for("2 of 4 clips are answered, 2 skipped.");
    session.press("\r");
    press_at(&mut session, "clip 2 of 4", "3");
    session.wait_for("clip 4 of 4 · 3 answered, 1 skipped");
    session.press("q");
    assert!(session.end().0.success());
    let clips = fs::read(folder.path().join("results/clips.jsonl")).unwrap();
    let more = eval("--human answers");
    assert_eq!(more["rows"].as_array().unwrap().last().unwrap()["n_read"], 3);
    assert_eq!(fs::read(folder.path().join("results/clips.jsonl")).unwrap(), clips);
    let rows = |results: &Value| results["rows"].as_array().unwrap()[..6].to_vec();
    assert_eq!(rows(&more), rows(&results));
    assert_eq!(rows(&eval("")), rows(&results), "without people it is the same evaluation");

    // The explorer has the row, and says which clips it lacks.
    eval("--human answers");
    let outcome = program_in(folder.path(), "results --plain").write_stdin("results\nquit\n").assert();
    outcome.success();
}

#[test]
fn answers_about_another_manifest_are_refused() {
    let folder = dataset();
    let mut session = quiz(folder.path());
    press_at(&mut session, "clip 1 of 4", "1");
    session.wait_for("clip 2 of 4");
    session.press("q");
    assert!(session.end().0.success());
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    let manifest = fs::read_to_string(folder.path().join("manifest.jsonl")).unwrap();
    let digest = |text: &str| blake3::hash(text.as_bytes()).to_string();
    let other = manifest.replace("\"answer\":1", "\"answer\":0");
    assert_ne!(manifest, other);
    fs::write(folder.path().join("manifest.jsonl"), &other).unwrap();
    let refused = program_in(folder.path(), "eval manifest.jsonl --human answers").assert().code(1);
    let (then, now) = (digest(&manifest), digest(&other));
    for part in ["about another manifest", &then, &now] {
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr);
        assert!(stderr.contains(part), "{stderr}");
    }
    let shard = program_in(folder.path(), "eval manifest.jsonl --human answers --out r --shard 1/2").assert();
    shard.code(2).stderr(predicate::str::contains("--shard"));
}

#[test]
fn a_merge_adds_the_row_of_a_person() {
    let folder = dataset();
    let mut session = quiz(folder.path());
    press_at(&mut session, "clip 1 of 4", "1");
    session.wait_for("clip 2 of 4");
    session.press("q");
    assert!(session.end().0.success());
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    for shard in ["1/2", "2/2"] {
        let arguments = format!("eval manifest.jsonl --out shards --shard {shard}");
        program_in(folder.path(), &arguments).assert().success();
    }
    let merge = "eval merge shards --json --human answers --out merged";
    let merged = program_in(folder.path(), merge).assert().success();
    let whole = program_in(folder.path(), "eval manifest.jsonl --json --human answers").assert().success();
    let rows = |outcome: &assert_cmd::assert::Assert| {
        let results: Value = serde_json::from_slice(&outcome.get_output().stdout).unwrap();
        (results["rows"].clone(), results["against_people"].clone())
    };
    assert_eq!(rows(&merged), rows(&whole));
    assert_eq!(rows(&merged).0.as_array().unwrap().last().unwrap()["name"], "human:ana");
}

#[test]
fn without_a_terminal_a_quiz_leaves_nothing_behind() {
    let folder = dataset();
    let refused = program_in(folder.path(), "quiz manifest.jsonl --out answers").assert().code(1);
    refused.stderr(predicate::str::contains("the quiz needs a terminal\nhelp:"));
    assert!(!folder.path().join("answers").exists());
}
