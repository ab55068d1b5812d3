//! Progress on standard error.

use std::time::Duration;

use color_eyre::eyre::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::explore::{self, Job, Update};

/// A bar that counts things, with their rate and the time left. Nothing is shown where standard error is no terminal.
pub fn bar(total: Option<usize>, what: &'static str) -> ProgressBar {
    let bar = match total {
        Some(total) => ProgressBar::new(total as u64),
        None => ProgressBar::no_length(),
    };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Embeds the frames of a clip, and the job's texts, to the end, and hands `take` the news as it comes. Progress and
/// damage go to standard error.
///
/// # Errors
/// Whatever ended the work early.
pub fn embed_clip(job: Job, mut take: impl FnMut(Update)) -> Result<()> {
    let clip = job.clip.clone();
    let bar = bar(None, "frames");
    explore::embed_clip(job, |update| {
        match &update {
            Update::Opened { info, expected_frames } => {
                if let Some(expected) = expected_frames {
                    bar.set_length(*expected as u64);
                }
                if let Some(rate) = info.assumed_rate() {
                    bar.suspend(|| {
                        eprintln!("{}: images are taken as {rate} per second of video", clip.display());
                    });
                }
            }
            Update::AllDecoded { frames, skipped } => {
                bar.set_length(*frames as u64);
                if *skipped > 0 {
                    let frames = if *skipped == 1 { "frame is" } else { "frames are" };
                    bar.suspend(|| eprintln!("{}: {skipped} {frames} damaged or missing", clip.display()));
                }
            }
            Update::Frames(frames) => bar.inc(frames.len() as u64),
            Update::Notice(text) => bar.suspend(|| eprintln!("{text}")),
            _ => {}
        }
        take(update);
    })?;
    bar.finish_and_clear();
    Ok(())
}
