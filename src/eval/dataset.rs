//! A manifest joined with its script files.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::eval::manifest::{self, Entry, LineFault, ManifestError};
use crate::explore::Candidate;
use crate::script::{Class, ScriptError, ScriptFile};

/// Clips whose classes are known, with the scripts of their candidates.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The clips, in the manifest's order.
    pub clips: Vec<Clip>,
    /// The script file.
    pub scripts: PathBuf,
    /// The script file of the other prompt, if there is one.
    pub scripts_short: Option<PathBuf>,
}

/// A clip of a dataset.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Its line of the manifest.
    pub entry: Entry,
    /// Its candidates with their scripts, in the manifest's order.
    pub candidates: Vec<Candidate>,
    /// The same candidates with the scripts of the other prompt.
    pub candidates_short: Option<Vec<Candidate>>,
}

/// Why a dataset cannot be used.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// The manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A script file.
    #[error(transparent)]
    Scripts(#[from] ScriptError),
    /// No script file is named, and none is where it is looked for.
    #[error("{} is not there; put the script file beside the manifest, or name it with --scripts", path.display())]
    NoScripts {
        /// Where it was looked for.
        path: PathBuf,
    },
}

impl Dataset {
    /// Reads a manifest and its script files: those named, else `scripts.json` and, where there is one,
    /// `scripts-short.json` beside the manifest.
    ///
    /// A candidate is the class of its name in the clip's domain; where there is none, the only class of its name,
    /// which then brings its own domain.
    ///
    /// # Errors
    /// When a file cannot be read or breaks a rule, or a candidate has no script.
    pub fn open(
        manifest: &Path,
        scripts: Option<&Path>,
        scripts_short: Option<&Path>,
    ) -> Result<Self, DatasetError> {
        let entries = manifest::read(manifest)?;
        let scripts = scripts.map_or_else(|| manifest.with_file_name("scripts.json"), Path::to_owned);
        if !scripts.exists() {
            return Err(DatasetError::NoScripts { path: scripts });
        }
        let file = ScriptFile::load(&scripts)?;
        let beside = manifest.with_file_name("scripts-short.json");
        let scripts_short = scripts_short.map(Path::to_owned).or_else(|| beside.exists().then_some(beside));
        let short = scripts_short.as_deref().map(ScriptFile::load).transpose()?;

        let mut clips = Vec::new();
        for (line, entry) in entries {
            let in_line = |fault| ManifestError::Line { path: manifest.to_owned(), line, fault };
            let candidates = candidates(&entry, &file, &scripts).map_err(in_line)?;
            let candidates_short = match (&short, &scripts_short) {
                (Some(file), Some(path)) => Some(self::candidates(&entry, file, path).map_err(in_line)?),
                _ => None,
            };
            clips.push(Clip { entry, candidates, candidates_short });
        }
        Ok(Self { clips, scripts, scripts_short })
    }
}

/// The classes of a clip's candidates in a script file.
fn candidates(entry: &Entry, file: &ScriptFile, path: &Path) -> Result<Vec<Candidate>, LineFault> {
    let candidate = |name: &String| {
        let class = find(&entry.domain, name, file, path)?;
        let domain = file.domain_of(class).to_owned();
        Ok(Candidate { domain, name: name.clone(), steps: class.steps.clone() })
    };
    entry.candidates.iter().map(candidate).collect()
}

fn find<'a>(domain: &str, name: &str, file: &'a ScriptFile, path: &Path) -> Result<&'a Class, LineFault> {
    if let Some(class) = file.find(domain, name) {
        return Ok(class);
    }
    let mut namesakes = file.classes.iter().filter(|class| class.name == name);
    let (name, scripts) = (name.to_owned(), path.to_owned());
    match (namesakes.next(), namesakes.next()) {
        (Some(class), None) => Ok(class),
        (None, _) => Err(LineFault::NoScript { name, scripts }),
        (Some(_), Some(_)) => Err(LineFault::AmbiguousScript { name, domain: domain.to_owned(), scripts }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
        {"name": "fork", "steps": ["a knight jumps"]},
        {"name": "fork", "domain": "dinner", "steps": ["a hand takes a fork"]},
        {"name": "serve", "domain": "tennis", "steps": ["the ball is tossed"]}]}"#;

    fn open(domain: &str, name: &str) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest.jsonl");
        let line = serde_json::json!(
            {"id": "a", "video": "a.mp4", "domain": domain, "candidates": [name, "serve"], "answer": 0});
        std::fs::write(&manifest, line.to_string()).unwrap();
        std::fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
        Dataset::open(&manifest, None, None).map_err(|e| e.to_string())
    }

    #[test]
    fn a_candidate_is_found_in_its_domain_else_by_its_name_alone() {
        for (domain, step) in [("chess", "a knight jumps"), ("dinner", "a hand takes a fork")] {
            let clip = &open(domain, "fork").unwrap().clips[0];
            assert_eq!((&clip.candidates[0].domain[..], &clip.candidates[0].steps[0][..]), (domain, step));
            assert_eq!(clip.candidates[1].domain, "tennis", "a stranger brings its own domain");
            assert!(clip.candidates_short.is_none());
        }
    }

    #[test]
    fn a_candidate_without_a_script_of_its_own_is_refused() {
        let error = open("golf", "fork").unwrap_err();
        assert!(error.contains("line 1") && error.contains("several classes named \"fork\""), "{error}");
        let error = open("chess", "pin").unwrap_err();
        assert!(error.contains("scripts.json has no script for \"pin\""), "{error}");
    }
}
