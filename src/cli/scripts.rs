//! `actalign-tui scripts`: script files, before any clip is compared with them.

mod check;
mod convert;
mod generate;
mod list;

use clap::{Args, Subcommand};
use color_eyre::eyre::Result;

/// Script files: those that come with the program, new ones from a language model, what is doubtful about one, and those of
/// others
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

/// Columns as wide as their widest cell, the last as it is.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
