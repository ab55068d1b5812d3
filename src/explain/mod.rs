//! Explains a ranking: the share of each step, the step that decides, how sure the winner is, and which parts of a frame
//! carry its similarity to a step.
//!
//! Matrices and embeddings in, plain values out.

mod confidence;
mod ledger;
mod patches;

pub use confidence::{Confidence, RIVALS, confidence, confidence_in_turn};
pub use ledger::{DecidingStep, Shares};
pub use patches::{FramePatches, Grid, Mask, PatchMap};
