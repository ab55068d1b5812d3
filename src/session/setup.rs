//! Scripts, model and settings that the clips of a session share.

use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;

use color_eyre::eyre::{Result, eyre};

use super::bundle::Bundle;
use super::model::ModelRequest;
use super::opened::{Session, shown};
use crate::align::Cell;
use crate::eval::{Dataset, DatasetPaths};
use crate::explore::{Candidate, Exploration, Job, Model, Settings, Sources, default_template};
use crate::files::folders::Folder;
use crate::script::{Document, ScriptFile, library};
use crate::tui::ClipToExplore;
use crate::video::{Sampling, Segment, VideoReader};

/// Clips, and how to compare them with the classes of a script file.
#[derive(Clone, Debug)]
pub struct Request {
    /// Videos, images, folders of images, or `-` for standard input.
    pub clips: Vec<PathBuf>,
    /// A script file, or `lib:NAME`.
    pub scripts: PathBuf,
    pub model: ModelRequest,
    pub sampling: Sampling,
    /// The part taken of every clip.
    pub segment: Segment,
    /// The knobs; what cells hold is that of `cell`.
    pub settings: Settings,
    /// Whether a shorter template replaces that of the settings where the model would cut it ([`default_template`]).
    pub shortens_template: bool,
    /// What cells hold; `None`: affinities, or cosines if the model has no bias.
    pub cell: Option<Cell>,
}

impl Request {
    /// A request with the paper's settings, at ten frames per second.
    pub fn new(clips: Vec<PathBuf>, scripts: PathBuf, model: ModelRequest) -> Self {
        let (sampling, segment, settings) = (Sampling::Fps(10.0), Segment::default(), Settings::default());
        Self { clips, scripts, model, sampling, segment, settings, shortens_template: true, cell: None }
    }

    /// Opens the clips, each to compare with all classes.
    ///
    /// # Errors
    /// If scripts or model cannot be read, or a clip does not exist. The contents of clips are read later.
    pub fn open(&self) -> Result<Session> {
        Self::open_all(slice::from_ref(self))
    }

    /// Opens the same clips under several models. The requests, at least one, differ in the model alone.
    ///
    /// # Errors
    /// As [`Request::open`].
    pub fn open_all(requests: &[Self]) -> Result<Session> {
        let setups = requests.iter().map(Setup::open).collect::<Result<Vec<_>>>()?;
        let mut clips = Vec::new();
        for (model, setup) in setups.iter().enumerate() {
            for path in &setup.request.clips {
                VideoReader::check(path, setup.request.segment)?;
                clips.push(ClipToExplore { model, ..setup.clip(path) });
            }
        }
        let setup = setups.into_iter().next().ok_or_else(|| eyre!("no model is named"))?;
        Ok(setup.into_session(clips))
    }
}

/// A [`Request`] with its scripts and model open.
pub struct Setup {
    pub(super) request: Request,
    pub(super) scripts: ScriptFile,
    pub(super) model: Arc<Model>,
}

impl Setup {
    /// Reads the scripts and the checkpoint's small files.
    ///
    /// # Errors
    /// If they cannot be read, or the device cannot be used.
    pub fn open(request: &Request) -> Result<Self> {
        let scripts = ScriptFile::load(&request.scripts)?;
        let model = request.model.open()?;
        let mut request = request.clone();
        if request.shortens_template {
            request.settings.template = default_template(&model, &Candidate::all_of(&scripts))?;
        }
        request.settings.method.cell = request.cell.unwrap_or(model.usual_cell());
        Ok(Self { request, scripts, model })
    }

    /// The classes that clips are compared with.
    pub fn scripts(&self) -> &ScriptFile {
        &self.scripts
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// A clip to compare with all classes. The file is not read.
    pub fn clip(&self, path: &Path) -> ClipToExplore {
        self.clip_of(path, self.request.segment, Candidate::all_of(&self.scripts))
    }

    /// A part of a clip to compare with some candidates.
    pub(super) fn clip_of(&self, path: &Path, segment: Segment, candidates: Vec<Candidate>) -> ClipToExplore {
        let Self { request, model, .. } = self;
        let sampling = request.sampling;
        let dim = model.checkpoint().dim();
        let exploration = Exploration::new(candidates, model.calibration(), dim, request.settings.clone());
        let sources = Sources {
            clip: shown(path),
            scripts: shown(&request.scripts),
            model: shown(&request.model.name),
            device: model.device().describe(),
            precision: model.device().precision(),
            sampling: sampling.describe(),
            start: segment.start,
            end: segment.end,
        };
        let job = Job {
            sampling,
            segment,
            texts: exploration.missing_texts(),
            ..Job::new(path.to_owned(), model.clone())
        };
        ClipToExplore {
            id: shown(path),
            answer: None,
            groups: Vec::new(),
            exploration,
            sampling,
            model: 0,
            job: Some(job),
            sources,
        }
    }

    /// A session of clips; edited scripts are saved to their file, unless it comes with the program.
    fn into_session(self, clips: Vec<ClipToExplore>) -> Session {
        let path = Some(self.request.scripts).filter(|path| !library::is_name(path));
        Session::new(clips, Document::new(self.scripts, path), &[&self.request.settings.template])
    }
}

/// The demo: its clips, each with its own candidates, as if the user had named its scripts and model.
pub fn open_demo() -> Result<Session> {
    let bundle = Bundle::unpack()?;
    let manifest = bundle.folder().join("manifest.jsonl");
    let dataset = Dataset::open(&DatasetPaths::of(manifest))?;
    let request = Request::new(Vec::new(), bundle.scripts(), ModelRequest::new("demo"));
    let setup = Setup::open(&request)?;
    let clips = dataset.clips.into_iter().map(|clip| {
        let entry = clip.entry;
        ClipToExplore {
            id: entry.id.clone(),
            answer: Some(entry.answer),
            groups: entry.groups.clone(),
            ..setup.clip_of(&entry.video, entry.segment(), clip.candidates)
        }
    });
    let clips = clips.collect();
    // The unpacked files are not the user's to edit.
    let scripts = Document::new(setup.scripts, None);
    let session = Session::new(clips, scripts, &[&setup.request.settings.template]);
    Ok(Session { tour_ended: Some(Folder::Data.path()?.join("tour-ended")), ..session })
}
