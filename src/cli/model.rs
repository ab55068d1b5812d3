//! `actalign-tui model`: models of the hub, and what a folder holds.

mod fetch;
mod info;
mod list;

use clap::{Args, Subcommand};
use color_eyre::eyre::Result;

pub use fetch::fetch_if_agreed;

/// Fetch models from the hub, list the known ones, describe a folder
#[derive(Debug, Args)]
pub struct ModelCommandArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    Fetch(fetch::FetchArgs),
    List(list::ListArgs),
    Info(info::InfoArgs),
}

pub fn run(args: &ModelCommandArgs) -> Result<()> {
    match &args.command {
        ModelCommand::Fetch(args) => fetch::run(args),
        ModelCommand::List(args) => list::run(args),
        ModelCommand::Info(args) => info::run(args),
    }
}
