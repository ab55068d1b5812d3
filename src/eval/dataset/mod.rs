//! A manifest joined with its scripts and with the files of its clips.

mod clip_source;
mod format;
pub(super) mod formats;
mod manifest;
mod scripts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, bail, eyre};
use serde::{Deserialize, Serialize};

pub use clip_source::ClipSource;
pub use format::{Context, Entry, Listed, Location};
pub use manifest::{Manifest, read as read_manifest};
pub use scripts::MissingScript;

use clip_source::Folder;
use scripts::Scripts;

use crate::align::Preset;
use crate::error_chain::{error_chain, on_one_line};
use crate::eval::released;
use crate::explore::Candidate;
use crate::script::{PerStrategy, Strategy, library};
use crate::video::Segment;

/// Where a dataset is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatasetPaths {
    /// The list of clips, in any format.
    pub manifest: PathBuf,
    /// Default: the scripts in the manifest, else `scripts.json` beside it.
    pub scripts: Option<PathBuf>,
    /// Scripts of the other strategies. Default: their files beside the manifest, such as `scripts-short.json`.
    #[serde(flatten)]
    pub other_scripts: PerStrategy<PathBuf>,
    /// Folder of the videos. Default: the manifest's.
    pub clips: Option<PathBuf>,
    /// Folder of frame embeddings, in place of videos.
    pub embeddings: Option<PathBuf>,
    /// Whether clips are taken as the paper describes it or as the authors' scripts do.
    pub preset: Preset,
}

impl DatasetPaths {
    /// The dataset of a manifest with everything at its default place.
    pub fn of(manifest: impl Into<PathBuf>) -> Self {
        Self { manifest: manifest.into(), ..Self::default() }
    }
}

/// Clips whose classes are known, with the scripts of their candidates.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// As they were named.
    pub paths: DatasetPaths,
    /// In the manifest's order.
    pub clips: Vec<Clip>,
    pub scripts: PathBuf,
    pub other_scripts: PerStrategy<PathBuf>,
    pub digests: Digests,
    /// The benchmark that the clips are of, by the manifest's format.
    pub benchmark: Option<&'static str>,
}

/// BLAKE3 digests of a dataset's files, as `b3sum` prints them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Digests {
    pub manifest: String,
    pub scripts: String,
    #[serde(flatten)]
    pub other_scripts: PerStrategy<String>,
}

/// A clip of a dataset.
#[derive(Clone, Debug)]
pub struct Clip {
    pub entry: Entry,
    pub source: ClipSource,
    /// In the manifest's order; empty where a script is missing.
    pub candidates: Vec<Candidate>,
    /// The same candidates with the scripts of other strategies.
    pub other_candidates: PerStrategy<Vec<Candidate>>,
    /// Why no file of its frames was found, in datasets that are looked up by name.
    pub missing_file: Option<String>,
    /// The candidates without a script.
    pub missing_scripts: Vec<MissingScript>,
}

impl Clip {
    /// The part to take of its file: rows of embeddings are of the clip alone.
    pub fn segment(&self) -> Segment {
        match self.source {
            ClipSource::Embeddings(_) => Segment::default(),
            _ => self.entry.segment(),
        }
    }
}

/// The clips of a manifest with the files of their frames, without scripts: what a person needs who watches them.
#[derive(Clone, Debug)]
pub struct Videos {
    /// In the manifest's order.
    pub clips: Vec<(Entry, ClipSource)>,
    /// As in [`Digests::manifest`].
    pub digest: String,
}

impl Videos {
    /// Reads a manifest and finds the files of its clips, as [`Dataset::open`] does.
    ///
    /// # Errors
    /// If a file cannot be read or breaks a rule.
    pub fn open(paths: &DatasetPaths) -> Result<Self> {
        let Found { clips, digest, .. } = find(paths)?;
        Ok(Self { clips: clips.into_iter().map(|(listed, source)| (listed.entry, source)).collect(), digest })
    }
}

/// A manifest with the files of its clips.
struct Found {
    clips: Vec<(Listed, ClipSource)>,
    digest: String,
    is_foreign: bool,
    brings_scripts: bool,
    benchmark: Option<&'static str>,
}

/// Where relative paths of a manifest begin, and how its clips are taken.
fn context(paths: &DatasetPaths) -> Context<'_> {
    let folder = paths.clips.as_deref().or(paths.manifest.parent()).unwrap_or(Path::new(""));
    Context { folder, preset: paths.preset }
}

