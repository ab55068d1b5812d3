//! Progress on standard error.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use color_eyre::eyre::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::backbone::Tower;
use crate::explore::{self, Exploration, Job, Model, Seen, Update, known_texts};
use crate::output;
use crate::visible::visible_line;

/// A progress bar with rate and time left; hidden where standard error is not a terminal.
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

/// Least time between two lines of a [`Counter`] that writes lines.
const LINES: Duration = Duration::from_secs(30);

/// Progress of long work on standard error: a bar on a terminal, elsewhere a line from time to time, as for cluster logs.
pub struct Counter {
    bar: ProgressBar,
    what: &'static str,
    total: usize,
    /// Done by an earlier run.
    known: usize,
    done: usize,
    start: Instant,
    last_line: Instant,
}

impl Counter {
    /// `known` of the `total` were done before.
    pub fn new(total: usize, known: usize, what: &'static str) -> Self {
        let bar = bar(Some(total), what).with_position(known as u64).with_elapsed(Duration::ZERO);
        bar.reset_eta();
        let now = Instant::now();
        Self { bar, what, total, known, done: known, start: now, last_line: now }
    }

    /// Writes a line without disturbing the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| output::say(text));
    }

    /// Number done, including those done before.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Counts one.
    pub fn count(&mut self) {
        self.done += 1;
        self.bar.inc(1);
        if self.bar.is_hidden() && (self.last_line.elapsed() >= LINES || self.done == self.total) {
            self.last_line = Instant::now();
            let rate = (self.done - self.known) as f64 / self.start.elapsed().as_secs_f64();
            let left = Duration::from_secs_f64((self.total - self.done) as f64 / rate);
            output::say(format_args!(
                "{} of {} {}, {rate:.2} per second, {} left",
                self.done,
                self.total,
                self.what,
                HumanDuration(left)
            ));
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Runs a job to its end. Progress and damage of the clip are reported on standard error.
pub fn embed_clip(job: Job, mut take: impl FnMut(Update)) -> Result<()> {
    embed_clip_noting(job, |update| {
        take(update);
        None
    })
}

/// As [`embed_clip`]. What `take` returns stands beside the progress, in place of what it returned before.
pub fn embed_clip_noting(job: Job, mut take: impl FnMut(Update) -> Option<String>) -> Result<()> {
    let (clip, bar) = (job.clip.clone(), bar(None, "frames"));
    explore::embed_clip(job, |update| {
        show(&bar, &clip, &update);
        if let Some(note) = take(update) {
            bar.set_message(visible_line(&note).into_owned());
        }
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// [`explore::embed_until_settled`], with the same reports.
pub fn embed_until_settled(
    job: Job,
    exploration: &mut Exploration,
    mut take: impl FnMut(&Update),
) -> Result<Seen> {
    let (clip, bar) = (job.clip.clone(), bar(None, "frames"));
    let seen = explore::embed_until_settled(job, exploration, |update| {
        show(&bar, &clip, update);
        take(update);
    })?;
    bar.finish_and_clear();
    Ok(seen)
}

fn show(bar: &ProgressBar, clip: &Path, update: &Update) {
    match update {
        Update::Opened { info, expected_frames } => {
            if let Some(expected) = expected_frames {
                bar.set_length(*expected as u64);
            }
            if let Some(rate) = info.assumed_rate() {
                bar.suspend(|| {
                    let clip = clip.display();
                    output::say(format_args!("{clip}: images are taken as {rate} per second of video"));
                });
            }
        }
        Update::AllDecoded { frames, faults } => {
            bar.set_length(*frames as u64);
            if !faults.is_empty() {
                bar.suspend(|| output::say(format_args!("{}: {faults}", clip.display())));
            }
        }
        Update::Frames(frames) => bar.inc(frames.len() as u64),
        Update::Notice(text) => bar.suspend(|| output::say(text)),
        _ => {}
    }
}

/// Embeddings of texts; those in the cache are not embedded again.
pub fn embed_texts(texts: &[String], model: &Model, what: &'static str) -> Result<HashMap<String, Vec<f32>>> {
    let mut missing = texts.to_vec();
    missing.sort();
    missing.dedup();
    let mut embedded = known_texts(model, &mut missing);
    let bar = bar(Some(missing.len()), what);
    for batch in missing.chunks(model.batch(Tower::Text)) {
        embedded.extend(explore::embed_texts(model, batch.to_vec())?);
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    Ok(embedded.into_iter().map(|(text, embedding, _)| (text, embedding)).collect())
}
