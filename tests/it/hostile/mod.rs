//! Input that could give a wrong answer silently, by kind: each test names the rule it holds.

mod checkpoints;
mod cluster;
mod files;
mod frames;
mod images;
mod inputs;
mod terminal;
mod text;
