//! Opens what the user named into one [`Session`]: clips, the demo, a snapshot or an evaluation. The explorer shows it;
//! the commands work through its clips.

mod bundle;
mod evaluation;
mod model;
mod rebase_path;
mod setup;
mod snapshot;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use color_eyre::eyre::Result;

pub use bundle::{Bundle, BundleError};
pub use model::{Fetch, ModelRequest, cached_model, model_folder, open_hub};
pub use setup::{Request, Setup};

use crate::explore::{Candidate, Job};
use crate::script::{Class, Document, ScriptFile, Template};
use crate::snapshot::Snapshot;
use crate::tui::{Check, ClipToExplore, Config, Explorer, Models, Moment, Results};
use crate::video::VideoReader;

/// Largest thumbnail of a frame, in pixels.
const THUMBNAIL: (u32, u32) = (320, 180);

/// Clips with their candidates, ready to be embedded or explored.
pub struct Session {
    /// At least one.
    pub clips: Vec<ClipToExplore>,
    pub scripts: Document,
    /// The built-in templates and those in use.
    pub templates: Vec<Template>,
    /// What the first clip shows, for a snapshot.
    pub moment: Option<Moment>,
    /// The rankings of an evaluation.
    pub results: Option<Results>,
    /// Compares the files with their state when the snapshot or evaluation was made.
    pub check: Option<Check>,
    /// File that records the end of the guided tour; none where there is no tour.
    pub tour_ended: Option<PathBuf>,
}

/// What can be opened without naming scripts and a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Demo,
    /// Folder of an evaluation.
    Evaluation(PathBuf),
    /// Snapshot file.
    Snapshot(PathBuf),
}

impl Source {
    /// What the paths name; none where they are clips.
    pub fn of(paths: &[PathBuf]) -> Option<Self> {
        match paths {
            [] => Some(Self::Demo),
            [path] => {
                let snapshot = || Snapshot::is_at(path).then(|| Self::Snapshot(path.clone()));
                evaluation::folder_of(path).map(Self::Evaluation).or_else(snapshot)
            }
            _ => None,
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// If a file cannot be read or its contents cannot be used.
    pub fn open(&self) -> Result<Session> {
        match self {
            Self::Demo => setup::open_demo(),
            Self::Evaluation(folder) => evaluation::open(folder),
            Self::Snapshot(path) => snapshot::open(path),
        }
    }
}

impl Session {
    fn new(clips: Vec<ClipToExplore>, scripts: Document, own_templates: &[&Template]) -> Self {
        let mut templates: Vec<Template> = Template::built_in().into();
        for &template in own_templates {
            if !templates.contains(template) {
                templates.push(template.clone());
            }
        }
        Self { clips, scripts, templates, moment: None, results: None, check: None, tour_ended: None }
    }

    /// Opens clips to compare with the classes of a script file.
    ///
    /// # Errors
    /// If scripts or model cannot be read, or a clip is not there. A clip's contents are read later.
    pub fn open(request: &Request) -> Result<Self> {
        let setup = Setup::open(request)?;
        let clips = request.clips.iter().map(|path| {
            VideoReader::check(path, request.segment)?;
            Ok(setup.clip(path))
        });
        let clips = clips.collect::<Result<_>>()?;
        Ok(setup.into_session(clips))
    }

    /// The explorer of this session; it saves snapshots into `folder`.
    pub fn into_explorer(self, config: Config, models: Models, folder: PathBuf) -> Explorer {
        let Self { mut clips, scripts, templates, moment, results, check, tour_ended } = self;
        clips.iter_mut().filter_map(|clip| clip.job.as_mut()).for_each(for_explorer);
        Explorer { clips, scripts, templates, config, folder, moment, models, results, check, tour_ended }
    }
}

/// Makes a job bring thumbnails, and frames in an order that covers the clip.
fn for_explorer(job: &mut Job) {
    job.cover_evenly = true;
    job.thumbnails = Some(THUMBNAIL);
}

/// A path as text, for the screen and for documents.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A script file of candidates. Of those with one name and domain, the first counts.
fn scripts_of<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> ScriptFile {
    let mut known = HashSet::new();
    let mut classes = Vec::new();
    for Candidate { domain, name, steps } in candidates {
        if known.insert((domain, name)) {
            let (name, domain, steps) = (name.clone(), Some(domain.clone()), steps.clone());
            classes.push(Class { name, domain, steps, other: Default::default() });
        }
    }
    ScriptFile { domain: None, classes, other: Default::default() }
}
