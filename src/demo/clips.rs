//! The demo's clips, as its manifest lists them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::explore::Candidate;
use crate::script::{ScriptError, ScriptFile};
use crate::video::Segment;

/// A clip of the demo, with the candidates it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoClip {
    /// Its name.
    pub id: String,
    /// The video file.
    pub video: PathBuf,
    /// The part of the video that counts.
    pub segment: Segment,
    /// The candidates, in the manifest's order.
    pub candidates: Vec<Candidate>,
    /// Index of the candidate that the clip shows.
    pub answer: usize,
    /// What kind of clip it is, such as `late-start`.
    pub groups: Vec<String>,
}

/// Why the clips cannot be listed. Lines count from 1.
#[derive(Debug, Error)]
pub enum ClipError {
    /// The manifest cannot be read.
    #[error("cannot read the manifest {}: {source}", path.display())]
    Read {
        /// The manifest.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The scripts cannot be read.
    #[error(transparent)]
    Scripts(#[from] ScriptError),
    /// A line that says something else than it should.
    #[error("{}, line {line}: {fault}; correct it there", path.display())]
    Line {
        /// The manifest.
        path: PathBuf,
        /// Number of the line.
        line: usize,
        /// What is wrong.
        fault: String,
    },
    /// No line at all.
    #[error("{} lists no clip; add a line for each", path.display())]
    Empty {
        /// The manifest.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
struct Line {
    id: String,
    video: PathBuf,
    start: Option<f64>,
    end: Option<f64>,
    domain: String,
    candidates: Vec<String>,
    answer: usize,
    #[serde(default)]
    groups: Vec<String>,
}

/// Reads `manifest.jsonl` and the `scripts.json` beside it. A candidate is the class of that name in the clip's
/// domain, or else the only class of that name.
///
/// # Errors
/// If a file cannot be read, or a line is no clip with candidates that have scripts.
pub fn read_clips(folder: &Path) -> Result<Vec<DemoClip>, ClipError> {
    let path = folder.join("manifest.jsonl");
    let text = fs::read_to_string(&path).map_err(|source| ClipError::Read { path: path.clone(), source })?;
    let classes = Candidate::all_of(&ScriptFile::load(&folder.join("scripts.json"))?);
    let mut clips = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let clip = read_line(text, folder, &classes);
        clips.push(clip.map_err(|fault| ClipError::Line { path: path.clone(), line, fault })?);
    }
    if clips.is_empty() {
        return Err(ClipError::Empty { path });
    }
    Ok(clips)
}

fn read_line(text: &str, folder: &Path, classes: &[Candidate]) -> Result<DemoClip, String> {
    let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let candidates = line
        .candidates
        .iter()
        .map(|name| find(classes, &line.domain, name).cloned())
        .collect::<Result<Vec<_>, _>>()?;
    if line.answer >= candidates.len() {
        return Err(format!("the answer {} is none of the {} candidates", line.answer, candidates.len()));
    }
    Ok(DemoClip {
        id: line.id,
        video: folder.join(line.video),
        segment: Segment { start: line.start, end: line.end },
        candidates,
        answer: line.answer,
        groups: line.groups,
    })
}

fn find<'a>(classes: &'a [Candidate], domain: &str, name: &str) -> Result<&'a Candidate, String> {
    let named: Vec<&Candidate> = classes.iter().filter(|candidate| candidate.name == name).collect();
    match named.as_slice() {
        [] => Err(format!("no script is named {name:?}")),
        [only] => Ok(only),
        several => several
            .iter()
            .find(|candidate| candidate.domain == domain)
            .copied()
            .ok_or_else(|| format!("several scripts are named {name:?}, none of them in {domain:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPTS: &str = r#"{"classes": [
        {"name": "spin", "domain": "skating", "steps": ["glides"]},
        {"name": "spin", "domain": "dance", "steps": ["turns"]},
        {"name": "jump", "domain": "athletics", "steps": ["runs", "leaps"]}]}"#;

    fn read(manifest: &str) -> Result<Vec<DemoClip>, ClipError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.jsonl"), manifest).unwrap();
        fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
        read_clips(folder.path())
    }

    #[test]
    fn candidates_are_found_in_the_clips_domain_and_then_elsewhere() {
        let clips = read(
            r#"{"id": "a", "video": "clips/a.mp4", "start": 1.5, "domain": "dance", "candidates": ["jump", "spin"],
                "answer": 1, "groups": ["late-start"]}"#
                .replace('\n', " ")
                .as_str(),
        )
        .unwrap();
        let clip = &clips[0];
        assert!(clip.video.ends_with("clips/a.mp4"));
        assert_eq!(clip.segment, Segment { start: Some(1.5), end: None });
        assert_eq!(clip.candidates[0].steps, ["runs", "leaps"]);
        assert_eq!(clip.candidates[clip.answer].steps, ["turns"]);
        assert_eq!(clip.groups, ["late-start"]);
    }

    #[test]
    fn a_faulty_line_is_named_with_its_fault() {
        let line = |domain: &str, candidate: &str, answer: usize| {
            format!(
                "\n{{\"id\": \"a\", \"video\": \"a\", \"domain\": \"{domain}\", \
                 \"candidates\": [\"{candidate}\"], \"answer\": {answer}}}"
            )
        };
        for (manifest, words) in [
            (line("dance", "walk", 0), ["line 2", "\"walk\""]),
            (line("chess", "spin", 0), ["line 2", "several"]),
            (line("dance", "spin", 1), ["line 2", "answer 1"]),
            ("\n[]".to_owned(), ["line 2", "invalid"]),
            (String::new(), ["manifest.jsonl", "no clip"]),
        ] {
            let error = read(&manifest).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }

    #[test]
    fn the_bundled_clips_have_five_candidates_and_one_starts_late() {
        let data = tempfile::tempdir().unwrap();
        let bundle = crate::demo::Bundle::unpack_into(data.path()).unwrap();
        let clips = read_clips(bundle.folder()).unwrap();
        assert!(clips.iter().all(|clip| clip.video.is_file() && clip.candidates.len() == 5));
        assert!(clips.iter().any(|clip| clip.groups.iter().any(|group| group == "late-start")));
    }
}
