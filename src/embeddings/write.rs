use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use ndarray::{Array2, Array4};
use ndarray_npy::WriteNpyExt;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::files::atomic_write::write_atomically;

/// Raw embeddings of frames and texts.
#[derive(Clone, Debug, Default)]
pub struct Embeddings {
    /// T×d.
    pub frames: Option<Array2<f32>>,
    /// Presentation time of each frame in seconds; the index for images.
    pub frame_pts: Vec<f64>,
    pub texts: Option<TextEmbeddings>,
    /// What each window of each frame adds to its cosine with each text, T × rows × columns × N.
    pub patches: Option<Array4<f32>>,
}

/// Raw embeddings of texts, with their tokens.
#[derive(Clone, Debug)]
pub struct TextEmbeddings {
    /// N×d.
    pub embeddings: Array2<f32>,
    /// Token ids, N×L.
    pub ids: Array2<i32>,
}

/// Writes `frame_embeds`, `frame_pts`, `text_embeds`, `input_ids` and `frame_patches`, as far as they are given.
pub fn save_safetensors(embeddings: &Embeddings, path: &Path) -> io::Result<()> {
    let mut tensors: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    let floats = |matrix: &Array2<f32>| matrix.iter().flat_map(|x| x.to_le_bytes()).collect();
    if let Some(frames) = &embeddings.frames {
        let times: Vec<u8> = embeddings.frame_pts.iter().flat_map(|x| x.to_le_bytes()).collect();
        tensors.push(("frame_embeds", Dtype::F32, frames.shape().to_vec(), floats(frames)));
        tensors.push(("frame_pts", Dtype::F64, vec![embeddings.frame_pts.len()], times));
    }
    if let Some(texts) = &embeddings.texts {
        let ids: Vec<u8> = texts.ids.iter().flat_map(|x| x.to_le_bytes()).collect();
        let TextEmbeddings { embeddings, .. } = texts;
        tensors.push(("text_embeds", Dtype::F32, embeddings.shape().to_vec(), floats(embeddings)));
        tensors.push(("input_ids", Dtype::I32, texts.ids.shape().to_vec(), ids));
    }
    if let Some(patches) = &embeddings.patches {
        let bytes = patches.iter().flat_map(|x| x.to_le_bytes()).collect();
        tensors.push(("frame_patches", Dtype::F32, patches.shape().to_vec(), bytes));
    }
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<BTreeMap<_, _>, safetensors::SafeTensorError>>()
        .map_err(io::Error::other)?;
    let bytes = serialize(views, None).map_err(io::Error::other)?;
    write_atomically(path, &bytes)
}

/// Writes one matrix as `.npy`.
pub fn save_npy(matrix: &Array2<f32>, path: &Path) -> io::Result<()> {
    let mut bytes = Vec::new();
    matrix.write_npy(&mut bytes).map_err(io::Error::other)?;
    write_atomically(path, &bytes)
}

/// Floats as safetensors files have them: little-endian.
pub fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The inverse of [`to_bytes`].
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
