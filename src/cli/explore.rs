//! The explorer.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

use crate::cli::inputs::ComparisonArgs;
use crate::tui::{self, Explorer};
use crate::video::VideoReader;

/// Largest thumbnail in pixels; a film strip of half blocks shows no more.
const THUMBNAIL: (u32, u32) = (96, 54);

#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// The clip to explore
    // Required unless there is a command, so that it may be absent here.
    #[arg(value_name = "VIDEO", required = true)]
    video: Option<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArgs,
}

/// What to do where no clip is named.
pub const HOW_TO_OPEN: &str = "\
Name a clip, a script file and a model:

    actalign-tui CLIP --scripts SCRIPTS.json --model DIR

CLIP     a video file that FFmpeg can read
SCRIPTS  the candidate classes, each with its steps in order:
         {\"domain\": \"cooking\", \"classes\": [{\"name\": \"flipping a pancake\",
          \"steps\": [\"the cook lifts the pan\", \"the pancake turns in the air\"]}]}
DIR      a SigLIP checkpoint as the model hub has it, for example the files of
         google/siglip-base-patch16-224

`actalign-tui --help` lists everything else, `actalign-tui doctor` checks this machine.";

pub fn run(args: &ExploreArgs) -> Result<()> {
    let ExploreArgs { video, comparison } = args;
    let clip = video.clone().unwrap_or_default();
    let opened = comparison.open()?;
    // A clip that cannot be opened is refused before the screen is taken over.
    drop(VideoReader::open(&clip, comparison.sampling.fps, comparison.sampling.segment())?);
    let exploration = opened.exploration();
    let mut job = comparison.job(clip.clone(), &opened, &exploration);
    job.cover_evenly = true;
    job.thumbnails = Some(THUMBNAIL);
    tui::run(Explorer {
        job,
        sources: comparison.sources(&clip, &opened),
        templates: opened.templates(),
        exploration,
        folder: std::env::current_dir().wrap_err("The folder for snapshots cannot be told")?,
    })
}
