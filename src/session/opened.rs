//! What the user opened.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::explore::{Candidate, Job};
use crate::script::{Class, Document, ScriptFile, Template};
use crate::tui::{Check, ClipToExplore, Config, Explorer, Models, Moment, Results};

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

impl Session {
    pub(super) fn new(clips: Vec<ClipToExplore>, scripts: Document, own_templates: &[&Template]) -> Self {
        let mut templates: Vec<Template> = Template::built_in().into();
        for &template in own_templates {
            if !templates.contains(template) {
                templates.push(template.clone());
            }
        }
        Self { clips, scripts, templates, moment: None, results: None, check: None, tour_ended: None }
    }

    /// The explorer of this session; it saves snapshots into `folder`.
    pub fn into_explorer(self, config: Config, models: Models, folder: PathBuf) -> Explorer {
        let Self { mut clips, scripts, templates, moment, results, check, tour_ended } = self;
        clips.iter_mut().filter_map(|clip| clip.job.as_mut()).for_each(for_explorer);
        Explorer { clips, scripts, templates, config, folder, moment, models, results, check, tour_ended }
    }
}

/// Makes a job bring thumbnails, and frames in an order that covers the clip.
pub(super) fn for_explorer(job: &mut Job) {
    job.cover_evenly = true;
    job.thumbnails = Some(THUMBNAIL);
}

/// A path as text, for the screen and for documents.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A script file of candidates. Of those with one name and domain, the first counts.
pub(super) fn scripts_of<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> ScriptFile {
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
