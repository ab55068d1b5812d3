//! `actalign-tui eval merge`: one evaluation from its shards.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::Result;

use crate::cli::eval::{print, reporter};
use crate::eval;

/// Merge the shards of an evaluation into the result that a single process would give
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Folders of shards, or the folder that holds them
    #[arg(value_name = "FOLDER", required = true)]
    folders: Vec<PathBuf>,
    /// Folder for the results [default: the one folder named]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &MergeArgs) -> Result<()> {
    let finished = eval::merge(&args.folders, args.out.as_deref(), reporter())?;
    print(&finished.results, args.json)
}
