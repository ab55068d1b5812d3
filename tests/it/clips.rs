//! Clips from files, folders and pipes, read by the built program.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;
use video_rs::ffmpeg::format::Pixel;

use crate::support::clip::{Clip, lossless, paint_number, reordered};
use crate::support::{MODEL, program};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps"]}]}"#;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn classify(folder: &Path, clip: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).env("ACTALIGN_MODEL", MODEL);
    for variable in ["ACTALIGN_DATA_DIR", "ACTALIGN_CACHE_DIR"] {
        command.env(variable, folder.join("own"));
    }
    command.args(["classify", clip, "--scripts", "scripts.json", "--fps", "native", "--json"]);
    command
}

/// What a run that must succeed says of the clip: its frames, and the words on standard error.
fn read(mut command: Command) -> (usize, String) {
    let output = command.assert().success().get_output().clone();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // With a script of one step the path has a cell for each frame.
    let frames = report["classes"][1]["path"].as_array().unwrap().len();
    (frames, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_clip_is_read_from_standard_input() {
    let folder = folder();
    for name in ["clip.mp4", "clip.mkv"] {
        let path = folder.path().join(name);
        reordered(20).write(&path, paint_number);
        let bytes = fs::read(&path).unwrap();
        for input in ["-", "/dev/stdin"] {
            let mut command = classify(folder.path(), input);
            command.args(["--start", "0.4"]).write_stdin(bytes.clone());
            assert_eq!(read(command), (10, String::new()), "{name} as {input}");
        }
    }
    classify(folder.path(), "-")
        .write_stdin("")
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("standard input: nothing came through the pipe"));
    classify(folder.path(), "-")
        .write_stdin("no clip")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("standard input: not a video"));
    classify(folder.path(), "-")
        .write_stdin("no clip")
        .env("TMPDIR", folder.path().join("nowhere"))
        .assert()
        .code(1)
        .stderr(predicate::str::contains("nowhere").and(predicate::str::contains("set TMPDIR")));
}

#[test]
fn the_assumed_rate_of_images_is_reported() {
    let folder = folder();
    let images = folder.path().join("frames");
    fs::create_dir(&images).unwrap();
    for number in [1, 2, 10] {
        image::RgbImage::new(6, 4).save(images.join(format!("{number}.png"))).unwrap();
    }
    let (frames, said) = read(classify(folder.path(), "frames"));
    assert_eq!((frames, said.as_str()), (3, "frames: images are taken as 25 per second of video\n"));
    let (frames, said) = read(classify(folder.path(), "frames/10.png"));
    assert_eq!((frames, said.as_str()), (1, ""));
}

/// FFmpeg logs a lot about such files.
#[test]
fn broken_clips_print_only_our_own_messages() {
    let folder = folder();
    let path = folder.path().join("clip.mov");
    for container in ["mp4", "mkv", "ts", "avi"] {
        let path = folder.path().join(format!("clip.{container}"));
        reordered(40).write(&path, paint_number);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 3..bytes.len() / 2;
        bytes[middle].iter_mut().enumerate().for_each(|(i, byte)| *byte = ((i * 7919) >> 3) as u8);
        fs::write(&path, bytes).unwrap();
        let output = classify(folder.path(), path.to_str().unwrap()).assert().get_output().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        let messages: Vec<&str> = said.lines().filter(|line| !line.starts_with("help: ")).collect();
        assert!(messages.len() <= 1 && messages.iter().all(|line| line.contains("clip.")), "{said}");
    }
    Clip { codec: "png", format: Pixel::GRAY8, ..lossless(20) }.write(&path, paint_number);
    let mut bytes = fs::read(&path).unwrap();
    let second = bytes.windows(4).enumerate().filter(|(_, window)| *window == b"\x89PNG").nth(1).unwrap().0;
    bytes[second..second + 8].fill(0);
    fs::write(&path, bytes).unwrap();
    let (frames, said) = read(classify(folder.path(), "clip.mov"));
    assert_eq!((frames, said.as_str()), (19, "clip.mov: 1 frame could not be decoded or is missing\n"));
}
