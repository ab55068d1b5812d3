//! `actalign-tui eval`: evaluates a dataset.

mod check;
mod moments;

use std::collections::HashSet;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand, value_parser};
use color_eyre::eyre::{Result, bail, eyre};

use crate::align::{Cell, Preset};
use crate::cli::inputs::{ModelArgs, seconds};
use crate::cli::llm_args::{ServerArgs, prompts_folder, temperature};
use crate::cli::model::fetch_if_agreed;
use crate::cli::progress::Counter;
use crate::eval::{
    self, Dataset, DatasetPaths, Evaluation, Finished, OtherModel, Plan, Progress, Request, Results, Rows,
    ShardChoice, Style, Vlm, XClip,
};
use crate::explore::{Method, Model};
use crate::llm::vision_prompt;
use crate::output;
use crate::script::{PerStrategy, Strategy, Template};
use crate::session::{ModelRequest, model_folder};
use crate::video::Sampling;
use crate::visible;

/// Rank the candidates of every clip of a dataset, and report how often the true class comes first
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    /// List of clips: JSON lines with id, video, domain, candidates, answer, and optional start, end, groups; or rows of
    /// ActionAtlas, or the authors' generated_subactions.json, with --clips or --embeddings
    #[arg(value_name = "MANIFEST", required = true)]
    manifest: Option<PathBuf>,
    /// Script file with the classes of all candidates, or lib:NAME; for datasets of others also generated_subactions.json,
    /// matched by youtube_id and id [default: the steps in the manifest, else scripts.json beside it]
    #[arg(long, value_name = "FILE")]
    scripts: Option<PathBuf>,
    #[command(flatten)]
    other_scripts: OtherScripts,
    /// Folder of the videos [default: the manifest's]. For datasets of others: {youtube_id}_{start}_{end}.mp4, with bounds
    /// like 12.0, or {youtube_id}.mp4, which is cut; also .mkv and .webm
    #[arg(long, value_name = "DIR")]
    clips: Option<PathBuf>,
    /// Folder of frame embeddings made elsewhere, in place of videos: {id}.npy, or named like the video, T×d, raw, one row
    /// per frame of the clip; --fps is the number of rows per second
    #[arg(long, value_name = "DIR", conflicts_with = "clips")]
    embeddings: Option<PathBuf>,
    /// Aligners to compare with dtw, a row each: dtw, windows, segment, mean-path, drop, with options as in
    /// segment:open-start:open-end:background=p75:band=0.2:cell=logit
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = aligner)]
    aligners: Vec<String>,
    /// What the cells of a matrix hold [default: affinity, or cosine if the model has no bias]
    #[arg(long)]
    cell: Option<Cell>,
    /// Template to try with every aligner: context, step, domain, plain, or a text with {step}; may be repeated
    #[arg(long = "template", value_name = "TEMPLATE", value_parser = Template::parse)]
    templates: Vec<Template>,
    /// Smoothing widths in seconds to try with every aligner and template
    #[arg(long = "smoothing", value_name = "SECONDS,…", value_delimiter = ',', value_parser = seconds)]
    smoothings: Vec<f64>,
    /// Prompt strategies to try with every aligner, template and smoothing width
    #[arg(long = "prompt", value_name = "NAME,…", value_delimiter = ',')]
    prompts: Vec<Strategy>,
    /// Which description to follow where the paper and the authors' scripts differ. `released` has the rows mean-pool and
    /// released, and takes every frame, with bounds as frame numbers
    #[arg(long, default_value_t)]
    preset: Preset,
    /// Vision-language model to compare with, in a row vlm:NAME: it gets a few frames and the names of the candidates and
    /// chooses one, so only Top-1 is meaningful
    #[arg(long, value_name = "NAME", requires = "vlm_endpoint", conflicts_with = "embeddings")]
    vlm: Option<String>,
    /// Server of --vlm, with an OpenAI-compatible interface, such as http://localhost:11434
    #[arg(long, value_name = "URL", requires = "vlm")]
    vlm_endpoint: Option<String>,
    /// Number of frames of a clip that --vlm gets, evenly spaced
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    vlm_frames: u8,
    /// Temperature of --vlm; 0 repeats its answers [default: the server's]
    #[arg(long, value_name = "T", requires = "vlm", value_parser = temperature)]
    vlm_temperature: Option<f64>,
    /// X-CLIP model to compare with, in a row x-clip: a folder, or a name on the model hub such as
    /// microsoft/xclip-large-patch14-16-frames. It gets as many frames of a clip as it was trained with, evenly spaced over all
    /// of it, and the names of the candidates
    #[arg(long, value_name = "DIR|ID")]
    x_clip: Option<PathBuf>,
    /// Folder of a quiz about this manifest (see `actalign-tui quiz`), to compare with what a person said, in a row
    /// human:NAME over the clips that were answered; may be repeated. With --shard, give it to `eval merge`
    #[arg(long = "human", value_name = "DIR", conflicts_with = "shard")]
    people: Vec<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// Frames taken per second of video, or `native` for every frame [default: 10]
    #[arg(long, value_name = "N|native")]
    fps: Option<Sampling>,
    /// Stop embedding a clip once the frames that are left cannot plausibly change the winner of the row +smoothing, and record how
    /// many were seen. The others are filled in from their neighbours, for every row
    #[arg(long, conflicts_with = "embeddings")]
    until_settled: bool,
    /// Folder for results.json, .md, .csv, .svg and .png, tables of classes, confusions and disagreements as CSV, and every
    /// ranking in clips.jsonl. The same command resumes an interrupted run
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Evaluate one of N shards of the clips, into its own folder in --out, for `eval merge`; `slurm/N` takes I from the
    /// SLURM array task. The folder remembers N, so `slurm` is enough when tasks are submitted again
    #[arg(long, value_name = "I/N|slurm/N", requires = "out")]
    shard: Option<ShardChoice>,
    /// Embed nothing: say which clips, scripts and rows are there and which are missing, how many frames and texts there are to
    /// embed, and how long that takes on this device. Exits with 1 if anything is missing
    #[arg(long)]
    check: bool,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

