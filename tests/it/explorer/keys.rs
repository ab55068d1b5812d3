//! `actalign-tui keys` and `completions`, on the built binary.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::program;

fn run(folder: &Path, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).env("ACTALIGN_CONFIG_DIR", folder.join("config"));
    command.args(arguments.split_whitespace());
    command
}

fn configured(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/config.toml"), text).unwrap();
    folder
}

fn output(mut command: Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn without_a_configuration_the_defaults_are_listed() {
    let folder = TempDir::new().unwrap();
    let table = output(run(folder.path(), "keys"));
    let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap().trim().to_owned();
    assert!(table.starts_with("Candidates and steps\n  j down "), "{table}");
    assert!(line(" next-candidate ").ends_with("select the next candidate"));
    assert!(line(" redo ").starts_with("U ctrl-r "));
    assert!(table.contains(&folder.path().join("config").join("config.toml").display().to_string()));
    assert!(!folder.path().join("config").exists(), "listing writes nothing");
}

#[test]
fn the_default_file_and_a_named_one_are_read() {
    let folder = configured("[keys]\nundo = [\"ctrl-z\", \"j\"]\nplay = false\n");
    let keys = |arguments: &str, name: &str| {
        let all: Value = serde_json::from_str(&output(run(folder.path(), arguments))).unwrap();
        let all = all.as_array().unwrap().clone();
        all.into_iter().find(|entry| entry["command"] == name).unwrap()["keys"].clone()
    };
    assert_eq!(keys("keys --json", "undo"), serde_json::json!(["ctrl-z", "j"]));
    assert_eq!(keys("keys --json", "next-candidate"), serde_json::json!(["down"]));
    assert_eq!(keys("keys --json", "play"), serde_json::json!([]));

    fs::write(folder.path().join("other.toml"), "[keys]\nplay = \"P\"").unwrap();
    assert_eq!(keys("keys --json --config other.toml", "play"), serde_json::json!(["P"]));
    assert_eq!(keys("keys --json --config other.toml", "undo"), serde_json::json!(["u"]));
}

#[test]
fn keys_written_as_toml_are_a_configuration_with_the_same_keys() {
    let folder =
        configured("theme = \"mine\"\n[keys]\nundo = \"ctrl-z\"\n[themes.mine]\nbad = \"#102030\"\n");
    let written = output(run(folder.path(), "keys --toml"));
    assert!(
        written.contains("\ntheme = \"mine\" #") && written.contains("\nundo = \"ctrl-z\" # "),
        "{written}"
    );
    fs::write(folder.path().join("written.toml"), &written).unwrap();
    assert_eq!(output(run(folder.path(), "keys --toml --config written.toml")), written);
}

#[test]
fn an_invalid_configuration_ends_the_program_with_the_place_of_each_fault() {
    let folder = configured("mouse = true\n[keys]\nund = \"ctrl-z\"\nquit = false\n");
    let file = folder.path().join("config/config.toml");
    let says = |text: &str| predicate::str::contains(format!("{}:{text}", file.display()));
    run(folder.path(), "keys").assert().code(1).stdout("").stderr(
        says("3:1: unknown command \"und\"; did you mean undo")
            .and(says("4:1: quit needs a key"))
            .and(predicate::str::starts_with("actalign-tui: invalid configuration:\n")),
    );
    run(folder.path(), "keys --config missing.toml")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("cannot read the configuration missing.toml"));
    run(folder.path(), "keys --json --toml").assert().code(2);
}

#[test]
fn shells_get_their_completions() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output(run(folder.path(), &format!("completions {shell}")));
        assert!(script.contains("actalign-tui") && script.contains("classify"), "{shell}");
    }
    run(folder.path(), "completions tcsh")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("bash").and(predicate::str::contains("fish")));
}
