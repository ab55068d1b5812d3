//! The small world that the bundled model was trained on: its renderer, its training, and what is bundled of it.

mod bundle;
mod clips;
pub mod training;

pub use bundle::{Bundle, BundleError};
pub use clips::{ClipError, DemoClip, read_clips};
