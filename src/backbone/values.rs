//! Values of tensors in mapped or open files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{bf16, f16};
use memmap2::Mmap;
use rayon::prelude::*;
use safetensors::Dtype;

use super::error::ModelError;

/// The values of a tensor that a model asks for, in mapped files.
#[derive(Debug, Clone)]
pub(super) struct Values {
    /// One after another.
    pub pieces: Vec<Piece>,
    /// Columns of the stored matrix, whose columns are the rows here.
    pub transposed: Option<usize>,
}

/// Bytes of a mapped file.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub map: Arc<Mmap>,
    /// Within the file.
    pub range: Range<usize>,
    pub dtype: Dtype,
}

impl Values {
    pub fn floats(&self) -> Vec<f32> {
        let values: Vec<f32> = self
            .pieces
            .iter()
            .flat_map(|piece| floats(piece.dtype, &piece.map[piece.range.clone()]))
            .collect();
        match self.transposed {
            None => values,
            Some(columns) => {
                let column = |column: usize| values.iter().skip(column).step_by(columns.max(1)).copied();
                (0..columns).flat_map(column).collect()
            }
        }
    }
}

/// A tensor that stays on disk. It is read and not mapped, so that a truncated file is an error instead of a crash.
#[derive(Debug)]
pub(super) struct TensorRows {
    pub name: String,
    pub path: PathBuf,
    pub file: Mutex<File>,
    /// In bytes from the start of the file.
    pub start: u64,
    pub dtype: Dtype,
    pub length: usize,
}

impl TensorRows {
    /// Adds one row of the tensor to each row of `to`.
    pub fn add(&self, rows: &[i32], to: &mut [f32]) -> Result<(), ModelError> {
        let mut bytes = vec![0; self.length * self.dtype.bitsize() / 8];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        for (row, to) in rows.iter().zip(to.chunks_exact_mut(self.length)) {
            let at = self.start + *row as u64 * bytes.len() as u64;
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|e| ModelError::read(&self.path, e))?;
            let values = floats(self.dtype, &bytes);
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                let reason = format!("tensor {} holds {value} in row {row}", self.name);
                return Err(ModelError::damaged(&self.path, reason));
            }
            for (x, value) in to.iter_mut().zip(values) {
                *x += value;
            }
        }
        Ok(())
    }
}

/// The first NaN or infinite value with its index.
pub(super) fn first_not_finite(dtype: Dtype, bytes: &[u8]) -> Option<(usize, f32)> {
    let any = match dtype {
        Dtype::F16 => any(bytes, |half| u16::from_le_bytes(half) & 0x7c00 == 0x7c00),
        Dtype::BF16 => any(bytes, |half| u16::from_le_bytes(half) & 0x7f80 == 0x7f80),
        _ => any(bytes, |single| u32::from_le_bytes(single) & 0x7f80_0000 == 0x7f80_0000),
    };
    if !any {
        return None;
    }
    floats(dtype, bytes).into_iter().enumerate().find(|(_, value)| !value.is_finite())
}

/// Whether any value satisfies a condition. Branches only between pieces, so that memory bounds the speed.
fn any<const N: usize>(bytes: &[u8], is_sought: impl Fn([u8; N]) -> bool + Sync) -> bool {
    let pieces = bytes.as_chunks::<N>().0.par_chunks(1 << 16);
    pieces.any(|piece| piece.iter().fold(false, |any, value| any | is_sought(*value)))
}

/// Converts bytes of one of the three types that weights may have.
pub(super) fn floats(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    let halves = || bytes.as_chunks::<2>().0.iter();
    match dtype {
        Dtype::F16 => halves().map(|half| f16::from_le_bytes(*half).to_f32()).collect(),
        Dtype::BF16 => halves().map(|half| bf16::from_le_bytes(*half).to_f32()).collect(),
        _ => bytes.as_chunks::<4>().0.iter().map(|single| f32::from_le_bytes(*single)).collect(),
    }
}
