//! The bundled demo through the built program.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::program;

#[test]
fn the_bundled_model_recognises_the_bundled_clips() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let (results, rankings) = rankings_of_the_demo(&[]);
    let names = [
        "chance",
        "mean-pool",
        "order-free",
        "+alignment",
        "+context",
        "+smoothing",
        "short-fixed",
        "context-rich",
    ];
    let rows = results["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
    let clips = std::fs::read_to_string(demo.join("manifest.jsonl")).unwrap();
    let clips = clips.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_right = |(clip, (winner, _)): (Value, (Value, Value))| winner == clip["answer"];
    let right: Vec<bool> = clips.zip(rankings).map(is_right).collect();
    assert!(right[..4].iter().all(|right| *right), "the easy clips come first: {right:?}");
    assert!(right[4..].iter().filter(|right| **right).count() >= 2, "{right:?}");
}

/// The bundled model reads 40 tokens.
#[test]
fn a_template_that_the_model_would_cut_gives_way_to_a_shorter_one() {
    let data = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let clips = std::fs::read_to_string(demo.join("manifest.jsonl")).unwrap();
    let clip: Value = serde_json::from_str(clips.lines().next().unwrap()).unwrap();
    let clip = demo.join(clip["video"].as_str().unwrap());
    let scripts = data.path().join("scripts.json");
    let classify = |words: usize, template: &[&str]| {
        let step = "player ".repeat(words);
        let classes =
            ["shot", "pass"].map(|name| json!({"name": name, "steps": [format!("{step}{name}"), name]}));
        std::fs::write(&scripts, json!({"domain": "basketball", "classes": classes}).to_string()).unwrap();
        let output = program()
            .env("ACTALIGN_DATA_DIR", data.path())
            .env("ACTALIGN_CACHE_DIR", data.path().join("cache"))
            .args(["classify", "--model", "demo", "--fps", "1", "--json", "--scripts"])
            .arg(&scripts)
            .arg(&clip)
            .args(template)
            .assert()
            .success();
        let output = output.get_output();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["settings"]["template"].clone(), String::from_utf8(output.stderr.clone()).unwrap())
    };
    assert_eq!(classify(10, &[]).0, "context");
    let (template, message) = classify(30, &[]);
    assert_eq!(template, "short");
    assert!(message.contains("would cut 2 of 4 sentences, so short is used, which cuts 0"), "{message}");
    assert_eq!(classify(30, &["--template", "context"]).0, "context");
    // Where the shorter one is cut just as often, nothing is won by it.
    assert_eq!(classify(50, &[]).0, "context");
}

/// The row +smoothing of an evaluation of the demo: for each clip its ranking, and what was seen of it.
fn rankings_of_the_demo(flags: &[&str]) -> (Value, Vec<(Value, Value)>) {
    let data = tempfile::tempdir().unwrap();
    let out = data.path().join("results");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/manifest.jsonl");
    let output = program()
        .env("ACTALIGN_DATA_DIR", data.path())
        .env("ACTALIGN_CACHE_DIR", data.path().join("cache"))
        .args(["eval", "--model", "demo", "--json", "--out"])
        .arg(&out)
        .arg(manifest)
        .args(flags)
        .assert()
        .success();
    let results = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let clips = std::fs::read_to_string(out.join("clips.jsonl")).unwrap();
    let clip = |line: &str| {
        let mut clip: Value = serde_json::from_str(line).unwrap();
        let rows = clip["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == "+smoothing").unwrap()["ranking"][0].clone();
        (row, clip["seen"].take())
    };
    (results, clips.lines().map(clip).collect())
}

#[test]
fn clips_are_settled_before_all_frames_are_seen() {
    let (whole, all) = rankings_of_the_demo(&[]);
    assert!(whole.get("seen").is_none() && all.iter().all(|(_, seen)| seen.is_null()));
    let (results, early) = rankings_of_the_demo(&["--until-settled"]);
    assert_eq!(results["settings"]["until_settled"], true);
    assert_eq!(results["seen"].as_object().unwrap().len(), all.len());
    let (mut frames, mut of) = (0, 0);
    for ((winner, _), (settled, seen)) in all.iter().zip(&early) {
        assert_eq!(winner, settled, "{seen}");
        let count = |field: &str| seen[field].as_u64().unwrap();
        assert_eq!(seen["settled"], count("frames") < count("of"), "{seen}");
        frames += count("frames");
        of += count("of");
    }
    assert!(2 * frames < of, "{frames} of {of}");
}

#[test]
fn classify_says_how_much_it_has_seen() {
    let data = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let classify = |flags: &[&str]| {
        let output = program()
            .env("ACTALIGN_DATA_DIR", data.path())
            .env("ACTALIGN_CACHE_DIR", data.path().join("cache"))
            .args(["classify", "--model", "demo", "--scripts"])
            .arg(demo.join("scripts.json"))
            .arg(demo.join("clips/tennis-0002.mp4"))
            .args(flags)
            .assert()
            .success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let json = |flags: &[&str]| serde_json::from_str::<Value>(&classify(flags)).unwrap();
    let early = json(&["--until-settled", "--json"]);
    let seen = &early["seen"];
    let (frames, of) = (seen["frames"].as_u64().unwrap(), seen["of"].as_u64().unwrap());
    assert!(frames <= of && (frames < of) == (seen["settled"] == true), "{seen}");
    // Paths are of the whole clip.
    let class = &early["classes"][0];
    let last = class["path"].as_array().unwrap().last().unwrap()[1].as_u64().unwrap();
    assert_eq!(last, of - 1);
    let whole = json(&["--json"]);
    assert!(whole.get("seen").is_none());
    assert_eq!(whole["classes"][0]["path"].as_array().unwrap().last().unwrap()[1], last);
    // All frames are in the cache by now.
    let text = classify(&["--until-settled"]);
    assert!(text.contains(&format!("not settled early: all {of} frames seen")), "{text}");
}
