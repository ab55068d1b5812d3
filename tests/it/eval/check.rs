//! `eval --check` with the built program: what is there, and what is missing, before anything is embedded.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{SCRIPTS, run};
use crate::support::clip;

const SHORT: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["king moves", "rook jumps"]},
    {"name": "fork", "steps": ["knight jumps", "queen falls"]}]}"#;

/// Rows of ActionAtlas: `a` is there whole, `b` as its part, `c` is missing, and `d` has an option without a script.
fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("clips")).unwrap();
    clip::reordered(50).write(&at("clips/a.mp4"), clip::paint_number);
    clip::reordered(20).write(&at("clips/b_1.2_2.0.mp4"), clip::paint_number);
    clip::reordered(25).write(&at("clips/d.mp4"), clip::paint_number);
    fs::write(at("scripts.json"), SCRIPTS).unwrap();
    let row = |id: &str, youtube_id: &str, choices: &str, start: f64, end: f64| {
        json!({
            "youtube_id": youtube_id, "id": id, "domain": "chess", "answer": 1, "choices_str": choices,
            "start_timestamp": start, "end_timestamp": end,
        })
        .to_string()
    };
    let three = "1. castling\n2. fork\n3. pin";
    let rows = [
        row("first", "a", three, 0.4, 1.6),
        row("second", "b", three, 1.2, 2.0),
        row("missing", "c", three, 3.0, 4.25),
        row("unscripted", "d", "1. castling\n2. stalemate", 0.0, 1.0),
    ];
    fs::write(at("rows.jsonl"), rows.join("\n")).unwrap();
    folder
}

/// The document of a check, and what is said beside it. It fails if anything is missing.
fn check(folder: &Path, arguments: &str) -> (Value, String) {
    let output = run(folder, &format!("eval {arguments} --check --json")).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["complete"], output.status.success(), "{document}");
    (document, String::from_utf8(output.stderr).unwrap())
}

