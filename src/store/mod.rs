//! What is kept on disk.

mod drafts;

pub use crate::cache::{
    Bounds, Cache, CacheError, Contents, Entry, Key, Kind, Listing, SIZE_VARIABLE, Share, Size, SizeError,
};
pub use crate::embeddings::{
    Embeddings, MatrixError, TextEmbeddings, read_matrix, save_npy, save_safetensors,
};
pub use crate::folders::{Folder, NoFolder};
pub(crate) use crate::snapshot::matrix;
pub use crate::snapshot::{
    Frames, Hashes, Matrices, Parts, Pinned, SNAPSHOT_FORMAT, SampledPart, Snapshot, SnapshotError,
    SnapshotFault, SnapshotInput, Thumbnail, ViewState, save,
};
pub use drafts::{Draft, DraftError, Drafts, Recovered, Unsaved};
