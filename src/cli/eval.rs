//! `actalign-tui eval`: a whole dataset.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Report, Result, WrapErr, bail};

use crate::align::{Aligner, Preset};
use crate::cli::inputs::ModelArgs;
use crate::cli::{output, progress};
use crate::eval::{
    ClipOutcome, ClipRecord, Dataset, DatasetPaths, EvalSettings, Evaluator, Results, Row, Style,
};
use crate::in_words;
use crate::siglip::ModelError;
use crate::video::Sampling;
use crate::whole::write_whole;

/// Rank the candidates of every clip of a dataset, and tell how often the true class comes first
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The clips: JSON lines with id, video, domain, candidates, answer, and where wanted start, end, groups; or rows
    /// of ActionAtlas, or the authors' generated_subactions.json, with --clips or --embeddings
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Script file with the classes of all candidates; for datasets of others generated_subactions.json as well, matched
    /// by youtube_id and id [default: the steps that the manifest brings, else scripts.json beside it]
    #[arg(long, value_name = "FILE")]
    scripts: Option<PathBuf>,
    /// Scripts of the same classes in short steps, for the row short-fixed [default: scripts-short.json beside the
    /// manifest, if it is there]
    #[arg(long, value_name = "FILE")]
    scripts_short: Option<PathBuf>,
    /// Folder of the videos [default: the manifest's]. Those of datasets of others are
    /// {youtube_id}_{start}_{end}.mp4, with bounds like 12.0, or {youtube_id}.mp4, which is cut; .mkv and .webm as well
    #[arg(long, value_name = "DIR")]
    clips: Option<PathBuf>,
    /// Folder of frame embeddings made elsewhere, in place of videos: {id}.npy, or named like the video, T×d, raw, a
    /// row per frame of the clip; --fps tells how many rows a second has
    #[arg(long, value_name = "DIR", conflicts_with = "clips")]
    embeddings: Option<PathBuf>,
    /// Aligners to compare with dtw, each in a row of its own
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    aligners: Vec<Aligner>,
    /// Whose way to follow where the paper and the authors' scripts differ. `released` has the rows mean-pool and
    /// released, and takes every frame, with bounds as frame numbers
    #[arg(long, default_value_t)]
    preset: Preset,
    #[command(flatten)]
    model: ModelArgs,
    /// Frames per second to take, by presentation time, or `native` for every frame [default: 10]
    #[arg(long, value_name = "N|native")]
    fps: Option<Sampling>,
    /// Folder to write results.json, results.md and clips.jsonl into
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &EvalArgs) -> Result<()> {
    let sampling = sampling(args)?;
    if args.preset == Preset::Released && !args.aligners.is_empty() {
        bail!("--preset released has the rows of the authors' scripts and no others: leave --aligners out");
    }
    let dataset = Dataset::open(&DatasetPaths {
        manifest: args.manifest.clone(),
        scripts: args.scripts.clone(),
        scripts_short: args.scripts_short.clone(),
        clips: args.clips.clone(),
        embeddings: args.embeddings.clone(),
        preset: args.preset,
    })?;
    if let Some(out) = &args.out {
        // Before the work, not after it, is the time to learn that its results have no place.
        fs::create_dir_all(out).wrap_err_with(|| format!("the folder {} cannot be made", out.display()))?;
    }
    let model = args.model.open()?;
    let rows = match args.preset {
        Preset::Paper => Row::all(dataset.scripts_short.is_some(), &args.aligners),
        Preset::Released => Row::released(),
    };
    let manifest = args.manifest.display().to_string();
    let settings = EvalSettings::new(manifest, &dataset, &model, sampling, &rows);
    let mut evaluator = Evaluator::new(model, sampling, rows);

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
        write(out, &results, &clips)
            .wrap_err_with(|| format!("the results cannot be written into {}", out.display()))?;
    }
    let text = if args.json { serde_json::to_string(&results)? + "\n" } else { results.tables(Style::Plain) };
    Ok(output::print(&text)?)
}

/// Which frames are taken, or how many embeddings made elsewhere a second has.
fn sampling(args: &EvalArgs) -> Result<Sampling> {
    match (&args.embeddings, args.fps) {
        (Some(_), None | Some(Sampling::Native | Sampling::Numbered)) => {
            bail!("--embeddings needs to know how many rows a second has: give a number, such as --fps 30")
        }
        (_, Some(fps)) => Ok(fps),
        (None, None) => Ok(match args.preset {
            Preset::Paper => Sampling::Fps(10.0),
            Preset::Released => Sampling::Numbered,
        }),
    }
}

/// Whether the weights cannot be loaded, which no clip is to blame for.
fn is_of_checkpoint(error: &Report) -> bool {
    error
        .downcast_ref::<ModelError>()
        .is_some_and(|error| !matches!(error, ModelError::Input(_) | ModelError::Compute(_)))
}

/// Writes the results, each file whole or not at all.
fn write(folder: &Path, results: &Results, clips: &[ClipRecord]) -> Result<()> {
    let lines: Vec<String> = clips.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    write_whole(&folder.join("clips.jsonl"), (lines.join("\n") + "\n").as_bytes())?;
    write_whole(&folder.join("results.md"), results.tables(Style::Markdown).as_bytes())?;
    let document = serde_json::to_string_pretty(results)? + "\n";
    write_whole(&folder.join("results.json"), document.as_bytes())?;
    Ok(())
}
