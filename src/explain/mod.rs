//! Why the winner wins, and how surely. Matrices in, plain values out.

mod confidence;

pub use confidence::{Confidence, RIVALS, confidence};
