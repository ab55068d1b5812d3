//! Everything that decides the embeddings of a checkpoint, for cache keys.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::device::ComputeDevice;
use super::facts::Tower;
use crate::files::input_file::open_regular;

/// Increased when the program computes other embeddings from the same input and weights, beyond rounding.
const VERSION: u32 = 1;

/// The weights of a tower in one file.
#[derive(Debug)]
pub struct WeightShare {
    path: PathBuf,
    /// Name, type and shape of each tensor, and its range of bytes in the file.
    tensors: Vec<(String, Range<u64>)>,
}

impl WeightShare {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names, types and shapes of the tensors.
    pub fn describe(&self) -> String {
        self.tensors.iter().map(|(tensor, _)| format!("{tensor}\n")).collect()
    }

    /// Hands the bytes of all tensors to `take`, piece by piece.
    pub fn read(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut file = open_regular(&self.path)?;
        let mut piece = vec![0; 1 << 20];
        for (_, range) in &self.tensors {
            file.seek(SeekFrom::Start(range.start))?;
            let mut left = (range.end - range.start) as usize;
            while left > 0 {
                let length = left.min(piece.len());
                file.read_exact(&mut piece[..length])?;
                take(&piece[..length]);
                left -= length;
            }
        }
        Ok(())
    }
}

impl Checkpoint {
    /// With [`Checkpoint::weight_shares`], and for texts the tokenizer's file, this decides every embedding of a tower.
    pub fn recipe(&self, tower: Tower, device: &ComputeDevice) -> String {
        let backend = format!("{} {:?}", device.choice(), device.precision());
        match tower {
            Tower::Vision => {
                format!("{VERSION} {backend} {} {}", self.description.recipe(tower), self.image.recipe())
            }
            Tower::Text => format!("{VERSION} {backend} {}", self.description.recipe(tower)),
        }
    }

    /// The weights of a tower, by file.
    pub fn weight_shares(&self, tower: Tower) -> Vec<WeightShare> {
        let mut shares: Vec<WeightShare> = Vec::new();
        for (path, tensor, range) in self.weights.places(tower) {
            match shares.last_mut() {
                Some(share) if share.path == path => share.tensors.push((tensor, range)),
                _ => shares.push(WeightShare { path: path.to_owned(), tensors: vec![(tensor, range)] }),
            }
        }
        shares
    }
}
