//! The `actalign-tui` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .install()
        .and_then(|()| actalign_tui::cli::run());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            eprintln!("actalign-tui: {}", actalign_tui::in_words(&report));
            ExitCode::FAILURE
        }
    }
}
