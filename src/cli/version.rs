//! What `--version` and `doctor` say of this build.

use std::sync::OnceLock;

use crate::video;

/// Version of the package.
pub const NUMBER: &str = env!("CARGO_PKG_VERSION");

static COMMIT: OnceLock<&str> = OnceLock::new();

/// Keeps the commit that the program was built from, for [`long`].
pub fn set_commit(commit: Option<&'static str>) {
    if let Some(commit) = commit.filter(|commit| !commit.is_empty()) {
        COMMIT.get_or_init(|| commit);
    }
}

/// The version with commit, features and FFmpeg, a line each.
pub fn long() -> String {
    let commit = COMMIT.get().unwrap_or(&"unknown: built from a package, or without make");
    format!("{NUMBER}\ncommit: {commit}\nfeatures: {}\nFFmpeg: {}", features(), ffmpeg())
}

/// What computes.
fn features() -> String {
    let built = [("wgpu", cfg!(feature = "wgpu")), ("cuda", cfg!(feature = "cuda"))];
    let built = built.iter().filter(|(_, is_built)| *is_built).map(|(name, _)| *name);
    std::iter::once("cpu").chain(built).collect::<Vec<_>>().join(", ")
}

/// FFmpeg's version, and whether it is part of the program.
pub fn ffmpeg() -> String {
    let place = if video::FFMPEG_IS_INSIDE { "inside the program" } else { "of the system" };
    format!("{} {place}, {}", video::ffmpeg_release(), video::ffmpeg_version())
}
