//! Arguments that several commands share, and what they open.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::Result;

use crate::align::{Aligner, Background, Cell, Preset};
use crate::cli::model::{MayAsk, model_folder};
use crate::explore::{Candidate, Exploration, Job, Method, Model, Settings, Sources, band, ends_of};
use crate::output;
use crate::script::{ScriptFile, Template};
use crate::siglip::{Checkpoint, ComputeDevice, DeviceChoice, Precision};
use crate::store::{Cache, CacheError};
use crate::video::{Sampling, Segment};

/// The model, and where it runs.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// Folder of a SigLIP checkpoint as the model hub has it: config.json, model.safetensors, tokenizer.json; or its
    /// name on the hub, such as google/siglip-base-patch16-224; or `demo`, the small one that comes with the program
    #[arg(long, value_name = "DIR|ID", env = "ACTALIGN_MODEL", required = true)]
    model: Option<PathBuf>,
    /// Where the model runs
    #[arg(long, value_enum, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
    /// How weights are kept: f16 takes half the memory and changes embeddings in the fourth digit; a GPU then also
    /// computes in it
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    precision: Precision,
    /// Images or texts to embed at a time [default: what suits the device]
    #[arg(long, value_name = "N")]
    batch: Option<NonZero<usize>>,
    /// Embed everything anew, and keep no embedding for the next run
    #[arg(long)]
    no_cache: bool,
    #[arg(skip = MayAsk::OnTerminal)]
    ask: MayAsk,
}

impl ModelArgs {
    /// A checkpoint on the best device. Nobody is asked to fetch it.
    pub fn of(dir: PathBuf) -> Self {
        let (device, precision) = (DeviceChoice::Auto, Precision::F32);
        Self { model: Some(dir), device, precision, batch: None, no_cache: false, ask: MayAsk::No }
    }

    /// With weights kept in that precision.
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// The checkpoint as the user names it.
    pub fn dir(&self) -> &Path {
        self.model.as_deref().unwrap_or(Path::new(""))
    }

    /// Whether the user names a checkpoint.
    pub fn is_named(&self) -> bool {
        self.model.is_some()
    }

    /// Reads the checkpoint's small files and picks the device.
    pub fn open(&self) -> Result<Arc<Model>> {
        let folder = model_folder(self.dir(), self.ask)?;
        let device = ComputeDevice::open(self.device)?.with_precision(self.precision).with_batch(self.batch);
        let model = Model::new(Checkpoint::open_lazily(&folder)?, device);
        Ok(Arc::new(match self.cache()? {
            Some(cache) => model.with_cache(cache),
            None => model,
        }))
    }

    fn cache(&self) -> Result<Option<Cache>, CacheError> {
        if self.no_cache {
            return Ok(None);
        }
        match Cache::open() {
            // A run without a cache is slower, no more.
            Err(CacheError::NoFolder(error)) => {
                output::say(format_args!("embeddings are not kept for the next run: {error}"));
                Ok(None)
            }
            opened => opened,
        }
    }
}

/// Which frames of a clip are taken.
#[derive(Debug, Args)]
pub struct SamplingArgs {
    /// Frames per second to take, by presentation time, or `native` for every frame
    #[arg(long, value_name = "N|native", default_value = "10")]
    pub fps: Sampling,
    /// Where in the clip to start, in seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub start: Option<f64>,
    /// Where in the clip to end, in seconds; a frame shown at that time is not taken
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub end: Option<f64>,
}

impl SamplingArgs {
    /// The part of the clip.
    pub fn segment(&self) -> Segment {
        Segment { start: self.start, end: self.end }
    }
}

/// How a matrix of cosines becomes a score.
#[derive(Clone, Debug, Args)]
pub struct MethodArgs {
    /// Whose arithmetic to follow where the paper and the authors' scripts differ
    #[arg(long, default_value_t)]
    preset: Preset,
    /// How the path through a matrix is found
    #[arg(long, default_value_t)]
    aligner: Aligner,
    /// Let the first step of `segment` begin at any frame
    #[arg(long)]
    open_start: bool,
    /// Let the last step of `segment` end at any frame
    #[arg(long)]
    open_end: bool,
    /// What a frame counts that is in no step: a value, or a percentile of all cells of the clip
    // Hyphens: clap takes -1.5 for a number but not -1e-5, as NumPy may print it.
    #[arg(long, value_name = "V|pNN", default_value_t, allow_hyphen_values = true)]
    background: Background,
    /// Keep the path so near to the diagonal, as a share of the clip: |t/T − k/K| ≤ R
    #[arg(long, value_name = "R", value_parser = band)]
    band: Option<f64>,
    /// What the cells of a matrix hold
    #[arg(long, default_value_t)]
    cell: Cell,
}

