//! Reading a manifest in any format: [`FORMATS`] has one entry for each.
//!
//! A format is a file of this folder that ends in a constant [`Format`]. The first object of a manifest tells its format.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault::{Fault, Location, ManifestError};
use super::{action_atlas, generated_items, own};
use crate::align::Preset;
use crate::input_file::{MOST_TEXT, read_bounded};
use crate::text_file;
use crate::video::{Masks, Segment};

/// All formats. The first that recognizes an object reads it.
const FORMATS: [&Format; 3] = [&generated_items::FORMAT, &action_atlas::FORMAT, &own::FORMAT];

/// A format of manifests.
pub struct Format {
    /// Whether an object of a manifest is of this format.
    pub recognizes: fn(&Value) -> bool,
    /// Reads one object.
    pub read: fn(Object, &Context) -> Result<Listed, Fault>,
    /// Whether objects may also stand in one list.
    pub allows_list: bool,
    /// Whether others made the dataset. Then videos are named by their YouTube ids, clips without video or scripts are
    /// skipped, and names of candidates need not match those of scripts in capitals and option numbers.
    pub is_foreign: bool,
    /// Whether clips bring the steps of their candidates.
    pub brings_scripts: bool,
}

/// What reading an object depends on besides the object.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Put before relative paths of videos.
    pub folder: &'a Path,
    pub preset: Preset,
}

impl<'a> From<&'a Path> for Context<'a> {
    fn from(folder: &'a Path) -> Self {
        Self { folder, preset: Preset::default() }
    }
}

/// An object of a manifest.
pub enum Object<'a> {
    Line(&'a str),
    /// In a list.
    Item(Value),
}

impl Object<'_> {
    pub fn value(self) -> Result<Value, Fault> {
        match self {
            Self::Line(line) => {
                serde_json::from_str(line).map_err(|error| Fault::Syntax { reason: in_line(&error) })
            }
            Self::Item(value) => Ok(value),
        }
    }

    /// The fields of a format; `expected` says which it wants.
    pub fn fields<T: DeserializeOwned>(self, expected: &'static str) -> Result<T, Fault> {
        let fields = match self {
            Self::Line(line) => serde_json::from_str(line).map_err(|error| in_line(&error)),
            Self::Item(value) => serde_json::from_value(value).map_err(|error| error.to_string()),
        };
        fields.map_err(|reason| Fault::Fields { reason, expected })
    }
}

/// What is wrong with a line, with its column only: the parser calls every line the first.
fn in_line(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    error.to_string().replace(&place, &format!(" at column {}", error.column()))
}

/// A clip whose class is known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry {
    /// Unique within the manifest.
    pub id: String,
    /// Empty where the manifest names no file and none was found.
    pub video: PathBuf,
    /// Start of the clip in the video, in seconds.
    pub start: Option<f64>,
    /// End of the clip, in seconds; a frame shown at that time is not taken.
    pub end: Option<f64>,
    /// The field that the candidates belong to.
    pub domain: String,
    /// Names of the candidate classes. Of equal scores the earlier wins.
    pub candidates: Vec<String>,
    /// Index of the true class.
    pub answer: usize,
    /// Groups with an accuracy of their own.
    #[serde(default)]
    pub groups: Vec<String>,
}

impl Entry {
    pub fn segment(&self) -> Segment {
        Segment { start: self.start, end: self.end }
    }

    /// Checks the candidates, and the answer as the format counts it: from `first`.
    pub(super) fn check(&self, answer: usize, first: usize) -> Result<(), Fault> {
        let count = self.candidates.len();
        if count < 2 {
            return Err(Fault::TooFewCandidates { count });
        }
        let mut names = HashSet::new();
        if let Some(name) = self.candidates.iter().find(|name| !names.insert(*name)) {
            return Err(Fault::DuplicateCandidate { name: name.clone() });
        }
        if self.answer >= count {
            return Err(Fault::Answer { answer, first, count });
        }
        Ok(())
    }
}

/// The clips of a manifest, at least one.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(super) is_foreign: bool,
    pub(super) brings_scripts: bool,
    pub clips: Vec<Listed>,
    /// BLAKE3 digest of the file.
    pub digest: String,
}

/// A clip as a manifest lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub location: Location,
    pub entry: Entry,
    /// YouTube's id of the video, where the manifest has it in place of a file.
    pub youtube_id: Option<String>,
    /// Areas to blur, where writing tells the class.
    pub masks: Masks,
    /// The steps of each candidate, or what is wrong with them; none where script files have them.
    pub steps: Option<Vec<Result<Vec<String>, Fault>>>,
}

impl Listed {
    /// A clip of a video file, without masks and steps. Its location is set by whoever reads the manifest.
    pub(super) fn new(entry: Entry) -> Self {
        let location = Location::Line(0);
        Self { location, entry, youtube_id: None, masks: Masks::default(), steps: None }
    }
}

/// Reads and checks a manifest.
///
/// # Errors
/// If it cannot be read, lists no clip, or a clip breaks a rule.
pub fn read<'a>(path: &Path, context: impl Into<Context<'a>>) -> Result<Manifest, ManifestError> {
    let bytes = read_bounded(path, MOST_TEXT)
        .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
    parse(path, &bytes, &context.into())
}

/// [`read`] from the bytes of a file.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8], context: &Context) -> Result<Manifest, ManifestError> {
    let text =
        text_file::text(bytes).map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
    let at = |location, fault| ManifestError::At { path: path.to_owned(), location, fault };
    let (format, objects) = if begins_list(text) {
        let items: Vec<Value> = serde_json::from_str(text)
            .map_err(|source| ManifestError::NotJson { path: path.to_owned(), source })?;
        let Some(first) = items.first() else { return Err(ManifestError::Empty { path: path.to_owned() }) };
        let format = format_of(first);
        if !format.allows_list {
            return Err(at(Location::Item(1), Fault::UnknownFormat));
        }
        (format, (1..).map(Location::Item).zip(items.into_iter().map(Object::Item)).collect())
    } else {
        let lines = (1..).map(Location::Line).zip(text_file::lines(text));
        let lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
        let first = lines.iter().find_map(|(_, line)| serde_json::from_str(line).ok());
        let format = first.map_or(&own::FORMAT, |first| format_of(&first));
        (format, lines.into_iter().map(|(location, line)| (location, Object::Line(line))).collect::<Vec<_>>())
    };
    let mut clips: Vec<Listed> = Vec::new();
    let mut ids = HashMap::new();
    for (location, object) in objects {
        let listed = (format.read)(object, context).map_err(|fault| at(location, fault))?;
        let id = listed.entry.id.clone();
        if let Some(first) = ids.insert(id.clone(), location) {
            return Err(at(location, Fault::DuplicateId { id, first }));
        }
        clips.push(Listed { location, ..listed });
    }
    if clips.is_empty() {
        return Err(ManifestError::Empty { path: path.to_owned() });
    }
    let Format { is_foreign, brings_scripts, .. } = *format;
    Ok(Manifest { is_foreign, brings_scripts, clips, digest: blake3::hash(bytes).to_string() })
}

fn format_of(object: &Value) -> &'static Format {
    FORMATS.into_iter().find(|format| (format.recognizes)(object)).unwrap_or(&own::FORMAT)
}

/// Whether a file is a list, which script files are not.
pub fn is_list(bytes: &[u8]) -> bool {
    text_file::text(bytes).is_ok_and(begins_list)
}

fn begins_list(text: &str) -> bool {
    text.trim_start().starts_with('[')
}
