//! The log file of the built program.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use crate::support::server::{Reply, Server};
use crate::support::{MODEL, clip, program};

const SECRET: &str = "sk-quite-secret-0123456789";

fn world() -> TempDir {
    let folder = TempDir::new().unwrap();
    clip::reordered(10).write(&folder.path().join("clip.mp4"), clip::paint_number);
    let scripts =
        json!({"domain": "chess", "classes": [{"name": "fork", "steps": ["knight jumps", "king moves"]}]});
    fs::write(folder.path().join("scripts.json"), scripts.to_string()).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(folder).args(arguments).env_remove("ACTALIGN_LOG").env("ACTALIGN_MODEL", MODEL);
    for variable in ["ACTALIGN_DATA_DIR", "ACTALIGN_CONFIG_DIR", "ACTALIGN_CACHE_DIR"] {
        command.env(variable, folder.join("own"));
    }
    command
}

/// The events of the log, without their times.
fn log(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("own/actalign.log")).unwrap_or_default();
    text.lines().map(|line| line.split_once('Z').map_or(line, |(_, event)| event).to_owned()).collect()
}

#[test]
fn a_session_is_logged_from_start_to_end_without_secrets() {
    let folder = world();
    let server = Server::of(vec![Reply::said(r#"{"answer": 1}"#)]);
    let url = format!("{}?key={SECRET}", server.url());
    let arguments =
        ["clip.mp4", "--scripts", "scripts.json", "--plain", "--vlm", "oracle", "--key-env", "KEY"];
    run(folder.path(), &[&arguments[..], &["--endpoint", &server.url()]].concat())
        .env("KEY", SECRET)
        .write_stdin("look\nopen missing.mp4\nquit\n")
        .assert()
        .success();
    run(folder.path(), &["classify", "missing.mp4", "--scripts", "scripts.json", "--model", &url])
        .assert()
        .code(1);
    let events = log(folder.path());
    let expected = [
        ("INFO", "start: classify missing.mp4"),
        ("INFO", "decoding clip=clip.mp4"),
        ("INFO", "loading model="),
        ("INFO", "request method=POST"),
        ("WARN", "missing.mp4"),
        ("INFO", "end"),
        ("ERROR", "end: "),
    ];
    for (level, text) in expected {
        let is_there = |event: &String| event.contains(level) && event.contains(text);
        assert!(events.iter().any(is_there), "{level} {text}: {events:#?}");
    }
    assert!(events[0].contains("start: clip.mp4 --scripts scripts.json --plain"), "{events:#?}");
    assert!(!events.concat().contains(SECRET), "{events:#?}");
    let process = |event: &String| event.split_whitespace().next().map(str::to_owned);
    assert_ne!(process(&events[0]), process(&events[events.len() - 1]), "each process by its number");
}

#[test]
fn the_variable_sets_the_level_and_doctor_names_the_file() {
    let folder = world();
    let file = folder.path().join("own").join("actalign.log");
    for level in ["off", "OFF", "warn"] {
        run(folder.path(), &["doctor"]).env("ACTALIGN_LOG", level).assert().success();
        assert!(!file.exists(), "{level}");
    }
    run(folder.path(), &["doctor", "--help"]).assert().success();
    assert!(!folder.path().join("own").exists(), "help logs nothing");
    let says = predicate::str::contains(file.display().to_string());
    run(folder.path(), &["doctor"]).env("ACTALIGN_LOG", "no level").assert().success().stdout(says);
    assert_eq!(log(folder.path()).len(), 2, "start and end, as by default");
}

#[test]
fn a_log_that_cannot_be_written_changes_nothing() {
    let folder = world();
    fs::write(folder.path().join("own"), "a file in the place of the folder").unwrap();
    let outcome = run(folder.path(), &["doctor"]).assert().success();
    assert!(outcome.get_output().stderr.is_empty(), "{outcome}");
}
