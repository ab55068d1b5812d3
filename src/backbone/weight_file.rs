//! A safetensors file: header and data.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::tensor::TensorInfo;

use super::error::ModelError;
use super::file;

/// Largest header in bytes, by the format's definition.
const MAX_HEADER: u64 = 100_000_000;

/// A file with a valid header.
#[derive(Debug)]
pub(super) struct WeightFile {
    pub(super) path: PathBuf,
    /// Where the data starts, in bytes from the start of the file.
    pub(super) data_start: u64,
}

impl WeightFile {
    /// Reads the header and checks it against the length of the file.
    pub(super) fn open(path: &Path) -> Result<(Self, BTreeMap<String, TensorInfo>), ModelError> {
        let read = |e| ModelError::read(path, e);
        let (mut file, length) = file::open(path)?;
        let truncated = || ModelError::damaged(path, format!("it ends early, at {length} bytes"));
        let mut start = Vec::new();
        (&mut file).take(64).read_to_end(&mut start).map_err(read)?;
        let Some(size) = start.first_chunk().map(|size| u64::from_le_bytes(*size)) else {
            return Err(if start.is_empty() {
                ModelError::damaged(path, "it is empty")
            } else {
                truncated()
            });
        };
        if size > MAX_HEADER {
            return Err(file::not_safetensors(path, &start));
        }
        if size + 8 > length {
            return Err(truncated());
        }
        file.seek(SeekFrom::Start(8)).map_err(read)?;
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(read)?;
        let mut entries: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&header)
            .map_err(|e| ModelError::damaged(path, format!("its header: {e}")))?;
        entries.remove("__metadata__");
        let data_start = size + 8;
        let mut tensors = BTreeMap::new();
        for (name, entry) in entries {
            let info: TensorInfo = serde_json::from_value(entry)
                .map_err(|e| ModelError::damaged(path, format!("its header, tensor {name}: {e}")))?;
            let (start, end) = info.data_offsets;
            if end as u64 > length - data_start {
                return Err(truncated());
            }
            if start > end || bits(&info) != (end - start).checked_mul(8) {
                return Err(ModelError::damaged(
                    path,
                    format!(
                        "tensor {name} of {:?} {:?} cannot lie in the bytes {start} to {end}",
                        info.dtype, info.shape
                    ),
                ));
            }
            tensors.insert(name, info);
        }
        check_layout(&tensors, length - data_start).map_err(|reason| ModelError::damaged(path, reason))?;
        Ok((Self { path: path.to_path_buf(), data_start }, tensors))
    }

    pub(super) fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, ModelError> {
        let mut bytes = vec![0; length];
        File::open(&self.path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(self.data_start + offset))?;
                file.read_exact(&mut bytes)
            })
            .map_err(|e| ModelError::read(&self.path, e))?;
        Ok(bytes)
    }

    pub(super) fn map(&self) -> Result<Mmap, ModelError> {
        let (file, _) = file::open(&self.path)?;
        // SAFETY: a file changed meanwhile gives other weights; any bytes are valid weights.
        let map = unsafe { Mmap::map(&file) };
        map.map_err(|e| ModelError::read(&self.path, e))
    }
}

/// Checks that the tensors fill the data without gaps or overlaps: appended files and tensors named twice do not.
fn check_layout(tensors: &BTreeMap<String, TensorInfo>, length: u64) -> Result<(), String> {
    let mut spans: Vec<_> = tensors.iter().map(|(name, info)| (info.data_offsets, name)).collect();
    spans.sort_unstable();
    let mut filled = 0;
    for ((start, end), name) in spans {
        if start != filled {
            return Err(format!(
                "its header, tensor {name}: it begins at byte {start} of the data, not {filled}"
            ));
        }
        filled = end;
    }
    if filled as u64 != length {
        return Err(format!("its tensors take {filled} bytes of data, and it has {length}"));
    }
    Ok(())
}

fn bits(info: &TensorInfo) -> Option<usize> {
    info.shape.iter().try_fold(info.dtype.bitsize(), |bits, side| bits.checked_mul(*side))
}
