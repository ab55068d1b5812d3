//! What a format of manifests defines, and the clips that it reads.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::align::Preset;
use crate::video::{Masks, Segment};

/// Where a clip stands in a manifest, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    Line(usize),
    /// In a list.
    Item(usize),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// A format of manifests.
pub struct Format {
    /// Whether an object of a manifest is of this format.
    pub recognizes: fn(&Value) -> bool,
    /// Reads one object, or says what is wrong with it.
    pub read: fn(Object, &Context) -> Result<Listed, String>,
    /// Whether objects may also stand in one list.
    pub allows_list: bool,
    /// Whether others made the dataset. Then videos are named by their YouTube ids, clips without video or scripts are
    /// skipped, and names of candidates need not match those of scripts in capitals and option numbers.
    pub is_foreign: bool,
    /// Whether clips bring the steps of their candidates.
    pub brings_scripts: bool,
    /// The benchmark that the clips are of, whose published figures stand beside the results.
    pub benchmark: Option<&'static str>,
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
    /// The fields of a format; `expected` says which it wants.
    pub fn fields<T: DeserializeOwned>(self, expected: &str) -> Result<T, String> {
        let fields = match self {
            Self::Line(line) => serde_json::from_str(line).map_err(|error| in_line(&error)),
            Self::Item(value) => serde_json::from_value(value).map_err(|error| error.to_string()),
        };
        fields.map_err(|reason| format!("{reason}\nhelp: {expected}"))
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
    pub(super) fn check(&self, answer: usize, first: usize) -> Result<(), String> {
        let count = self.candidates.len();
        if count < 2 {
            return Err(format!("a clip needs at least two candidates; this one has {count}"));
        }
        let mut names = HashSet::new();
        if let Some(name) = self.candidates.iter().find(|name| !names.insert(*name)) {
            return Err(format!("the candidate \"{name}\" is listed twice"));
        }
        if self.answer >= count {
            let last = first + count - 1;
            return Err(format!(
                "the answer is {answer}, but the {count} candidates count from {first} to {last}"
            ));
        }
        Ok(())
    }
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
    pub steps: Option<Vec<Result<Vec<String>, String>>>,
}

impl Listed {
    /// A clip of a video file, without masks and steps. Its location is set by whoever reads the manifest.
    pub(super) fn new(entry: Entry) -> Self {
        let location = Location::Line(0);
        Self { location, entry, youtube_id: None, masks: Masks::default(), steps: None }
    }
}
