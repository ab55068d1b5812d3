//! The program starts without FFmpeg.
#![cfg(lazy_ffmpeg)]

#[allow(dead_code)] // The build script reads the rest.
#[path = "../build/elf.rs"]
mod elf;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

use elf::Elf;

const PROGRAM: &str = env!("CARGO_BIN_EXE_actalign-tui");

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
    let embed = ["--model", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny"), "--no-cache"];
    program()
        .args(["embed", "--out", "x.safetensors", "--video"])
        .arg(&clip)
        .args(embed)
        .assert()
        .code(1)
        .stderr(contains("libavutil.so").and(contains("apt install ffmpeg")));
    program().arg("doctor").assert().code(1).stdout(contains("PROBLEM FFmpeg"));
}
