//! Script files, their commands, and scripts by language models.

mod commands;
mod files;
mod generate;
