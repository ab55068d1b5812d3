//! What is wrong with a manifest.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Where a clip stands in a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Number of the line, from 1.
    Line(usize),
    /// Number of the item in a list, from 1.
    Item(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// Why a manifest cannot be used.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read the manifest {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no clip.
    #[error("{} lists no clip; write one JSON object per line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file begins as a list and is none.
    #[error("{} is not valid JSON: {source}; correct the file there", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A clip that breaks a rule.
    #[error("{}, {place}: {fault}", path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// Where the clip stands.
        place: Place,
        /// The rule, and what to do.
        fault: Fault,
    },
}

/// A rule of manifests that a clip breaks.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// The line is no JSON.
    #[error("{reason}; each line should hold one JSON object")]
    Syntax {
        /// What is wrong, with the column.
        reason: String,
    },
    /// A list of objects of no format that is known.
    #[error(
        "it has neither \"subactions\", as the authors' items have, nor \"choices_str\", as rows of ActionAtlas have; a \
         manifest of your own should hold one JSON object per line, without brackets around them"
    )]
    UnknownFormat,
    /// The line is no clip.
    #[error(
        "{reason}; it should be {{\"id\": \"…\", \"video\": \"…\", \"domain\": \"…\", \
         \"candidates\": [\"…\", \"…\"], \"answer\": 0}}"
    )]
    NotAClip {
        /// What is wrong, with the column.
        reason: String,
    },
    /// The object is no row of ActionAtlas.
    #[error(
        "{reason}; a row of ActionAtlas has youtube_id, id, domain, choices_str, answer, start_timestamp and \
         end_timestamp"
    )]
    NotARow {
        /// What is wrong.
        reason: String,
    },
    /// The object is no item of the authors'.
    #[error(
        "{reason}; an item of generated_subactions.json has youtube_id, id, domain, cleaned_options, \
         correct_answer_index and subactions"
    )]
    NotAnItem {
        /// What is wrong.
        reason: String,
    },
    /// Masks that cannot be read: unmasked, the clip might tell its class in writing.
    #[error(
        "{field} cannot be read: {reason}; fetch the dataset again, or take the field out to blur nothing"
    )]
    Masks {
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Two clips of the same id.
    #[error("the id \"{id}\" is taken by {first}; give each clip its own")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it stands first.
        first: Place,
    },
    /// Nothing to choose between.
    #[error("a clip needs at least two candidates; this one has {count}")]
    TooFewCandidates {
        /// How many there are.
        count: usize,
    },
    /// A candidate that stands there twice.
    #[error("the candidate \"{name}\" is listed twice; list it once")]
    DuplicateCandidate {
        /// Its name.
        name: String,
    },
    /// An answer that is no index of a candidate.
    #[error("the answer is {answer}, but the {count} candidates count from 0 to {}; correct it", count - 1)]
    AnswerOutOfRange {
        /// The answer.
        answer: usize,
        /// Number of candidates.
        count: usize,
    },
    /// An answer that is no number of an option.
    #[error("the answer is {answer}, but the {count} options count from 1 to {count}; correct it")]
    NoSuchOption {
        /// The answer.
        answer: usize,
        /// Number of options.
        count: usize,
    },
    /// Steps of which the authors' language model gave no list.
    #[error("\"subactions\" holds {found} and no lists of steps, so that its options cannot be scored")]
    NoSubactions {
        /// What it holds.
        found: &'static str,
    },
    /// An option without steps.
    #[error("\"subactions\" has no steps for \"{name}\", so that it cannot be scored")]
    NoSteps {
        /// The option.
        name: String,
    },
    /// No scripts for a clip among the authors'.
    #[error("{} has no item of its youtube_id and id, so that its options cannot be scored", scripts.display())]
    NoItem {
        /// The authors' file.
        scripts: PathBuf,
    },
    /// No class of a candidate's name in the script file.
    #[error("{} has no script for \"{name}\"; add a class of that name, or correct the candidate", scripts.display())]
    NoScript {
        /// The candidate.
        name: String,
        /// The script file.
        scripts: PathBuf,
    },
    /// Several classes of a candidate's name, none of them in the clip's domain.
    #[error(
        "{} has several classes named \"{name}\", none of them in \"{domain}\"; correct the clip's domain",
        scripts.display()
    )]
    AmbiguousScript {
        /// The candidate.
        name: String,
        /// The clip's domain.
        domain: String,
        /// The script file.
        scripts: PathBuf,
    },
}