impl MethodArgs {
    /// The method that the arguments name. What does nothing is said on standard error.
    pub fn method(&self) -> Method {
        let Self { preset, aligner, open_start, open_end, background, band, cell } = *self;
        if aligner != Aligner::Segment && (open_start || open_end) {
            let ends = ends_of(aligner);
            output::say(format_args!("open ends do nothing here: {aligner} has none to open; {ends}"));
        }
        Method { preset, aligner, cell, open_start, open_end, background, band }
    }
}

/// The candidates and how they are compared with a clip.
#[derive(Debug, Args)]
pub struct ComparisonArgs {
    /// Script file: the candidate classes, each with its ordered steps; or lib:NAME, one that comes with the program
    /// (`actalign-tui scripts list`)
    // Required unless a command is given that has no use for it, so that it may be absent here.
    #[arg(long, value_name = "FILE", required = true)]
    scripts: Option<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub sampling: SamplingArgs,
    #[command(flatten)]
    method: MethodArgs,
    /// Smoothing width in seconds; 0 is off
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
    pub smoothing: f64,
    /// How a step becomes a sentence: context, step, domain, plain, or a text with {step}, {action}, {domain}
    #[arg(long, value_name = "TEMPLATE", default_value = "context", value_parser = Template::parse)]
    pub template: Template,
}

/// Seconds, 0 or more.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected a number of seconds, 0 or more".to_owned()),
    }
}

/// What a comparison stands on, opened: everything but the clip.
pub struct Comparison {
    scripts: ScriptFile,
    settings: Settings,
    model: Arc<Model>,
}

impl ComparisonArgs {
    /// The script file's path.
    pub fn scripts_file(&self) -> Option<&Path> {
        self.scripts.as_deref()
    }

    /// The script file as the user names it.
    pub fn scripts(&self) -> &Path {
        self.scripts.as_deref().unwrap_or(Path::new(""))
    }

    /// Reads scripts and checkpoint, and picks the device.
    pub fn open(&self) -> Result<Comparison> {
        let scripts = ScriptFile::load(self.scripts())?;
        let model = self.model.open()?;
        let settings = Settings {
            method: self.method.method(),
            smoothing_seconds: self.smoothing,
            template: self.template.clone(),
            calibration: None,
        };
        Ok(Comparison { scripts, settings, model })
    }

    /// Where everything comes from, for a clip.
    pub fn sources(&self, clip: &Path, comparison: &Comparison) -> Sources {
        Sources {
            clip: clip.display().to_string(),
            scripts: self.scripts().display().to_string(),
            model: self.model.dir().display().to_string(),
            device: comparison.model.device().describe(),
            sampling: self.sampling.fps.describe(),
            start: self.sampling.start,
            end: self.sampling.end,
        }
    }

    /// The background work for a clip.
    pub fn job(&self, clip: PathBuf, comparison: &Comparison, exploration: &Exploration) -> Job {
        Job {
            clip,
            rows_per_second: None,
            sampling: self.sampling.fps,
            segment: self.sampling.segment(),
            masks: Arc::default(),
            model: comparison.model.clone(),
            cover_evenly: false,
            thumbnails: None,
            texts: exploration.missing_texts(),
            known: Vec::new(),
        }
    }
}

impl Comparison {
    /// The script file.
    pub fn scripts(&self) -> &ScriptFile {
        &self.scripts
    }

    /// An exploration of all classes of the script file, without frames.
    pub fn exploration(&self) -> Exploration {
        self.exploration_of(Candidate::all_of(&self.scripts))
    }

    /// An exploration without frames.
    pub fn exploration_of(&self, candidates: Vec<Candidate>) -> Exploration {
        let dim = self.model.checkpoint().dim();
        Exploration::new(candidates, self.model.calibration(), dim, self.settings.clone())
    }

    /// The templates to turn to: the built-in ones, and the chosen one where it is the user's own.
    pub fn templates(&self) -> Vec<Template> {
        let mut templates: Vec<Template> = Template::built_in().into();
        if !templates.contains(&self.settings.template) {
            templates.insert(0, self.settings.template.clone());
        }
        templates
    }
}
