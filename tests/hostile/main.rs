//! Input that could give a wrong answer silently, by kind: each test names the rule it holds.

// Not every helper is used here.
#[allow(dead_code)]
#[path = "../video/clip.rs"]
mod clip;

mod checkpoints;
mod cluster;
mod files;
mod frames;
mod images;
mod inputs;
mod terminal;
mod text;
