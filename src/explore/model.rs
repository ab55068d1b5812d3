//! A model that every job shares.

use std::sync::{Arc, Mutex, PoisonError};

use crate::align::Calibration;
use crate::siglip::{Checkpoint, ComputeDevice, ModelError, TextTower, VisionTower};

/// A checkpoint on a device. Each tower is loaded by the first who needs it and kept for all who come after.
#[derive(Debug)]
pub struct Model {
    checkpoint: Checkpoint,
    device: ComputeDevice,
    vision: Mutex<Option<Arc<VisionTower>>>,
    text: Mutex<Option<Arc<TextTower>>>,
}

impl Model {
    /// Loads nothing yet.
    pub fn new(checkpoint: Checkpoint, device: ComputeDevice) -> Self {
        Self { checkpoint, device, vision: Mutex::default(), text: Mutex::default() }
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
