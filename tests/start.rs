//! The program starts without FFmpeg.
#![cfg(lazy_ffmpeg)]

#[allow(dead_code)] // The build script reads the rest.
#[path = "../build/elf.rs"]
mod elf;

#[allow(dead_code)]
#[path = "video/clip.rs"]
mod clip;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

use elf::Elf;

const PROGRAM: &str = env!("CARGO_BIN_EXE_actalign-tui");

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny");

fn is_of_ffmpeg(name: &str) -> bool {
    ["av", "sw", "libav", "libsw"].iter().any(|prefix| name.starts_with(prefix))
}

#[test]
fn the_program_needs_no_library_of_ffmpeg() {
    let program = Elf::read(Path::new(PROGRAM)).unwrap();
    let needed = program.needed().unwrap();
    assert!(needed.iter().any(|library| library.starts_with("libc.so")), "{needed:?}");
    let direct: Vec<String> =
        program.imports().unwrap().into_iter().filter(|name| is_of_ffmpeg(name)).collect();
    assert!(
        !needed.iter().any(|library| is_of_ffmpeg(library)),
        "build/main.rs has no function for what is called directly: {direct:?}; needed: {needed:?}"
    );
}

#[test]
fn without_ffmpeg_the_program_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    for version in 50..80 {
        fs::write(folder.path().join(format!("libavutil.so.{version}")), "no library").unwrap();
    }
    let clip = folder.path().join("clip.mp4");
    fs::write(&clip, "no video").unwrap();
    let program = || {
        let mut program = Command::new(PROGRAM);
        program.env("LD_LIBRARY_PATH", folder.path());
        program
    };
    program().arg("--version").assert().success();
    program()
        .args(["embed", "--out", "x.safetensors", "--video"])
        .arg(&clip)
        .args(["--model", MODEL, "--no-cache"])
        .assert()
        .code(1)
        .stderr(contains("libavutil.so").and(contains("apt install ffmpeg")));
    program().arg("doctor").assert().code(1).stdout(contains("PROBLEM FFmpeg"));
}

#[test]
fn a_clip_that_is_known_loads_no_ffmpeg() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    clip::reordered(5).write(&path("clip.mp4"), clip::paint_number);
    let scripts =
        r#"{"domain": "chess", "classes": [{"name": "castling", "steps": ["king moves", "rook jumps"]}]}"#;
    fs::write(path("scripts.json"), scripts).unwrap();
    let loads_ffmpeg = || {
        let mut program = Command::new(PROGRAM);
        program.current_dir(folder.path()).env("ACTALIGN_CACHE_DIR", path("cache"));
        // The loader tells what it loads.
        program.env("LD_DEBUG", "files").env_remove("LD_LIBRARY_PATH");
        program.args(["classify", "clip.mp4", "--scripts", "scripts.json", "--model", MODEL]);
        let told = program.assert().success().get_output().stderr.clone();
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("libc.so"), "{told}");
        told.contains("libavcodec.so")
    };
    assert!(loads_ffmpeg(), "to decode it");
    assert!(!loads_ffmpeg(), "the second time");
}
