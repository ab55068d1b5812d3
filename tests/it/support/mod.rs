//! What several tests need: the built program, the tiny checkpoint, clips made on the spot, an HTTP server, a clock.

pub mod clip;
pub mod server;

use std::path::Path;

use assert_cmd::Command;

/// The built program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_actalign-tui");
/// A small checkpoint of random weights.
pub const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny");

/// The built program, to be given arguments. It logs nothing, so that no test writes into the user's data folder.
pub fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("ACTALIGN_LOG", "off");
    command
}

/// The built program in a folder, with the small checkpoint and with its own files below the folder.
pub fn program_in(folder: &Path, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).args(arguments.split_whitespace());
    command.env("ACTALIGN_MODEL", MODEL).env_remove("ACTALIGN_CACHE_SIZE");
    for (variable, name) in
        [("ACTALIGN_DATA_DIR", "data"), ("ACTALIGN_CONFIG_DIR", "config"), ("ACTALIGN_CACHE_DIR", "cache")]
    {
        command.env(variable, folder.join(name));
    }
    command
}
