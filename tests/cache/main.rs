//! The cache of embeddings, through the built binary and the pipeline. The checkpoint is the small random one of the
//! fixtures.

// Not every helper is used here.
#[allow(dead_code)]
#[path = "../video/clip.rs"]
mod clip;

mod faults;
mod keys;
mod management;
mod pipeline;
mod second_run;
mod world;
