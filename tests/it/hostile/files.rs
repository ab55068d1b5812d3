//! Files that are not regular, are too large, or cannot be written.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

use crate::support::{MODEL, PROGRAM, clip, program_in};

/// A command that waits for a pipe or reads a device to its end fails after this time.
const PATIENCE: Duration = Duration::from_secs(60);

const SCRIPTS: &str =
    r#"{"domain": "chess", "classes": [{"name": "castling", "steps": ["king moves", "rook jumps"]}]}"#;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    fs::write(folder.path().join("texts.txt"), "king moves\n").unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Process::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/zero", folder.path().join("zero")).unwrap();
    folder
}

fn with_clip() -> TempDir {
    let folder = folder();
    clip::reordered(25).write(&folder.path().join("clip.mp4"), clip::paint_number);
    folder
}

fn run(folder: &Path, arguments: &str) -> Command {
    let mut command = program_in(folder, arguments);
    command.timeout(PATIENCE);
    command
}

#[test]
fn pipes_and_devices_are_refused_by_name() {
    let folder = folder();
    let commands = [
        "scripts check {}",
        "export {}",
        "eval {} --scripts scripts.json",
        "embed --texts {} --out out.npy",
        "align --frames {} --steps {} --logit-scale 1 --logit-bias 0",
        "keys --config {}",
        "scripts generate --classes-file {} --domain chess --dry-run",
        "{} --plain",
    ];
    for command in commands {
        for name in ["pipe", "zero"] {
            let refused = run(folder.path(), &command.replace("{}", name)).assert().failure();
            let output = refused.get_output();
            let printed = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.code().is_some(), "{command} {name}: {printed}");
            assert!(printed.contains(name) || command.contains("--plain"), "{command} {name}: {printed}");
        }
    }
}

#[test]
fn pipes_and_devices_in_a_checkpoint_are_refused_by_name() {
    let folder = folder();
    for file in ["config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"] {
        for other in ["pipe", "zero"] {
            let model = TempDir::new().unwrap();
            for entry in fs::read_dir(MODEL).unwrap() {
                let entry = entry.unwrap();
                if entry.file_name() != file {
                    fs::copy(entry.path(), model.path().join(entry.file_name())).unwrap();
                }
            }
            symlink(folder.path().join(other), model.path().join(file)).unwrap();
            run(folder.path(), "embed --texts texts.txt --out out.npy")
                .env("ACTALIGN_MODEL", model.path())
                .assert()
                .code(1)
                .stderr(contains(file).and(contains("not a file")));
        }
    }
}

#[test]
fn too_large_files_are_refused_with_size_and_bound() {
    let folder = folder();
    let large = File::create(folder.path().join("large.json")).unwrap();
    large.set_len(300 << 20).unwrap();
    for command in ["scripts check large.json", "eval large.json --scripts scripts.json"] {
        run(folder.path(), command)
            .assert()
            .code(1)
            .stderr(contains("large.json").and(contains("300 MiB")).and(contains("256 MiB")));
    }
    run(folder.path(), "export large.json").assert().code(1).stderr(contains("larger than 256 MiB"));
    run(folder.path(), "keys --config large.json").assert().code(1).stderr(contains("at most 16 MiB"));
}

#[test]
fn shell_pipes_are_read() {
    let folder = folder();
    run(folder.path(), "scripts check /dev/stdin").write_stdin(SCRIPTS).assert().success();
    run(folder.path(), "keys --config /dev/null").assert().success();
}

#[test]
fn a_snapshot_opens_before_its_clip_and_model_are_read() {
    let folder = with_clip();
    let open = "clip.mp4 --scripts scripts.json --device cpu --plain";
    run(folder.path(), open).write_stdin("save-snapshot\n").assert().success();
    let live = run(folder.path(), "clip.actalign-1.json --plain").write_stdin("ranking\n").assert().success();
    let live = String::from_utf8(live.get_output().stdout.clone()).unwrap();
    assert!(live.contains("with its clip and model"), "{live}");

    fs::remove_file(folder.path().join("clip.mp4")).unwrap();
    symlink("pipe", folder.path().join("clip.mp4")).unwrap();
    run(folder.path(), "clip.actalign-1.json --plain")
        .write_stdin("ranking\n")
        .assert()
        .success()
        .stdout(contains("without embeddings: the clip").and(contains("neither a file nor a folder")));
}

/// Every command that writes a file, under a bound on the size of files.
#[test]
fn the_file_size_limit_is_an_error_that_names_the_file() {
    let folder = folder();
    fs::write(folder.path().join("texts.txt"), "king moves\n".repeat(100)).unwrap();
    let run_bounded = |arguments: &str| {
        let mut command = Command::new("sh");
        // 512 bytes.
        command.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\"", PROGRAM]);
        command.current_dir(folder.path()).args(arguments.split_whitespace()).timeout(PATIENCE);
        command.env("ACTALIGN_MODEL", MODEL).env("ACTALIGN_DATA_DIR", folder.path().join("data"));
        command
    };
    for (command, out) in [
        ("embed --texts texts.txt --no-cache --out out.npy", "out.npy"),
        ("embed --texts texts.txt --no-cache --out out.safetensors", "out.safetensors"),
        ("scripts convert lib:tennis out.json", "out.json"),
    ] {
        run_bounded(command)
            .assert()
            .code(1)
            .stderr(contains(out).and(contains("ulimit -f")).and(contains(".part").not()));
    }
    let left = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_missing_folder_is_named() {
    let folder = folder();
    run(folder.path(), "embed --texts texts.txt --out gone/out.npy")
        .assert()
        .code(1)
        .stderr(contains("gone/out.npy").and(contains("no folder gone")).and(contains(".part").not()));
}
