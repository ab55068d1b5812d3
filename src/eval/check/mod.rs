//! What an evaluation would need and how long it would take, found before anything is embedded.

mod models;
mod speed;
mod summary;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use color_eyre::eyre::Result;
use serde::Serialize;

pub use models::ModelCheck;

use models::{Counted, count_frames};

use crate::error_chain::{error_chain, on_one_line};
use crate::eval::dataset::{Clip, ClipSource, Dataset};
use crate::eval::evaluation::Plan;
use crate::eval::people;
use crate::eval::released;
use crate::eval::rows::Row;
use crate::explore::Model;
use crate::script::Strategy;

/// Rows that an evaluation has only on demand, by how their names begin, and what asks for them.
const ON_DEMAND: [(&str, &str); 3] = [
    ("human:", "--human DIR, the folder of an `actalign-tui quiz` about this manifest"),
    ("x-clip", "--x-clip microsoft/xclip-large-patch14-16-frames, or a folder"),
    ("vlm:", "--vlm NAME --vlm-endpoint URL"),
];

/// What to check.
pub struct CheckRequest {
    /// From [`Dataset::survey`].
    pub dataset: Dataset,
    pub models: Vec<ModelToCheck>,
    pub people: Vec<PathBuf>,
    /// Rows of other models that are asked for, such as `x-clip`, and why they cannot be made.
    pub others: Vec<(String, Option<String>)>,
}

pub struct ModelToCheck {
    /// As the user names it.
    pub name: PathBuf,
    /// The model with its plan, or why it cannot be used.
    pub opened: Result<(Arc<Model>, Plan)>,
}

/// What is there for an evaluation, and what is missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Whether nothing is missing of what was asked for.
    pub complete: bool,
    pub manifest: String,
    pub benchmark: Option<&'static str>,
    pub clips: ClipCheck,
    /// By prompt strategy.
    pub scripts: Vec<ScriptCheck>,
    /// Rows that will be made.
    pub rows: Vec<RowCheck>,
    /// Rows that will not be made, and what they need.
    pub absent_rows: Vec<AbsentRow>,
    pub models: Vec<ModelCheck>,
    /// What to do about what is missing, in order.
    pub to_do: Vec<String>,
}

/// The files of the clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipCheck {
    pub all: usize,
    /// Number of clips that have their file and all scripts of the default strategy.
    pub ready: usize,
    /// Where their files were looked for.
    pub folder: String,
    pub missing: Vec<ClipFault>,
    /// Videos that are there but cannot be opened.
    pub unreadable: Vec<ClipFault>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipFault {
    pub id: String,
    pub reason: String,
}

/// The scripts of a prompt strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScriptCheck {
    pub strategy: Strategy,
    pub file: String,
    /// Number of different candidates of all clips.
    pub candidates: usize,
    pub missing: Vec<CandidateFault>,
}

/// A candidate without a script.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CandidateFault {
    pub domain: String,
    pub candidate: String,
    pub reason: String,
    /// Number of clips that have it among their candidates.
    pub clips: usize,
}

/// A row that will be made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowCheck {
    pub name: String,
    /// Number of clips that it can rank.
    pub clips: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AbsentRow {
    pub name: String,
    pub needs: String,
    /// Whether it was asked for.
    pub asked: bool,
}

/// Checks an evaluation. `passed` is called after each clip.
///
/// # Errors
/// If a tokenizer cannot be read.
pub fn check(request: CheckRequest, mut passed: impl FnMut()) -> Result<Check> {
    let CheckRequest { dataset, models, people, others } = request;
    let mut rows: Vec<Row> = Vec::new();
    let mut checked = Vec::new();
    for ModelToCheck { name, opened } in models {
        let opened = opened.map(|(model, plan)| {
            rows.extend(plan.rows.iter().cloned());
            Counted::new(model, plan)
        });
        checked.push((name, opened));
    }

    let mut missing = Vec::new();
    let mut unreadable = Vec::new();
    let mut ready: Vec<&Clip> = Vec::new();
    for clip in &dataset.clips {
        let fault = |reason: String| ClipFault { id: clip.entry.id.clone(), reason: on_one_line(&reason) };
        if let Some(reason) = missing_file(&dataset, clip) {
            missing.push(fault(reason));
        } else if !matches!(clip.source, ClipSource::Missing(_)) {
            let counted = checked.iter_mut().filter_map(|(_, opened)| opened.as_mut().ok());
            match count_frames(clip, counted.collect()) {
                Ok(()) => ready.push(clip),
                Err(error) => unreadable.push(fault(error_chain(&error))),
            }
        }
        passed();
    }

    let mut models = Vec::new();
    for (name, opened) in checked {
        let name = name.display().to_string();
        models.push(match opened {
            Ok(counted) => counted.finish(name, &ready)?,
            Err(error) => ModelCheck::unusable(name, error_chain(&error)),
        });
    }
    let folder = dataset.paths.embeddings.as_deref().or(dataset.paths.clips.as_deref());
    let folder =
        folder.or(dataset.paths.manifest.parent()).map_or(String::new(), |path| path.display().to_string());
    let (rows, absent_rows) = check_rows(&dataset, &rows, &ready, &people, others);
    let mut found = Check {
        complete: false,
        manifest: dataset.paths.manifest.display().to_string(),
        benchmark: dataset.benchmark,
        clips: ClipCheck {
            all: dataset.clips.len(),
            ready: ready.len(),
            folder: if folder.is_empty() { ".".to_owned() } else { folder },
            missing,
            unreadable,
        },
        scripts: check_scripts(&dataset),
        rows,
        absent_rows,
        models,
        to_do: Vec::new(),
    };
    found.to_do = found.find_to_do();
    found.complete = found.to_do.is_empty();
    Ok(found)
}

