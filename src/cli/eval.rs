//! `actalign-tui eval`: a whole dataset.

mod merge;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use color_eyre::eyre::{Report, Result, WrapErr, bail, eyre};

use crate::align::Preset;
use crate::cli::inputs::{ModelArgs, seconds};
use crate::cli::progress::Counter;
use crate::cli::server::{ServerArgs, temperature};
use crate::error_chain::{error_chain, on_one_line};
use crate::eval::{
    self, Clip, ClipOutcome, ClipRecord, Dataset, DatasetPaths, EvalSettings, Evaluator, FileStamp, Journal,
    Results, Row, Rows, Run, ShardChoice, Style, Vlm,
};
use crate::explore::Method;
use crate::llm::{LlmError, vision_prompt};
use crate::output;
use crate::script::{Strategy, Template};
use crate::siglip::ModelError;
use crate::video::Sampling;
use crate::visible;

/// Rank the candidates of every clip of a dataset, and tell how often the true class comes first
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    /// The clips: JSON lines with id, video, domain, candidates, answer, and where wanted start, end, groups; or rows
    /// of ActionAtlas, or the authors' generated_subactions.json, with --clips or --embeddings
    #[arg(value_name = "MANIFEST", required = true)]
    manifest: Option<PathBuf>,
    /// Script file with the classes of all candidates, or lib:NAME; for datasets of others generated_subactions.json as well, matched
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
    /// Aligners to compare with dtw, each in a row of its own: dtw, segment, mean-path, drop, with their knobs as in
    /// segment:open-start:open-end:background=p75:band=0.2:cell=logit
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = aligner)]
    aligners: Vec<Method>,
    /// Templates to try, each with every aligner: context, step, domain, plain, or a text with {step}; may be repeated
    #[arg(long = "template", value_name = "TEMPLATE", value_parser = Template::parse)]
    templates: Vec<Template>,
    /// Smoothing widths to try, in seconds, each with every aligner and template
    #[arg(long = "smoothing", value_name = "SECONDS,…", value_delimiter = ',', value_parser = seconds)]
    smoothings: Vec<f64>,
    /// Prompt strategies to try, each with every aligner, template and smoothing width
    #[arg(long = "prompt", value_name = "NAME,…", value_delimiter = ',')]
    prompts: Vec<Strategy>,
    /// Whose way to follow where the paper and the authors' scripts differ. `released` has the rows mean-pool and
    /// released, and takes every frame, with bounds as frame numbers
    #[arg(long, default_value_t)]
    preset: Preset,
    /// Vision-language model to compare with, in a row vlm:NAME: it sees a few frames and the names of the candidates, and
    /// says which one it is, so that of its row Top-1 alone means something
    #[arg(long, value_name = "NAME", requires = "vlm_endpoint", conflicts_with = "embeddings")]
    vlm: Option<String>,
    /// The server of that model, with an OpenAI-compatible interface, such as http://localhost:11434
    #[arg(long, value_name = "URL", requires = "vlm")]
    vlm_endpoint: Option<String>,
    /// Frames of a clip that it sees, evenly spaced
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    vlm_frames: u8,
    /// Its temperature; 0 answers alike every time [default: the server's own]
    #[arg(long, value_name = "T", requires = "vlm", value_parser = temperature)]
    vlm_temperature: Option<f64>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// Frames per second to take, by presentation time, or `native` for every frame [default: 10]
    #[arg(long, value_name = "N|native")]
    fps: Option<Sampling>,
    /// Folder for the results: results.json, .md, .csv, .svg and .png, tables of classes, confusions and disagreements as
    /// CSV, and every ranking in clips.jsonl. Where the program was ended, the same command goes on from there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Evaluate one of N shares of the clips, into a folder of its own in --out, for `eval merge`; `slurm/N` takes I from
    /// the task of a SLURM job array. The folder remembers N, so that `slurm` is enough when tasks are submitted again
    #[arg(long, value_name = "I/N|slurm/N", requires = "out")]
    shard: Option<ShardChoice>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    Merge(merge::MergeArgs),
}

