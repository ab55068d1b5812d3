//! `actalign-tui eval`: a whole dataset.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Report, Result, WrapErr, bail};

use crate::cli::inputs::ModelArgs;
use crate::cli::{output, progress};
use crate::eval::{self, ClipOutcome, ClipRecord, Dataset, EvalSettings, Evaluator, Results, Row, Style};
use crate::explore::Method;
use crate::in_words;
use crate::siglip::ModelError;
use crate::video::Sampling;

/// Rank the candidates of every clip of a dataset, and tell how often the true class comes first
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The clips: JSON lines with id, video, domain, candidates, answer, and where wanted start, end, groups
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Script file with the classes of all candidates [default: scripts.json beside the manifest]
    #[arg(long, value_name = "FILE")]
    scripts: Option<PathBuf>,
    /// Scripts of the same classes in short steps, for the row short-fixed [default: scripts-short.json beside the
    /// manifest, if it is there]
    #[arg(long, value_name = "FILE")]
    scripts_short: Option<PathBuf>,
    /// Aligners to compare with dtw, each in a row of its own: dtw, segment, mean-path, drop, with their knobs as in
    /// segment:open-start:open-end:background=p75:band=0.2:cell=logit
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = aligner)]
    aligners: Vec<Method>,
    #[command(flatten)]
    model: ModelArgs,
    /// Frames per second to take, by presentation time, or `native` for every frame
    #[arg(long, value_name = "N|native", default_value = "10")]
    fps: Sampling,
    /// Folder to write the results into: results.json, .md, .csv, .svg and .png, tables of classes, confusions and
    /// disagreements as CSV, and every ranking in clips.jsonl
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &EvalArgs) -> Result<()> {
    let dataset = Dataset::open(&args.manifest, args.scripts.as_deref(), args.scripts_short.as_deref())?;
    if let Some(out) = &args.out {
        // Before the work, not after it, is the time to learn that its results have no place.
        fs::create_dir_all(out).wrap_err_with(|| format!("the folder {} cannot be made", out.display()))?;
    }
    let model = args.model.open()?;
    let rows = Row::all(dataset.scripts_short.is_some(), &args.aligners);
    let manifest = args.manifest.display().to_string();
    let settings = EvalSettings::new(manifest, &dataset, &model, args.fps, &rows);
    let mut evaluator = Evaluator::new(model, args.fps, rows);

    let bar = progress::bar(Some(dataset.clips.len()), "clips");
    let mut clips = Vec::new();
    for clip in &dataset.clips {
        match evaluator.evaluate(clip) {
            // The same would be said of every clip.
            Err(error) if is_of_checkpoint(&error) => return Err(error),
            outcome => {
                let unread = |error| ClipOutcome::Unread { reason: in_words(&error) };
                clips.push(ClipRecord::new(clip, outcome.map_or_else(unread, ClipOutcome::Read)));
            }
        }
        if let Some(notice) = evaluator.take_notice() {
            bar.suspend(|| eprintln!("{notice}"));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();

    let results = Results::new(&clips, settings);
    if results.unread.len() == dataset.clips.len() {
        for clip in &results.unread {
            eprintln!("{}: {}", clip.id, clip.reason);
        }
        bail!("{}: none of its {} clips could be read", args.manifest.display(), dataset.clips.len());
    }
    if let Some(out) = &args.out {
        eval::write(out, &results, &clips)
            .wrap_err_with(|| format!("the results cannot be written into {}", out.display()))?;
    }
    let text = if args.json { serde_json::to_string(&results)? + "\n" } else { results.tables(Style::Plain) };
    Ok(output::print(&text)?)
}

fn aligner(text: &str) -> Result<Method, String> {
    Method::default().with_aligner(text)
}

/// Whether the weights cannot be loaded, which no clip is to blame for.
fn is_of_checkpoint(error: &Report) -> bool {
    error
        .downcast_ref::<ModelError>()
        .is_some_and(|error| !matches!(error, ModelError::Input(_) | ModelError::Compute(_)))
}
