//! Searching recordings for moments, as `find` and `eval moments` do.

use std::path::Path;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail, eyre};

use crate::align::OwnCalibration;
use crate::cli::inputs::seconds;
use crate::cli::progress;
use crate::explore::{Exploration, Sources, Update};
use crate::find::{FindSettings, Finder, FoundMoments, Recording, Wanted};
use crate::output;
use crate::plot::format::clock;
use crate::script::ScriptFile;
use crate::session::Setup;
use crate::tui::ClipToExplore;

/// While frames arrive, the search begins anew whenever there are this many times as many.
const GROWTH: f64 = 1.25;
/// Frames before the first search.
const FIRST: usize = 50;
/// Price of a frame that is left out within a moment.
const GAP: f64 = 0.25;

/// How moments are found.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Percentile of each step's cosines over the recording that counts as background
    #[arg(long, value_name = "PERCENT", default_value_t = 90.0, value_parser = percent)]
    background: f64,
    /// Least duration of a moment, unless the class has its own min_seconds in the script file
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, value_parser = seconds)]
    min_length: f64,
    /// Largest duration of a moment, unless the class has its own max_seconds in the script file
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    max_length: f64,
    /// Most moments of a recording
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_moments: usize,
    /// Least score of a moment: 0 is the background
    #[arg(long, value_name = "SCORE", default_value_t = 0.0, allow_negative_numbers = true)]
    min_score: f64,
    /// Let classes compete: of moments that overlap, keep only the best, of whatever class
    #[arg(long)]
    compete: bool,
}

impl SearchArgs {
    pub fn settings(&self, smoothing_seconds: f64) -> FindSettings {
        FindSettings {
            smoothing_seconds,
            background: self.background,
            gap: GAP,
            min_seconds: self.min_length,
            max_seconds: self.max_length,
            max_moments: self.max_moments,
            min_score: self.min_score,
            competes: self.compete,
        }
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
    pub calibration: OwnCalibration,
    /// Frames per second, as the container states it.
    pub frame_rate: Option<f64>,
    pub duration: Option<f64>,
}

/// Embeds a recording and the steps of all classes. Meanwhile, what is found so far stands beside the progress.
pub fn embed(setup: &Setup, video: &Path, settings: FindSettings) -> Result<Embedded> {
    let ClipToExplore { mut exploration, sources, job, .. } = setup.clip(video);
    let job = job.ok_or_else(|| eyre!("{}: nothing to embed", sources.clip))?;
    let names: Vec<String> = exploration.candidates().iter().map(|class| class.name.clone()).collect();
    let calibration = job.model.calibration();
    let mut recording = Recording::new(job.model.checkpoint().dim())?;
    let (mut next, mut failure, mut info) = (FIRST as f64, None, None);
    progress::embed_clip_noting(job, |update| match update {
        Update::Opened { info: opened, .. } => {
            info = Some(opened);
            None
        }
        Update::Texts(texts) => {
            for (text, _, _) in texts.iter().filter(|(_, _, cut)| *cut) {
                output::say(format_args!("text truncated to the model's length: {text}"));
            }
            exploration.add_texts(texts);
            None
        }
        Update::Frames(frames) => {
            failure = failure.take().or(recording.add(&frames).err());
            if (recording.len() as f64) < next {
                return None;
            }
            next = recording.len() as f64 * GROWTH;
            let wanted = wanted(&exploration, setup.scripts()).ok()??;
            let found = Finder::new(wanted, settings).find(&recording).ok()?;
            Some(so_far(&found, &names))
        }
        _ => None,
    })?;
    if let Some(failure) = failure {
        return Err(failure).wrap_err_with(|| format!("cannot keep the embeddings of {}", sources.clip));
    }
    check(&exploration, &recording, &sources)?;
    let wanted = wanted(&exploration, setup.scripts())?
        .ok_or_else(|| eyre!("{}: not all steps could be embedded", sources.scripts))?;
    Ok(Embedded {
        recording,
        wanted,
        names,
        template: exploration.settings().template.text().to_owned(),
        sources,
        calibration,
        frame_rate: info.as_ref().and_then(|info| info.frame_rate),
        duration: info.and_then(|info| info.duration),
    })
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

/// What is found so far, in a few words.
fn so_far(found: &FoundMoments, names: &[String]) -> String {
    match found.moments.first() {
        None => "no moments so far".to_owned(),
        Some(best) => {
            let [start, _] = found.timeline.seconds(&best.moment.frames);
            format!("{} moments so far, best: {} at {}", found.moments.len(), names[best.class], clock(start))
        }
    }
}
