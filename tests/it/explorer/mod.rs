//! The explorer in terminals and pipes.

mod keys;
mod models;
mod plain;
mod quiz;
pub mod terminal;
