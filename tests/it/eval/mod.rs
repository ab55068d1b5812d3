//! Evaluation of datasets.

mod command;
mod datasets;
mod library;
mod runs;
mod vlm;
