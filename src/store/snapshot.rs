//! Snapshots: everything that a moment of the explorer shows, as one JSON document.

use std::io;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::Serialize;

use crate::explore::{Exploration, Report, Sources};
use crate::store::whole::temporary;

/// Name and version of the format, the first field of every snapshot.
pub const SNAPSHOT_FORMAT: &str = "actalign-snapshot/1";

/// Settings, matrices, paths and scores of one moment.
#[derive(Debug, Serialize)]
pub struct Snapshot {
    format: &'static str,
    program: &'static str,
    /// Whether every frame of the clip was embedded when the snapshot was taken.
    complete: bool,
    /// Scores, paths and settings, as `classify --json` prints them.
    #[serde(flatten)]
    report: Report,
    frames: Frames,
    /// The candidates in the order given, with their matrices.
    candidates: Vec<Matrices>,
    #[serde(skip)]
    stem: String,
}

/// The matrices' columns.
#[derive(Debug, Serialize)]
struct Frames {
    ordinals: Vec<u64>,
    /// Seconds.
    times: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Matrices {
    name: String,
    domain: String,
    steps: Vec<String>,
    /// The steps as they were embedded.
    sentences: Vec<String>,
    /// Smoothed cosines, a row per step; none while a step was not embedded.
    cosines: Option<Vec<Vec<f32>>>,
    /// The aligned matrix, a row per step.
    cells: Option<Vec<Vec<f32>>>,
}

impl Snapshot {
    /// Takes down an exploration as it is; `complete` says whether all frames of the clip are in it.
    pub fn new(exploration: &Exploration, sources: &Sources, complete: bool) -> Self {
        let outcome = exploration.outcome();
        let candidates = exploration.candidates().iter().enumerate().map(|(index, candidate)| {
            let class = outcome.classes[index].as_ref();
            Matrices {
                name: candidate.name.clone(),
                domain: candidate.domain.clone(),
                steps: candidate.steps.clone(),
                sentences: (0..candidate.steps.len()).map(|step| exploration.sentence(index, step)).collect(),
                cosines: class.map(|class| rows(&class.cosines)),
                cells: class.map(|class| rows(&class.cells)),
            }
        });
        let stem = Path::new(&sources.clip).file_stem();
        Self {
            format: SNAPSHOT_FORMAT,
            program: concat!("actalign-tui ", env!("CARGO_PKG_VERSION")),
            complete,
            report: exploration.report(sources),
            frames: Frames { ordinals: outcome.ordinals.clone(), times: outcome.times.clone() },
            candidates: candidates.collect(),
            stem: stem.map_or_else(|| "clip".to_owned(), |stem| stem.to_string_lossy().into_owned()),
        }
    }
}

fn rows(matrix: &Array2<f32>) -> Vec<Vec<f32>> {
    matrix.rows().into_iter().map(|row| row.to_vec()).collect()
}

/// Writes a snapshot into `folder` under the first free name `CLIP.actalign-N.json`, and returns the path. The file
/// appears whole or not at all, and never replaces another.
///
/// # Errors
/// If the folder cannot be written to.
pub fn save(snapshot: &Snapshot, folder: &Path) -> io::Result<PathBuf> {
    let mut json = serde_json::to_vec(snapshot)?;
    json.push(b'\n');
    let mut file = temporary(folder, &json)?;
    for number in 1.. {
        let path = folder.join(format!("{}.actalign-{number}.json", snapshot.stem));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    unreachable!("some number is free")
}
