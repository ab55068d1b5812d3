//! What is kept on disk.

mod embeddings;
mod folders;
mod snapshot;
mod whole;

pub use embeddings::{Embeddings, TextEmbeddings, save_npy, save_safetensors};
pub use folders::{Folder, NoFolder};
pub use snapshot::{SNAPSHOT_FORMAT, Snapshot, save};
pub(crate) use whole::write_whole;
