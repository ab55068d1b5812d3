//! Snapshots: everything that a moment of the explorer shows, as one JSON document that can be read back.

mod hashes;
mod load;
mod parts;
mod sampling;
mod thumbnail;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use hashes::Hashes;
pub use load::{SnapshotError, SnapshotFault};
pub use parts::Parts;
pub(crate) use parts::matrix;
pub use sampling::SampledPart;
pub use thumbnail::Thumbnail;

use crate::atomic_write::write_new;
use crate::explore::{ClassReport, Exploration, Picture, Report, ReportSettings, Sources};
use crate::input_file::open_regular;
use crate::net::rfc_3339;
use crate::text_file;
use crate::video::Sampling;

/// Name of the format, without its version.
const NAME: &str = "actalign-snapshot/";
/// The version that is written and read.
const VERSION: u32 = 2;
/// Name and version of the format, the first field of every snapshot.
pub const SNAPSHOT_FORMAT: &str = "actalign-snapshot/2";

/// Settings, matrices, paths and scores of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SNAPSHOT_FORMAT`].
    pub format: String,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// When it was taken: RFC 3339, UTC.
    pub created: String,
    /// Whether every frame of the clip was embedded.
    pub complete: bool,
    /// The aligned classes in the order given, as `classify --json` prints them.
    pub classes: Vec<ClassReport>,
    /// Indices of the classes, best first.
    pub ranking: Vec<usize>,
    /// Everything the scores depend on besides the embeddings.
    pub settings: ReportSettings,
    /// Which frames of the clip were taken.
    pub sampling: SampledPart,
    /// What the files contained that everything came from.
    pub hashes: Hashes,
    /// The matrices' columns.
    pub frames: Frames,
    /// The candidates in the order given, with their matrices.
    pub candidates: Vec<Matrices>,
    /// What was looked at.
    pub view: ViewState,
    /// Settings that the present ones were compared with.
    pub pinned: Option<Pinned>,
    /// A few small pictures of the clip, in order of presentation.
    pub thumbnails: Vec<Thumbnail>,
}

/// The matrices' columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frames {
    /// Ordinals of the decoded pictures.
    pub ordinals: Vec<u64>,
    /// Presentation times in seconds, ascending.
    pub times: Vec<f64>,
}

/// A candidate with its matrices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matrices {
    /// Name of the class.
    pub name: String,
    /// The field it belongs to.
    pub domain: String,
    /// Its script, K steps.
    pub steps: Vec<String>,
    /// The steps as they were embedded.
    pub sentences: Vec<String>,
    /// Smoothed cosines, K rows of T; none while a step was not embedded.
    pub cosines: Option<Vec<Vec<f32>>>,
    /// The aligned matrix, K rows of T.
    pub cells: Option<Vec<Vec<f32>>>,
}

/// What the explorer showed, and where the user was in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewState {
    /// Name of the view.
    pub view: String,
    /// Index of the selected class.
    pub selected: usize,
    /// Index of the class that it was compared with.
    pub compared: Option<usize>,
    /// The time cursor in seconds.
    pub cursor: f64,
    /// How values became shades: `rank`, `log` or `linear`.
    pub scale: String,
    /// Index of the step of the selected class that was singled out.
    pub step: Option<usize>,
}

/// The settings that a what-if started from, and what they gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pinned {
    /// The knobs.
    pub settings: ReportSettings,
    /// Indices of the classes, best first.
    pub ranking: Vec<usize>,
    /// Score of each candidate in the order given; none where it was not aligned.
    pub scores: Vec<Option<f64>>,
}

/// What a snapshot is taken of.
pub struct SnapshotInput<'a> {
    /// Embeddings, knobs and alignments.
    pub exploration: &'a Exploration,
    /// Where everything came from.
    pub sources: &'a Sources,
    /// How densely frames were taken.
    pub sampling: Sampling,
    /// Whether every frame of the clip is embedded.
    pub complete: bool,
    /// What is looked at.
    pub view: ViewState,
    /// Small pictures of the clip in order of presentation; a few of them are kept.
    pub pictures: &'a [&'a Picture],
    /// What the files contain.
    pub hashes: Hashes,
    /// Settings that the present ones are compared with.
    pub pinned: Option<Pinned>,
    /// Now.
    pub created: SystemTime,
}

impl Snapshot {
    /// Takes down an exploration as it is.
    pub fn new(input: SnapshotInput) -> Self {
        let SnapshotInput { exploration, sources, sampling, .. } = input;
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
        let Report { classes, ranking, settings } = exploration.report(sources);
        Self {
            format: SNAPSHOT_FORMAT.to_owned(),
            program: concat!("actalign-tui ", env!("CARGO_PKG_VERSION")).to_owned(),
            created: rfc_3339(input.created),
            complete: input.complete,
            classes,
            ranking,
            settings,
            sampling: SampledPart { fps: sampling, start: sources.start, end: sources.end },
            hashes: input.hashes,
            frames: Frames { ordinals: outcome.ordinals.clone(), times: outcome.times.clone() },
            candidates: candidates.collect(),
            view: input.view,
            pinned: input.pinned,
            thumbnails: thumbnail::selection(input.pictures),
        }
    }

    /// Whether a file begins as a snapshot of any version does.
    pub fn is_at(path: &Path) -> bool {
        let beginning = format!("{{\"format\":\"{NAME}");
        // With room for a byte order mark.
        let mut found = Vec::new();
        let most = beginning.len() as u64 + 3;
        open_regular(path).is_ok_and(|file| {
            file.take(most).read_to_end(&mut found).is_ok()
                && text_file::without_mark(&found).is_ok_and(|text| text.starts_with(beginning.as_bytes()))
        })
    }

    /// With the time at which it was taken and what its files contain, which are known only where it is written.
    pub fn stamped(self, created: SystemTime, hashes: Hashes) -> Self {
        Self { created: rfc_3339(created), hashes, ..self }
    }

    /// The reported class with this index in the order given.
    pub fn class(&self, index: usize) -> Option<&ClassReport> {
        self.classes.iter().find(|class| class.index == index)
    }

    /// The clip's file name without its extension.
    pub fn stem(&self) -> String {
        let clip = self.settings.clip.as_ref().map_or("", |clip| &clip.sources.clip);
        let stem = Path::new(clip).file_stem();
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
    let stem = snapshot.stem();
    write_new(folder, &json, |number| format!("{stem}.actalign-{number}.json"))
}
