//! What is kept on disk.

mod bytes;
mod cache;
mod drafts;
mod embeddings;
mod folders;
mod npy;
mod snapshot;

pub(crate) use bytes::{floats, to_bytes};
pub use cache::{
    Bounds, Cache, CacheError, Contents, Entry, Key, Kind, Listing, SIZE_VARIABLE, Share, Size, SizeError,
};
pub use drafts::{Draft, DraftError, Drafts, Recovered, Unsaved};
pub use embeddings::{Embeddings, TextEmbeddings, save_npy, save_safetensors};
pub use folders::{Folder, NoFolder};
pub use npy::{MatrixError, read_matrix};
pub(crate) use snapshot::matrix;
pub use snapshot::{
    Frames, Hashes, Matrices, Parts, Pinned, SNAPSHOT_FORMAT, SampledPart, Snapshot, SnapshotError,
    SnapshotFault, SnapshotInput, Thumbnail, ViewState, save,
};
