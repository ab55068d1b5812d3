//! A manifest joined with its scripts and with where the clips are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::align::Preset;
use crate::eval::footage::{Folder, FolderError, Footage};
use crate::eval::manifest::{self, Entry, Fault, Format, Listed, ManifestError};
use crate::eval::scripts::Scripts;
use crate::explore::Candidate;
use crate::script::{ScriptError, Strategy, library};

/// Where a dataset is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatasetPaths {
    /// The clips: the program's own manifest, rows of ActionAtlas, or what the method's authors generate.
    pub manifest: PathBuf,
    /// The scripts. Where none are named: those that the manifest brings, else `scripts.json` beside it.
    pub scripts: Option<PathBuf>,
    /// The scripts of the other prompt. Where none are named: `scripts-short.json` beside the manifest, if it is there.
    pub scripts_short: Option<PathBuf>,
    /// The folder of the videos, in place of the manifest's.
    pub clips: Option<PathBuf>,
    /// The folder of frame embeddings that were made elsewhere, which stand for the videos.
    pub embeddings: Option<PathBuf>,
    /// Whose way to take frames from videos is followed.
    pub preset: Preset,
}

/// Clips whose classes are known, with the scripts of their candidates.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The clips, in the manifest's order.
    pub clips: Vec<Clip>,
    /// The file of the scripts.
    pub scripts: PathBuf,
    /// The file of the other prompt's scripts, if there is one.
    pub scripts_short: Option<PathBuf>,
    /// What these files contained when they were read.
    pub digests: Digests,
}

/// BLAKE3 digests of files, as `b3sum` prints them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Digests {
    /// The manifest.
    pub manifest: String,
    /// The script file.
    pub scripts: String,
    /// The script file of the other prompt.
    pub scripts_short: Option<String>,
}

/// A clip of a dataset.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Where it is, and what it shows.
    pub entry: Entry,
    /// What its frames come from.
    pub footage: Footage,
    /// Its candidates with their scripts, in the manifest's order; none where there is no footage.
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
    /// A folder of clips.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No script file is named, and none is where it is looked for.
    #[error("{} is not there; put the script file beside the manifest, or name it with --scripts", path.display())]
    NoScripts {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A manifest that names no files, and no folder to look for them in.
    #[error(
        "{} names videos by youtube_id; name the folder that holds them with --clips, or one of their frame embeddings \
         with --embeddings",
        path.display()
    )]
    NoClips {
        /// The manifest.
        path: PathBuf,
    },
}

impl Dataset {
    /// Reads a manifest and its scripts, and looks for the clips.
    ///
    /// A candidate is the class of its name in the clip's domain; where there is none, the only class of its name,
    /// which then brings its own domain. Of datasets of others, a clip that lacks a script or a file is one that has no
    /// footage: they are not the user's to correct.
    ///
    /// # Errors
    /// When a file cannot be read or breaks a rule, or a candidate of the user's own manifest has no script.
    pub fn open(paths: &DatasetPaths) -> Result<Self, DatasetError> {
        let path = &paths.manifest;
        let folder = paths.clips.as_deref().or(path.parent()).unwrap_or(Path::new(""));
        let manifest = manifest::read(path, folder)?;
        let is_foreign = manifest.format != Format::Own;
        if is_foreign && paths.clips.is_none() && paths.embeddings.is_none() {
            return Err(DatasetError::NoClips { path: path.clone() });
        }
        let open = |folder: &Option<PathBuf>, what| {
            folder.as_deref().map(|path| Folder::open(path, what)).transpose()
        };
        let clips = open(&paths.clips, "clips")?;
        let embeddings = open(&paths.embeddings, "embeddings")?;

        let (scripts_path, (scripts, digest)) = match (&paths.scripts, manifest.format) {
            (None, Format::Authors) => (path.clone(), (Scripts::OfClips, manifest.digest.clone())),
            (named, format) => {
                let scripts =
                    named.clone().unwrap_or_else(|| path.with_file_name(Strategy::CONTEXT_RICH.file_name()));
                if !(library::is_name(&scripts) || scripts.exists()) {
                    return Err(DatasetError::NoScripts { path: scripts });
                }
                let opened = Scripts::open(&scripts, format)?;
                (scripts, opened)
            }
        };
        let beside = path.with_file_name(Strategy::SHORT_FIXED.file_name());
        let short_path = paths.scripts_short.clone().or_else(|| beside.exists().then_some(beside));
        // The authors' scripts know one prompt.
        let short_path = short_path.filter(|_| paths.preset == Preset::Paper);
        let short = short_path.as_deref().map(|path| Scripts::open(path, manifest.format)).transpose()?;
        let (short, digest_short) = short.unzip();
        let digests = Digests { manifest: manifest.digest, scripts: digest, scripts_short: digest_short };

        let mut clips_of: HashMap<String, usize> = HashMap::new();
        for id in manifest.clips.iter().filter_map(|listed| listed.youtube_id.clone()) {
            *clips_of.entry(id).or_default() += 1;
        }
        let clip = |mut listed: Listed| {
            let mut footage = match (&embeddings, &clips, listed.youtube_id.clone()) {
                (Some(folder), _, id) => {
                    let shares = id.is_some_and(|id| clips_of[&id] > 1);
                    folder.embeddings(&listed, shares)
                }
                (None, Some(folder), Some(id)) => folder.video(&id, &mut listed, paths.preset),
                _ => Footage::Video(Default::default()),
            };
            let candidates = scripts.candidates(&listed, is_foreign).and_then(|main| {
                match short.as_ref().map(|short| short.candidates(&listed, is_foreign)).transpose() {
                    // The other rows can do without.
                    Err(_) if is_foreign => Ok((main, None)),
                    short => Ok((main, short?)),
                }
            });
            let (candidates, candidates_short) = match candidates {
                Ok(candidates) => candidates,
                Err(fault) if is_foreign => {
                    footage = Footage::None(format!("{}: {fault}", listed.place));
                    (Vec::new(), None)
                }
                Err(fault) => return Err(at(path, &listed, fault)),
            };
            Ok(Clip { entry: listed.entry, footage, candidates, candidates_short })
        };
        let clips = manifest.clips.into_iter().map(clip).collect::<Result<_, ManifestError>>()?;
        Ok(Self { clips, scripts: scripts_path, scripts_short: short_path, digests })
    }
}

