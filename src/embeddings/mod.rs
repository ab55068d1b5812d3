//! Embeddings in files that other programs read and write: safetensors and npy.

mod npy;
mod write;

pub use npy::{MatrixError, read_matrix};
pub use write::{Embeddings, TextEmbeddings, save_npy, save_safetensors};
pub(crate) use write::{floats, to_bytes};
