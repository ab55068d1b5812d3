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

    /// What a key of these embeddings must contain.
    pub fn ingredients(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(String::as_bytes)
    }

    /// Whether the checkpoint on disk is still the one that was identified.
    pub fn is_unchanged(&self) -> bool {
        self.files.iter().all(Contents::are_unchanged)
    }
}
