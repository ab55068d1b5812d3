//! The explorer.

use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use color_eyre::eyre::{Result, WrapErr};

use crate::cli::inputs::{Comparison, ComparisonArgs};
use crate::demo::Bundle;
use crate::eval::Dataset;
use crate::explore::{Exploration, Job};
use crate::script::Document;
use crate::store::Folder;
use crate::tui::{self, ClipToExplore, Explorer, ImageProtocol};
use crate::video::VideoReader;

/// Largest thumbnail in pixels; a film strip of half blocks shows no more.
const THUMBNAIL: (u32, u32) = (96, 54);

#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// The clip to explore: a video, an image, a folder of numbered images, or `-` for standard input
    // Required unless there is a command, so that it may be absent here.
    #[arg(value_name = "VIDEO", required = true)]
    video: Option<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArgs,
    /// How pictures are drawn
    #[arg(long, value_name = "PROTOCOL", default_value = "auto")]
    image_protocol: ImageProtocol,
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
DIR      a SigLIP checkpoint as the model hub has it, for example the files of
         google/siglip-base-patch16-224; or demo, the model that comes with the program

`actalign-tui --help` lists everything else, `actalign-tui doctor` checks this machine.";

/// Every default of the command line.
#[derive(Debug, Parser)]
struct Defaults {
    #[command(flatten)]
    comparison: ComparisonArgs,
}

pub fn run(args: &ExploreArgs) -> Result<()> {
    let ExploreArgs { video, comparison, image_protocol } = args;
    let clip = video.clone().unwrap_or_default();
    let opened = comparison.open()?;
    // What takes no FFmpeg to refuse is refused before the screen is taken over, the rest soon after.
    VideoReader::check(&clip, comparison.sampling.segment())?;
    let exploration = opened.exploration();
    let clip = ClipToExplore {
        id: clip.display().to_string(),
        answer: None,
        groups: Vec::new(),
        job: job(&clip, comparison, &opened, &exploration),
        sources: comparison.sources(&clip, &opened),
        exploration,
    };
    let scripts = Document::new(opened.scripts().clone(), comparison.scripts_file().map(Path::to_owned));
    open_explorer(vec![clip], scripts, &opened, *image_protocol, None)
}

/// Opens the explorer on the bundled clips.
pub fn run_demo() -> Result<()> {
    let bundle = Bundle::unpack()?;
    let data = Folder::Data.path()?;
    let clips = Dataset::open(&bundle.folder().join("manifest.jsonl"), None, None)?.clips;
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
            job: job(&clip.entry.video, &comparison, &opened, &exploration),
            sources: comparison.sources(&clip.entry.video, &opened),
            exploration,
        }
    });
    // The bundled file is not the user's to change.
    let scripts = Document::new(opened.scripts().clone(), None);
    open_explorer(clips.collect(), scripts, &opened, ImageProtocol::Auto, Some(data.join("tour-ended")))
}

fn job(clip: &Path, comparison: &ComparisonArgs, opened: &Comparison, exploration: &Exploration) -> Job {
    let job = comparison.job(clip.to_owned(), opened, exploration);
    Job { cover_evenly: true, thumbnails: Some(THUMBNAIL), ..job }
}

fn open_explorer(
    clips: Vec<ClipToExplore>,
    scripts: Document,
    opened: &Comparison,
    images: ImageProtocol,
    tour_ended: Option<PathBuf>,
) -> Result<()> {
    tui::run(Explorer {
        clips,
        scripts,
        templates: opened.templates(),
        images,
        folder: std::env::current_dir().wrap_err("The folder for snapshots cannot be told")?,
        tour_ended,
    })
}
