//! The bundled demo through the built program.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::program;

#[test]
fn the_bundled_model_recognises_the_bundled_clips() {
    let data = tempfile::tempdir().unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/manifest.jsonl");
    let mut command = program();
    command.env("ACTALIGN_DATA_DIR", data.path()).env("ACTALIGN_CACHE_DIR", data.path().join("cache"));
    let output = command
        .env_remove("ACTALIGN_MODEL")
        .args(["eval", "--model", "demo", "--json"])
        .arg(manifest)
        .assert()
        .success();
    let results: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
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
    let row = results["rows"].as_array().unwrap().iter().find(|row| row["name"] == "+smoothing").unwrap();
    assert_eq!(row["outside"]["late-start"]["top1"], 100.0, "{row}");
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
