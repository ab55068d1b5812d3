//! A whole dataset: clips whose classes are known, ranked by every row of the ablation.
//!
//! One pass of embedding serves all rows. [`Evaluator`] takes one clip after the other; [`Results`] sums up.

mod dataset;
mod evaluator;
mod footage;
mod manifest;
mod metrics;
mod record;
mod results;
mod rows;
mod scripts;
mod tables;

pub use dataset::{Clip, Dataset, DatasetError, DatasetPaths};
pub use evaluator::Evaluator;
pub use footage::{FolderError, Footage};
pub use manifest::{Entry, Fault, ManifestError, Place};
pub use record::{ClipOutcome, ClipRecord, ClipScores, Ranking};
pub use results::{EvalSettings, ModelSettings, Results, RowResult, Share, Trials, Unread};
pub use rows::{CHANCE, Prompt, Row, Score};
pub use tables::Style;
