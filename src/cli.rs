//! Arguments in, one command out.

pub mod align;

use clap::Parser;
use std::process::ExitCode;

/// See why a clip is this action and not that one: zero-shot action recognition by language-guided alignment
#[derive(Debug, Parser)]
#[command(name = "actalign-tui", version)]
pub enum Cli {
    /// Align embeddings made elsewhere and rank the classes
    Align(align::AlignArgs),
}

/// Runs the command that the arguments name: 0 done, 1 failed with a message, 2 bad usage.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse() {
        Cli::Align(args) => align::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
