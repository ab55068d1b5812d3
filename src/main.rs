use std::process::ExitCode;

fn main() -> ExitCode {
    actalign_tui::cli::run()
}
