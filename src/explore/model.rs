//! A checkpoint on a device, shared by every job.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::align::{Cell, OwnCalibration};
use crate::backbone::{
    Checkpoint, ComputeDevice, ModelError, StoredCalibration, TextTower, Tower, VisionTower,
};
use crate::cache::{Cache, Contents};

/// A checkpoint on a device, with a cache of its embeddings. A tower is loaded when it is first needed.
#[derive(Debug)]
pub struct Model {
    checkpoint: Checkpoint,
    device: ComputeDevice,
    vision: Mutex<Option<Arc<VisionTower>>>,
    text: Mutex<Option<Arc<TextTower>>>,
    cache: Option<Cache>,
    /// Of both towers.
    identities: [OnceLock<Option<Identity>>; 2],
    notices: Mutex<Notices>,
}

#[derive(Debug, Default)]
struct Notices {
    waiting: Vec<String>,
    /// Texts without a known token.
    unknown: Vec<String>,
    /// All texts that were ever in `unknown`: each is reported once.
    reported: BTreeSet<String>,
}

impl Model {
    /// A model without a cache. Loads nothing yet.
    pub fn new(checkpoint: Checkpoint, device: ComputeDevice) -> Self {
        let notices = Notices { waiting: checkpoint.notices(), ..Notices::default() };
        Self {
            notices: Mutex::new(notices),
            checkpoint,
            device,
            vision: Mutex::default(),
            text: Mutex::default(),
            cache: None,
            identities: Default::default(),
        }
    }

    /// Reads embeddings from a cache and adds new ones to it.
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    pub fn calibration(&self) -> OwnCalibration {
        let StoredCalibration { logit_scale, logit_bias } = self.checkpoint.calibration();
        OwnCalibration::from_log_scale(logit_scale, logit_bias)
    }

    /// What cells hold unless the user says otherwise.
    pub fn usual_cell(&self) -> Cell {
        self.calibration().usual_cell()
    }

    pub fn vision(&self) -> Result<Arc<VisionTower>, ModelError> {
        once(&self.vision, || {
            self.log_load(Tower::Vision);
            self.checkpoint.load_vision(&self.device)
        })
    }

    pub fn text(&self) -> Result<Arc<TextTower>, ModelError> {
        once(&self.text, || {
            self.log_load(Tower::Text);
            self.checkpoint.load_text(&self.device)
        })
    }

    fn log_load(&self, tower: Tower) {
        let (model, device) = (self.checkpoint.dir().display(), self.device.describe());
        tracing::info!(%model, %device, ?tower, "loading");
    }

    /// Images or texts to embed at a time: what keeps the device busy and still answers a request soon.
    pub fn batch(&self, tower: Tower) -> usize {
        self.checkpoint.batch(tower, &self.device)
    }

    pub fn has_loaded(&self, tower: Tower) -> bool {
        match tower {
            Tower::Vision => self.vision.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            Tower::Text => self.text.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
        }
    }

    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// New messages for the user: assumptions about the checkpoint, texts without a known token, cache failures.
    pub fn take_notice(&self) -> Option<String> {
        let (mut notices, unknown) = {
            let mut notices = self.notices();
            (std::mem::take(&mut notices.waiting), std::mem::take(&mut notices.unknown))
        };
        if let Some(first) = unknown.first() {
            let others = match unknown.len() - 1 {
                0 => String::new(),
                others => format!(" (and {others} more)"),
            };
            notices.push(format!(
                "no word of {first:?}{others} is in the vocabulary of the model: all such texts get the same embedding"
            ));
        }
        notices.extend(self.cache.as_ref().and_then(Cache::take_notice));
        (!notices.is_empty()).then(|| notices.join("\n"))
    }

    /// Adds a message for the user.
    pub(super) fn notify(&self, message: String) {
        self.notices().waiting.push(message);
    }

    pub(super) fn note_empty(&self, text: &str) {
        let mut notices = self.notices();
        if notices.reported.insert(text.to_owned()) {
            notices.unknown.push(text.to_owned());
        }
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cache and the identity of a tower in it; `None` if nothing can be cached.
    pub(super) fn cache_of(&self, tower: Tower) -> Option<(&Cache, &Identity)> {
        let cache = self.cache.as_ref()?;
        // Loading reports a checkpoint that cannot be read.
        let identify = || Identity::of(tower, &self.checkpoint, &self.device, cache).ok().flatten();
        Some((cache, self.identities[tower as usize].get_or_init(identify).as_ref()?))
    }
}

/// Returns the content of a slot, after filling it by `load` if it is empty.
fn once<T>(
    slot: &Mutex<Option<Arc<T>>>,
    load: impl FnOnce() -> Result<T, ModelError>,
) -> Result<Arc<T>, ModelError> {
    // A panic while loading leaves the slot empty: the next caller may try again.
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = &*slot {
        return Ok(loaded.clone());
    }
    Ok(slot.insert(Arc::new(load()?)).clone())
}

/// Everything that decides the embeddings of one tower on one device, for cache keys.
#[derive(Debug)]
pub(super) struct Identity {
    parts: Vec<String>,
    files: Vec<Contents>,
}

impl Identity {
    /// Hashes the tower's weights, unless the cache knows their hash. `None` if a file changes meanwhile.
    pub fn of(
        tower: Tower,
        checkpoint: &Checkpoint,
        device: &ComputeDevice,
        cache: &Cache,
    ) -> io::Result<Option<Self>> {
        let mut parts = vec![checkpoint.recipe(tower, device)];
        let mut files = Vec::new();
        for share in checkpoint.weight_shares(tower) {
            let tensors = share.describe();
            files.push(cache.contents_by(share.path(), &[], &tensors, |hasher| {
                share.read(|piece| {
                    hasher.update(piece);
                })
            })?);
            parts.push(tensors);
        }
        if tower == Tower::Text {
            files.push(cache.contents(checkpoint.tokenizer_file(), &[])?);
        }
        let Some(files) = files.into_iter().collect::<Option<Vec<Contents>>>() else { return Ok(None) };
        parts.extend(files.iter().map(|file| file.digest().to_owned()));
        Ok(Some(Self { parts, files }))
    }

    /// What a cache key of these embeddings contains.
    pub fn ingredients(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(String::as_bytes)
    }

    /// Whether the files on disk are still the hashed ones.
    pub fn is_unchanged(&self) -> bool {
        self.files.iter().all(Contents::are_unchanged)
    }
}
