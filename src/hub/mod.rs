//! Models from the model hub: checkpoints are fetched into the cache that the hub's own tools use, and found there again.
//!
//! A file is fetched under a name of its own, resumed where it was cut, and gets its final name when its size and hash are
//! those that the hub told. Only `config.json`, `processor_config.json`, `preprocessor_config.json`,
//! `tokenizer.json` and safetensors are ever asked for: none of them is code.

mod cache;
mod clock;
mod download;
mod error;
mod fetch;
mod files;
mod hash;
mod http;
mod id;
mod retries;
mod settings;
mod token;

pub use cache::HubCache;
pub use clock::{Clock, SystemClock};
pub use error::HubError;
pub use fetch::{Event, Hub, Plan, PlannedFile};
pub use files::{CONFIG, INDEX, PREPARATION, SINGLE, TOKENIZER};
pub use id::{ModelId, NoModelId};
pub use settings::HubSettings;
pub use token::Token;
