//! `actalign-tui scripts`.

mod check;
mod convert;
mod generate;
mod list;

use clap::{Args, Subcommand};
use color_eyre::eyre::Result;

/// List bundled script files, have a language model write scripts, check script files, convert those of others
#[derive(Debug, Args)]
pub struct ScriptsArgs {
    #[command(subcommand)]
    command: ScriptsCommand,
}

#[derive(Debug, Subcommand)]
enum ScriptsCommand {
    List(list::ListArgs),
    Generate(generate::GenerateArgs),
    Check(check::CheckArgs),
    Convert(convert::ConvertArgs),
}

pub fn run(args: &ScriptsArgs) -> Result<()> {
    match &args.command {
        ScriptsCommand::List(args) => list::run(args),
        ScriptsCommand::Generate(args) => generate::run(args),
        ScriptsCommand::Check(args) => check::run(args),
        ScriptsCommand::Convert(args) => convert::run(args),
    }
}
