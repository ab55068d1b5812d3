//! What makes two runs of a model the same.

use std::io;

use crate::siglip::{Checkpoint, ComputeDevice, Tower};
use crate::store::{Cache, Contents};

/// Everything that decides the embeddings of one tower on one device.
#[derive(Debug)]
pub struct Identity {
    parts: Vec<String>,
    files: Vec<Contents>,
}

impl Identity {
    /// Reads the tower's weights where the cache does not remember them. None where a file changes meanwhile.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(
        tower: Tower,
        checkpoint: &Checkpoint,
        device: &ComputeDevice,
        cache: &Cache,
    ) -> io::Result<Option<Self>> {
        let weights = cache.contents_by(checkpoint.weights_file(), tower.prefix(), |hasher| {
            checkpoint.read_weights(tower, |piece| {
                hasher.update(piece);
            })
        })?;
        let mut files = vec![weights];
        if tower == Tower::Text {
            files.push(cache.contents(&checkpoint.tokenizer_file().map_err(io::Error::other)?)?);
        }
        let Some(files) = files.into_iter().collect::<Option<Vec<Contents>>>() else { return Ok(None) };
        let recipe = checkpoint.recipe(tower, device);
        let parts = [recipe].into_iter().chain(files.iter().map(|file| file.digest().to_owned())).collect();
        Ok(Some(Self { parts, files }))
    }

    /// What a key of these embeddings must contain.
    pub fn ingredients(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(String::as_bytes)
    }

    /// Whether the checkpoint on disk is still the one that was identified.
    pub fn is_unchanged(&self) -> bool {
        self.files.iter().all(Contents::are_unchanged)
    }
}
