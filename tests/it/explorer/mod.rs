//! The explorer in terminals and pipes.

mod keys;
mod models;
mod plain;
mod quiz;
mod terminal;
