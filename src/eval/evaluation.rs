//! The evaluation of a dataset, clip by clip: resumed where it was interrupted, in shards, and merged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Report, Result, WrapErr, bail, eyre};
use thiserror::Error;

use crate::backbone::ModelError;
use crate::error_chain::{error_chain, on_one_line};
use crate::eval::dataset::{Clip, Dataset};
use crate::eval::evaluator::Evaluator;
use crate::eval::journal::{self, Journal};
use crate::eval::merge::merge_shards;
use crate::eval::people;
use crate::eval::record::{ClipOutcome, ClipRecord, ClipScores, FileStamp};
use crate::eval::released;
use crate::eval::results::{EvalSettings, Results};
use crate::eval::rows::{Row, Rows};
use crate::eval::run::Run;
use crate::eval::shard::Shard;
use crate::eval::split::ClaimedShard;
use crate::eval::vlm::Vlm;
use crate::eval::write::write;
use crate::eval::x_clip::XClip;
use crate::explore::{Model, default_template};
use crate::llm::LlmError;
use crate::video::Sampling;

/// The sampling and the rows of an evaluation.
#[derive(Clone, Debug)]
pub struct Plan {
    pub sampling: Sampling,
    pub rows: Vec<Row>,
    /// Whether to stop embedding a clip once the winner of the reference row is settled.
    pub until_settled: bool,
}

impl Plan {
    /// The plan for a dataset and a model, which may need a shorter template. Without a sampling, the protocol of the dataset's
    /// preset has one: ten frames per second.
    ///
    /// # Errors
    /// If the rows cannot be evaluated, embeddings have no rate, or the tokenizer cannot be read.
    pub fn new(dataset: &Dataset, sampling: Option<Sampling>, rows: &Rows, model: &Model) -> Result<Self> {
        let paths = &dataset.paths;
        if paths.embeddings.is_some() && !matches!(sampling, Some(Sampling::Fps(_))) {
            bail!(
                "embeddings need to know how many rows a second has\nhelp: give a number, such as --fps 30"
            );
        }
        let protocol = released::protocol(paths.preset);
        let rows = match protocol.rows {
            Some(fixed) if rows.is_empty() => fixed(),
            Some(_) => bail!(
                "--preset {} has the rows of the authors' scripts and no others\nhelp: leave --aligners, --template, \
                 --smoothing and --prompt out",
                paths.preset
            ),
            None => {
                let candidates = dataset.clips.iter().flat_map(|clip| &clip.candidates);
                let rows = Rows { context: default_template(model, candidates)?, ..rows.clone() };
                rows.all(&dataset.other_scripts.strategies())?
            }
        };
        Ok(Self { sampling: sampling.unwrap_or(protocol.sampling), rows, until_settled: false })
    }

    /// The same for one of several models: the names of rows end with `@` and the model's.
    pub fn under(self, model: &str) -> Self {
        Self { rows: self.rows.into_iter().map(|row| row.under(model)).collect(), ..self }
    }
}

/// A further model on the same clips.
pub struct OtherModel {
    /// As the user names it.
    pub name: PathBuf,
    pub model: Arc<Model>,
    pub rows: Vec<Row>,
}

/// What to evaluate.
pub struct Request {
    pub dataset: Dataset,
    pub plan: Plan,
    pub model: Arc<Model>,
    /// The model as the user names it.
    pub model_name: PathBuf,
    /// Further models. The rows of each model then have its name.
    pub others: Vec<OtherModel>,
    /// A vision-language model to compare with.
    pub vlm: Option<Vlm>,
    /// An X-CLIP model to compare with.
    pub x_clip: Option<XClip>,
    /// Folders of quizzes, to compare with people. Not for shards: their results are computed when they are merged.
    pub people: Vec<PathBuf>,
    /// Folder for results and for what a later run resumes from.
    pub out: Option<PathBuf>,
    /// The share of the clips to evaluate; needs `out`.
    pub shard: Option<ClaimedShard>,
}

impl Request {
    /// An evaluation of all clips that writes no file.
    pub fn new(dataset: Dataset, plan: Plan, model: Arc<Model>) -> Self {
        let model_name = model.checkpoint().dir().to_owned();
        Self {
            dataset,
            plan,
            model,
            model_name,
            others: Vec::new(),
            vlm: None,
            x_clip: None,
            people: Vec::new(),
            out: None,
            shard: None,
        }
    }
}

