//! What a quiz shows.

use std::path::PathBuf;
use std::sync::Arc;

use crate::video::{Masks, Segment};

/// A clip that a person watches.
#[derive(Clone, Debug, PartialEq)]
pub struct QuizClip {
    pub id: String,
    pub domain: String,
    /// At least two different names.
    pub candidates: Vec<String>,
    pub video: PathBuf,
    pub segment: Segment,
    /// Areas to blur.
    pub masks: Arc<Masks>,
}
