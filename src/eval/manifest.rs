//! The program's own manifest: JSON lines, a clip each.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::video::Segment;

/// A clip whose class is known, as a line of the manifest has it. Fields beyond these are ignored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry {
    /// What tells the clip from all others.
    pub id: String,
    /// The video; [`read`] puts the manifest's folder before a relative path.
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
    /// A line that breaks a rule.
    #[error("{}, line {line}: {fault}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The rule, and what to do.
        fault: LineFault,
    },
}

/// A rule of manifests that a line breaks.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LineFault {
    /// The line is no clip.
    #[error(
        "{reason}; it should be {{\"id\": \"…\", \"video\": \"…\", \"domain\": \"…\", \
         \"candidates\": [\"…\", \"…\"], \"answer\": 0}}"
    )]
    NotAClip {
        /// What is wrong, with the column.
        reason: String,
    },
    /// Two clips of the same id.
    #[error("the id \"{id}\" is taken by line {first}; give each clip its own")]
    DuplicateId {
        /// The id.
        id: String,
        /// Number of the line that has it first.
        first: usize,
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

/// Reads and checks a manifest: the clips, each with the number of its line. Blank lines are passed over.
///
/// # Errors
/// When it cannot be read, lists no clip, or a line breaks a rule.
pub fn read(path: &Path) -> Result<Vec<(usize, Entry)>, ManifestError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
    // Some editors begin a UTF-8 file with a byte order mark, which JSON has no place for.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut lines_of_ids = HashMap::new();
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let mut entry =
            parse(text).map_err(|fault| ManifestError::Line { path: path.to_owned(), line, fault })?;
        if let Some(first) = lines_of_ids.insert(entry.id.clone(), line) {
            let fault = LineFault::DuplicateId { id: entry.id, first };
            return Err(ManifestError::Line { path: path.to_owned(), line, fault });
        }
        entry.video = folder.join(entry.video);
        entries.push((line, entry));
    }
    if entries.is_empty() {
        return Err(ManifestError::Empty { path: path.to_owned() });
    }
    Ok(entries)
}

/// The clip of one line.
fn parse(line: &str) -> Result<Entry, LineFault> {
    let entry: Entry = serde_json::from_str(line).map_err(|error| {
        // The parser sees a single line and calls it the first: the manifest's line is named elsewhere.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let reason = error.to_string().replace(&place, &format!(" at column {}", error.column()));
        LineFault::NotAClip { reason }
    })?;
    let count = entry.candidates.len();
    if count < 2 {
        return Err(LineFault::TooFewCandidates { count });
    }
    let repeated =
        entry.candidates.iter().enumerate().find(|(i, name)| entry.candidates[..*i].contains(name));
    if let Some((_, name)) = repeated {
        return Err(LineFault::DuplicateCandidate { name: name.clone() });
    }
    if entry.answer >= count {
        return Err(LineFault::AnswerOutOfRange { answer: entry.answer, count });
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIP: &str =
        r#"{"id": "a", "video": "v/a.mp4", "domain": "chess", "candidates": ["fork", "pin"], "answer": 1"#;

    fn read_text(text: &str) -> Result<Vec<(usize, Entry)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.jsonl");
        std::fs::write(&path, text).unwrap();
        let entries = read(&path).map_err(|e| e.to_string().replace(folder.path().to_str().unwrap(), "."))?;
        for (_, entry) in &entries {
            assert!(entry.video.starts_with(folder.path()) || entry.video.starts_with("/clips"));
        }
        Ok(entries)
    }

    #[test]
    fn clips_are_read_with_their_lines_and_paths_beside_the_manifest() {
        let absolute = r#", "start": 1.5, "groups": ["late"], "note": "kept out"}"#;
        let second = format!("{CLIP}{absolute}").replace("\"a\"", "\"b\"").replace("v/a.mp4", "/clips/b.mp4");
        let entries = read_text(&format!("\u{feff}{CLIP}}}\r\n\n  \n{second}\n")).unwrap();
        let [(1, a), (4, b)] = &entries[..] else { panic!("{entries:?}") };
        assert!(a.video.ends_with("v/a.mp4"));
        assert_eq!((a.answer, a.segment(), a.groups.len()), (1, Segment::default(), 0));
        assert_eq!(b.video, Path::new("/clips/b.mp4"));
        assert_eq!((b.start, b.end, &b.groups[0][..]), (Some(1.5), None, "late"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let good = format!("{CLIP}}}\n\n");
        for (bad, words) in [
            ("{\"id\": oops", "./manifest.jsonl, line 3: expected value at column 8; it should be"),
            ("{\"id\": \"b\"}", "line 3: missing field `video` at column 11"),
            (&format!("{CLIP}}}"), "line 3: the id \"a\" is taken by line 1"),
            (&CLIP.replace(", \"pin\"", "}").replace("\"fork\"}", "\"fork\""), "at least two candidates"),
            (&CLIP.replace("pin", "fork"), "\"fork\" is listed twice"),
            (
                &CLIP.replace("\"answer\": 1", "\"answer\": 2"),
                "the answer is 2, but the 2 candidates count from 0 to 1",
            ),
            (&CLIP.replace("\"answer\": 1", "\"answer\": -1"), "line 3: invalid value"),
        ] {
            let closed =
                if bad.ends_with('}') || bad.ends_with("oops") { bad.to_owned() } else { format!("{bad}}}") };
            let error = read_text(&format!("{good}{closed}")).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(read_text("\n \n").unwrap_err().contains("lists no clip"));
    }
}
