//! What decides the embeddings of a checkpoint, so that they can be known again.

use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::tokenizer::tokenizer_file;

/// Counts the changes of this program that give other values for the same picture, text and weights, beyond rounding.
const VERSION: u32 = 1;

/// One of the two halves of a checkpoint. Each embeds without the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tower {
    /// Pictures to embeddings.
    Vision,
    /// Texts to embeddings.
    Text,
}

impl Tower {
    /// How the names of its tensors begin.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Vision => "vision_model.",
            Self::Text => "text_model.",
        }
    }
}

impl Checkpoint {
    /// What a tower makes of its weights on a device, in words: configuration and preparation. Together with
    /// [`Checkpoint::read_weights`], and for texts the tokenizer's file, it decides every embedding.
    pub fn recipe(&self, tower: Tower, device: &ComputeDevice) -> String {
        let backend = device.choice();
        match tower {
            Tower::Vision => format!("{VERSION} {backend} {:?} {:?}", self.config.vision_config, self.image),
            Tower::Text => format!("{VERSION} {backend} {:?}", self.config.text_config),
        }
    }

    /// The file of the weights.
    pub fn weights_file(&self) -> &Path {
        self.weights.path()
    }

    /// The file of the tokenizer.
    ///
    /// # Errors
    /// If it has gone since the checkpoint was opened.
    pub fn tokenizer_file(&self) -> Result<PathBuf, ModelError> {
        tokenizer_file(self.dir())
    }

    /// Hands names, types, shapes and values of a tower's weights to `take`, piece by piece. Memory stays flat.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read_weights(&self, tower: Tower, take: impl FnMut(&[u8])) -> io::Result<()> {
        self.weights.read_tower(tower.prefix(), take)
    }
}
