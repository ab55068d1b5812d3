//! `actalign-tui export`: figures, tables and text of saved snapshots.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::atomic_write::{write_atomically, write_new};
use crate::cli::usage;
use crate::error_chain::error_chain;
use crate::export::{self, ExportError, Ink};
use crate::output;
use crate::store::Snapshot;

/// Columns of text where no terminal says how many it has.
const COLUMNS: usize = 100;

/// Figures, tables and text of snapshots that the explorer saved, without model or clip
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The snapshots
    #[arg(value_name = "SNAPSHOT", required = true)]
    snapshots: Vec<PathBuf>,
    /// What to make, divided by commas; svg and png, unless --out names a file
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<Format>,
    /// Where to put it: a folder, a file to write anew, or `-` for standard output; beside each snapshot under a new
    /// name, unless said
    #[arg(long, value_name = "DIR|FILE|-")]
    out: Option<PathBuf>,
    /// The class or the two classes of figures and text: names, or indices from 0; those that the explorer showed,
    /// unless said
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    classes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A figure
    Svg,
    /// The same in pixels
    Png,
    /// The ranking and the settings as a Markdown table
    Md,
    /// The ranking as comma-separated values
    Csv,
    /// Ranking and heatmaps in plain characters
    Text,
    /// The same in the colours of a terminal
    Ansi,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Md => "md",
            Self::Csv => "csv",
            Self::Text => "txt",
            Self::Ansi => "ansi",
        }
    }

    /// What the name of a file asks for.
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        Self::value_variants().iter().copied().find(|format| format.ending().eq_ignore_ascii_case(ending))
    }
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
fn plan(args: &ExportArgs) -> (Target, Vec<Format>) {
    if args.classes.len() > 2 {
        misused("--classes takes one class or two; name a class whose name has a comma by its index");
    }
    let target = match &args.out {
        None => Target::Beside,
        Some(out) if out.as_os_str() == "-" => Target::Output,
        Some(out) if out.is_dir() => Target::Folder(out.clone()),
        Some(out) => Target::File(out.clone()),
    };
    let mut formats = args.format.clone();
    if let (Target::File(file), []) = (&target, &formats[..]) {
        formats.extend(Format::of(file));
        if formats.is_empty() {
            let file = file.display();
            misused(&format!(
                "--out {file}: there is no such folder, and no format ends so; make the folder, or name a file that \
                 ends in .svg, .png, .md, .csv, .txt or .ansi"
            ));
        }
    }
    if formats.is_empty() {
        formats = vec![Format::Svg, Format::Png];
    }
    let is_single = formats.len() == 1 && args.snapshots.len() == 1;
    match &target {
        Target::Output if !is_single || formats == [Format::Png] => {
            misused("--out - takes one snapshot and one --format: svg, md, csv, text or ansi")
        }
        Target::File(file) if !is_single => misused(&format!(
            "--out {}: a file takes one snapshot and one --format; name a folder that is there for more",
            file.display()
        )),
        Target::File(file) if is_same(file, &args.snapshots[0]) => {
            misused(&format!("--out {} is the snapshot itself; name another file", file.display()))
        }
        _ => (target, formats),
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn export(path: &Path, target: &Target, formats: &[Format], classes: &[String]) -> Result<()> {
    let snapshot = Snapshot::load(path)?;
    for &format in formats {
        let bytes = render(&snapshot, format, classes).wrap_err_with(|| path.display().to_string())?;
        let folder = match target {
            Target::Output => {
                output::print_bytes(&bytes)?;
                continue;
            }
            Target::File(file) => {
                write_atomically(file, &bytes)
                    .wrap_err_with(|| format!("{} cannot be written", file.display()))?;
                continue;
            }
            Target::Folder(folder) => folder,
            Target::Beside => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                folder.unwrap_or(Path::new("."))
            }
        };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let ending = format.ending();
        let written = write_new(folder, &bytes, |number| match number {
            1 => format!("{stem}.{ending}"),
            _ => format!("{stem}-{number}.{ending}"),
        });
        let written = written.wrap_err_with(|| {
            format!("nothing can be written in {}; name another folder with --out", folder.display())
        })?;
        output::print(format!("{}\n", written.strip_prefix(".").unwrap_or(&written).display()))?;
    }
    Ok(())
}

fn render(snapshot: &Snapshot, format: Format, classes: &[String]) -> Result<Vec<u8>, ExportError> {
    let chosen = || match classes {
        [] => export::classes_shown(snapshot),
        names => export::classes_named(snapshot, names),
    };
    Ok(match format {
        Format::Svg => export::svg(snapshot, &chosen()?)?.into_bytes(),
        Format::Png => export::png(&export::svg(snapshot, &chosen()?)?)?,
        Format::Md => export::markdown(snapshot).into_bytes(),
        Format::Csv => export::csv(snapshot).into_bytes(),
        Format::Text => export::text(snapshot, &chosen()?, columns(), Ink::Plain)?.into_bytes(),
        Format::Ansi => export::text(snapshot, &chosen()?, columns(), Ink::Ansi)?.into_bytes(),
    })
}

/// As wide as the terminal that shows it.
fn columns() -> usize {
    let size = output::stdout_is_terminal().then(|| crossterm::terminal::size().ok()).flatten();
    size.map_or(COLUMNS, |(columns, _)| columns.into())
}
