//! `actalign-tui model fetch`, and fetching a model when a command needs it.

use std::io::{self, BufRead, stdin};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use color_eyre::eyre::{Result, bail};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::backbone::inspect;
use crate::cache::Size;
use crate::hub::{Event, Hub, HubError, HubSettings, ModelId, Plan};
use crate::output;
use crate::session::{Fetch, cached_model, open_hub};
use crate::visible::visible_line;

/// Fetch a checkpoint, or what is missing of it, from the hub and print its folder
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The model, as ORG/NAME or ORG/NAME@REVISION, such as google/siglip-base-patch16-224
    #[arg(value_name = "ID")]
    id: ModelId,
}

pub fn run(args: &FetchArgs) -> Result<()> {
    let settings = HubSettings::load();
    let complete = cached_model(&settings, &args.id).filter(|_| settings.offline);
    let hub = open_hub(settings)?;
    let folder = match complete {
        Some(folder) => {
            hub.check(&args.id, &folder)?;
            output::say(format_args!(
                "{} is complete; HF_HUB_OFFLINE is set, so the hub was not asked for a newer version",
                args.id
            ));
            folder
        }
        None => {
            let plan = hub.plan(&args.id, &mut report_notice)?;
            transfer(&hub, &plan)?
        }
    };
    let found = inspect(&folder);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem.into());
    }
    found.notices.iter().for_each(output::say);
    Ok(output::print(format!("{}\n", folder.display()))?)
}

/// Fetches a missing model if the user agrees; `None` without a terminal.
pub fn fetch_if_agreed() -> Option<Fetch> {
    let can_ask = output::stdin_is_terminal() && output::stderr_is_terminal();
    can_ask.then_some(ask_and_fetch as Fetch)
}

fn ask_and_fetch(id: &ModelId, settings: HubSettings) -> Result<PathBuf> {
    let hub = open_hub(settings)?;
    let plan = hub.plan(id, &mut report_notice)?;
    let (missing, host, cache) = (Size(plan.missing()), hub.host(), hub.cache().root().display());
    if !agrees(&format!("Download {missing} from {host} to {cache}?"))? {
        bail!(
            "{id} was not downloaded\nhelp: fetch it with `actalign-tui model fetch {id}`, or use --model demo"
        );
    }
    Ok(transfer(&hub, &plan)?)
}

/// Asks on the terminal; everything but yes is no.
fn agrees(question: &str) -> io::Result<bool> {
    output::ask(format_args!("{question} [y/N]"));
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Time between two lines of progress without a bar.
const LINES: Duration = Duration::from_secs(30);

/// Prints notices and ignores other events.
fn report_notice(event: Event<'_>) {
    if let Event::Notice(text) = event {
        output::say(text);
    }
}

/// Fetches what is missing, with a bar on a terminal, else with a line from time to time.
fn transfer(hub: &Hub, plan: &Plan) -> Result<PathBuf, HubError> {
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
