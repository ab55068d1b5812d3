//! Asking on the terminal whether to fetch a model.

use std::io::{self, BufRead, stdin};
use std::path::PathBuf;

use color_eyre::eyre::{Result, bail};

use super::transfer;
use crate::cache::Size;
use crate::hub::{HubSettings, ModelId};
use crate::output;
use crate::session::{Fetch, open_hub};

/// Fetches a missing model if the user agrees; `None` without a terminal.
pub fn fetch_if_agreed() -> Option<Fetch> {
    let can_ask = output::stdin_is_terminal() && output::stderr_is_terminal();
    can_ask.then_some(ask_and_fetch as Fetch)
}

fn ask_and_fetch(id: &ModelId, settings: HubSettings) -> Result<PathBuf> {
    let hub = open_hub(settings)?;
    let plan = hub.plan(id, &mut transfer::report_notice)?;
    let (missing, host, cache) = (Size(plan.missing()), hub.host(), hub.cache().root().display());
    if !agrees(&format!("Download {missing} from {host} to {cache}?"))? {
        bail!(
            "{id} was not downloaded\nhelp: fetch it with `actalign-tui model fetch {id}`, or use --model demo"
        );
    }
    Ok(transfer::fetch(&hub, &plan)?)
}

/// Asks on the terminal; everything but yes is no.
fn agrees(question: &str) -> io::Result<bool> {
    output::ask(format_args!("{question} [y/N]"));
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
