//! Embeddings in files that other programs read and write: safetensors and npy.

mod bytes;
mod npy;
mod write;

pub(crate) use bytes::{floats, to_bytes};
pub use npy::{MatrixError, read_matrix};
pub use write::{Embeddings, TextEmbeddings, save_npy, save_safetensors};
