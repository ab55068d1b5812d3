//! Evaluation of datasets, with the small random checkpoint of the fixtures: rankings are arbitrary, but consistent.

mod check;
mod command;
mod datasets;
mod library;
mod runs;
mod vlm;
mod x_clip;

use std::path::Path;

use assert_cmd::Command;

use crate::support::{MODEL, program};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]},
    {"name": "pin", "steps": ["the bishop slides out", "a knight cannot move"]}]}"#;

/// The program in a folder, with its cache there.
fn run(folder: &Path, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).env("ACTALIGN_MODEL", MODEL).env("ACTALIGN_CACHE_DIR", folder.join("cache"));
    command.args(arguments.split_whitespace());
    command
}