fn at(path: &Path, listed: &Listed, fault: Fault) -> ManifestError {
    ManifestError::At { path: path.to_owned(), place: listed.place, fault }
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
        Dataset::open(&DatasetPaths { manifest, ..Default::default() }).map_err(|e| e.to_string())
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

    #[test]
    fn digests_are_of_what_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let line = r#"{"id": "a", "video": "a.mp4", "domain": "chess", "candidates": ["fork", "serve"], "answer": 0}"#;
        let manifest = format!("\u{feff}{line}\n");
        std::fs::write(at("manifest.jsonl"), &manifest).unwrap();
        for name in ["scripts.json", "scripts-short.json"] {
            std::fs::write(at(name), SCRIPTS).unwrap();
        }
        let dataset =
            Dataset::open(&DatasetPaths { manifest: at("manifest.jsonl"), ..Default::default() }).unwrap();
        let digest = |text: &str| blake3::hash(text.as_bytes()).to_string();
        let expected = Digests {
            manifest: digest(&manifest),
            scripts: digest(SCRIPTS),
            scripts_short: Some(digest(SCRIPTS)),
        };
        assert_eq!(dataset.digests, expected);
    }

    #[test]
    fn rows_of_one_video_do_not_share_its_embeddings_and_can_lack_a_short_script() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let row = |id: &str, video: &str, start: f64, choices: &str| {
            serde_json::json!({
                "youtube_id": video, "id": id, "domain": "chess", "answer": "1", "choices_str": choices,
                "start_timestamp": start, "end_timestamp": start + 1.0,
            })
        };
        let rows = serde_json::json!([
            row("1", "shared", 1.0, "1. fork\n2. serve"),
            row("2", "shared", 5.0, "1. fork\n2. serve"),
            row("3", "own", 1.0, "1. fork\n2. pin"),
        ]);
        std::fs::write(at("rows.json"), rows.to_string()).unwrap();
        std::fs::write(at("scripts-short.json"), SCRIPTS).unwrap();
        let mut scripts: serde_json::Value = serde_json::from_str(SCRIPTS).unwrap();
        let pin = serde_json::json!({"name": "pin", "steps": ["a bishop slides"]});
        scripts["classes"].as_array_mut().unwrap().push(pin);
        std::fs::write(at("scripts.json"), scripts.to_string()).unwrap();
        std::fs::create_dir(at("npy")).unwrap();
        for name in ["shared", "own", "shared_5.0_6.0"] {
            std::fs::write(at("npy").join(format!("{name}.npy")), "").unwrap();
        }
        let paths =
            DatasetPaths { manifest: at("rows.json"), embeddings: Some(at("npy")), ..Default::default() };
        let dataset = Dataset::open(&paths).unwrap();
        let [first, second, third] = &dataset.clips[..] else { panic!() };
        assert!(
            matches!(&first.footage, Footage::None(reason) if reason.contains("shared.npy does not tell"))
        );
        assert_eq!(second.footage, Footage::Embeddings(at("npy").join("shared_5.0_6.0.npy")));
        assert_eq!(third.footage, Footage::Embeddings(at("npy").join("own.npy")));
        // No short script of "pin".
        assert_eq!((third.candidates.len(), &third.candidates_short), (2, &None));
        assert!(second.candidates_short.is_some());
        // The authors' scripts know one prompt.
        let released = Dataset::open(&DatasetPaths { preset: Preset::Released, ..paths }).unwrap();
        assert!(released.scripts_short.is_none() && released.digests.scripts_short.is_none());
        assert!(released.clips.iter().all(|clip| clip.candidates_short.is_none()));
    }
}
