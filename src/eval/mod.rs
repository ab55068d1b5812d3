//! Evaluation of a whole dataset: clips whose classes are known, ranked by every row of the ablation.
//!
//! A [`Dataset`] and a [`Plan`] make an [`Evaluation`], which embeds each clip once for all rows and ends in [`Results`].

mod answers;
mod breakdown;
mod check;
mod clusters;
mod comparison;
mod coverage;
mod csv;
mod dataset;
mod evaluation;
mod evaluator;
mod facts;
mod figure;
mod journal;
mod merge;
pub mod moments;
mod people;
mod published;
mod record;
mod released;
mod results;
mod rows;
mod run;
#[cfg(test)]
mod sample;
mod shard;
mod slurm;
mod split;
mod statistics;
mod summary;
mod vlm;
mod write;
mod x_clip;

pub use crate::plot::table::Style;
pub use answers::{Answer, Answers, Asked, Quiz};
pub use breakdown::{ClassCounts, Confusion, Disagreement, Prediction};
pub use check::{Check, CheckRequest, ModelToCheck, check};
pub use clusters::{CLUSTERS, Cluster, ClusterCounts, Facts, clusters_of};
pub use comparison::{Comparison, Pair, Paired};
pub use coverage::{Coverage, Point};
pub use dataset::{
    Clip, ClipSource, Context, Dataset, DatasetPaths, Digests, Entry, Listed, Location, Manifest,
    MissingScript, Videos, read_manifest,
};
pub use evaluation::{Evaluation, Finished, NothingRead, OtherModel, Plan, Progress, Request, merge};
pub use evaluator::{Evaluator, rate_of_rows};
pub use journal::{Journal, load, write as write_run};
pub use people::{Choice, Person, join, load as load_people};
pub use published::Published;
pub use record::{ClipOutcome, ClipRecord, ClipScores, FileStamp, Ranking, RankingConfidence};
pub use released::{Protocol, protocol};
pub use results::{
    EvalSettings, ModelSettings, Results, RowClusters, RowResult, Share, Trials, Unaligned, Unread,
};
pub use rows::{CHANCE, HumanSettings, NoScripts, Row, Rows, Score, VlmSettings, XClipSettings};
pub use run::Run;
pub use shard::Shard;
pub use slurm::{ArrayTask, TaskIds};
pub use split::{ClaimedShard, ShardChoice};
pub use vlm::Vlm;
pub use write::write;
pub use x_clip::XClip;
