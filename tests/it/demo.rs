//! The bundled demo through the built program.

use std::path::Path;

use serde_json::Value;

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
