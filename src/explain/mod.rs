//! Why the winner wins, and how surely. Matrices in, plain values out.

mod confidence;
mod ledger;

pub use confidence::{Confidence, RIVALS, confidence};
pub use ledger::{DecidingStep, Shares};