fn names(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_check_lists_all_that_is_missing_at_once() {
    let folder = dataset();
    let (found, said) = check(folder.path(), "rows.jsonl --clips clips");
    assert_eq!(found["benchmark"], "ActionAtlas");
    let clips = &found["clips"];
    assert_eq!((&clips["all"], &clips["ready"], &clips["folder"]), (&json!(4), &json!(2), &json!("clips")));
    assert_eq!(names(&clips["missing"], "id"), ["missing"]);
    assert!(clips["missing"][0]["reason"].as_str().unwrap().contains("c_3.0_4.2.mp4"));
    let scripts = &found["scripts"][0];
    assert_eq!((&scripts["strategy"], &scripts["candidates"]), (&json!("context-rich"), &json!(4)));
    assert_eq!(names(&scripts["missing"], "candidate"), ["stalemate"]);
    assert_eq!(scripts["missing"][0]["clips"], 1);
    assert_eq!(
        names(&found["rows"], "name"),
        ["mean-pool", "order-free", "+alignment", "+context", "+smoothing", "context-rich"]
    );
    assert!(found["rows"].as_array().unwrap().iter().all(|row| row["clips"] == 2));
    assert_eq!(names(&found["absent_rows"], "name"), ["short-fixed", "human:NAME", "x-clip", "vlm:NAME"]);
    assert!(said.contains("put the files of 1 clip into clips") && said.contains("1 candidate"), "{said}");

    run(folder.path(), "eval rows.jsonl --clips clips --check").assert().code(1).stdout(
        predicate::str::contains("MISSING  clips    3 of 4 found in clips")
            .and(predicate::str::contains("missing: neither c_3.0_4.2.mp4 nor c.mp4"))
            .and(predicate::str::contains("stalemate, in chess"))
            .and(predicate::str::contains("--scripts-short FILE")),
    );
    assert!(!folder.path().join("results").exists());
}

#[test]
fn frames_are_counted_before_and_after_they_are_embedded() {
    let folder = dataset();
    let arguments = "rows.jsonl --clips clips";
    let (before, _) = check(folder.path(), arguments);
    let model = &before["models"][0];
    // 1.2 s of the first clip and 0.8 s of the second, at ten frames a second.
    assert_eq!(model["frames"], json!({"all": 20, "cached": 0, "to_embed": 20}));
    let texts = model["texts"]["all"].as_u64().unwrap();
    assert!(texts > 0 && model["texts"]["to_embed"] == texts, "{model}");
    for rate in ["images", "frames_read", "texts"] {
        assert!(model["speed"][rate].as_f64().unwrap() > 0.0, "{model}");
    }
    let seconds = model["seconds"].as_f64().unwrap();
    assert!(seconds > 0.0 && seconds < 60.0, "{model}");
    let (native, _) = check(folder.path(), &format!("{arguments} --fps native"));
    assert_eq!(native["models"][0]["frames"]["all"], 50, "25 frames a second");

    run(folder.path(), &format!("eval {arguments}")).assert().success();
    let (after, _) = check(folder.path(), arguments);
    let model = &after["models"][0];
    assert_eq!(model["frames"], json!({"all": 20, "cached": 20, "to_embed": 0}));
    assert_eq!(model["texts"], json!({"all": texts, "cached": texts, "to_embed": 0}));
    assert_eq!((&model["speed"], &model["seconds"]), (&Value::Null, &Value::Null));
    run(folder.path(), &format!("eval {arguments} --check"))
        .assert()
        .stdout(predicate::str::contains("nothing is left to embed"));
}

#[test]
fn a_whole_dataset_passes_and_lists_the_rows_asked_for() {
    let folder = dataset();
    let at = |name: &str| folder.path().join(name);
    let rows = fs::read_to_string(at("rows.jsonl")).unwrap();
    let two: Vec<&str> = rows.lines().take(2).collect();
    fs::write(at("rows.jsonl"), two.join("\n")).unwrap();
    fs::write(at("scripts-short.json"), SCRIPTS).unwrap();
    let vlm = "--vlm some-model --vlm-endpoint http://localhost:1";
    let (found, said) =
        check(folder.path(), &format!("rows.jsonl --clips clips --aligners drop {vlm} --out results"));
    assert_eq!(found["to_do"], json!([]));
    assert!(!said.contains("help:"), "{said}");
    let made = names(&found["rows"], "name");
    for row in ["short-fixed", "drop", "vlm:some-model"] {
        assert!(made.contains(&row.to_owned()), "{made:?}");
    }
    assert_eq!(names(&found["absent_rows"], "name"), ["human:NAME", "x-clip"]);
    assert!(!at("results").exists(), "nothing is written");

    // Short scripts that lack an option are missing, and their row has no clip.
    fs::write(at("scripts-short.json"), SHORT).unwrap();
    let (found, _) = check(folder.path(), "rows.jsonl --clips clips --x-clip nowhere --human nobody");
    assert_eq!(names(&found["scripts"][1]["missing"], "candidate"), ["pin"]);
    let short = found["rows"].as_array().unwrap().iter().find(|row| row["name"] == "short-fixed").unwrap();
    assert_eq!(short["clips"], 0);
    let asked = found["absent_rows"].as_array().unwrap().iter().filter(|row| row["asked"] == true);
    assert_eq!(asked.count(), 2, "{found}");
    assert!(found["to_do"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains("nobody")));
}

#[test]
fn missing_files_of_scripts_and_models_are_reported_with_the_rest() {
    let folder = dataset();
    fs::remove_file(folder.path().join("scripts.json")).unwrap();
    let (found, said) = check(folder.path(), "rows.jsonl --clips clips --model nowhere");
    assert_eq!(found["scripts"][0]["missing"].as_array().unwrap().len(), 4);
    assert!(found["models"][0]["problem"].as_str().unwrap().contains("nowhere"));
    assert!(said.contains("nowhere") && said.contains("scripts.json") && said.contains("1 clip "), "{said}");

    // In a manifest of one's own, videos and scripts may be missing too.
    let own = json!({"id": "x", "video": "none.mp4", "domain": "chess", "candidates": ["fork", "mate"], "answer": 0});
    fs::write(folder.path().join("manifest.jsonl"), own.to_string()).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    let (found, _) = check(folder.path(), "manifest.jsonl");
    assert_eq!(names(&found["clips"]["missing"], "id"), ["x"]);
    assert_eq!(names(&found["scripts"][0]["missing"], "candidate"), ["mate"]);
    assert_eq!(found["benchmark"], Value::Null);
}

#[test]
fn texts_that_the_model_cuts_and_videos_that_cannot_be_opened_are_named() {
    let folder = dataset();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("clips/a.mp4"), "no video").unwrap();
    let long = format!("the king moves {}", "and the rook follows ".repeat(40));
    fs::write(at("scripts.json"), SCRIPTS.replace("the king moves two squares", long.trim())).unwrap();
    let (found, said) = check(folder.path(), "rows.jsonl --clips clips");
    assert_eq!(names(&found["clips"]["unreadable"], "id"), ["first"]);
    assert!(said.contains("replace the files of 1 clip"), "{said}");
    let cut = found["models"][0]["cut_texts"].as_array().unwrap();
    assert!(!cut.is_empty() && cut.iter().all(|text| text.as_str().unwrap().contains("the rook follows")));
}

#[test]
fn results_of_the_benchmark_stand_beside_the_published_figures() {
    let folder = dataset();
    let plain = run(folder.path(), "eval rows.jsonl --clips clips --out results").assert().success();
    plain.stdout(
        predicate::str::contains("Beside the published figures").and(predicate::str::contains("30.40")),
    );
    let tables = fs::read_to_string(folder.path().join("results/results.md")).unwrap();
    assert!(
        tables.contains("| Qwen2-VL, 7B") && tables.contains("30.29") && tables.contains("30.40"),
        "{tables}"
    );
    let document = fs::read_to_string(folder.path().join("results/results.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let lines = document["published"].as_array().unwrap();
    let full = lines.iter().find(|line| line["row"] == "+smoothing").unwrap();
    assert_eq!((&full["top1"], &full["table"]), (&json!(30.29), &json!("1, 2, 3")));
    assert_eq!(document["settings"]["benchmark"], "ActionAtlas");

    // An own manifest is no benchmark.
    let own = json!({"id": "x", "video": "clips/d.mp4", "domain": "chess", "candidates": ["fork", "pin"], "answer": 0});
    fs::write(folder.path().join("manifest.jsonl"), own.to_string()).unwrap();
    let own = run(folder.path(), "eval manifest.jsonl --json").assert().success().get_output().clone();
    let own: Value = serde_json::from_slice(&own.stdout).unwrap();
    assert!(own.get("published").is_none() && own["settings"].get("benchmark").is_none());
}
