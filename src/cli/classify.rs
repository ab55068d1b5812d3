//! `actalign-tui classify`: ranks the candidates of clips.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::cli::inputs::ComparisonArgs;
use crate::cli::{progress, table};
use crate::error_chain::error_chain;
use crate::explore::{EvidenceLimit, Kept, Report, Update};
use crate::output;
use crate::session::Setup;
use crate::tui::ClipToExplore;

/// Rank the candidate classes of clips
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// Clips: videos, images, folders of numbered images, or `-` for standard input
    #[arg(value_name = "VIDEO", required = true)]
    videos: Vec<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArgs,
    /// Classes that get order evidence: all, none, or how many from the best
    #[arg(long, value_name = "N|all|none", default_value_t)]
    order_evidence: EvidenceLimit,
    /// Print one JSON document per clip, a line each, instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ClassifyArgs) -> Result<()> {
    let request = args.comparison.request(&args.videos)?;
    let setup = Setup::open(&request)?;
    let mut failed = 0;
    for video in &request.clips {
        match classify(setup.clip(video), args.order_evidence, args.json) {
            Ok(report) => {
                if !args.json && args.videos.len() > 1 {
                    output::print(format!("{}\n", video.display()))?;
                }
                table::print(&report, args.order_evidence, args.json)?;
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
        bail!("cannot classify {failed} of {} clips", args.videos.len());
    }
    Ok(())
}

fn classify(clip: ClipToExplore, limit: EvidenceLimit, details: bool) -> Result<Report> {
    let ClipToExplore { exploration, sources, job, .. } = clip;
    let mut exploration = exploration.sparing(Kept::for_evidence(limit, details));
    if let Some(job) = job {
        progress::embed_clip(job, |update| match update {
            Update::Frames(frames) => exploration.add_frames(frames),
            Update::Texts(texts) => {
                for (text, _, _) in texts.iter().filter(|(_, _, cut)| *cut) {
                    output::say(format_args!("text truncated to the model's length: {text}"));
                }
                exploration.add_texts(texts);
            }
            _ => {}
        })?;
    }
    match exploration.check_distinct() {
        Err(reason) => bail!("{}: {reason}", sources.scripts),
        Ok(warning) => warning.iter().for_each(output::say),
    }
    exploration
        .refresh()
        .and_then(|()| exploration.find_evidence(limit))
        .wrap_err_with(|| format!("cannot compare {} with its candidates", sources.clip))?;
    let report = exploration.report(&sources);
    if report.ranking.is_empty() {
        bail!("{}: no frame could be read", sources.clip);
    }
    Ok(report)
}
