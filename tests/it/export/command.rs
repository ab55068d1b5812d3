//! `actalign-tui export`.

use std::fs;
use std::path::Path;

use actalign_tui::snapshot::save;
use assert_cmd::Command;
use predicates::prelude::*;
use tempfile::TempDir;

use crate::export::world::jump;
use crate::support::program;

/// A folder with a snapshot, `jump.actalign-1.json`.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    save(&jump(), folder.path()).unwrap();
    folder
}

fn export(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(folder).arg("export").args(arguments);
    command
}

const SNAPSHOT: &str = "jump.actalign-1.json";

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn figures_are_written_beside_the_snapshot_and_replace_nothing() {
    let folder = folder();
    for written in
        ["jump.actalign-1.svg\njump.actalign-1.png\n", "jump.actalign-1-2.svg\njump.actalign-1-2.png\n"]
    {
        export(folder.path(), &[SNAPSHOT]).assert().success().stdout(written).stderr("");
    }
    assert_eq!(files(folder.path()).len(), 5, "no temporary file is left");
    let [first, second] = ["jump.actalign-1.svg", "jump.actalign-1-2.svg"]
        .map(|name| fs::read(folder.path().join(name)).unwrap());
    assert_eq!(first, second);
    assert!(image::open(folder.path().join("jump.actalign-1.png")).is_ok());
}

#[test]
fn every_format_goes_into_a_folder() {
    let folder = folder();
    fs::create_dir(folder.path().join("out")).unwrap();
    export(folder.path(), &[SNAPSHOT, "--format", "svg,png,md,csv,text,ansi", "--out", "out"])
        .assert()
        .success();
    let endings =
        ["ansi", "csv", "md", "png", "svg", "txt"].map(|ending| format!("jump.actalign-1.{ending}"));
    assert_eq!(files(&folder.path().join("out")), endings);
}

#[test]
fn a_dash_prints_and_writes_no_file() {
    let folder = folder();
    let print = |format: &str| {
        export(folder.path(), &[SNAPSHOT, "--format", format, "--out", "-"]).assert().success().stderr("")
    };
    print("csv").stdout(predicate::str::starts_with("rank,class,domain"));
    print("md").stdout(predicate::str::starts_with("# jump.mp4"));
    print("text").stdout(predicate::str::contains("━").and(predicate::str::contains("\x1b").not()));
    print("ansi").stdout(predicate::str::contains("\x1b["));
    print("svg").stdout(predicate::str::starts_with("<svg"));
    assert_eq!(files(folder.path()), [SNAPSHOT]);
}

#[test]
fn the_extension_of_out_chooses_the_format() {
    let folder = folder();
    let figure = folder.path().join("figure.svg");
    fs::write(&figure, "old").unwrap();
    export(folder.path(), &[SNAPSHOT, "--out", "figure.svg", "--classes", "nap"])
        .assert()
        .success()
        .stdout("");
    let svg = fs::read_to_string(&figure).unwrap();
    assert!(svg.contains("<title>nap</title>"));
    export(folder.path(), &[SNAPSHOT, "--out", "figure.svg", "--classes", "2,high jump"]).assert().success();
    assert!(fs::read_to_string(&figure).unwrap().contains("<title>nap / high jump</title>"));
}

#[test]
fn conflicting_arguments_exit_with_2() {
    let folder = folder();
    fs::create_dir(folder.path().join("out")).unwrap();
    for (arguments, says) in [
        (&[][..], "SNAPSHOT"),
        (&[SNAPSHOT, "--format", "pdf"], "pdf"),
        (&[SNAPSHOT, "--out", "-"], "one --format"),
        (&[SNAPSHOT, "--out", "-", "--format", "png"], "one --format"),
        (&[SNAPSHOT, SNAPSHOT, "--out", "-", "--format", "md"], "one snapshot"),
        (&[SNAPSHOT, "--out", "nowhere"], "no such folder"),
        (&[SNAPSHOT, "--out", "x.svg", "--format", "svg,png"], "an existing folder"),
        (&[SNAPSHOT, "--out", SNAPSHOT, "--format", "md"], "the snapshot itself"),
        (&[SNAPSHOT, "--classes", "0,1,2"], "one class or two"),
    ] {
        export(folder.path(), arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(predicate::str::starts_with("error: ").and(predicate::str::contains(says)));
    }
    assert_eq!(files(folder.path()), [SNAPSHOT, "out"]);
}

#[test]
fn failures_exit_with_1_and_name_the_file() {
    let folder = folder();
    fs::write(folder.path().join("x.json"), "{}").unwrap();
    let says = |arguments: &[&str], says: &str| {
        export(folder.path(), arguments)
            .assert()
            .code(1)
            .stdout("")
            .stderr(predicate::str::starts_with("actalign-tui: ").and(predicate::str::contains(says)));
    };
    says(&["nowhere.json"], "cannot read nowhere.json: ");
    says(&["x.json"], "x.json: JSON, but no snapshot");
    says(&[SNAPSHOT, "--classes", "somersault"], "no class \"somersault\"");
    says(&[SNAPSHOT, "--out", "nowhere/x.svg"], "cannot write nowhere/x.svg");
}

#[test]
fn a_broken_snapshot_does_not_stop_the_rest() {
    let folder = folder();
    fs::write(folder.path().join("x.json"), "{}").unwrap();
    export(folder.path(), &["x.json", SNAPSHOT, "--format", "md"])
        .assert()
        .code(1)
        .stdout("jump.actalign-1.md\n")
        .stderr(predicate::str::contains("x.json").and(predicate::str::contains("1 of 2")));
}