fn find(paths: &DatasetPaths) -> Result<Found> {
    let path = &paths.manifest;
    let Manifest { is_foreign, brings_scripts, benchmark, clips: all, digest } =
        manifest::read(path, context(paths))?;
    if is_foreign && paths.clips.is_none() && paths.embeddings.is_none() {
        bail!(
            "{} names videos by youtube_id\nhelp: name the folder that holds them with --clips, or one of their frame \
             embeddings with --embeddings",
            path.display()
        );
    }
    let open =
        |folder: &Option<PathBuf>, what| folder.as_deref().map(|path| Folder::open(path, what)).transpose();
    let clips = open(&paths.clips, "clips")?;
    let embeddings = open(&paths.embeddings, "embeddings")?;
    let mut clips_of: HashMap<String, usize> = HashMap::new();
    for id in all.iter().filter_map(|listed| listed.youtube_id.clone()) {
        *clips_of.entry(id).or_default() += 1;
    }
    let with_source = |mut listed: Listed| {
        let source = match (&embeddings, &clips, listed.youtube_id.clone()) {
            (Some(folder), _, id) => folder.embeddings(&listed, id.is_some_and(|id| clips_of[&id] > 1)),
            (None, Some(folder), Some(id)) => folder.video(&id, &mut listed, paths.preset),
            _ => ClipSource::Video(Default::default()),
        };
        (listed, source)
    };
    let clips = all.into_iter().map(with_source).collect();
    Ok(Found { clips, digest, is_foreign, brings_scripts, benchmark })
}

impl Dataset {
    /// Reads a manifest and its scripts, and finds the files of its clips.
    ///
    /// A candidate is the class of its name in the clip's domain, else the only class of its name, which then brings its
    /// own domain. In datasets of others, a clip without script or file is kept as [`ClipSource::Missing`].
    ///
    /// # Errors
    /// If a file cannot be read or breaks a rule, or a candidate of the user's own manifest has no script.
    pub fn open(paths: &DatasetPaths) -> Result<Self> {
        Self::read(paths, false)
    }

    /// As [`Dataset::open`], but any clip may lack scripts, and script files may be missing: what there is and what there is
    /// not.
    ///
    /// # Errors
    /// If the manifest or a folder cannot be read, or the manifest breaks a rule.
    pub fn survey(paths: &DatasetPaths) -> Result<Self> {
        Self::read(paths, true)
    }

    fn read(paths: &DatasetPaths, allows_gaps: bool) -> Result<Self> {
        let path = &paths.manifest;
        let context = context(paths);
        let Found { clips, digest, is_foreign, brings_scripts, benchmark } = find(paths)?;
        let open = |file: &Path| match Scripts::open(file, is_foreign, &context) {
            Err(fault) if allows_gaps => Ok((Scripts::Absent(error_chain(&fault)), String::new())),
            opened => opened,
        };
        let (scripts_path, (scripts, scripts_digest)) = if paths.scripts.is_none() && brings_scripts {
            (path.clone(), (Scripts::InClips, digest.clone()))
        } else {
            let named =
                paths.scripts.clone().unwrap_or_else(|| path.with_file_name(Strategy::default().file_name()));
            let opened = match library::is_name(&named) || named.exists() {
                true => open(&named)?,
                false if allows_gaps => (Scripts::Absent(no_scripts(&named)), String::new()),
                false => return Err(eyre!(no_scripts(&named))),
            };
            (named, opened)
        };
        let other_scripts: PerStrategy<PathBuf> = Strategy::others()
            .filter(|_| released::protocol(paths.preset).has_prompt_study)
            .filter_map(|strategy| {
                let beside = path.with_file_name(strategy.file_name());
                let named = paths.other_scripts.get(strategy).cloned();
                Some((strategy, named.or_else(|| beside.exists().then_some(beside))?))
            })
            .collect();
        let mut others = Vec::new();
        for (strategy, path) in other_scripts.iter() {
            let (scripts, digest) = open(path)?;
            others.push((strategy, scripts, digest));
        }
        let digests = Digests {
            manifest: digest,
            scripts: scripts_digest,
            other_scripts: others.iter().map(|(strategy, _, digest)| (*strategy, digest.clone())).collect(),
        };

        let clip = |(listed, mut source): (Listed, ClipSource)| {
            let mut missing_scripts = Vec::new();
            let mut with_scripts = |strategy, scripts: &Scripts| {
                let candidates = scripts.candidates(strategy, &listed, is_foreign);
                candidates.map_err(|missing| missing_scripts.extend(missing)).ok()
            };
            let candidates = with_scripts(Strategy::default(), &scripts);
            // Without the others, only the rows of their strategies miss the clip.
            let other_candidates = others
                .iter()
                .filter_map(|(strategy, scripts, _)| Some((*strategy, with_scripts(*strategy, scripts)?)))
                .collect();
            let missing_file = match &source {
                ClipSource::Missing(reason) => Some(reason.clone()),
                _ => None,
            };
            if let Some(MissingScript { reason, .. }) = missing_scripts.first() {
                if !is_foreign && !allows_gaps {
                    bail!("{}, {}: {reason}", path.display(), listed.location);
                }
                if candidates.is_none() {
                    source = ClipSource::Missing(format!("{}: {}", listed.location, on_one_line(reason)));
                }
            }
            Ok(Clip {
                entry: listed.entry,
                source,
                candidates: candidates.unwrap_or_default(),
                other_candidates,
                missing_file,
                missing_scripts,
            })
        };
        let clips = clips.into_iter().map(clip).collect::<Result<_>>()?;
        Ok(Self { paths: paths.clone(), clips, scripts: scripts_path, other_scripts, digests, benchmark })
    }
}

