//! The `actalign-tui` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Read here and not in the library, so that another commit compiles this file alone.
    actalign_tui::cli::main(option_env!("ACTALIGN_COMMIT"))
}