pub fn run(args: &EvalArgs) -> Result<()> {
    if let Some(EvalCommand::Merge(args)) = &args.command {
        return merge::run(args);
    }
    let manifest = args.manifest.clone().ok_or_else(|| eyre!("no manifest is named"))?;
    let sampling = sampling(args)?;
    let asks_for_rows = !(args.aligners.is_empty()
        && args.templates.is_empty()
        && args.smoothings.is_empty()
        && args.prompts.is_empty());
    if args.preset == Preset::Released && asks_for_rows {
        bail!(
            "--preset released has the rows of the authors' scripts and no others: leave --aligners, --template, \
             --smoothing and --prompt out"
        );
    }
    let paths = DatasetPaths {
        manifest,
        scripts: args.scripts.clone(),
        scripts_short: args.scripts_short.clone(),
        clips: args.clips.clone(),
        embeddings: args.embeddings.clone(),
        preset: args.preset,
    };
    let dataset = Dataset::open(&paths)?;
    let model = args.model.open()?;
    let rows = Rows {
        aligners: &args.aligners,
        templates: &args.templates,
        smoothings: &args.smoothings,
        prompts: &args.prompts,
    };
    let vlm = vlm(args)?;
    let rows = match args.preset {
        Preset::Paper => rows.all(dataset.scripts_short.is_some())?,
        Preset::Released => Row::released(),
    };
    let mut evaluator = Evaluator::new(model.clone(), sampling, rows);
    if let Some(vlm) = vlm {
        evaluator = evaluator.with_vlm(vlm);
    }
    let settings = EvalSettings::new(&paths, &dataset, &model, sampling, evaluator.rows());
    let place = match (args.shard, &args.out) {
        (Some(choice), Some(out)) => Some(choice.place_in(out)?),
        _ => None,
    };
    if let (Some(ShardChoice::Task(task, _)), Some(place)) = (args.shard, place) {
        output::say(format_args!("{task} is shard {}", place.shard));
    }
    let shard = place.map(|place| place.shard);
    let run = Run {
        settings,
        clips: dataset.clips.len(),
        shard,
        tasks: place.and_then(|place| place.tasks),
        paths,
        model: args.model.dir().to_owned(),
        working_folder: std::env::current_dir().wrap_err("cannot determine the current directory")?,
    };
    // Before the work, not after it, is the time to learn that its results have no place.
    let share = dataset.clips.iter().enumerate();
    let share = share.filter(|(place, _)| shard.is_none_or(|shard| shard.holds(*place)));
    let share: Vec<&Clip> = share.map(|(_, clip)| clip).collect();
    let clips: HashMap<&str, &Clip> = share.iter().map(|clip| (clip.entry.id.as_str(), *clip)).collect();
    let is_current =
        |record: &ClipRecord| clips.get(record.id.as_str()).is_none_or(|clip| record.is_of(clip));
    let mut journal = match &args.out {
        Some(out) => {
            let folder = shard.map_or_else(|| out.clone(), |shard| out.join(shard.folder()));
            Some(Journal::open(&folder, &run, is_current)?)
        }
        None => None,
    };
    let records = evaluate(&share, &mut evaluator, journal.as_mut())?;
    if let Some(journal) = journal {
        journal.finish(&records)?;
    }
    tell(args, &run, &records)
}

/// Evaluates the clips that the journal does not know.
fn evaluate(
    clips: &[&Clip],
    evaluator: &mut Evaluator,
    mut journal: Option<&mut Journal>,
) -> Result<Vec<ClipRecord>> {
    let known = journal.as_deref().map_or(0, Journal::len);
    let mut counter = Counter::new(clips.len(), known, "clips");
    if let Some(notice) = journal.as_deref_mut().and_then(Journal::take_notice) {
        counter.say(&notice);
    }
    if known > 0 {
        counter.say(&format!("{known} of {} clips were done before", clips.len()));
    }
    let mut records = Vec::new();
    for clip in clips {
        if let Some(record) = journal.as_deref_mut().and_then(|journal| journal.take(&clip.entry.id)) {
            records.push(record);
            continue;
        }
        // Before it is read: a file that is replaced meanwhile is evaluated again the next time.
        let file = FileStamp::of(clip);
        let outcome = match evaluator.evaluate(clip) {
            // The same would be said of every clip.
            Err(error) if is_of_checkpoint(&error) || error.is::<LlmError>() => return Err(error),
            Err(error) => ClipOutcome::Unread { reason: on_one_line(&error_chain(&error)) },
            Ok(scores) => ClipOutcome::Read(scores),
        };
        let record = ClipRecord { file, ..ClipRecord::new(clip, outcome) };
        if let Some(journal) = &mut journal {
            journal.add(&record)?;
        }
        records.push(record);
        if let Some(notice) = evaluator.take_notice() {
            counter.say(&notice);
        }
        counter.count();
    }
    Ok(records)
}

/// Sums up, on standard output and, where all clips are there, in files.
fn tell(args: &EvalArgs, run: &Run, records: &[ClipRecord]) -> Result<()> {
    let results = Results::new(records, run.settings.clone());
    // Of a share that says nothing of the others.
    if run.shard.is_none() {
        check_some_read(run, &results)?;
    }
    match (&args.out, run.shard) {
        (Some(out), None) => write(out, &results)?,
        (Some(out), Some(shard)) => output::say(format_args!(
            "shard {shard} is done: {} of {} clips; once all {} are, `actalign-tui eval merge {}` makes one result of them",
            records.len(),
            run.clips,
            shard.of,
            out.display()
        )),
        (None, _) => {}
    }
    print(&results, args.json)
}

/// Refuses results of which no clip could be read: the dataset is not where it was looked for.
fn check_some_read(run: &Run, results: &Results) -> Result<()> {
    if results.unread.len() < run.clips {
        return Ok(());
    }
    for clip in &results.unread {
        output::say(format_args!("{}: {}", clip.id, clip.reason));
    }
    bail!("{}: none of its {} clips could be read", run.paths.manifest.display(), run.clips);
}

fn write(out: &Path, results: &Results) -> Result<()> {
    eval::write(out, results)
        .wrap_err_with(|| format!("the results cannot be written into {}", out.display()))
}

fn print(results: &Results, json: bool) -> Result<()> {
    let text = if json { visible::json(results)? } else { results.tables(Style::Plain) };
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

fn aligner(text: &str) -> Result<Method, String> {
    Method::default().with_aligner(text)
}

/// The vision-language model to compare with, if one is named.
fn vlm(args: &EvalArgs) -> Result<Option<Vlm>> {
    let (Some(name), Some(endpoint)) = (&args.vlm, &args.vlm_endpoint) else { return Ok(None) };
    let client = args.server.client(endpoint, name)?.with_temperature(args.vlm_temperature);
    Ok(Some(Vlm::new(client, vision_prompt()?, args.vlm_frames.into())))
}

/// Whether the weights cannot be loaded, which no clip is to blame for.
fn is_of_checkpoint(error: &Report) -> bool {
    error.downcast_ref::<ModelError>().is_some_and(|error| {
        !matches!(error, ModelError::Input(_) | ModelError::Compute(_) | ModelError::Embedding { .. })
    })
}
