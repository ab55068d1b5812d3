//! The `actalign-tui` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    actalign_tui::cli::main()
}
