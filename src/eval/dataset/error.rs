//! What may be wrong with a dataset.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::script::ScriptError;

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

/// A rule of manifests or of their scripts that a clip breaks.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// A list of objects in no known format.
    #[error(
        "it has neither \"subactions\", as generated_subactions.json has, nor \"choices_str\", as rows of ActionAtlas \
         have\nhelp: in a manifest of your own, write one JSON object per line, without brackets around them"
    )]
    UnknownFormat,
    /// Fields are missing or have the wrong type.
    #[error("{reason}\nhelp: {expected}")]
    Fields {
        reason: String,
        /// What the format wants.
        expected: &'static str,
    },
    /// Unmasked, the clip might show the name of its class.
    #[error(
        "cannot read {field}: {reason}\nhelp: fetch the dataset again, or remove the field to blur nothing"
    )]
    Masks { field: &'static str, reason: String },
    #[error("the id \"{id}\" is taken by {first}\nhelp: give each clip its own")]
    DuplicateId { id: String, first: Location },
    #[error("a clip needs at least two candidates; this one has {count}")]
    TooFewCandidates { count: usize },
    #[error("the candidate \"{name}\" is listed twice")]
    DuplicateCandidate { name: String },
    #[error("the answer is {answer}, but the {count} candidates count from {first} to {}", first + count - 1)]
    Answer {
        answer: usize,
        /// What the format gives the first candidate: 0 or 1.
        first: usize,
        count: usize,
    },
    /// The authors' language model gave no lists of steps.
    #[error("\"subactions\" holds {found}, not lists of steps")]
    NoSubactions { found: &'static str },
    #[error("\"subactions\" has no steps for \"{name}\"")]
    NoSteps { name: String },
    /// A file of generated items lacks the clip.
    #[error("{} has no item with its youtube_id and id", scripts.display())]
    NoItem { scripts: PathBuf },
    #[error("{} has no script for \"{name}\"\nhelp: add a class of that name, or correct the candidate", scripts.display())]
    NoScript { name: String, scripts: PathBuf },
    /// Several classes have the candidate's name, none of them in the clip's domain.
    #[error(
        "{} has several classes named \"{name}\", none of them in \"{domain}\"\nhelp: correct the clip's domain",
        scripts.display()
    )]
    AmbiguousScript { name: String, domain: String, scripts: PathBuf },
}

/// Why a dataset cannot be used.
#[derive(Debug, Error)]
pub enum DatasetError {
    #[error("cannot read the manifest {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} lists no clip\nhelp: write one JSON object per line", path.display())]
    Empty { path: PathBuf },
    #[error("{} is not valid JSON: {source}", path.display())]
    NotJson { path: PathBuf, source: serde_json::Error },
    #[error("{}, {location}: {fault}", path.display())]
    At { path: PathBuf, location: Location, fault: Fault },
    #[error(transparent)]
    Scripts(#[from] ScriptError),
    #[error("cannot read the folder {}: {source}\nhelp: name the folder that holds the {what}", path.display())]
    Folder { path: PathBuf, what: &'static str, source: io::Error },
    #[error("there is no {}\nhelp: put the script file beside the manifest, or name it with --scripts", path.display())]
    NoScripts { path: PathBuf },
    #[error(
        "{} names videos by youtube_id\nhelp: name the folder that holds them with --clips, or one of their frame \
         embeddings with --embeddings",
        path.display()
    )]
    NoClips { path: PathBuf },
}
