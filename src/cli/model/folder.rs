//! From the name of a model to its folder.

use std::io::{self, BufRead, stdin};
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, bail};

use super::transfer;
use crate::demo::Bundle;
use crate::hub::{HashMemo, Hub, HubCache, HubError, HubSettings, ModelId};
use crate::output;
use crate::siglip::known;
use crate::store::{Cache, Size};

/// Whether to ask the user before fetching a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MayAsk {
    /// A missing model is an error.
    #[default]
    No,
    /// Ask on a terminal.
    OnTerminal,
}

/// The folder of a checkpoint: `demo` is the bundled one; `ORG/NAME` a folder, else a model of the hub. One in the cache
/// needs no network; another is fetched if the user agrees.
///
/// # Errors
/// If the model is missing.
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
        let size = known::find(&id.repo())
            .map_or(String::new(), |model| format!(" (about {})", Size(model.facts().bytes(4))));
        let missing = format!("no folder {id}, and no model of that name in {cache}");
        if offline {
            return Err(hub.offline(&id, format!("{missing}; HF_HUB_OFFLINE is set")).into());
        }
        let like = known::like(&id.repo()).filter(|_| id.repo().starts_with("google/"));
        let like = like.map_or(String::new(), |like| format!("\nhelp: did you mean {like}?"));
        bail!("{missing}\nhelp: run `actalign-tui model fetch {id}`{size}{like}");
    }
    let plan = hub.plan(&id, &mut transfer::report_notice)?;
    let (missing, host, cache) = (Size(plan.missing()), hub.host(), hub.cache().root().display());
    if !agrees(&format!("Download {missing} from {host} to {cache}?"))? {
        bail!("{id} was not downloaded\nhelp: run `actalign-tui model fetch {id}`, or use --model demo");
    }
    Ok(transfer::fetch(&hub, &plan)?)
}

/// The hub of the settings. It remembers checked files in this program's cache.
///
/// # Errors
/// See [`Hub::open`].
pub fn open(settings: HubSettings) -> Result<Hub, HubError> {
    settings.warnings().iter().for_each(output::say);
    Ok(Hub::open(settings)?.with_memo(Cache::open().ok().flatten().map(memo_in)))
}

fn memo_in(cache: Cache) -> HashMemo {
    const RIGHT: &[u8] = b"right";
    Box::new(move |path, hash, is_right| {
        let found = cache.contents_by(path, &[], &format!("hub {hash}"), |hasher| {
            hasher.update(if is_right()? { RIGHT } else { b"wrong" });
            Ok(())
        })?;
        Ok(found.is_some_and(|found| found.digest() == blake3::hash(RIGHT).to_hex().as_str()))
    })
}

/// The folder of a model that is complete in the cache. Needs no valid network settings.
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
