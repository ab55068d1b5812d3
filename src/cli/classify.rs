//! `actalign-tui classify`: ranked candidates for clips.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::cli::embed::warn_of_damage;
use crate::cli::inputs::{Comparison, ComparisonArgs};
use crate::cli::{progress, table};
use crate::explore::{Pipeline, Report, Update};
use crate::in_words;

/// Rank the candidate classes of one or more clips
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// The clips
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
                    println!("{}", video.display());
                }
                table::print(&report, args.json)?;
            }
            // One broken clip does not keep the others from their results.
            Err(error) if args.videos.len() > 1 => {
                eprintln!("{}", in_words(&error));
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
    let (sender, updates) = channel();
    let mut pipeline = Pipeline::start(args.job(video.to_owned(), comparison, &exploration), move |update| {
        let _ = sender.send(update);
    });
    pipeline.finish();
    let bar = progress::bar(None, "frames");
    for update in updates {
        match update {
            Update::Opened { expected_frames: Some(expected), .. } => bar.set_length(expected as u64),
            Update::AllDecoded { frames, skipped } => {
                bar.set_length(frames as u64);
                warn_of_damage(video, skipped);
            }
            Update::Frames(frames) => {
                bar.inc(frames.len() as u64);
                exploration.add_frames(frames);
            }
            Update::Texts(texts) => {
                for (text, _, _) in texts.iter().filter(|(_, _, cut)| *cut) {
                    eprintln!("longer than the checkpoint reads, and cut: {text}");
                }
                exploration.add_texts(texts);
            }
            Update::Failed(report) => return Err(report),
            Update::Opened { .. } | Update::Decoded { .. } | Update::Idle => {}
        }
    }
    bar.finish_and_clear();
    exploration
        .refresh()
        .wrap_err_with(|| format!("{} cannot be compared with its candidates", video.display()))?;
    let report = exploration.report(&args.sources(video, comparison));
    if report.ranking.is_empty() {
        bail!("{}: no frame could be read, so no candidate is ranked", video.display());
    }
    Ok(report)
}