fn no_scripts(file: &Path) -> String {
    format!(
        "there is no {}\nhelp: put the script file beside the manifest, or name it with --scripts",
        file.display()
    )
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
        Dataset::open(&DatasetPaths::of(manifest)).map_err(|e| e.to_string())
    }

    #[test]
    fn a_candidate_is_found_in_its_domain_or_by_its_name_alone() {
        for (domain, step) in [("chess", "a knight jumps"), ("dinner", "a hand takes a fork")] {
            let clip = &open(domain, "fork").unwrap().clips[0];
            assert_eq!((&clip.candidates[0].domain[..], &clip.candidates[0].steps[0][..]), (domain, step));
            assert_eq!(clip.candidates[1].domain, "tennis", "a stranger brings its own domain");
            assert_eq!(clip.other_candidates, PerStrategy::default());
        }
    }

    #[test]
    fn a_candidate_without_a_script_is_refused() {
        let error = open("golf", "fork").unwrap_err();
        assert!(error.contains("line 1") && error.contains("several classes named \"fork\""), "{error}");
        let error = open("chess", "pin").unwrap_err();
        assert!(error.contains("scripts.json has no script for \"pin\""), "{error}");
    }

    #[test]
    fn digests_are_those_of_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let line = r#"{"id": "a", "video": "a.mp4", "domain": "chess", "candidates": ["fork", "serve"], "answer": 0}"#;
        let manifest = format!("\u{feff}{line}\n");
        std::fs::write(at("manifest.jsonl"), &manifest).unwrap();
        for name in ["scripts.json", "scripts-short.json"] {
            std::fs::write(at(name), SCRIPTS).unwrap();
        }
        let dataset = Dataset::open(&DatasetPaths::of(at("manifest.jsonl"))).unwrap();
        let digest = |text: &str| blake3::hash(text.as_bytes()).to_string();
        let expected = Digests {
            manifest: digest(&manifest),
            scripts: digest(SCRIPTS),
            other_scripts: [(Strategy::SHORT_FIXED, digest(SCRIPTS))].into_iter().collect(),
        };
        assert_eq!(dataset.digests, expected);
    }

    #[test]
    fn clips_of_one_video_do_not_share_embeddings_and_may_lack_a_short_script() {
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
        let paths = DatasetPaths { embeddings: Some(at("npy")), ..DatasetPaths::of(at("rows.json")) };
        let dataset = Dataset::open(&paths).unwrap();
        let [first, second, third] = &dataset.clips[..] else { panic!() };
        assert!(
            matches!(&first.source, ClipSource::Missing(reason) if reason.contains("shared.npy could be of several clips"))
        );
        assert_eq!(second.source, ClipSource::Embeddings(at("npy").join("shared_5.0_6.0.npy")));
        assert_eq!(third.source, ClipSource::Embeddings(at("npy").join("own.npy")));
        // No short script of "pin".
        assert_eq!((third.candidates.len(), third.other_candidates.strategies()), (2, Vec::new()));
        assert_eq!(second.other_candidates.strategies(), [Strategy::SHORT_FIXED]);
        // The authors' scripts know one prompt.
        let released = Dataset::open(&DatasetPaths { preset: Preset::Released, ..paths }).unwrap();
        let none = PerStrategy::default();
        assert_eq!(
            (&released.other_scripts, &released.digests.other_scripts),
            (&PerStrategy::default(), &none)
        );
        assert!(released.clips.iter().all(|clip| clip.other_candidates.strategies().is_empty()));
    }
}
