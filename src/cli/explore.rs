//! The explorer.

use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use color_eyre::eyre::Result;

use crate::cli::inputs::{Comparison, ComparisonArgs};
use crate::cli::screen::{Opening, Screen, ScreenArgs, THUMBNAIL, open_explorer};
use crate::cli::{reopen, results};
use crate::demo::Bundle;
use crate::eval::{Dataset, DatasetPaths};
use crate::explore::{Exploration, Job};
use crate::log_file;
use crate::script::{Document, library};
use crate::store::{Folder, Snapshot};
use crate::tui::ClipToExplore;
use crate::video::VideoReader;

#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// The clips to explore: videos, images, folders of numbered images, or `-` for standard input; or a snapshot, or the
    /// folder of an evaluation, which need no scripts and no model
    // Required unless there is a command, so that it may be absent here.
    #[arg(value_name = "VIDEO", required = true)]
    videos: Vec<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArgs,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// The explorer on what needs neither scripts nor a model to be named: the demo, a snapshot, or an evaluation.
#[derive(Debug, Parser)]
struct Named {
    paths: Vec<PathBuf>,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Opens the demo, or the snapshot or evaluation that the arguments name. None where they name something else.
pub fn run_alone() -> Option<Result<()>> {
    let Named { paths, screen } = Named::try_parse().ok()?;
    let load = || {
        log_file::command_begins();
        screen.load()
    };
    match &paths[..] {
        [] => Some(load().and_then(run_demo)),
        [path] if results::folder_of(path).is_some() => {
            let folder = results::folder_of(path)?;
            Some(load().and_then(|screen| results::run(&folder, screen)))
        }
        [snapshot] if Snapshot::is_at(snapshot) => {
            Some(load().and_then(|screen| reopen::run(snapshot, screen)))
        }
        _ => None,
    }
}

/// What to do where no clip is named.
pub const HOW_TO_OPEN: &str = "\
In a terminal, actalign-tui alone opens a demo: clips, scripts and a model that come with it.
For a clip of your own, name it, a script file and a model:

    actalign-tui CLIP --scripts SCRIPTS.json --model DIR

CLIP     a video file that FFmpeg can read, a folder of numbered images, or - for standard input
SCRIPTS  the candidate classes, each with its steps in order:
         {\"domain\": \"cooking\", \"classes\": [{\"name\": \"flipping a pancake\",
          \"steps\": [\"the cook lifts the pan\", \"the pancake turns in the air\"]}]}
         or lib:NAME, scripts that come with the program: actalign-tui scripts list names them
DIR      a SigLIP checkpoint as the model hub has it, or its name there, for example
         google/siglip-base-patch16-224; or demo, the model that comes with the program

`actalign-tui --help` lists everything else, `actalign-tui doctor` checks this machine.";

/// Every default of the command line.
#[derive(Debug, Parser)]
struct Defaults {
    #[command(flatten)]
    comparison: ComparisonArgs,
}

pub fn run(args: &ExploreArgs) -> Result<()> {
    let ExploreArgs { videos, comparison, screen } = args;
    let screen = screen.load()?;
    let opened = comparison.open()?;
    let clips = videos.iter().map(|video| {
        // What takes no FFmpeg to refuse is refused before the screen is taken over, the rest soon after.
        VideoReader::check(video, comparison.sampling.segment())?;
        let exploration = opened.exploration();
        Ok(ClipToExplore {
            id: video.display().to_string(),
            answer: None,
            groups: Vec::new(),
            sampling: comparison.sampling.fps,
            job: Some(job(video, comparison, &opened, &exploration)),
            sources: comparison.sources(video, &opened),
            exploration,
        })
    });
    let clips = clips.collect::<Result<_>>()?;
    // Those of the library are not the user's to change.
    let path = comparison.scripts_file().filter(|path| !library::is_name(path)).map(Path::to_owned);
    let scripts = Document::new(opened.scripts().clone(), path);
    open_explorer(Opening::new(clips, scripts, opened.templates()), screen)
}

/// Opens the explorer on the bundled clips.
fn run_demo(screen: Screen) -> Result<()> {
    let bundle = Bundle::unpack()?;
    let data = Folder::Data.path()?;
    let manifest = bundle.folder().join("manifest.jsonl");
    let clips = Dataset::open(&DatasetPaths { manifest, ..DatasetPaths::default() })?.clips;
    // As if the user had named the demo's files and nothing else.
    let scripts = bundle.scripts();
    let names = ["actalign-tui".as_ref(), "--model".as_ref(), "demo".as_ref(), "--scripts".as_ref()];
    let mut comparison = Defaults::parse_from(names.into_iter().chain([scripts.as_os_str()])).comparison;
    let opened = comparison.open()?;
    let clips = clips.into_iter().map(|clip| {
        let segment = clip.entry.segment();
        comparison.sampling.start = segment.start;
        comparison.sampling.end = segment.end;
        let exploration = opened.exploration_of(clip.candidates);
        ClipToExplore {
            id: clip.entry.id,
            answer: Some(clip.entry.answer),
            groups: clip.entry.groups,
            sampling: comparison.sampling.fps,
            job: Some(job(&clip.entry.video, &comparison, &opened, &exploration)),
            sources: comparison.sources(&clip.entry.video, &opened),
            exploration,
        }
    });
    // The bundled file is not the user's to change.
    let scripts = Document::new(opened.scripts().clone(), None);
    let opening = Opening::new(clips.collect(), scripts, opened.templates());
    open_explorer(Opening { tour_ended: Some(data.join("tour-ended")), ..opening }, screen)
}

fn job(clip: &Path, comparison: &ComparisonArgs, opened: &Comparison, exploration: &Exploration) -> Job {
    let job = comparison.job(clip.to_owned(), opened, exploration);
    Job { cover_evenly: true, thumbnails: Some(THUMBNAIL), ..job }
}
