//! `actalign-tui eval merge`: one evaluation from its shards.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, bail};

use crate::cli::eval::{check_some_read, print, write};
use crate::eval::{self, Results};
use crate::output;

/// Make one result of the shards of an evaluation: that which a single process would have come to
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Folders of shards, or the folder that they are in
    #[arg(value_name = "FOLDER", required = true)]
    folders: Vec<PathBuf>,
    /// Folder for the results [default: the one folder that is named]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &MergeArgs) -> Result<()> {
    let (run, records) = eval::merge(&args.folders)?;
    let out = match (&args.out, &args.folders[..]) {
        (Some(out), _) => out,
        // A shard's own folder is not the place for the results of all.
        (None, [folder]) if !eval::Run::is_at(folder) || eval::Run::load(folder)?.shard.is_none() => folder,
        _ => bail!("several folders are named: name one for the results with --out"),
    };
    let results = Results::new(&records, run.settings.clone());
    check_some_read(&run, &results)?;
    if let Some(notice) = eval::write_run(out, &run, &records)? {
        output::say(notice);
    }
    write(out, &results)?;
    print(&results, args.json)
}
