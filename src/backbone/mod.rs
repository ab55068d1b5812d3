//! Image-text models: a checkpoint's towers, with the image preparation and the tokenizer that belong to it.
//!
//! A model family is a folder here that implements [`Backbone`] and has an entry in `FAMILIES`. Everything else (weights on
//! disk, tokenizers, image preparation, batches, kernels for the processor) is shared.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice};
//!
//! let checkpoint = Checkpoint::open("siglip-base-patch16-224".as_ref())?;
//! let device = ComputeDevice::open(DeviceChoice::Auto)?;
//! let tokens = checkpoint.tokenizer()?.encode("a goalkeeper dives to the left")?;
//! let embedding = checkpoint.load_text(&device)?.embed(&[tokens])?;
//! assert_eq!(embedding.dim(), (1, checkpoint.dim()));
//! # Ok(())
//! # }
//! ```

mod activation;
mod bf16_speed;
mod checkpoint;
mod cleaning;
mod clip;
mod config;
mod cpu;
mod description;
mod device;
mod encoder;
mod error;
mod facts;
mod family;
mod file;
mod identity;
mod inspect;
mod layout;
mod loading;
mod open_clip;
mod patches;
mod pe;
mod pooling;
mod preparation;
pub mod registry;
mod resize;
mod rotary;
mod shapes;
pub mod siglip;
mod tokenizer;
mod tower;
mod values;
mod video_text;
mod weight_file;
mod weights;
mod xclip;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, check_config, names_model};
pub use device::{ComputeDevice, DeviceChoice, DeviceError, Precision, PrecisionChoice};
pub use error::ModelError;
pub use facts::{ModelFacts, Tower, TowerFacts, WeightFacts};
pub use family::{ClipEmbedding, StoredCalibration};
pub use identity::WeightShare;
pub use inspect::{Inspection, inspect};
pub use resize::{Filter, Fit, PreparedImage, Preprocessor, Region};
pub use tokenizer::{TextTokenizer, TokenizerKind, Tokens, canonical};
pub use tower::{TextTower, VisionTower};
pub use video_text::{ClipText, VideoCheckpoint, VideoTextModel};
