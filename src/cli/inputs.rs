//! Arguments that several commands share, and the requests they make.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use color_eyre::eyre::{Result, bail};

use crate::align::{Aligner, Background, Cell, Preset};
use crate::backbone::{DeviceChoice, PrecisionChoice};
use crate::cli::model::fetch_if_agreed;
use crate::explore::{Method, Model, Settings, band};
use crate::output;
use crate::script::Template;
use crate::session::{ModelRequest, Request};
use crate::video::{Sampling, Segment};

/// The model, and where it runs.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// SigLIP, CLIP, MetaCLIP 2 or PE-Core checkpoint: a folder with its configuration, safetensors and tokenizer.json, a name
    /// on the model hub such as google/siglip-base-patch16-224, or `demo`, which comes with the program. The explorer and
    /// `eval` take several, separated by commas
    #[arg(long, visible_alias = "models", value_name = "DIR|ID", env = "ACTALIGN_MODEL", required = true,
        value_parser = OsStringValueParser::new().map(ModelNames::of))]
    model: Option<ModelNames>,
    /// Where the model runs
    #[arg(long, value_enum, default_value_t = DeviceChoice::Auto)]
    device: DeviceChoice,
    /// How weights are kept and, where the device is faster so, computed with [default: auto in the explorer, else f32]
    #[arg(long, value_enum)]
    precision: Option<PrecisionChoice>,
    /// Images or texts to embed at a time [default: what suits the device]
    #[arg(long, value_name = "N")]
    batch: Option<NonZero<usize>>,
    /// Embed everything again, and cache nothing
    #[arg(long)]
    no_cache: bool,
}

/// Models as the user names them, at least one.
#[derive(Clone, Debug)]
struct ModelNames(Vec<PathBuf>);

impl ModelNames {
    /// Names with commas between, unless all is the name of one folder.
    fn of(text: OsString) -> Self {
        match text.to_str() {
            Some(names) if !Path::new(names).exists() => Self(names.split(',').map(PathBuf::from).collect()),
            _ => Self(vec![text.into()]),
        }
    }
}

impl ModelArgs {
    /// The models that the arguments name. On a terminal the user may be asked to fetch them.
    pub fn requests(&self) -> impl Iterator<Item = ModelRequest> {
        let names = self.model.iter().flat_map(|ModelNames(names)| names);
        names.map(|name| ModelRequest {
            name: name.clone(),
            device: self.device,
            precision: self.precision.unwrap_or_default(),
            batch: self.batch,
            uses_cache: !self.no_cache,
            fetch: fetch_if_agreed(),
        })
    }

    /// The only model that the arguments name.
    fn request(&self) -> Result<ModelRequest> {
        let mut requests = self.requests();
        match (requests.next(), requests.next()) {
            (Some(request), None) => Ok(request),
            (None, _) => bail!("no model is named\nhelp: name one with --model"),
            _ => bail!("this command takes one model\nhelp: the explorer and eval take several"),
        }
    }

    /// The first model as the user names it.
    pub fn dir(&self) -> &Path {
        self.model.as_ref().map_or(Path::new(""), |ModelNames(names)| &names[0])
    }

    /// Whether the user named a model.
    pub fn is_named(&self) -> bool {
        self.model.is_some()
    }

    /// Reads the checkpoint's small files and picks the device.
    pub fn open(&self) -> Result<Arc<Model>> {
        self.request()?.open()
    }
}

/// Which frames of a clip are taken.
#[derive(Debug, Args)]
pub struct SamplingArgs {
    /// Frames taken per second of video, or `native` for every frame
    #[arg(long, value_name = "N|native", default_value = "10")]
    pub fps: Sampling,
    /// Start of the part taken of the clip, in seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    start: Option<f64>,
    /// End of the part taken of the clip, in seconds; a frame shown at that time is not taken
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    end: Option<f64>,
}

impl SamplingArgs {
    pub fn segment(&self) -> Segment {
        Segment { start: self.start, end: self.end }
    }
}

/// How a matrix of cosines becomes a score.
#[derive(Clone, Debug, Args)]
pub struct MethodArgs {
    /// Which arithmetic to follow where the paper and the authors' scripts differ
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
    /// Value of a frame outside all steps: a number, or a percentile of all cells of the clip
    // Hyphens: clap takes -1.5 for a number but not -1e-5, as NumPy may print it.
    #[arg(long, value_name = "V|pNN", default_value_t, allow_hyphen_values = true)]
    background: Background,
    /// Keep the path near the diagonal: |t/T − k/K| ≤ R
    #[arg(long, value_name = "R", value_parser = band)]
    band: Option<f64>,
    /// What the cells of a matrix hold [default: affinity, or cosine if the model has no bias]
    #[arg(long)]
    pub cell: Option<Cell>,
}

