//! Snapshots: the state of the explorer as one JSON document that can be read back.

mod hashes;
mod load;
mod parts;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ndarray::Array2;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use hashes::Hashes;
pub use load::SnapshotError;
pub(crate) use parts::matrix;
pub use parts::settings;

use crate::backbone::Region;
use crate::explain::Confidence;
use crate::explore::{ClassReport, Exploration, Picture, Report, ReportSettings, Sources};
use crate::files::atomic_write::write_new;
use crate::files::input_file::open_regular;
use crate::files::text_file;
use crate::net::rfc_3339;
use crate::video::{Sampling, Segment};

const NAME: &str = "actalign-snapshot/";
const VERSION: u32 = 2;
/// Pictures kept at most: as many as a film strip in a figure has room for.
const MOST_PICTURES: usize = 16;
/// Name and version of the format, the first field of every snapshot.
pub const SNAPSHOT_FORMAT: &str = "actalign-snapshot/2";

/// Settings, matrices, paths and scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SNAPSHOT_FORMAT`].
    pub format: String,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// Whether every frame of the clip was embedded.
    pub complete: bool,
    /// The aligned classes in the order given, as `classify --json` prints them.
    pub classes: Vec<ClassReport>,
    /// Indices of the classes, best first.
    pub ranking: Vec<usize>,
    /// How sure the first of the ranking is; none where that was not found, or by an older program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// Everything that the scores depend on besides the embeddings.
    pub settings: ReportSettings,
    pub sampling: SampledPart,
    pub hashes: Hashes,
    pub frames: Frames,
    /// In the order given.
    pub candidates: Vec<Matrices>,
    pub view: ViewState,
    /// Settings that the current ones were compared with.
    pub pinned: Option<Pinned>,
    /// In order of presentation.
    pub thumbnails: Vec<Picture>,
    /// The map of a frame, if one was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patches: Option<ShownPatches>,
}

/// What each window of a frame adds to its cosine with a step, or to the difference of two such cosines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownPatches {
    /// The frame.
    pub picture: Picture,
    /// Indices of a class and of its step.
    pub of: (usize, usize),
    /// Indices of the class and the step whose values are subtracted, if any are.
    pub less: Option<(usize, usize)>,
    /// Of the whole frame.
    pub cosine: f32,
    /// The part of the frame that is split into windows.
    #[serde(default)]
    pub region: Region,
    /// Rows of windows, from the top.
    pub values: Vec<Vec<f32>>,
}

/// Which frames of a clip were taken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledPart {
    /// In JSON a number of frames per second, or `"native"`.
    #[serde(serialize_with = "write_sampling", deserialize_with = "read_sampling")]
    pub fps: Sampling,
    /// In seconds, if not the clip's.
    pub start: Option<f64>,
    /// In seconds, if not the clip's.
    pub end: Option<f64>,
}

impl SampledPart {
    pub fn segment(&self) -> Segment {
        Segment { start: self.start, end: self.end }
    }
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
    pub name: String,
    pub domain: String,
    /// K steps.
    pub steps: Vec<String>,
    /// The steps as they were embedded.
    pub sentences: Vec<String>,
    /// Smoothed cosines, K rows of T; `None` while a step was not embedded.
    pub cosines: Option<Vec<Vec<f32>>>,
    /// The aligned matrix, K rows of T.
    pub cells: Option<Vec<Vec<f32>>>,
}

/// What the explorer showed, and where the user was in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewState {
    pub view: String,
    /// Index of a class, as the next.
    pub selected: usize,
    pub compared: Option<usize>,
    /// The time cursor in seconds.
    pub cursor: f64,
    /// How values become shades: `rank`, `log` or `linear`.
    pub scale: String,
    /// Index of a step of the selected class.
    pub step: Option<usize>,
}

/// The settings that a what-if started from, and their results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pinned {
    pub settings: ReportSettings,
    /// Indices of the classes, best first.
    pub ranking: Vec<usize>,
    /// Of each candidate in the order given; `None` where it was not aligned.
    pub scores: Vec<Option<f64>>,
}

/// Everything that goes into a snapshot.
pub struct SnapshotInput<'a> {
    pub exploration: &'a Exploration,
    pub sources: &'a Sources,
    pub sampling: Sampling,
    /// Whether every frame of the clip is embedded.
    pub complete: bool,
    pub view: ViewState,
    /// In order of presentation; a few of them are kept.
    pub pictures: &'a [&'a Picture],
    pub pinned: Option<Pinned>,
    pub patches: Option<ShownPatches>,
}

impl Snapshot {
    /// A snapshot without its time and the hashes of its files: see [`Snapshot::stamped`].
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
        let Report { classes, ranking, confidence, settings, .. } = exploration.report(sources);
        Self {
            format: SNAPSHOT_FORMAT.to_owned(),
            program: concat!("actalign-tui ", env!("CARGO_PKG_VERSION")).to_owned(),
            created: String::new(),
            complete: input.complete,
            classes,
            ranking,
            confidence,
            settings,
            sampling: SampledPart { fps: sampling, start: sources.start, end: sources.end },
            hashes: Hashes::default(),
            frames: Frames { ordinals: outcome.ordinals.clone(), times: outcome.times.clone() },
            candidates: candidates.collect(),
            view: input.view,
            pinned: input.pinned,
            thumbnails: selection(input.pictures),
            patches: input.patches,
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

    /// Sets the time and the hashes, which are known only when it is written.
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

/// An even selection of pictures, the first and the last among them.
fn selection(pictures: &[&Picture]) -> Vec<Picture> {
    let count = pictures.len().min(MOST_PICTURES);
    (0..count).map(|place| pictures[place * (pictures.len() - 1) / (count - 1).max(1)].clone()).collect()
}

fn rows(matrix: &Array2<f32>) -> Vec<Vec<f32>> {
    matrix.rows().into_iter().map(|row| row.to_vec()).collect()
}

fn write_sampling<S: Serializer>(sampling: &Sampling, serializer: S) -> Result<S::Ok, S::Error> {
    match sampling {
        Sampling::Fps(fps) => serializer.serialize_f64(*fps),
        Sampling::Native | Sampling::Numbered => serializer.collect_str(sampling),
    }
}

fn read_sampling<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sampling, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Rate {
        Number(f64),
        Word(String),
    }
    let text = match Rate::deserialize(deserializer)? {
        Rate::Number(fps) => fps.to_string(),
        Rate::Word(word) => word,
    };
    text.parse().map_err(serde::de::Error::custom)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_even_and_has_both_ends() {
        let pictures: Vec<Picture> =
            (0..100).map(|i| Picture { ordinal: i, time: i as f64, jpeg: vec![i as u8] }).collect();
        let pictures: Vec<&Picture> = pictures.iter().collect();
        for given in [0, 1, 2, 15, 16, 17, 31, 100] {
            let kept: Vec<u64> = selection(&pictures[..given]).iter().map(|kept| kept.ordinal).collect();
            assert_eq!(kept.len(), given.min(MOST_PICTURES), "{given}");
            assert_eq!(kept.first().copied(), (given > 0).then_some(0));
            assert_eq!(kept.last().copied(), (given as u64).checked_sub(1));
            let gaps: Vec<u64> = kept.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.iter().max() <= gaps.iter().min().map(|least| least + 1).as_ref(), "{gaps:?}");
        }
    }
}