/// Why a clip has no file.
fn missing_file(dataset: &Dataset, clip: &Clip) -> Option<String> {
    let video = &clip.entry.video;
    let is_absent = || dataset.paths.embeddings.is_none() && !video.exists();
    clip.missing_file.clone().or_else(|| is_absent().then(|| format!("there is no {}", video.display())))
}

/// The scripts of each strategy that has a file.
fn check_scripts(dataset: &Dataset) -> Vec<ScriptCheck> {
    let files = dataset.other_scripts.iter();
    let files = [(Strategy::default(), &dataset.scripts)].into_iter().chain(files);
    let of_strategy = |(strategy, file): (Strategy, &PathBuf)| {
        let mut missing: BTreeMap<(&str, &str), CandidateFault> = BTreeMap::new();
        let mut candidates = HashSet::new();
        for clip in &dataset.clips {
            let domain = &clip.entry.domain[..];
            candidates.extend(clip.entry.candidates.iter().map(|name| (domain, &name[..])));
            for lack in clip.missing_scripts.iter().filter(|lack| lack.strategy == strategy) {
                let fault = missing.entry((domain, &lack.candidate)).or_insert_with(|| CandidateFault {
                    domain: domain.to_owned(),
                    candidate: lack.candidate.clone(),
                    reason: lack.reason.lines().next().unwrap_or_default().to_owned(),
                    clips: 0,
                });
                fault.clips += 1;
            }
        }
        ScriptCheck {
            strategy,
            file: file.display().to_string(),
            candidates: candidates.len(),
            missing: missing.into_values().collect(),
        }
    };
    files.map(of_strategy).collect()
}

/// The rows that are made, and those that are not.
fn check_rows(
    dataset: &Dataset,
    rows: &[Row],
    ready: &[&Clip],
    people: &[PathBuf],
    others: Vec<(String, Option<String>)>,
) -> (Vec<RowCheck>, Vec<AbsentRow>) {
    let mut absent = Vec::new();
    let ranks = |row: &Row| {
        let has_script = |clip: &&&Clip| {
            row.prompt == Strategy::default() || clip.other_candidates.get(row.prompt).is_some()
        };
        ready.iter().filter(has_script).count()
    };
    let mut made: Vec<RowCheck> =
        rows.iter().map(|row| RowCheck { name: row.name.clone(), clips: ranks(row) }).collect();
    let has_study = released::protocol(dataset.paths.preset).has_prompt_study;
    for strategy in
        Strategy::others().filter(|strategy| has_study && dataset.other_scripts.get(*strategy).is_none())
    {
        let (flag, file) = (strategy.flag(), strategy.file_name());
        let needs = format!("--{flag} FILE, or {file} beside the manifest");
        absent.push(AbsentRow { name: strategy.name().to_owned(), needs, asked: false });
    }
    let has_videos = dataset.paths.embeddings.is_none();
    for (name, problem) in others {
        match problem {
            // They see videos, not embeddings.
            None => made.push(RowCheck { name, clips: if has_videos { ready.len() } else { 0 } }),
            Some(needs) => absent.push(AbsentRow { name, needs, asked: true }),
        }
    }
    match people::load(people, &dataset.paths.manifest.display().to_string(), &dataset.digests.manifest) {
        Ok(people) => made.extend(people.iter().map(|person| {
            let answered = ready.iter().filter(|clip| person.answers.contains_key(&clip.entry.id));
            RowCheck { name: person.row_name(), clips: answered.count() }
        })),
        Err(error) => {
            absent.push(AbsentRow { name: "human:NAME".to_owned(), needs: error_chain(&error), asked: true });
        }
    }
    for (begins, needs) in ON_DEMAND {
        let is_known = |name: &str| name.starts_with(begins);
        if !made.iter().any(|row| is_known(&row.name)) && !absent.iter().any(|row| is_known(&row.name)) {
            let name = if begins.ends_with(':') { format!("{begins}NAME") } else { begins.to_owned() };
            absent.push(AbsentRow { name, needs: needs.to_owned(), asked: false });
        }
    }
    (made, absent)
}
