//! Where an exploration's inputs came from.

use serde::{Deserialize, Serialize};

/// Where the clip, the scripts and the model came from, for the screen, reports and snapshots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    pub clip: String,
    pub scripts: String,
    /// Folder of the checkpoint, or its name on the hub.
    pub model: String,
    /// The device that embeds, in words.
    pub device: String,
    /// Sampling as the user would write it.
    pub sampling: String,
    /// Bounds of the segment in seconds, if not the clip's.
    pub start: Option<f64>,
    pub end: Option<f64>,
}

impl Sources {
    pub fn clip_name(&self) -> &str {
        std::path::Path::new(&self.clip).file_name().and_then(|name| name.to_str()).unwrap_or(&self.clip)
    }
}
