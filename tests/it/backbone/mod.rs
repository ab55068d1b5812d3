//! The SigLIP port: parity with the reference, and checkpoints that cannot be used.

mod errors;
mod naflex;
mod parity;
mod resize;
mod video_text;
