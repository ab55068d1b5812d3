//! `actalign-tui scripts convert`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail};
use serde_json::Value;

use crate::files::atomic_write::{temporary, write_atomically};
use crate::output;
use crate::script::convert::{Converted, convert};
use crate::script::{library, read_json};

/// Convert the authors' generated_subactions.json to a script file, or back, without loss
#[derive(Debug, Args)]
#[command(after_help = "\
The content of IN decides the direction:
  actalign-tui scripts convert generated_subactions.json scripts.json
  actalign-tui scripts convert scripts.json generated_subactions.json
  actalign-tui scripts convert lib:figure-skating subactions.json")]
pub struct ConvertArgs {
    /// The file to convert: either format, or lib:NAME
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write, in the other format
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,
}

pub fn run(args: &ConvertArgs) -> Result<()> {
    let (input, out) = (args.input.display(), args.output.display());
    if library::is_name(&args.output) {
        bail!("cannot write {out}: it is part of the program\nhelp: name a file");
    }
    let document: Value = read_json(&args.input)?;
    let converted = convert(document).wrap_err_with(|| format!("cannot convert {input}"))?;
    let (mut text, what) = match &converted {
        Converted::Own(file) => (
            serde_json::to_vec_pretty(file)?,
            format!("script file of {}", count(file.classes.len(), "class", "classes")),
        ),
        Converted::Authors(items) => (
            serde_json::to_vec_pretty(items)?,
            format!("authors' file of {}", count(items.len(), "item", "items")),
        ),
    };
    text.push(b'\n');
    write(&args.output, &text, args.force).wrap_err_with(|| format!("cannot write {out}"))?;
    output::say(format_args!("{out}: {what}"));
    Ok(())
}

fn count(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn write(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    if force {
        return Ok(write_atomically(path, bytes)?);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match temporary(folder, bytes)?.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("it exists\nhelp: name another file, or replace it with --force")
        }
        Err(error) => Err(error.error.into()),
    }
}
