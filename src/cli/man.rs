//! `actalign-tui man`: writes the manual pages, for packages.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

/// Write the manual pages of the program and of each command into a folder
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct ManArgs {
    /// A folder that exists
    folder: PathBuf,
}

pub fn run(args: &ManArgs, program: clap::Command) -> Result<()> {
    clap_mangen::generate_to(program, &args.folder)
        .wrap_err_with(|| format!("cannot write manual pages into {}", args.folder.display()))
}
