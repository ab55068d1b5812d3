//! A whole dataset: clips whose classes are known, ranked by every row of the ablation.
//!
//! One pass of embedding serves all rows. [`Evaluator`] takes one clip after the other; [`Results`] sums up, and
//! [`write()`] makes files of it.

mod classes;
mod comparison;
mod csv;
mod dataset;
mod disagreement;
mod evaluator;
mod figure;
mod footage;
mod journal;
mod manifest;
mod merge;
mod metrics;
mod record;
mod results;
mod rows;
#[cfg(test)]
mod sample;
mod scripts;
mod shard;
mod significance;
mod slurm;
mod split;
mod summary;
mod vlm;
mod write;

pub use crate::plot::table::Style;
pub use classes::{ClassCounts, Confusion};
pub use comparison::{Comparison, Pair, Paired};
pub use dataset::{Clip, Dataset, DatasetError, DatasetPaths, Digests};
pub use disagreement::{Disagreement, Prediction};
pub use evaluator::{Evaluator, rate_of_rows};
pub use footage::{FolderError, Footage};
pub use journal::{Journal, JournalError, Run, load, write as write_run};
pub(crate) use manifest::plain;
pub use manifest::{Entry, Fault, ManifestError, Place, read as read_manifest};
pub use merge::{MergeError, merge};
pub use record::{ClipOutcome, ClipRecord, ClipScores, FileStamp, Ranking};
pub use results::{EvalSettings, ModelSettings, Results, RowResult, Share, Trials, Unaligned, Unread};
pub use rows::{CHANCE, Row, Rows, RowsError, Score};
pub use shard::Shard;
pub use slurm::{ArrayTask, TaskIds};
pub use split::{Place as ShardPlace, ShardChoice, SplitError};
pub use vlm::{Vlm, VlmSettings};
pub use write::{WriteError, write};
