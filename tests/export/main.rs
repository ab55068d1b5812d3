//! Snapshots, and what is made of them without model or clip.

mod document;
mod world;
