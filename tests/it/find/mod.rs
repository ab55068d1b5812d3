//! Moments in recordings.

mod command;
mod search;
