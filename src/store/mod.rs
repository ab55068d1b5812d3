//! What is kept on disk.

mod embeddings;
mod snapshot;
mod whole;

pub use embeddings::{Embeddings, TextEmbeddings, save_npy, save_safetensors};
pub use snapshot::{SNAPSHOT_FORMAT, Snapshot, save};
pub(crate) use whole::write_whole;
