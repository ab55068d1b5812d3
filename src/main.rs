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
            // Users get the chain of causes, not the backtrace.
            eprintln!("actalign-tui: {report:#}");
            ExitCode::FAILURE
        }
    }
}