/// What an evaluation reports while it runs.
pub enum Progress<'a> {
    /// It begins, with `known` of its `clips` done by an earlier run.
    Started { clips: usize, known: usize },
    /// A clip is evaluated.
    Clip(&'a ClipRecord),
    /// Something that the user should know.
    Notice(&'a str),
}

/// A finished evaluation.
pub struct Finished {
    pub run: Run,
    /// In the manifest's order.
    pub records: Vec<ClipRecord>,
    pub results: Results,
}

/// None of the clips could be read: the dataset is not where it was looked for.
#[derive(Debug, Error)]
#[error("{}: none of its {clips} clips could be read", manifest.display())]
pub struct NothingRead {
    manifest: PathBuf,
    clips: usize,
}

/// The evaluation of a dataset.
///
/// ```no_run
/// use std::path::Path;
/// use std::sync::Arc;
///
/// use actalign_tui::eval::{Dataset, DatasetPaths, Evaluation, Plan, Progress, Request, Rows, Style};
/// use actalign_tui::explore::Model;
/// use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice};
///
/// # fn main() -> color_eyre::eyre::Result<()> {
/// let dataset = Dataset::open(&DatasetPaths::of("manifest.jsonl"))?;
/// let checkpoint = Checkpoint::open(Path::new("siglip-base"))?;
/// let model = Arc::new(Model::new(checkpoint, ComputeDevice::open(DeviceChoice::Auto)?));
/// let plan = Plan::new(&dataset, None, &Rows::default(), &model)?;
/// let finished = Evaluation::open(Request::new(dataset, plan, model))?.run(|progress| {
///     if let Progress::Clip(record) = progress {
///         eprintln!("{}", record.id);
///     }
/// })?;
/// println!("{}", finished.results.tables(Style::Plain));
/// # Ok(())
/// # }
/// ```
pub struct Evaluation {
    run: Run,
    dataset: Dataset,
    /// One for each model.
    evaluators: Vec<Evaluator>,
    people: Vec<PathBuf>,
    out: Option<PathBuf>,
    journal: Option<Journal>,
}

impl Evaluation {
    /// Begins an evaluation, or resumes the one in the request's folder. Reads the model's weights in full to hash them.
    ///
    /// # Errors
    /// If the folder cannot be written, is in use, or holds another evaluation.
    pub fn open(request: Request) -> Result<Self> {
        let Request { dataset, plan, model, model_name, others, vlm, x_clip, people, out, shard: claimed } =
            request;
        let mut models = vec![model.clone()];
        if plan.until_settled && !others.is_empty() {
            bail!(
                "several models cannot settle a clip together\nhelp: leave --until-settled out, or evaluate one model at a time"
            );
        }
        let evaluator = Evaluator::new(model, plan.sampling, plan.rows, x_clip, vlm);
        let mut evaluators = vec![evaluator.until_settled(plan.until_settled)];
        let mut other_models = Vec::new();
        for OtherModel { name, model, rows } in others {
            models.push(model.clone());
            evaluators.push(Evaluator::new(model, plan.sampling, rows, None, None));
            other_models.push(name);
        }
        let rows: Vec<Row> = evaluators.iter().flat_map(Evaluator::rows).cloned().collect();
        let digest = &dataset.digests.manifest;
        let run = Run {
            people: people::load(&people, &dataset.paths.manifest.display().to_string(), digest)?,
            settings: EvalSettings {
                until_settled: plan.until_settled,
                ..EvalSettings::new(&dataset, &models, plan.sampling, rows)
            },
            clips: dataset.clips.len(),
            shard: claimed.map(|claimed| claimed.shard),
            tasks: claimed.and_then(|claimed| claimed.tasks),
            paths: dataset.paths.clone(),
            model: model_name,
            other_models,
            working_folder: std::env::current_dir().wrap_err("cannot determine the current directory")?,
        };
        let journal = match &out {
            Some(out) => {
                let folder = run.shard.map_or_else(|| out.clone(), |shard| out.join(shard.folder()));
                let clips: HashMap<&str, &Clip> =
                    share(&dataset, run.shard).map(|clip| (clip.entry.id.as_str(), clip)).collect();
                let is_current =
                    |record: &ClipRecord| clips.get(record.id.as_str()).is_none_or(|clip| record.is_of(clip));
                Some(Journal::open(&folder, &run, is_current)?)
            }
            None => None,
        };
        Ok(Self { run, dataset, evaluators, people, out, journal })
    }

    /// Evaluates the clips that no earlier run has, and writes the results, unless they are of one shard.
    ///
    /// # Errors
    /// If the model cannot be loaded, the server of the vision-language model fails, a file cannot be written, or no clip
    /// could be read. The clips evaluated so far are kept in the folder.
    pub fn run(mut self, mut report: impl FnMut(Progress)) -> Result<Finished> {
        let records = self.evaluate(&mut report)?;
        let Self { mut run, people, out, journal, .. } = self;
        // People may have gone on meanwhile.
        run.people = people::load(&people, &run.settings.manifest, &run.settings.digests.manifest)?;
        if let Some(journal) = journal {
            journal.finish(&run, &records)?;
        }
        let finished = Finished::new(run, records)?;
        // Of a shard without readable clips nothing follows for the others.
        if finished.run.shard.is_none() {
            finished.check_some_read(&mut report)?;
            out.as_deref().map_or(Ok(()), |out| finished.write(out))?;
        }
        Ok(finished)
    }

    fn evaluate(&mut self, report: &mut impl FnMut(Progress)) -> Result<Vec<ClipRecord>> {
        let clips: Vec<&Clip> = share(&self.dataset, self.run.shard).collect();
        let known = self.journal.as_ref().map_or(0, Journal::known);
        report(Progress::Started { clips: clips.len(), known });
        if let Some(notice) = self.journal.as_mut().and_then(Journal::take_notice) {
            report(Progress::Notice(&notice));
        }
        let mut records = Vec::new();
        for clip in clips {
            if let Some(record) = self.journal.as_mut().and_then(|journal| journal.take(&clip.entry.id)) {
                records.push(record);
                continue;
            }
            // Before it is read: a file that is replaced meanwhile is evaluated again the next time.
            let file = FileStamp::of(clip);
            let outcome = match evaluate(&mut self.evaluators, clip) {
                Err(error) if fails_every_clip(&error) => return Err(error),
                Err(error) => ClipOutcome::Unread { reason: on_one_line(&error_chain(&error)) },
                Ok(scores) => ClipOutcome::Read(scores),
            };
            let record = ClipRecord { file, ..ClipRecord::new(clip, outcome) };
            if let Some(journal) = &mut self.journal {
                journal.add(&record)?;
            }
            for notice in self.evaluators.iter_mut().filter_map(Evaluator::take_notice) {
                report(Progress::Notice(&notice));
            }
            report(Progress::Clip(&record));
            records.push(record);
        }
        Ok(records)
    }
}

/// A clip under each model, one after the other.
fn evaluate(evaluators: &mut [Evaluator], clip: &Clip) -> Result<ClipScores> {
    let mut evaluators = evaluators.iter_mut();
    let first = evaluators.next().ok_or_else(|| eyre!("there is no model"))?;
    let mut scores = first.evaluate(clip)?;
    for evaluator in evaluators {
        let ClipScores { rows, cut_texts, .. } = evaluator.evaluate(clip)?;
        scores.rows.extend(rows);
        scores.cut_texts.extend(cut_texts);
    }
    scores.cut_texts.sort();
    scores.cut_texts.dedup();
    Ok(scores)
}

/// The clips of a shard.
fn share(dataset: &Dataset, shard: Option<Shard>) -> impl Iterator<Item = &Clip> {
    let clips = dataset.clips.iter().enumerate();
    clips.filter(move |(place, _)| shard.is_none_or(|shard| shard.holds(*place))).map(|(_, clip)| clip)
}

/// Whether an error is of the weights or of a server, not of the clip.
fn fails_every_clip(error: &Report) -> bool {
    let is_of_weights = error.downcast_ref::<ModelError>().is_some_and(|error| {
        !matches!(error, ModelError::Input(_) | ModelError::Compute(_) | ModelError::Embedding { .. })
    });
    is_of_weights || error.is::<LlmError>()
}

/// Merges the shards in these folders into the evaluation that a single process would have made, and writes its results
/// into `out`, else into the one folder named. Each folder is a shard or holds shards. `people` are folders of quizzes.
///
/// # Errors
/// If a shard is missing, unfinished, a duplicate, or of another evaluation, a quiz is about another manifest, or the
/// results cannot be written.
pub fn merge(
    folders: &[PathBuf],
    people: &[PathBuf],
    out: Option<&Path>,
    mut report: impl FnMut(Progress),
) -> Result<Finished> {
    let (mut run, records) = merge_shards(folders)?;
    run.people = people::load(people, &run.settings.manifest, &run.settings.digests.manifest)?;
    let out = match (out, folders) {
        (Some(out), _) => out,
        // The folder of a single shard is not the place for the results of all.
        (None, [folder]) if !Run::is_at(folder) || Run::load(folder)?.shard.is_none() => folder,
        _ => bail!("several folders are named\nhelp: name one for the results with --out"),
    };
    let finished = Finished::new(run, records)?;
    finished.check_some_read(&mut report)?;
    if let Some(notice) = journal::write(out, &finished.run, &finished.records)? {
        report(Progress::Notice(&notice));
    }
    finished.write(out)?;
    Ok(finished)
}

impl Finished {
    fn new(run: Run, records: Vec<ClipRecord>) -> Result<Self> {
        let (settings, joined) = people::join(&run.people, &run.settings, &records)?;
        let results = Results::new(&joined, settings);
        Ok(Self { run, records, results })
    }

    fn check_some_read(&self, report: &mut impl FnMut(Progress)) -> Result<(), NothingRead> {
        let (unread, clips) = (&self.results.unread, self.run.clips);
        if unread.len() < clips {
            return Ok(());
        }
        for clip in unread {
            report(Progress::Notice(&format!("{}: {}", clip.id, clip.reason)));
        }
        Err(NothingRead { manifest: self.run.paths.manifest.clone(), clips })
    }

    fn write(&self, out: &Path) -> Result<()> {
        write(out, &self.results).wrap_err_with(|| format!("cannot write the results into {}", out.display()))
    }
}
