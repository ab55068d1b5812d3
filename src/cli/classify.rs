//! `actalign-tui classify`: ranks the candidates of clips.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail};

use crate::cli::inputs::ComparisonArgs;
use crate::cli::{progress, table};
use crate::error_chain::error_chain;
use crate::explore::{EmbeddedText, EvidenceLimit, Kept, Report, Update};
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
    /// Stop embedding a clip once the frames that are left cannot plausibly change its winner, and say how many were seen. The
    /// others are filled in from their neighbours
    #[arg(long)]
    until_settled: bool,
    /// Print one JSON document per clip, a line each, instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ClassifyArgs) -> Result<()> {
    let request = args.comparison.request(&args.videos)?;
    let setup = Setup::open(&request)?;
    let mut failed = 0;
    for video in &request.clips {
        match classify(setup.clip(video), args) {
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

fn classify(clip: ClipToExplore, args: &ClassifyArgs) -> Result<Report> {
    let ClipToExplore { exploration, sources, job, .. } = clip;
    // Whether the winner is settled is asked of all matrices.
    let mut exploration = match args.until_settled {
        true => exploration,
        false => exploration.sparing(Kept::for_evidence(args.order_evidence, args.json)),
    };
    let cannot_compare = || format!("cannot compare {} with its candidates", sources.clip);
    let seen = match job {
        Some(job) if args.until_settled => Some(
            progress::embed_until_settled(job, &mut exploration, |update| {
                if let Update::Texts(texts) = update {
                    report_cut(texts);
                }
            })
            .wrap_err_with(cannot_compare)?,
        ),
        Some(job) => {
            progress::embed_clip(job, |update| match update {
                Update::Frames(frames) => exploration.add_frames(frames),
                Update::Texts(texts) => {
                    report_cut(&texts);
                    exploration.add_texts(texts);
                }
                _ => {}
            })?;
            None
        }
        None => None,
    };
    match exploration.check_distinct() {
        Err(reason) => bail!("{}: {reason}", sources.scripts),
        Ok(warning) => warning.iter().for_each(output::say),
    }
    exploration
        .refresh()
        .and_then(|()| exploration.find_evidence(args.order_evidence))
        .wrap_err_with(cannot_compare)?;
    let report = Report { seen, ..exploration.report(&sources) };
    if report.ranking.is_empty() {
        bail!("{}: no frame could be read", sources.clip);
    }
    Ok(report)
}

fn report_cut(texts: &[EmbeddedText]) {
    for (text, _, _) in texts.iter().filter(|(_, _, cut)| *cut) {
        output::say(format_args!("text truncated to the model's length: {text}"));
    }
}
