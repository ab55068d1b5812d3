//! `actalign-tui export`: figures, tables and text of saved snapshots.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::atomic_write::{write_atomically, write_new};
use crate::cli::usage;
use crate::error_chain::error_chain;
use crate::export::{FORMATS, Format, Selection};
use crate::output;
use crate::snapshot::Snapshot;

/// Columns of text where no terminal says how many it has.
const COLUMNS: usize = 100;

/// Figures, tables and text of snapshots that the explorer saved, without model or clip
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The snapshots
    #[arg(value_name = "SNAPSHOT", required = true)]
    snapshots: Vec<PathBuf>,
    /// What to make, divided by commas; svg and png, unless --out names a file
    #[arg(long, value_parser = format(), value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<&'static Format>,
    /// Where to put it: a folder, a file to write anew, or `-` for standard output; beside each snapshot under a new
    /// name, unless said
    #[arg(long, value_name = "DIR|FILE|-")]
    out: Option<PathBuf>,
    /// The class or the two classes of figures and text: names, or indices from 0; those that the explorer showed,
    /// unless said
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

/// Where results go.
enum Target {
    Beside,
    Folder(PathBuf),
    File(PathBuf),
    Output,
}

/// Ends the process: the arguments do not go together.
fn misused(message: &str) -> ! {
    usage::misused(ErrorKind::ArgumentConflict, message)
}

/// Exports every snapshot; one that is broken does not stop the rest.
///
/// # Errors
/// If a snapshot cannot be read or a result cannot be written.
pub fn run(args: &ExportArgs) -> Result<()> {
    let (target, formats) = plan(args);
    let mut failures = Vec::new();
    for path in &args.snapshots {
        if let Err(report) = export(path, &target, &formats, &args.classes) {
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

/// Where to, and what. Arguments that do not go together end the process.
fn plan(args: &ExportArgs) -> (Target, Vec<&'static Format>) {
    if args.classes.len() > 2 {
        misused("--classes takes one class or two\nhelp: give a class whose name has a comma by its index");
    }
    let target = match &args.out {
        None => Target::Beside,
        Some(out) if out.as_os_str() == "-" => Target::Output,
        Some(out) if out.is_dir() => Target::Folder(out.clone()),
        Some(out) => Target::File(out.clone()),
    };
    let mut formats = args.format.clone();
    if let (Target::File(file), []) = (&target, &formats[..]) {
        formats.extend(of_extension(file));
        if formats.is_empty() {
            let file = file.display();
            misused(&format!(
                "--out {file}: no such folder, and no format has this extension\nhelp: make the folder, or name a file \
                 that ends in {}",
                listed(FORMATS.iter().map(|format| format!(".{}", format.extension)))
            ));
        }
    }
    if formats.is_empty() {
        formats.extend(["svg", "png"].into_iter().filter_map(named));
    }
    let is_single = formats.len() == 1 && args.snapshots.len() == 1;
    match &target {
        Target::Output if !is_single || !formats[0].is_text => {
            let texts = FORMATS.iter().filter(|format| format.is_text);
            let texts = listed(texts.map(|format| format.name.to_owned()));
            misused(&format!("--out - takes one snapshot and one --format: {texts}"))
        }
        Target::File(file) if !is_single => misused(&format!(
            "--out {}: a file takes one snapshot and one --format\nhelp: for more, name an existing folder",
            file.display()
        )),
        Target::File(file) if is_same(file, &args.snapshots[0]) => {
            misused(&format!("--out {} is the snapshot itself\nhelp: name another file", file.display()))
        }
        _ => (target, formats),
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

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn export(path: &Path, target: &Target, formats: &[&Format], classes: &[String]) -> Result<()> {
    let snapshot = Snapshot::load(path)?;
    let selection = Selection { classes, columns: columns() };
    for format in formats {
        let bytes = (format.render)(&snapshot, selection).wrap_err_with(|| path.display().to_string())?;
        let folder = match target {
            Target::Output => {
                output::print_bytes(&bytes)?;
                continue;
            }
            Target::File(file) => {
                write_atomically(file, &bytes)
                    .wrap_err_with(|| format!("cannot write {}", file.display()))?;
                continue;
            }
            Target::Folder(folder) => folder,
            Target::Beside => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                folder.unwrap_or(Path::new("."))
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
