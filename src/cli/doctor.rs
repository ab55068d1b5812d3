//! `actalign-tui doctor`: checks what this machine can do.

use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, bail};

use crate::backbone::{ComputeDevice, ModelFacts, inspect};
use crate::cli::version;
use crate::error_chain::{error_chain, on_one_line};
use crate::hub::HubSettings;
use crate::log_file;
use crate::output;
use crate::session::model_folder;
use crate::tui::ColourDepth;
use crate::video;

/// Check this machine: video decoders, devices, terminal, and a checkpoint
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Folder of a checkpoint to check, its name on the hub, or `demo`
    #[arg(long, value_name = "DIR|ID", env = "ACTALIGN_MODEL")]
    model: Option<PathBuf>,
}

/// Common codecs of clips.
const CODECS: [&str; 5] = ["h264", "hevc", "av1", "vp9", "mpeg4"];

pub fn run(args: &DoctorArgs) -> Result<()> {
    let mut problems = 0;
    let mut line = |good: bool, what: &str, finding: String| {
        problems += usize::from(!good);
        output::print(format!("{} {what:<9} {finding}\n", if good { "ok     " } else { "PROBLEM" }))
    };

    line(true, "program", format!("actalign-tui {}", version::NUMBER))?;
    let (decodes, finding) = describe_ffmpeg();
    line(decodes, "FFmpeg", finding)?;
    for device in ComputeDevice::list() {
        let note = if device.is_real() { "" } else { " (software: only with --device wgpu)" };
        line(true, "device", format!("{}{note}", device.label()))?;
    }
    for (feature, built) in [("wgpu", cfg!(feature = "wgpu")), ("cuda", cfg!(feature = "cuda"))] {
        if !built {
            line(true, "device", format!("{feature}: not in this build"))?;
        }
    }
    line(true, "terminal", terminal())?;
    line(true, "log", log())?;
    line(true, "hub", hub(&HubSettings::load()))?;
    if let Some(model) = &args.model {
        match describe_model(model) {
            Ok(finding) => line(true, "model", finding)?,
            Err(error) => line(false, "model", on_one_line(&error_chain(&error)))?,
        }
    }
    if problems > 0 {
        bail!("{problems} of these must be solved");
    }
    Ok(())
}

/// Whether this FFmpeg can decode, and which codecs.
fn describe_ffmpeg() -> (bool, String) {
    let (mut decoded, mut missing) = (Vec::new(), Vec::new());
    for codec in CODECS {
        if video::can_decode(codec) { decoded.push(codec) } else { missing.push(codec) }
    }
    let without =
        if missing.is_empty() { String::new() } else { format!("; no decoder for {}", missing.join(", ")) };
    let finding = format!("{}: {}{without}", version::ffmpeg(), decoded.join(", "));
    (!decoded.is_empty(), finding)
}

fn terminal() -> String {
    if !output::stdout_is_terminal() {
        return "standard output is not a terminal: use classify, embed and align".to_owned();
    }
    let size = crossterm::terminal::size().map_or("size unknown".to_owned(), |(w, h)| format!("{w}×{h}"));
    let colours = match ColourDepth::detect() {
        ColourDepth::True => "24-bit colours",
        ColourDepth::Indexed => "256 colours (set COLORTERM=truecolor if it shows more)",
        ColourDepth::None => "no colours",
    };
    format!("{}, {size}, {colours}", std::env::var("TERM").unwrap_or_else(|_| "TERM is not set".to_owned()))
}

/// Where the log is, if there is one.
fn log() -> String {
    log_file::path().map_or_else(
        || format!("none: {} is off, or there is no data folder", log_file::VARIABLE),
        |path| path.display().to_string(),
    )
}

/// The model hub and its cache.
fn hub(settings: &HubSettings) -> String {
    let cache = settings
        .cache
        .as_ref()
        .map_or("no folder: set HF_HOME".to_owned(), |cache| cache.display().to_string());
    let token = if settings.token.is_some() { "a token is set" } else { "no token" };
    let offline = if settings.offline { ", HF_HUB_OFFLINE is set" } else { "" };
    let endpoint = settings.shown_endpoint();
    format!("{cache} (from {endpoint}, {token}{offline})")
}

fn describe_model(dir: &Path) -> Result<String> {
    let found = inspect(&model_folder(dir, None)?);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem.into());
    }
    let Some(ModelFacts { family, image_size: side, max_patches, frames, text_len, dim, .. }) = found.model
    else {
        bail!("{} is not a model", dir.display());
    };
    let sizes = match max_patches {
        None => format!("{side}×{side}"),
        Some(most) => format!("of their own proportions, up to {most} patches"),
    };
    let clips = frames.map_or(String::new(), |frames| format!(" (clips of {frames}, for eval --x-clip)"));
    let notices: String = found.notices.iter().map(|notice| format!("; {notice}")).collect();
    Ok(format!(
        "{}: {family}, images {sizes}{clips}, texts of {text_len} tokens, {dim} dimensions{notices}",
        dir.display()
    ))
}
