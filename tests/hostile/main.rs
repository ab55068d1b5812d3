//! Input that could give a wrong answer silently, by kind: each test names the rule it holds.

#[path = "../video/clip.rs"]
#[allow(dead_code)]
mod clip;

mod checkpoints;
mod cluster;
mod files;
mod frames;
mod images;
mod inputs;
mod terminal;
mod text;
