//! Explains a ranking: the share of each step, the step that decides, and how sure the winner is.
//!
//! Matrices in, plain values out.

mod confidence;
mod ledger;

pub use confidence::{Confidence, RIVALS, confidence, confidence_in_turn};
pub use ledger::{DecidingStep, Shares};
