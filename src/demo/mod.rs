//! The small world that the bundled model was trained on: its renderer, its training, and what is bundled of it.

mod bundle;
pub mod dataset;
mod encode;
pub mod training;
pub mod world;

pub use bundle::{Bundle, BundleError};
