//! A whole dataset: clips whose classes are known, ranked by every row of the ablation.
//!
//! One pass of embedding serves all rows. [`Evaluator`] takes one clip after the other; [`Results`] sums up, and
//! [`write()`] makes files of it.

mod classes;
mod comparison;
mod dataset;
mod disagreement;
mod evaluator;
mod figure;
mod manifest;
mod metrics;
mod record;
mod results;
mod rows;
#[cfg(test)]
mod sample;
mod sheets;
mod significance;
mod summary;
mod tables;
mod write;

pub use classes::{ClassCounts, Confusion};
pub use comparison::{Comparison, Pair, Paired};
pub use dataset::{Clip, Dataset, DatasetError};
pub use disagreement::{Disagreement, Prediction};
pub use evaluator::Evaluator;
pub use manifest::{Entry, LineFault, ManifestError};
pub use record::{ClipOutcome, ClipRecord, ClipScores, Ranking};
pub use results::{EvalSettings, ModelSettings, Results, RowResult, Share, Trials, Unread};
pub use rows::{CHANCE, Prompt, Row, Score};
pub use tables::Style;
pub use write::{WriteError, write};
