//! Searching recordings for moments, as `find` and `eval moments` do.

use std::path::Path;

use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, WrapErr, bail, eyre};

use crate::align::OwnCalibration;
use crate::cli::inputs::seconds;
use crate::cli::progress;
use crate::explore::{EmbeddedFrame, Exploration, Job, Sources, Update, count_cached};
use crate::find::{
    COARSE_RATE, FIRST_SEARCH, FindSettings, Finder, Recording, Wanted, next_search, promising,
};
use crate::output;
use crate::plot::format::clock;
use crate::script::ScriptFile;
use crate::session::Setup;
use crate::tui::ClipToExplore;
use crate::video::{Sampling, Segment, VideoInfo, VideoReader};

/// The default of `--smoothing`, in seconds. Half of that of a clip: docs/find.md has the comparison.
pub const SMOOTHING: &str = "0.5";

/// How moments are found.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Percentile of each step's cosines over the recording that counts as background [default: 90 up to three minutes, rising
    /// to 97 for ten or more]
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    background: Option<f64>,
    /// Least duration of a moment, unless the class has its own min_seconds in the script file
    #[arg(long, value_name = "SECONDS", default_value_t = FindSettings::DEFAULT.min_seconds, value_parser = seconds)]
    min_length: f64,
    /// Largest duration of a moment, unless the class has its own max_seconds in the script file
    #[arg(long, value_name = "SECONDS", default_value_t = FindSettings::DEFAULT.max_seconds, value_parser = seconds)]
    max_length: f64,
    /// Most moments of a recording
    #[arg(long, value_name = "N", default_value_t = FindSettings::DEFAULT.max_moments)]
    max_moments: usize,
    /// Least score of a moment: 0 is the background
    #[arg(long, value_name = "SCORE", default_value_t = FindSettings::DEFAULT.min_score, allow_negative_numbers = true)]
    min_score: f64,
    /// Let classes compete: of moments that overlap, keep only the best, of whatever class
    #[arg(long)]
    compete: bool,
    /// Embed two frames per second first, then every frame around likely moments
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    coarse: Coarse,
}

/// When a first pass of few frames is worth it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Coarse {
    /// In recordings of more than ten minutes
    #[default]
    Auto,
    Always,
    Never,
}

/// Recordings above this many seconds have a first pass.
const LONG: f64 = 600.0;

impl SearchArgs {
    pub fn settings(&self, smoothing_seconds: f64) -> FindSettings {
        FindSettings {
            smoothing_seconds,
            background: self.background,
            min_seconds: self.min_length,
            max_seconds: self.max_length,
            max_moments: self.max_moments,
            min_score: self.min_score,
            competes: self.compete,
            ..FindSettings::DEFAULT
        }
    }
}

impl SearchArgs {
    /// The rate of the sampling, if a first pass of fewer frames is worth it.
    fn rate_after_coarse(&self, job: &Job) -> Result<Option<f64>> {
        let Sampling::Fps(rate) = job.sampling else { return Ok(None) };
        let is_video = job.rows_per_second.is_none() && job.clip.is_file();
        if self.coarse == Coarse::Never || !is_video || rate <= COARSE_RATE || count_cached(job).1 {
            return Ok(None);
        }
        let is_long = || -> Result<bool> {
            let info = VideoReader::open(&job.clip, job.sampling, job.segment)?.info().clone();
            let end = job.segment.end.or(info.duration);
            Ok(end.is_some_and(|end| end - job.segment.start.unwrap_or(0.0) > LONG))
        };
        Ok((self.coarse == Coarse::Always || is_long()?).then_some(rate))
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err("expected a percentile, 0 to 100".to_owned()),
    }
}

/// A recording that is embedded, with the classes to look for.
pub struct Embedded {
    pub recording: Recording,
    pub wanted: Vec<Wanted>,
    /// Of the classes.
    pub names: Vec<String>,
    pub sources: Sources,
    pub template: String,
    /// After a first pass of few frames: the parts that were embedded as a whole, in seconds.
    pub dense: Option<Vec<[f64; 2]>>,
    pub calibration: OwnCalibration,
    /// Frames per second, as the container states it.
    pub frame_rate: Option<f64>,
    pub duration: Option<f64>,
}

