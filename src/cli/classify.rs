//! `actalign-tui classify`: ranked candidates for clips.

use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::cli::inputs::{Comparison, ComparisonArgs};
use crate::cli::{progress, table};
use crate::error_chain::error_chain;
use crate::explore::{Report, Update};
use crate::output;

/// Rank the candidate classes of one or more clips
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// The clips: videos, images, folders of numbered images, or `-` for standard input
    #[arg(value_name = "VIDEO", required = true)]
    videos: Vec<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArgs,
    /// Print one JSON document per clip, a line each, instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ClassifyArgs) -> Result<()> {
    let comparison = args.comparison.open()?;
    let mut failed = 0;
    for video in &args.videos {
        match classify(video, &args.comparison, &comparison) {
            Ok(report) => {
                if !args.json && args.videos.len() > 1 {
                    output::print(format!("{}\n", video.display()))?;
                }
                table::print(&report, args.json)?;
            }
            // One broken clip does not keep the others from their results.
            Err(error) if args.videos.len() > 1 => {
                output::say(error_chain(&error));
                failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    if failed > 0 {
        bail!("{failed} of {} clips could not be classified", args.videos.len());
    }
    Ok(())
}

fn classify(video: &Path, args: &ComparisonArgs, comparison: &Comparison) -> Result<Report> {
    let mut exploration = comparison.exploration();
    let job = args.job(video.to_owned(), comparison, &exploration);
    progress::embed_clip(job, |update| match update {
        Update::Frames(frames) => exploration.add_frames(frames),
        Update::Texts(texts) => {
            for (text, _, _) in texts.iter().filter(|(_, _, cut)| *cut) {
                output::say(format_args!("longer than the checkpoint reads, and cut: {text}"));
            }
            exploration.add_texts(texts);
        }
        _ => {}
    })?;
    match exploration.check_told_apart() {
        Err(reason) => bail!("{}: {reason}", args.scripts().display()),
        Ok(warning) => warning.iter().for_each(output::say),
    }
    exploration
        .refresh()
        .and_then(|()| exploration.find_evidence())
        .wrap_err_with(|| format!("{} cannot be compared with its candidates", video.display()))?;
    let report = exploration.report(&args.sources(video, comparison));
    if report.ranking.is_empty() {
        bail!("{}: no frame could be read, so no candidate is ranked", video.display());
    }
    Ok(report)
}
