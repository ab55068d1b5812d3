//! Snapshots and their exports.

mod command;
mod document;
mod figure;
mod hostile;
mod tables;
mod world;
