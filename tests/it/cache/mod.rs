//! The cache of embeddings, through the built binary and the pipeline. The checkpoint is the small random one of the
//! fixtures.

mod faults;
mod keys;
mod management;
mod pipeline;
mod second_run;
mod world;
