//! See why a clip is this action and not that one: zero-shot recognition of fine-grained actions by
//! aligning the frames of a video with an ordered script of sub-actions per candidate class.

#![deny(clippy::print_stdout, clippy::print_stderr, clippy::dbg_macro)]

pub mod align;
pub mod annotation;
pub mod backbone;
pub mod background;
pub mod cache;
pub mod cli;
pub mod embeddings;
pub mod error_chain;
pub mod eval;
pub mod explain;
pub mod explore;
pub mod export;
pub mod files;
pub mod find;
pub mod hub;
pub mod llm;
mod log_file;
pub mod net;
mod output;
mod plot;
pub mod script;
pub mod session;
pub mod snapshot;
pub mod tui;
pub mod video;
mod visible;
