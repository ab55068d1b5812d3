//! Why a class wins: what each step adds to its score, and how much the answer depends on it.

mod ledger;

pub use ledger::{DecidingStep, Shares, scores_without_steps};
