//! Lists of clips whose classes are known, in the program's own format and in those of others.
//!
//! The content tells which: an object per line with `video` is the program's own, one with `choices_str` a row of
//! ActionAtlas, and a list of objects with `subactions` what the method's authors generate.

mod action_atlas;
mod authors;
mod fault;
mod own;
mod values;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

pub use fault::{Fault, ManifestError, Place};
pub use values::plain;

use crate::input_file::{MOST_TEXT, read_bounded};
use crate::text_file;
use crate::video::{Masks, Segment};

/// A clip whose class is known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry {
    /// What tells the clip from all others.
    pub id: String,
    /// The video; empty where the manifest names none and none was found.
    pub video: PathBuf,
    /// Where the clip starts in the video, in seconds.
    pub start: Option<f64>,
    /// Where it ends, in seconds; a frame shown at that time is not taken.
    pub end: Option<f64>,
    /// The field that the candidates belong to.
    pub domain: String,
    /// Names of the candidate classes, in the order in which ties are settled.
    pub candidates: Vec<String>,
    /// Index of the true class among the candidates, from 0.
    pub answer: usize,
    /// Groups that accuracy is told for separately.
    #[serde(default)]
    pub groups: Vec<String>,
}

impl Entry {
    /// The part of the video.
    pub fn segment(&self) -> Segment {
        Segment { start: self.start, end: self.end }
    }

    /// Refuses candidates that nobody can choose between.
    fn check_candidates(&self) -> Result<(), Fault> {
        let count = self.candidates.len();
        if count < 2 {
            return Err(Fault::TooFewCandidates { count });
        }
        let mut names = HashSet::new();
        match self.candidates.iter().find(|name| !names.insert(*name)) {
            Some(name) => Err(Fault::DuplicateCandidate { name: name.clone() }),
            None => Ok(()),
        }
    }
}

/// Who laid down a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// This program: JSON lines.
    Own,
    /// ActionAtlas: rows.
    ActionAtlas,
    /// The method's authors: `generated_subactions.json`.
    Authors,
}

/// A manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its format.
    pub format: Format,
    /// Its clips, at least one.
    pub clips: Vec<Listed>,
    /// BLAKE3 digest of the file that they were read from.
    pub digest: String,
}

/// A clip as a manifest lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Where it stands.
    pub place: Place,
    /// The clip.
    pub entry: Entry,
    /// What YouTube calls the video, where the manifest tells that in place of a file.
    pub youtube_id: Option<String>,
    /// Where writing is blurred that tells the class.
    pub masks: Masks,
    /// The same as the authors' scripts look for it.
    pub masks_released: Masks,
    /// The steps of each candidate, or what is wrong with them; none where script files have them.
    pub steps: Option<Vec<Result<Vec<String>, Fault>>>,
}

/// Reads and checks a manifest. `folder` is put before the relative paths of videos.
///
/// # Errors
/// When it cannot be read, lists no clip, or a clip breaks a rule.
pub fn read(path: &Path, folder: &Path) -> Result<Manifest, ManifestError> {
    let bytes = read_bounded(path, MOST_TEXT)
        .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
    parse(path, &bytes, folder)
}

/// The same of the `bytes` of a file.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8], folder: &Path) -> Result<Manifest, ManifestError> {
    let text =
        text_file::text(bytes).map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
    let (format, clips) = if begins_list(text) {
        let items: Vec<Value> = serde_json::from_str(text)
            .map_err(|source| ManifestError::NotJson { path: path.to_owned(), source })?;
        of_items(items)
    } else {
        of_lines(text, folder)
    }
    .map_err(|(place, fault)| ManifestError::At { path: path.to_owned(), place, fault })?;
    if clips.is_empty() {
        return Err(ManifestError::Empty { path: path.to_owned() });
    }
    let mut places = HashMap::new();
    for Listed { place, entry, .. } in &clips {
        if let Some(first) = places.insert(&entry.id, *place) {
            let fault = Fault::DuplicateId { id: entry.id.clone(), first };
            return Err(ManifestError::At { path: path.to_owned(), place: *place, fault });
        }
    }
    Ok(Manifest { format, clips, digest: blake3::hash(bytes).to_string() })
}

/// Whether the bytes of a file are a list, as those of script files are not. What is no text is told by whoever parses it.
pub fn is_list(bytes: &[u8]) -> bool {
    text_file::text(bytes).is_ok_and(begins_list)
}

fn begins_list(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

type Clips = Result<(Format, Vec<Listed>), (Place, Fault)>;

/// One object per line; blank lines are passed over.
fn of_lines(text: &str, folder: &Path) -> Clips {
    let lines =
        (1..).map(Place::Line).zip(text_file::lines(text)).filter(|(_, text)| !text.trim().is_empty());
    let first = lines.clone().find_map(|(_, text)| serde_json::from_str(text).ok());
    let format = first.and_then(|first| format(&first)).unwrap_or(Format::Own);
    let listed = |(place, text)| {
        let listed = match format {
            Format::Own => own::parse(text, folder).map(|entry| Listed::of_file(place, entry)),
            foreign => {
                let value =
                    serde_json::from_str(text).map_err(|error| Fault::Syntax { reason: in_line(&error) });
                value.and_then(|value| of_value(foreign, place, value))
            }
        };
        listed.map_err(|fault| (place, fault))
    };
    Ok((format, lines.map(listed).collect::<Result<_, _>>()?))
}

/// A list of objects.
fn of_items(items: Vec<Value>) -> Clips {
    let format = items.first().map(format);
    let Some(format) = format.unwrap_or(Some(Format::Authors)) else {
        return Err((Place::Item(1), Fault::UnknownFormat));
    };
    let listed = |(place, value)| of_value(format, place, value).map_err(|fault| (place, fault));
    let clips = (1..).map(Place::Item).zip(items).map(listed);
    Ok((format, clips.collect::<Result<_, _>>()?))
}

/// The format of others that an object is of.
fn format(value: &Value) -> Option<Format> {
    let has = |name| value.get(name).is_some();
    if has("subactions") || has("cleaned_options") {
        Some(Format::Authors)
    } else if has("choices_str") || (has("youtube_id") && !has("video")) {
        Some(Format::ActionAtlas)
    } else {
        None
    }
}

fn of_value(format: Format, place: Place, value: Value) -> Result<Listed, Fault> {
    match format {
        Format::Authors => authors::parse(place, value),
        _ => action_atlas::parse(place, value),
    }
}

/// What is wrong with a line, with the column: the parser sees a single line and calls it the first.
fn in_line(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    error.to_string().replace(&place, &format!(" at column {}", error.column()))
}

impl Listed {
    fn of_file(place: Place, entry: Entry) -> Self {
        let masks = Masks::default();
        Self { place, entry, youtube_id: None, masks_released: masks.clone(), masks, steps: None }
    }
}
