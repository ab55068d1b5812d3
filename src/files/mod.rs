//! Files: written whole, read up to a bound, locked, and swept; and the folders that they are in.

pub mod atomic_write;
pub mod folders;
pub(crate) mod input_file;
pub(crate) mod leftovers;
pub(crate) mod lock;
pub(crate) mod text_file;
