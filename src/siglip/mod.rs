//! The model: SigLIP's image and text towers, with the image preparation and the tokenizer that belong to
//! a checkpoint.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use actalign_tui::siglip::{Checkpoint, ComputeDevice, DeviceChoice};
//!
//! let checkpoint = Checkpoint::open("siglip-base-patch16-224".as_ref())?;
//! let device = ComputeDevice::open(DeviceChoice::Auto)?;
//! let tokens = checkpoint.tokenizer()?.encode("a goalkeeper dives to the left")?;
//! let embedding = checkpoint.load_text(&device)?.embed(&[tokens])?;
//! assert_eq!(embedding.dim(), (1, checkpoint.dim()));
//! # Ok(())
//! # }
//! ```

mod checkpoint;
mod config;
mod cpu;
mod device;
mod encoder;
mod error;
mod facts;
mod file;
mod identity;
mod inspect;
pub mod known;
mod preparation;
mod preprocess;
mod resize;
mod shapes;
mod text;
mod tokenizer;
mod tower;
mod vision;
mod weight_file;
mod weights;

pub use checkpoint::{Checkpoint, check_config, weight_shapes};
pub use device::{ComputeDevice, DeviceChoice, DeviceError, FoundDevice, Precision};
pub use error::ModelError;
pub use facts::{ModelFacts, TowerFacts, WeightFacts};
pub use identity::{Tower, WeightShare};
pub use inspect::{Inspection, inspect};
pub use preprocess::{Preprocessor, Square};
pub use resize::Filter;
pub use text::TextModel;
pub use tokenizer::{Family, TextTokenizer, Tokens, canonical};
pub use tower::{TextTower, VisionTower};
pub use vision::VisionModel;
