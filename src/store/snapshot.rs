//! Snapshots: everything that a moment of the explorer shows, as one JSON document.

use std::io;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::Serialize;

use crate::explore::{Exploration, Settings, Sources};
use crate::store::whole::temporary;

/// Name and version of the format, the first field of every snapshot.
pub const SNAPSHOT_FORMAT: &str = "actalign-snapshot/1";

/// Settings, matrices, paths and scores of one moment.
#[derive(Debug, Serialize)]
pub struct Snapshot {
    format: &'static str,
    program: &'static str,
    sources: Sources,
    settings: Settings,
    /// Smoothing width in frames that the seconds come to.
    smoothing_frames: usize,
    alpha: f32,
    beta: f32,
    /// Whether every frame of the clip was embedded when the snapshot was taken.
    complete: bool,
    frames: Frames,
    /// Classes in the order given.
    classes: Vec<Class>,
    /// Indices of the aligned classes, best first.
    ranking: Vec<usize>,
}

/// The matrices' columns.
#[derive(Debug, Serialize)]
struct Frames {
    ordinals: Vec<u64>,
    /// Seconds.
    times: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Class {
    index: usize,
    name: String,
    domain: String,
    steps: Vec<String>,
    /// The steps as they were embedded.
    sentences: Vec<String>,
    /// None while a step was not embedded.
    #[serde(flatten)]
    alignment: Option<Aligned>,
}

#[derive(Debug, Serialize)]
struct Aligned {
    rank: Option<usize>,
    score: f64,
    /// Distance to the best other class.
    margin: Option<f64>,
    /// Pairs of step and frame, from 0.
    path: Vec<(usize, usize)>,
    frames_per_step: Vec<usize>,
    collapsed: bool,
    order_free: f64,
    mean_pool: Option<f64>,
    mean_pool_rank: Option<usize>,
    /// Smoothed cosines, a row per step.
    cosines: Vec<Vec<f32>>,
    /// The aligned matrix, a row per step.
    cells: Vec<Vec<f32>>,
}

impl Snapshot {
    /// Takes down an exploration as it is; `complete` says whether all frames of the clip are in it.
    pub fn new(exploration: &Exploration, sources: &Sources, complete: bool) -> Self {
        let outcome = exploration.outcome();
        let classes = exploration.candidates().iter().enumerate().map(|(index, candidate)| Class {
            index,
            name: candidate.name.clone(),
            domain: candidate.domain.clone(),
            steps: candidate.steps.clone(),
            sentences: (0..candidate.steps.len()).map(|step| exploration.sentence(index, step)).collect(),
            alignment: outcome.classes[index].as_ref().map(|class| Aligned {
                rank: outcome.rank(index),
                score: class.alignment.score,
                margin: outcome.margin(index),
                path: class.alignment.path.clone(),
                frames_per_step: class.alignment.frames_per_step.clone(),
                collapsed: class.alignment.collapsed,
                order_free: class.order_free,
                mean_pool: class.mean_pool,
                mean_pool_rank: outcome.mean_pool_rank(index),
                cosines: rows(&class.cosines),
                cells: rows(&class.cells),
            }),
        });
        Self {
            format: SNAPSHOT_FORMAT,
            program: concat!("actalign-tui ", env!("CARGO_PKG_VERSION")),
            sources: sources.clone(),
            settings: exploration.settings().clone(),
            smoothing_frames: outcome.width,
            alpha: exploration.calibration().alpha,
            beta: exploration.calibration().beta,
            complete,
            frames: Frames { ordinals: outcome.ordinals.clone(), times: outcome.times.clone() },
            classes: classes.collect(),
            ranking: outcome.ranking.clone(),
        }
    }

    /// A file name without its ending: the clip's.
    fn stem(&self) -> String {
        let stem = Path::new(&self.sources.clip).file_stem();
        stem.map_or_else(|| "clip".to_owned(), |stem| stem.to_string_lossy().into_owned())
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
    let stem = snapshot.stem();
    for number in 1.. {
        let path = folder.join(format!("{stem}.actalign-{number}.json"));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    unreachable!("some number is free")
}
