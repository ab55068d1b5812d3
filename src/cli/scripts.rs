//! `actalign-tui scripts`: script files.

mod generate;

use clap::{Args, Subcommand};
use color_eyre::eyre::Result;

/// Make script files
#[derive(Debug, Args)]
pub struct ScriptsArgs {
    #[command(subcommand)]
    command: ScriptsCommand,
}

#[derive(Debug, Subcommand)]
enum ScriptsCommand {
    Generate(generate::GenerateArgs),
}

pub fn run(args: &ScriptsArgs) -> Result<()> {
    match &args.command {
        ScriptsCommand::Generate(args) => generate::run(args),
    }
}
