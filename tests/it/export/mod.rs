//! Snapshots, and what is made of them without model or clip.

mod command;
mod document;
mod figure;
mod hostile;
mod tables;
mod world;
