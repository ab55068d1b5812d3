//! The explorer, which is what the program does without a command.

use std::path::PathBuf;

use clap::{Args, Parser};
use color_eyre::eyre::Result;

use crate::cli::inputs::ComparisonArgs;
use crate::cli::screen::ScreenArgs;
use crate::log_file;
use crate::session::{Request, Source};

#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// Clips to explore: videos, images, folders of numbered images, or `-` for standard input; or a snapshot or the
    /// folder of an evaluation, which need no scripts and no model
    // Required unless there is a command, so that it may be absent here.
    #[arg(value_name = "VIDEO", required = true)]
    videos: Vec<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArgs,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Arguments that open the demo, a snapshot or an evaluation.
#[derive(Debug, Parser)]
struct SourceArgs {
    paths: Vec<PathBuf>,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Explores the demo, the snapshot or the evaluation that the arguments name; none where they name something else.
pub fn run_source() -> Option<Result<()>> {
    let args = SourceArgs::try_parse().ok()?;
    let source = Source::of(&args.paths)?;
    log_file::command_begins();
    Some(args.screen.load().and_then(|screen| screen.explore(source.open()?)))
}

/// How to begin, printed where no terminal can show the demo.
pub const HOW_TO_OPEN: &str = "\
In a terminal, actalign-tui alone opens a demo: clips, scripts and a model that come with it.
For a clip of your own, name it, a script file and a model:

    actalign-tui CLIP --scripts SCRIPTS.json --model DIR

CLIP     a video file that FFmpeg can read, a folder of numbered images, or - for standard input
SCRIPTS  the candidate classes, each with its steps in order:
         {\"domain\": \"cooking\", \"classes\": [{\"name\": \"flipping a pancake\",
          \"steps\": [\"the cook lifts the pan\", \"the pancake turns in the air\"]}]}
         or lib:NAME, scripts that come with the program: actalign-tui scripts list names them
DIR      a SigLIP or CLIP checkpoint as the model hub has it, or its name there, for example
         google/siglip-base-patch16-224; or demo, the model that comes with the program

`actalign-tui --help` lists everything else, `actalign-tui doctor` checks this machine.";

pub fn run(args: &ExploreArgs) -> Result<()> {
    let screen = args.screen.load()?;
    screen.explore(Request::open_all(&args.comparison.requests_to_explore(&args.videos))?)
}
