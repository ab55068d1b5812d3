//! Evaluation of datasets.

mod command;
mod datasets;
mod runs;
mod vlm;
