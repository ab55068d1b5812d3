//! A model that every job shares.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::align::Calibration;
use crate::explore::identity::Identity;
use crate::siglip::{Checkpoint, ComputeDevice, ModelError, TextTower, Tower, VisionTower};
use crate::store::Cache;

/// A checkpoint on a device, and what is kept of its embeddings. Each tower is loaded by the first who needs it and kept
/// for all who come after.
#[derive(Debug)]
pub struct Model {
    checkpoint: Checkpoint,
    device: ComputeDevice,
    vision: Mutex<Option<Arc<VisionTower>>>,
    text: Mutex<Option<Arc<TextTower>>>,
    cache: Option<Cache>,
    vision_identity: OnceLock<Option<Identity>>,
    text_identity: OnceLock<Option<Identity>>,
    notices: Mutex<Notices>,
}

/// What the user should know of a model.
#[derive(Debug, Default)]
struct Notices {
    waiting: Vec<String>,
    /// Texts of which the model knows no word.
    unknown: Vec<String>,
    /// Those that were ever among them: each is told once.
    told: BTreeSet<String>,
}

impl Model {
    /// Loads nothing yet, and keeps nothing.
    pub fn new(checkpoint: Checkpoint, device: ComputeDevice) -> Self {
        let notices = Notices { waiting: checkpoint.notices(), ..Notices::default() };
        Self {
            notices: Mutex::new(notices),
            checkpoint,
            device,
            vision: Mutex::default(),
            text: Mutex::default(),
            cache: None,
            vision_identity: OnceLock::new(),
            text_identity: OnceLock::new(),
        }
    }

    /// Keeps embeddings in a cache, and takes from there those that were made before.
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// What the model is read from.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Where the model runs.
    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    /// The scale and bias of the affinity (Eq. 9).
    pub fn calibration(&self) -> Calibration {
        Calibration::from_log_scale(self.checkpoint.logit_scale(), self.checkpoint.logit_bias())
    }

    /// The image half.
    ///
    /// # Errors
    /// A weight file that changed since it was opened.
    pub fn vision(&self) -> Result<Arc<VisionTower>, ModelError> {
        once(&self.vision, || self.checkpoint.load_vision(&self.device))
    }

    /// The text half.
    ///
    /// # Errors
    /// A weight file that changed since it was opened.
    pub fn text(&self) -> Result<Arc<TextTower>, ModelError> {
        once(&self.text, || self.checkpoint.load_text(&self.device))
    }

    /// Images or texts to embed at a time: what keeps the device busy and still answers a request soon.
    pub fn batch(&self, tower: Tower) -> usize {
        self.checkpoint.batch(tower, &self.device)
    }

    /// Whether someone has needed that half.
    pub fn has_loaded(&self, tower: Tower) -> bool {
        match tower {
            Tower::Vision => self.vision.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            Tower::Text => self.text.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
        }
    }

    /// Where embeddings are kept.
    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// What the user should know: what is assumed of the checkpoint, texts that say nothing to it, and why nothing is
    /// kept. Each is told once.
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
                "no word of {first:?}{others} is in the model's vocabulary: it cannot be told from other such texts"
            ));
        }
        notices.extend(self.cache.as_ref().and_then(Cache::take_notice));
        (!notices.is_empty()).then(|| notices.join("\n"))
    }

    /// Takes note of texts that left no token but unknown ones.
    pub(super) fn note_empty<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        let mut notices = self.notices();
        for text in texts {
            if notices.told.insert(text.to_owned()) {
                notices.unknown.push(text.to_owned());
            }
        }
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cache, and what a tower's embeddings are kept under. None where nothing can be kept.
    pub(super) fn keeps(&self, tower: Tower) -> Option<(&Cache, &Identity)> {
        let cache = self.cache.as_ref()?;
        let identity = match tower {
            Tower::Vision => &self.vision_identity,
            Tower::Text => &self.text_identity,
        };
        // A checkpoint that cannot be read is reported by whoever loads it.
        let identify = || Identity::of(tower, &self.checkpoint, &self.device, cache).ok().flatten();
        Some((cache, identity.get_or_init(identify).as_ref()?))
    }
}

/// What the slot holds; where that is nothing, what `load` gives. Who comes while another loads waits for it.
fn once<T>(
    slot: &Mutex<Option<Arc<T>>>,
    load: impl FnOnce() -> Result<T, ModelError>,
) -> Result<Arc<T>, ModelError> {
    // Whoever panicked while loading left the slot empty, which is no reason to refuse the next.
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = &*slot {
        return Ok(loaded.clone());
    }
    Ok(slot.insert(Arc::new(load()?)).clone())
}
