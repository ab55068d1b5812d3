//! Progress of a download on standard error.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::cache::Size;
use crate::hub::{Event, Hub, HubError, Plan};
use crate::output;
use crate::visible::visible_line;

/// Time between two lines of progress without a bar.
const LINES: Duration = Duration::from_secs(30);

/// Prints notices and ignores other events.
pub fn report_notice(event: Event<'_>) {
    if let Event::Notice(text) = event {
        output::say(text);
    }
}

/// Fetches what is missing, with a bar on a terminal, else with a line from time to time.
///
/// # Errors
/// See [`Hub::fetch`].
pub fn fetch(hub: &Hub, plan: &Plan) -> Result<PathBuf, HubError> {
    let mut progress = Progress::new(plan);
    hub.fetch(plan, &mut |event| progress.update(event))
}

struct Progress {
    bar: ProgressBar,
    size: u64,
    /// Bytes of the files before this one.
    before: u64,
    /// The present file and its size.
    file: (String, u64),
    sizes: Vec<(String, u64)>,
    start: (Instant, u64),
    last_line: Instant,
}

impl Progress {
    fn new(plan: &Plan) -> Self {
        let had = plan.size() - plan.missing();
        let bar = ProgressBar::new(plan.size());
        let style =
            ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar.set_position(had);
        bar.reset_eta();
        let sizes = plan.files().iter().map(|file| (file.name.clone(), file.size)).collect();
        let now = Instant::now();
        Self {
            bar,
            size: plan.size(),
            before: 0,
            file: (String::new(), 0),
            sizes,
            start: (now, had),
            last_line: now,
        }
    }

    fn update(&mut self, event: Event<'_>) {
        match event {
            Event::Bytes { name, done } => {
                self.switch_to(name);
                self.bar.set_position(self.before + done);
                if self.bar.is_hidden() && self.last_line.elapsed() >= LINES {
                    self.last_line = Instant::now();
                    output::say(self.line(self.before + done));
                }
            }
            Event::Checking { name } => self.bar.set_message(format!("checking {}", visible_line(name))),
            Event::Notice(text) => self.bar.suspend(|| output::say(text)),
        }
    }

    fn switch_to(&mut self, name: &str) {
        if self.file.0 == name {
            return;
        }
        self.before += self.file.1;
        let size = self.sizes.iter().find(|(known, _)| known == name).map_or(0, |(_, size)| *size);
        self.file = (name.to_owned(), size);
        self.bar.set_message(visible_line(name).into_owned());
    }

    fn line(&self, done: u64) -> String {
        let (start, had) = self.start;
        let rate = done.saturating_sub(had) as f64 / start.elapsed().as_secs_f64();
        let left = Duration::try_from_secs_f64(self.size.saturating_sub(done) as f64 / rate);
        let left = left.map_or(String::new(), |left| format!(", {} left", HumanDuration(left)));
        format!("{}: {} of {}, {}/s{left}", self.file.0, Size(done), Size(self.size), Size(rate as u64))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