/// A flag for the scripts of each strategy besides the default, such as `--scripts-short`.
#[derive(Debug)]
struct OtherScripts(PerStrategy<PathBuf>);

impl Args for OtherScripts {
    fn augment_args(command: Command) -> Command {
        command.args(Strategy::others().map(|strategy| {
            let (flag, file) = (strategy.flag(), strategy.file_name());
            let help = format!(
                "Scripts of the same classes by the prompt {strategy}, for the row {strategy} [default: {file} beside the \
                 manifest, if it exists]"
            );
            Arg::new(flag).long(flag).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OtherScripts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let named =
            |strategy: Strategy| Some((strategy, matches.get_one::<PathBuf>(strategy.flag())?.clone()));
        Ok(Self(Strategy::others().filter_map(named).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    Merge(MergeArgs),
    Moments(moments::MomentsArgs),
}

/// Merge the shards of an evaluation into the result that a single process would give
#[derive(Debug, Args)]
struct MergeArgs {
    /// Folders of shards, or the folder that holds them
    #[arg(value_name = "FOLDER", required = true)]
    folders: Vec<PathBuf>,
    /// Folder of a quiz about the same manifest, for a row human:NAME; may be repeated
    #[arg(long = "human", value_name = "DIR")]
    people: Vec<PathBuf>,
    /// Folder for the results [default: the one folder named]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
}

pub fn run(args: &EvalArgs) -> Result<()> {
    match &args.command {
        Some(EvalCommand::Merge(args)) => {
            let merged = eval::merge(&args.folders, &args.people, args.out.as_deref(), reporter())?;
            return print(&merged.results, args.json);
        }
        Some(EvalCommand::Moments(args)) => return moments::run(args),
        None if args.check => return check::run(args),
        None => {}
    }
    let finished = Evaluation::open(request(args)?)?.run(reporter())?;
    let Finished { run, records, results } = &finished;
    if let (Some(shard), Some(out)) = (run.shard, &args.out) {
        output::say(format_args!(
            "shard {shard} is done: {} of {} clips; after all {}, merge them: `actalign-tui eval merge {}`",
            records.len(),
            run.clips,
            shard.of,
            out.display()
        ));
    }
    print(results, args.json)
}

fn dataset_paths(args: &EvalArgs) -> Result<DatasetPaths> {
    Ok(DatasetPaths {
        manifest: args.manifest.clone().ok_or_else(|| eyre!("no manifest is named"))?,
        scripts: args.scripts.clone(),
        other_scripts: args.other_scripts.0.clone(),
        clips: args.clips.clone(),
        embeddings: args.embeddings.clone(),
        preset: args.preset,
    })
}

fn request(args: &EvalArgs) -> Result<Request> {
    let dataset = Dataset::open(&dataset_paths(args)?)?;
    let requests: Vec<ModelRequest> = args.model.requests().collect();
    if requests.len() > 1 && args.embeddings.is_some() {
        bail!("--embeddings are of one model\nhelp: name that one with --model");
    }
    let mut labels = HashSet::new();
    let mut models = Vec::new();
    for request in &requests {
        let model = request.open()?;
        let plan = plan(args, &dataset, &model)?;
        let label = label(request);
        if !labels.insert(label.clone()) {
            bail!("two models are named {label}\nhelp: rename one of the folders");
        }
        let plan = if requests.len() > 1 { plan.under(&label) } else { plan };
        models.push((request.name.clone(), model, plan));
    }
    let mut models = models.into_iter();
    let (model_name, model, plan) = models.next().ok_or_else(|| eyre!("no model is named"))?;
    let others = models.map(|(name, model, plan)| OtherModel { name, model, rows: plan.rows }).collect();
    let x_clip = x_clip(args, &model)?;
    let vlm = vlm(args)?;
    let shard = match (args.shard, &args.out) {
        (Some(choice), Some(out)) => Some(choice.claim(out)?),
        _ => None,
    };
    if let (Some(ShardChoice::Task(task, _)), Some(claimed)) = (args.shard, shard) {
        output::say(format_args!("{task} is shard {}", claimed.shard));
    }
    let (people, out) = (args.people.clone(), args.out.clone());
    Ok(Request { model_name, others, vlm, x_clip, people, out, shard, ..Request::new(dataset, plan, model) })
}

/// What tells one of several models in the names of rows.
fn label(request: &ModelRequest) -> String {
    request.name.file_name().unwrap_or(request.name.as_os_str()).to_string_lossy().into_owned()
}

fn plan(args: &EvalArgs, dataset: &Dataset, model: &Model) -> Result<Plan> {
    let plan = Plan::new(dataset, args.fps, &rows(args, model)?, model)?;
    Ok(Plan { until_settled: args.until_settled, ..plan })
}

/// The rows that a model has.
fn rows(args: &EvalArgs, model: &Model) -> Result<Rows> {
    let cell = args.cell.unwrap_or(model.usual_cell());
    let usual = Method { cell, ..Method::default() };
    let aligners = args.aligners.iter().map(|text| usual.with_aligner(text));
    Ok(Rows {
        aligners: aligners.collect::<Result<_, _>>().map_err(|error| eyre!(error))?,
        templates: args.templates.clone(),
        smoothings: args.smoothings.clone(),
        prompts: args.prompts.clone(),
        cell,
        ..Rows::default()
    })
}

fn vlm(args: &EvalArgs) -> Result<Option<Vlm>> {
    let (Some(name), Some(endpoint)) = (&args.vlm, &args.vlm_endpoint) else { return Ok(None) };
    let client = args.server.client(endpoint, name)?.with_temperature(args.vlm_temperature);
    Ok(Some(Vlm::new(client, vision_prompt(prompts_folder().as_deref())?, args.vlm_frames.into())))
}

fn x_clip(args: &EvalArgs, beside: &Model) -> Result<Option<XClip>> {
    let Some(name) = &args.x_clip else { return Ok(None) };
    let folder = model_folder(name, fetch_if_agreed())?;
    let x_clip = XClip::open(&folder, beside)?;
    x_clip.notices().iter().for_each(output::say);
    Ok(Some(x_clip))
}

/// Shows progress and notices on standard error.
fn reporter() -> impl FnMut(Progress) {
    let mut counter: Option<Counter> = None;
    move |progress| match progress {
        Progress::Started { clips, known } => {
            let started = counter.insert(Counter::new(clips, known, "clips"));
            if known > 0 {
                started.say(&format!("{known} of {clips} clips were done before"));
            }
        }
        Progress::Clip(_) => counter.iter_mut().for_each(Counter::count),
        Progress::Notice(text) => match &counter {
            Some(counter) => counter.say(text),
            None => output::say(text),
        },
    }
}

fn print(results: &Results, json: bool) -> Result<()> {
    let text = if json { visible::json(results)? } else { results.tables(Style::Plain) };
    Ok(output::print(&text)?)
}

/// Checks what names an aligner.
fn aligner(text: &str) -> Result<String, String> {
    Method::default().with_aligner(text).map(|_| text.to_owned())
}