/// Embeds a recording and the steps of all classes. Meanwhile, what is found so far stands beside the progress.
pub fn embed(setup: &Setup, video: &Path, search: &SearchArgs, settings: FindSettings) -> Result<Embedded> {
    let ClipToExplore { exploration, sources, job, .. } = setup.clip(video);
    let job = job.ok_or_else(|| eyre!("{}: nothing to embed", sources.clip))?;
    let calibration = job.model.calibration();
    let recording = Recording::new(job.model.checkpoint().dim())?;
    let names = exploration.candidates().iter().map(|class| class.name.clone()).collect();
    let mut passes =
        Passes { setup, settings, names, exploration, recording, next: FIRST_SEARCH, info: None };
    let dense = match search.rate_after_coarse(&job)? {
        Some(rate) => Some(passes.run_coarse_to_dense(&job, rate)?),
        None => {
            passes.run(job, |_| ())?;
            None
        }
    };
    let Passes { names, exploration, recording, info, .. } = passes;
    check(&exploration, &recording, &sources)?;
    let wanted = wanted(&exploration, setup.scripts())?
        .ok_or_else(|| eyre!("{}: not all steps could be embedded", sources.scripts))?;
    Ok(Embedded {
        recording,
        wanted,
        names,
        dense,
        template: exploration.settings().template.text().to_owned(),
        sources,
        calibration,
        frame_rate: info.as_ref().and_then(|info| info.frame_rate),
        duration: info.and_then(|info| info.duration),
    })
}

/// The passes over a recording in which its frames are embedded.
struct Passes<'a> {
    setup: &'a Setup,
    settings: FindSettings,
    names: Vec<String>,
    exploration: Exploration,
    recording: Recording,
    /// The number of frames at which the search begins anew.
    next: usize,
    info: Option<VideoInfo>,
}

impl Passes<'_> {
    /// Embeds few frames, and then those at `rate` per second where moments may be: these parts, in seconds.
    fn run_coarse_to_dense(&mut self, job: &Job, rate: f64) -> Result<Vec<[f64; 2]>> {
        let mut coarse = Vec::new();
        self.run(Job { sampling: Sampling::Fps(COARSE_RATE), ..job.clone() }, |frames| {
            coarse.extend_from_slice(frames);
        })?;
        let Some(wanted) = wanted(&self.exploration, self.setup.scripts())? else { return Ok(Vec::new()) };
        let parts = promising(&Finder::new(wanted, self.settings), &self.recording, rate)?;
        let end = job.segment.end.into_iter().chain(self.info.as_ref().and_then(|info| info.duration));
        self.recording.spread(rate, end.reduce(f64::min));
        for &part in &parts {
            self.recording.forget(part);
            let segment = Segment { start: Some(part[0]), end: Some(part[1]) };
            let is_within = |frame: &&EmbeddedFrame| frame.shown.until > part[0] && frame.time < part[1];
            let known = coarse.iter().filter(is_within).cloned().collect();
            self.run(Job { segment, texts: Vec::new(), known, ..job.clone() }, |_| ())?;
        }
        Ok(parts)
    }

    /// Embeds the frames of a job, and hands each batch to `keep`.
    fn run(&mut self, job: Job, mut keep: impl FnMut(&[EmbeddedFrame])) -> Result<()> {
        let clip = job.clip.display().to_string();
        let mut failure = None;
        progress::embed_clip_noting(job, |update| match update {
            Update::Opened { info, .. } => {
                self.info.get_or_insert(info);
                None
            }
            Update::Texts(texts) => {
                for (text, _, _) in texts.iter().filter(|(_, _, cut)| *cut) {
                    output::say(format_args!("text truncated to the model's length: {text}"));
                }
                self.exploration.add_texts(texts);
                None
            }
            Update::Frames(frames) => {
                failure = failure.take().or(self.recording.add(&frames).err());
                keep(&frames);
                self.so_far()
            }
            _ => None,
        })?;
        match failure {
            Some(failure) => Err(failure).wrap_err_with(|| format!("cannot keep the embeddings of {clip}")),
            None => Ok(()),
        }
    }

    /// What is found so far, in a few words, if there are enough new frames.
    fn so_far(&mut self) -> Option<String> {
        if self.recording.len() < self.next {
            return None;
        }
        self.next = next_search(self.recording.len());
        let wanted = wanted(&self.exploration, self.setup.scripts()).ok()??;
        let found = Finder::new(wanted, self.settings).find(&self.recording).ok()?;
        Some(match found.moments.first() {
            None => "no moments so far".to_owned(),
            Some(best) => {
                let [start, _] = found.timeline.seconds(&best.moment.frames);
                let (count, class) = (found.moments.len(), &self.names[best.class]);
                format!("{count} moments so far, best: {class} at {}", clock(start))
            }
        })
    }
}

fn check(exploration: &Exploration, recording: &Recording, sources: &Sources) -> Result<()> {
    if recording.is_empty() {
        bail!("{}: no frame could be read", sources.clip);
    }
    match exploration.check_distinct() {
        Err(reason) => bail!("{}: {reason}", sources.scripts),
        Ok(warning) => warning.iter().for_each(output::say),
    }
    Ok(())
}

/// The classes to look for; `None` until their steps are embedded.
fn wanted(exploration: &Exploration, scripts: &ScriptFile) -> Result<Option<Vec<Wanted>>> {
    let mut wanted = Vec::new();
    for (index, class) in scripts.classes.iter().enumerate() {
        let Some(steps) = exploration.script_embeddings(index) else { return Ok(None) };
        wanted.push(Wanted::new(class, steps, exploration.candidates()[index].order_seed())?);
    }
    Ok(Some(wanted))
}
