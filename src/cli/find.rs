//! `actalign-tui find`: where in recordings scripted actions happen.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::annotation::{AnnotatedMoment, AnnotatedStep, Annotation, FORMATS, Format};
use crate::cli::inputs::CandidateArgs;
use crate::cli::recordings::{Embedded, SMOOTHING, SearchArgs, embed};
use crate::cli::usage;
use crate::error_chain::error_chain;
use crate::files::atomic_write::write_atomically;
use crate::find::{COARSE_RATE, FindReport, Finder, MomentReport, too_short};
use crate::output;
use crate::plot::format::{clock, p_value, plain, signed};
use crate::plot::table::{Style, Table};
use crate::session::Setup;
use crate::visible;

/// Find where in recordings each scripted action happens, and its steps
#[derive(Debug, Args)]
#[command(mut_arg("smoothing", |smoothing| smoothing.default_value(SMOOTHING)))]
pub struct FindArgs {
    /// Recordings: videos, images, folders of numbered images, or `-` for standard input
    #[arg(value_name = "VIDEO", required = true)]
    videos: Vec<PathBuf>,
    #[command(flatten)]
    candidates: CandidateArgs,
    #[command(flatten)]
    search: SearchArgs,
    /// Print one JSON document per recording, a line each, instead of tables
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write annotations for another program instead of tables
    #[arg(long, value_parser = format(), value_name = "FORMAT")]
    format: Option<&'static Format>,
    /// File of the annotations to overwrite, or a folder for a file per recording [default: standard output]
    #[arg(long, value_name = "FILE|DIR", requires = "format")]
    out: Option<PathBuf>,
}

/// `--format`: the name of a row of [`FORMATS`].
fn format() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.help));
    let named = |name: &str| FORMATS.iter().find(|format| format.name == name);
    PossibleValuesParser::new(names).try_map(move |name| named(&name).ok_or("no such format"))
}

pub fn run(args: &FindArgs) -> Result<()> {
    let into_folder = args.out.as_deref().is_some_and(Path::is_dir);
    if let Some(format) = args.format.filter(|format| !format.holds_several && !into_folder)
        && args.videos.len() > 1
    {
        usage::misused(
            ErrorKind::ArgumentConflict,
            &format!(
                "a file of {} holds one recording\nhelp: name an existing folder with --out",
                format.name
            ),
        );
    }
    let setup = Setup::open(&args.candidates.request(&args.videos)?)?;
    let (mut annotations, mut failed) = (Vec::new(), 0);
    for video in &args.videos {
        match find(&setup, video, args) {
            Ok(annotation) => annotations.push(annotation),
            // One broken recording does not keep the others from their results.
            Err(error) if args.videos.len() > 1 => {
                output::say(error_chain(&error));
                failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(format) = args.format {
        write(&annotations, format, args.out.as_deref())?;
    }
    if failed > 0 {
        bail!("cannot search {failed} of {} recordings", args.videos.len());
    }
    Ok(())
}

/// Searches a recording and prints what is found, unless it is to be written as an annotation.
fn find(setup: &Setup, video: &Path, args: &FindArgs) -> Result<Annotation> {
    let settings = args.search.settings(args.candidates.smoothing());
    let embedded = embed(setup, video, &args.search, settings)?;
    let Embedded { recording, wanted, names, sources, template, dense, frame_rate, duration, .. } = embedded;
    let found = Finder::new(wanted, settings)
        .find(&recording)
        .wrap_err_with(|| format!("cannot search {}", sources.clip))?;
    let report = FindReport::new(&found, &names, settings, template, dense, sources);
    if args.format.is_none() {
        print(&report, args)?;
    }
    let steps: Vec<&[String]> = setup.scripts().classes.iter().map(|class| &class.steps[..]).collect();
    let moments = found.moments.iter().zip(&report.moments);
    let moments = moments.map(|(found, moment)| annotated(moment, steps[found.class])).collect();
    Ok(Annotation { video: report.settings.sources.clip, duration, frame_rate, moments })
}

/// A moment with the texts of its steps.
fn annotated(moment: &MomentReport, texts: &[String]) -> AnnotatedMoment {
    let step = |(&[start, end], text): (&[f64; 2], &String)| AnnotatedStep { name: text.clone(), start, end };
    AnnotatedMoment {
        class: moment.class.clone(),
        start: moment.start,
        end: moment.end,
        score: Some(moment.score),
        steps: moment.steps.iter().zip(texts).map(step).collect(),
    }
}

fn write(annotations: &[Annotation], format: &Format, out: Option<&Path>) -> Result<()> {
    let Some(out) = out else {
        return Ok(output::print_bytes((format.write)(annotations).as_bytes())?);
    };
    let write = |path: &Path, text: String| {
        write_atomically(path, text.as_bytes()).wrap_err_with(|| format!("cannot write {}", path.display()))
    };
    if !fs::metadata(out).is_ok_and(|found| found.is_dir()) {
        return write(out, (format.write)(annotations));
    }
    for annotation in annotations {
        let name = Path::new(&annotation.video).file_stem().unwrap_or_default().to_string_lossy();
        let path = out.join(format!("{name}.{}", format.extension));
        write(&path, (format.write)(std::slice::from_ref(annotation)))?;
    }
    Ok(())
}

fn print(report: &FindReport, args: &FindArgs) -> Result<()> {
    if args.json {
        return Ok(output::print(visible::json(report)?)?);
    }
    let title =
        if args.videos.len() > 1 { format!("{}\n", report.settings.sources.clip) } else { String::new() };
    Ok(output::print(title + &table(report))?)
}

/// A row per moment, best first, and below what was searched.
fn table(report: &FindReport) -> String {
    let dash = || "-".to_owned();
    let rows = report.moments.iter().enumerate().map(|(index, moment)| {
        vec![
            (index + 1).to_string(),
            moment.class.clone(),
            clock(moment.start),
            clock(moment.end),
            plain(moment.score),
            moment.margin.map_or_else(dash, signed),
            moment.rival.clone().unwrap_or_else(dash),
            moment.order.map_or_else(dash, |order| format!("{:+.1}", order.z)),
            moment.order.map_or_else(dash, |order| p_value(order.p)),
            moment.steps.iter().map(|step| clock(step[0])).collect::<Vec<_>>().join(" "),
        ]
    });
    let header = ["#", "class", "start", "end", "score", "margin", "next class", "z", "p", "steps begin"];
    let settings = &report.settings;
    let none = match (report.moments.is_empty(), too_short(settings.seconds)) {
        (false, _) => String::new(),
        (true, None) => "no moments\n".to_owned(),
        (true, Some(why)) => format!("no moments: {why} (classify)\n"),
    };
    let coarse = settings.dense.as_ref().map_or(String::new(), |parts| {
        let dense: f64 = parts.iter().map(|[start, end]| end - start).sum();
        format!(", {COARSE_RATE} per second but for {}", clock(dense))
    });
    let unordered = match settings.unordered {
        0 => String::new(),
        count => format!("; {count} left out that other orders of the steps explain as well"),
    };
    format!(
        "{}{none}\n{} frames of {}{coarse}{unordered}\n",
        Table::with_words(2, &header, rows.collect()).draw(Style::Plain),
        settings.frames,
        clock(settings.seconds)
    )
}
