//! The folder of a model as the user names it.

use std::io::{self, BufRead, stdin};
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, bail};

use super::transfer;
use crate::backbone::registry;
use crate::demo::Bundle;
use crate::hub::{Hub, HubCache, HubError, HubSettings, ModelId};
use crate::output;
use crate::store::{Cache, Size};

/// Whether the user may be asked to fetch a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MayAsk {
    /// A model that is not there is an error.
    #[default]
    No,
    /// On a terminal the user is asked.
    OnTerminal,
}

/// The folder of a checkpoint: `demo` is the bundled one, `ORG/NAME` one of the hub, unless there is a folder of that
/// name. One that is in the cache takes no network; one that is not is fetched if the user says so.
///
/// # Errors
/// A model that is not there.
pub fn model_folder(name: &Path, ask: MayAsk) -> Result<PathBuf> {
    if name == "demo" {
        return Ok(Bundle::unpack()?.model());
    }
    if name.exists() {
        return Ok(name.to_owned());
    }
    let Some(id) = name.to_str().and_then(|text| text.parse::<ModelId>().ok()) else {
        return Ok(name.to_owned());
    };
    let settings = HubSettings::load();
    if let Some(folder) = cached(&settings, &id) {
        return Ok(folder);
    }
    let offline = settings.offline;
    let hub = open(settings)?;
    let may_ask = ask == MayAsk::OnTerminal && output::stdin_is_terminal() && output::stderr_is_terminal();
    if offline || !may_ask {
        let cache = hub.cache().root().display();
        let size = registry::find(&id.repo())
            .map_or(String::new(), |model| format!(" (about {})", Size(model.facts.bytes(4))));
        let missing = format!("there is no folder {id}, and the model of that name is not in {cache}");
        if offline {
            return Err(hub.offline(&id, format!("{missing}; HF_HUB_OFFLINE is set")).into());
        }
        let like = registry::like(&id.repo()).filter(|_| id.repo().starts_with("google/"));
        let like = like.map_or(String::new(), |like| format!("; did you mean {like}?"));
        bail!("{missing}; run `actalign-tui model fetch {id}`{size}{like}");
    }
    let plan = hub.plan(&id, &mut transfer::tell)?;
    let (missing, host, cache) = (Size(plan.missing()), hub.host(), hub.cache().root().display());
    if !agrees(&format!("Download {missing} from {host} to {cache}?"))? {
        bail!("{id} was not downloaded: `actalign-tui model fetch {id}` does it, --model demo takes none");
    }
    Ok(transfer::fetch(&hub, &plan)?)
}

/// The hub of the settings, which remembers the files it has checked where this program has a cache.
///
/// # Errors
/// See [`Hub::open`].
pub fn open(settings: HubSettings) -> Result<Hub, HubError> {
    settings.faults().iter().for_each(output::say);
    Ok(Hub::open(settings)?.remembering_in(Cache::open().ok().flatten()))
}

/// The folder of a model that is complete in the cache. Nothing of the network is looked at.
pub fn cached(settings: &HubSettings, id: &ModelId) -> Option<PathBuf> {
    HubCache::new(settings.cache.clone()?).find(id)
}

/// Asks on the terminal; everything but yes is no.
fn agrees(question: &str) -> io::Result<bool> {
    output::ask(format_args!("{question} [y/N]"));
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
