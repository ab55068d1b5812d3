//! `actalign-tui man`: writes the manual pages, for packages, and the pages of docs/reference.

mod markdown;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

use crate::tui::Config;

/// Write the manual pages of the program and of each command into a folder
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct ManArgs {
    /// A folder that exists
    folder: PathBuf,
    /// Write the pages of docs/reference instead: commands and flags, keys, configuration
    #[arg(long)]
    markdown: bool,
}

pub fn run(args: &ManArgs, program: clap::Command) -> Result<()> {
    let folder = &args.folder;
    if args.markdown {
        return write_reference(folder, program);
    }
    clap_mangen::generate_to(program, folder)
        .wrap_err_with(|| format!("cannot write manual pages into {}", folder.display()))
}

/// Each page says what the program does without a configuration.
fn write_reference(folder: &Path, program: clap::Command) -> Result<()> {
    let config = Config::default();
    for (name, page) in [
        ("commands.md", markdown::commands(program)),
        ("keys.md", markdown::keys(&config)),
        ("config.md", markdown::config(&config)),
    ] {
        let path = folder.join(name);
        fs::write(&path, page).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
