//! `actalign-tui export`: figures, tables and text of saved snapshots.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::cli::usage;
use crate::error_chain::error_chain;
use crate::export::{FORMATS, Format, Selection};
use crate::files::atomic_write::{write_atomically, write_new};
use crate::output;
use crate::snapshot::Snapshot;

/// Columns of text where no terminal says how many it has.
const COLUMNS: usize = 100;

/// Figures, tables and text of saved snapshots, without model or clip
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Snapshots saved by the explorer
    #[arg(value_name = "SNAPSHOT", required = true)]
    snapshots: Vec<PathBuf>,
    /// Formats, separated by commas; by default svg and png, or what the file of --out ends in
    #[arg(long, value_parser = format(), value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<&'static Format>,
    /// A folder, a file to overwrite, or `-` for standard output; by default new files beside each snapshot
    #[arg(long, value_name = "DIR|FILE|-")]
    out: Option<PathBuf>,
    /// One or two classes for figures and text, by name or index from 0; by default those that the explorer showed
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    classes: Vec<String>,
}

/// `--format`: the name of a row of [`FORMATS`].
fn format() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.help));
    PossibleValuesParser::new(names).try_map(|name| named(&name).ok_or("no such format"))
}

fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format that the extension of a file's name asks for.
fn of_extension(path: &Path) -> Option<&'static Format> {
    let extension = path.extension()?.to_str()?;
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}

/// Ends the process: the arguments do not go together.
fn misused(message: &str) -> ! {
    usage::misused(ErrorKind::ArgumentConflict, message)
}

/// Exports every snapshot; one that is broken does not stop the rest.
pub fn run(args: &ExportArgs) -> Result<()> {
    let formats = formats(args);
    let mut failures = Vec::new();
    for path in &args.snapshots {
        if let Err(report) = export(path, args, &formats) {
            failures.push(report);
        }
    }
    let Some(last) = failures.pop() else { return Ok(()) };
    if args.snapshots.len() == 1 {
        return Err(last);
    }
    for report in failures.iter().chain([&last]) {
        output::say(error_chain(report));
    }
    bail!("{} of {} snapshots could not be exported", failures.len() + 1, args.snapshots.len())
}

/// The formats to write. Arguments that do not go together end the process.
fn formats(args: &ExportArgs) -> Vec<&'static Format> {
    if args.classes.len() > 2 {
        misused("--classes takes one class or two\nhelp: give a class whose name has a comma by its index");
    }
    let mut formats = args.format.clone();
    let out = args.out.as_deref().filter(|out| !is_folder(out));
    let file = out.filter(|out| out.as_os_str() != "-");
    if let (Some(file), []) = (file, &formats[..]) {
        formats.extend(of_extension(file));
        if formats.is_empty() {
            misused(&format!(
                "--out {}: no such folder, and no format has this extension\nhelp: make the folder, or name a file that \
                 ends in {}",
                file.display(),
                listed(FORMATS.iter().map(|format| format!(".{}", format.extension)))
            ));
        }
    }
    if formats.is_empty() {
        formats.extend(["svg", "png"].into_iter().filter_map(named));
    }
    let is_single = formats.len() == 1 && args.snapshots.len() == 1;
    match (out, file) {
        (Some(_), None) if !is_single || !formats[0].is_text => {
            let texts = FORMATS.iter().filter(|format| format.is_text);
            let texts = listed(texts.map(|format| format.name.to_owned()));
            misused(&format!("--out - takes one snapshot and one --format: {texts}"))
        }
        (_, Some(file)) if !is_single => misused(&format!(
            "--out {}: a file takes one snapshot and one --format\nhelp: for more, name an existing folder",
            file.display()
        )),
        (_, Some(file)) if is_same(file, &args.snapshots[0]) => {
            misused(&format!("--out {} is the snapshot itself\nhelp: name another file", file.display()))
        }
        _ => formats,
    }
}

/// `a, b or c`
fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => items.concat(),
    }
}

/// Whether `--out` names a folder.
fn is_folder(out: &Path) -> bool {
    out.as_os_str() != "-" && out.is_dir()
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn export(path: &Path, args: &ExportArgs, formats: &[&Format]) -> Result<()> {
    let snapshot = Snapshot::load(path)?;
    let selection = Selection { classes: &args.classes, columns: columns() };
    for format in formats {
        let bytes = (format.render)(&snapshot, selection).wrap_err_with(|| path.display().to_string())?;
        let folder = match args.out.as_deref() {
            None => path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")),
            Some(folder) if is_folder(folder) => folder,
            Some(out) if out.as_os_str() == "-" => {
                output::print_bytes(&bytes)?;
                continue;
            }
            Some(file) => {
                write_atomically(file, &bytes)
                    .wrap_err_with(|| format!("cannot write {}", file.display()))?;
                continue;
            }
        };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let extension = format.extension;
        let written = write_new(folder, &bytes, |number| match number {
            1 => format!("{stem}.{extension}"),
            _ => format!("{stem}-{number}.{extension}"),
        });
        let written = written.wrap_err_with(|| {
            format!("cannot write in {}\nhelp: name another folder with --out", folder.display())
        })?;
        output::print(format!("{}\n", written.strip_prefix(".").unwrap_or(&written).display()))?;
    }
    Ok(())
}

/// As wide as the terminal that shows it.
fn columns() -> usize {
    let size = output::stdout_is_terminal().then(|| crossterm::terminal::size().ok()).flatten();
    size.map_or(COLUMNS, |(columns, _)| columns.into())
}
