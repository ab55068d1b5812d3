//! Annotations of recordings: which class happens when, and its steps. A file per format in `formats`.

mod formats;

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::files::text_file;

pub use formats::FORMATS;

/// The annotation of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotation {
    /// Path or name of the video, as the file has it.
    pub video: String,
    /// In seconds, if known.
    pub duration: Option<f64>,
    /// Frames per second, if known.
    pub frame_rate: Option<f64>,
    /// In any order.
    pub moments: Vec<AnnotatedMoment>,
}

/// A class that happens; times are in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedMoment {
    pub class: String,
    pub start: f64,
    pub end: f64,
    /// Of a prediction.
    pub score: Option<f64>,
    /// In order of time; empty if unknown.
    pub steps: Vec<AnnotatedStep>,
}

/// A step of a moment; times are in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedStep {
    pub name: String,
    pub start: f64,
    pub end: f64,
}

/// A file format of annotations.
#[derive(Debug)]
pub struct Format {
    /// Name on the command line.
    pub name: &'static str,
    /// Extension of its files.
    pub extension: &'static str,
    pub help: &'static str,
    /// Whether a file holds several recordings.
    pub holds_several: bool,
    /// Writes annotations: one unless a file holds several.
    pub write: fn(&[Annotation]) -> String,
    /// Whether a file of this extension is in this format, and how it is read; none if it is only written.
    pub read: Option<Reader>,
}

/// Reads a format. The error says what is wrong.
#[derive(Debug)]
pub struct Reader {
    /// Whether a text is in this format.
    pub recognises: fn(&str) -> bool,
    pub read: fn(&str) -> Result<Vec<Annotation>, String>,
}

/// Annotations that cannot be read.
#[derive(Debug, Error)]
#[error("cannot read the annotations {}: {problem}", path.display())]
pub struct AnnotationError {
    path: PathBuf,
    problem: String,
}

/// Reads annotations in the first of the [`FORMATS`] that recognises the file.
///
/// # Errors
/// If the file cannot be read, no format recognises it, or a moment has no class or does not end after it starts.
pub fn load(path: &Path) -> Result<Vec<Annotation>, AnnotationError> {
    let refused = |problem: String| AnnotationError { path: path.to_owned(), problem };
    let bytes = read_bounded(path, MOST_TEXT).map_err(|error| refused(error.to_string()))?;
    let text = text_file::without_mark(&bytes).map_err(|error| refused(error.to_string()))?;
    let text = std::str::from_utf8(text).map_err(|_| refused("it is not UTF-8 text".to_owned()))?;
    parse(text).map_err(refused)
}

/// As [`load`], from the text of a file.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Annotation>, String> {
    let readers = || FORMATS.iter().filter_map(|format| Some((format.name, format.read.as_ref()?)));
    let Some((_, reader)) = readers().find(|(_, reader)| (reader.recognises)(text)) else {
        let names: Vec<&str> = readers().map(|(name, _)| name).collect();
        return Err(format!("unknown format\nhelp: give one of {}", names.join(", ")));
    };
    let annotations = (reader.read)(text)?;
    for annotation in &annotations {
        annotation.check()?;
    }
    Ok(annotations)
}

impl Annotation {
    fn check(&self) -> Result<(), String> {
        for moment in &self.moments {
            let AnnotatedMoment { class, start, end, .. } = moment;
            let of = if self.video.is_empty() { String::new() } else { format!(" of {}", self.video) };
            if class.trim().is_empty() {
                return Err(format!("the moment at {start} s{of} has no class"));
            }
            let spans =
                [(start, end)].into_iter().chain(moment.steps.iter().map(|step| (&step.start, &step.end)));
            for (start, end) in spans {
                if !(start.is_finite() && end.is_finite() && start < end) {
                    return Err(format!(
                        "\"{class}\"{of} goes from {start} to {end}, which is no stretch of time"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Moments in order of time; of those that begin together the longest first.
    fn in_time(&self) -> Vec<&AnnotatedMoment> {
        let mut moments: Vec<&AnnotatedMoment> = self.moments.iter().collect();
        moments.sort_by(|a, b| a.start.total_cmp(&b.start).then(b.end.total_cmp(&a.end)));
        moments
    }
}