impl MethodArgs {
    /// The method, with affinities where no cell is named. Arguments without effect are reported on standard error.
    pub fn method(&self) -> Method {
        let Self { preset, aligner, open_start, open_end, background, band, cell } = *self;
        if aligner != Aligner::Segment && (open_start || open_end) {
            let ends = aligner.ends_help();
            output::say(format_args!("open ends have no effect on {aligner}: {ends}"));
        }
        let cell = cell.unwrap_or_default();
        Method { preset, aligner, cell, open_start, open_end, background, band }
    }
}

/// The candidates, and the frames and sentences that are compared.
#[derive(Debug, Args)]
pub struct CandidateArgs {
    /// Script file with the candidate classes and their ordered steps, or lib:NAME, one that comes with the program
    /// (`actalign-tui scripts list`)
    // Required unless there is a command without use for it, so that it may be absent here.
    #[arg(long, value_name = "FILE", required = true)]
    scripts: Option<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// Smoothing width in seconds; 0 is off
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
    smoothing: f64,
    /// How a step becomes a sentence: context, step, domain, plain, short, or a text with {step}, {action}, {domain}
    /// [default: context, or short where the model would cut context]
    #[arg(long, value_name = "TEMPLATE", value_parser = Template::parse)]
    template: Option<Template>,
}

impl CandidateArgs {
    /// Smoothing width in seconds.
    pub fn smoothing(&self) -> f64 {
        self.smoothing
    }

    /// The comparison of these clips.
    pub fn request(&self, clips: &[PathBuf]) -> Result<Request> {
        Ok(self.request_of(clips, self.model.request()?))
    }

    fn request_of(&self, clips: &[PathBuf], model: ModelRequest) -> Request {
        Request {
            sampling: self.sampling.fps,
            segment: self.sampling.segment(),
            settings: Settings {
                smoothing_seconds: self.smoothing,
                template: self.template.clone().unwrap_or_default(),
                ..Settings::default()
            },
            shortens_template: self.template.is_none(),
            ..Request::new(clips.to_vec(), self.scripts.clone().unwrap_or_default(), model)
        }
    }
}

/// The candidates, and how they are compared with a clip.
#[derive(Debug, Args)]
pub struct ComparisonArgs {
    #[command(flatten)]
    candidates: CandidateArgs,
    #[command(flatten)]
    method: MethodArgs,
}

impl ComparisonArgs {
    /// The comparison of these clips.
    pub fn request(&self, clips: &[PathBuf]) -> Result<Request> {
        Ok(self.with_method(self.candidates.request(clips)?))
    }

    /// The comparison of these clips under each model, to be explored: in the fastest precision that is close to f32,
    /// unless one is named.
    pub fn requests_to_explore(&self, clips: &[PathBuf]) -> Vec<Request> {
        let precision = self.candidates.model.precision.unwrap_or(PrecisionChoice::Auto);
        let models = self.candidates.model.requests().map(|model| ModelRequest { precision, ..model });
        models.map(|model| self.with_method(self.candidates.request_of(clips, model))).collect()
    }

    fn with_method(&self, mut request: Request) -> Request {
        request.cell = self.method.cell;
        request.settings.method = self.method.method();
        request
    }
}

/// Parses seconds, 0 or more.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected a number of seconds, 0 or more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Defaults {
        #[command(flatten)]
        comparison: ComparisonArgs,
    }

    #[test]
    fn defaults_of_the_command_line_are_those_of_requests() {
        let args = Defaults::parse_from(["", "--model", "demo", "--scripts", "lib:chess"]);
        let named = args.comparison.request(&[]).unwrap();
        let request = Request::new(Vec::new(), "lib:chess".into(), ModelRequest::new("demo"));
        assert_eq!(
            (named.sampling, named.segment, &named.settings, named.cell, &named.scripts),
            (request.sampling, request.segment, &request.settings, request.cell, &request.scripts)
        );
        let (named, model) = (named.model, request.model);
        assert_eq!(
            (named.name, named.device, named.precision, named.uses_cache),
            (model.name, model.device, model.precision, model.uses_cache)
        );
    }
}
