//! The model that the user named: a folder, a model of the hub, or `demo`.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Report, Result, eyre};

use super::bundle::Bundle;
use crate::backbone::{Checkpoint, ComputeDevice, DeviceChoice, PrecisionChoice, registry};
use crate::cache::{Cache, CacheError, Size};
use crate::explore::Model;
use crate::hub::{HashMemo, Hub, HubCache, HubError, HubSettings, ModelId};
use crate::output;

/// Fetches a model that is not in the hub's cache.
pub type Fetch = fn(&ModelId, HubSettings) -> Result<PathBuf>;

/// A model and where it runs.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// Folder of a checkpoint, name on the hub, or `demo`.
    pub name: PathBuf,
    pub device: DeviceChoice,
    pub precision: PrecisionChoice,
    /// Images or texts to embed at a time; `None`: what suits the device.
    pub batch: Option<NonZero<usize>>,
    /// Whether embeddings are cached.
    pub uses_cache: bool,
    /// Fetches a model of the hub that is missing; none makes it an error.
    pub fetch: Option<Fetch>,
}

impl ModelRequest {
    /// The model on the best device, in f32, with the cache.
    pub fn new(name: impl Into<PathBuf>) -> Self {
        let (device, precision) = (DeviceChoice::Auto, PrecisionChoice::F32);
        Self { name: name.into(), device, precision, batch: None, uses_cache: true, fetch: None }
    }

    /// Reads the checkpoint's small files and picks the device. Weights are loaded when first needed.
    ///
    /// # Errors
    /// If the checkpoint cannot be found or read, or the device cannot be used.
    pub fn open(&self) -> Result<Arc<Model>> {
        let folder = model_folder(&self.name, self.fetch)?;
        let device = ComputeDevice::open(self.device)?.with_precision(self.precision)?.with_batch(self.batch);
        let model = Model::new(Checkpoint::open_lazily(&folder)?, device);
        Ok(Arc::new(match self.cache()? {
            Some(cache) => model.with_cache(cache),
            None => model,
        }))
    }

    fn cache(&self) -> Result<Option<Cache>, CacheError> {
        if !self.uses_cache {
            return Ok(None);
        }
        match Cache::open() {
            // Without a cache the run is slower, no more.
            Err(CacheError::NoFolder(error)) => {
                output::say(format_args!("embeddings are not cached: {error}"));
                Ok(None)
            }
            opened => opened,
        }
    }
}

/// The folder of a checkpoint. A folder comes before a model of the hub of the same name; a model in the hub's cache needs
/// no network.
///
/// # Errors
/// If the model is missing and not fetched.
pub fn model_folder(name: &Path, fetch: Option<Fetch>) -> Result<PathBuf> {
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
    if let Some(folder) = cached_model(&settings, &id) {
        return Ok(folder);
    }
    match fetch.filter(|_| !settings.offline) {
        Some(fetch) => fetch(&id, settings),
        None => Err(missing(&id, settings)?),
    }
}

fn missing(id: &ModelId, settings: HubSettings) -> Result<Report, HubError> {
    let offline = settings.offline;
    let hub = open_hub(settings)?;
    let cache = hub.cache().root().display();
    let missing = format!("there is no folder {id}, and the model of that name is not in {cache}");
    if offline {
        return Ok(hub.offline(id, format!("{missing}; HF_HUB_OFFLINE is set")).into());
    }
    let size = registry::find(&id.repo())
        .map_or(String::new(), |model| format!(" (about {})", Size(model.facts.bytes(4))));
    let (repo, organisation) = (id.repo(), |repo: &str| repo.split('/').next().map(str::to_owned));
    let like = registry::like(&repo).filter(|like| organisation(like) == organisation(&repo));
    let like = like.map_or(String::new(), |like| format!("\nhelp: did you mean {like}?"));
    Ok(eyre!("{missing}\nhelp: run `actalign-tui model fetch {id}`{size}{like}"))
}

/// The hub of the settings. Files it has checked are remembered in the cache, if there is one.
///
/// # Errors
/// See [`Hub::open`].
pub fn open_hub(settings: HubSettings) -> Result<Hub, HubError> {
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

/// The folder of a model that is complete in the hub's cache.
pub fn cached_model(settings: &HubSettings, id: &ModelId) -> Option<PathBuf> {
    HubCache::new(settings.cache.clone()?).find(id)
}
