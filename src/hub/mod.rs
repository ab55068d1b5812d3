//! Models of the model hub: fetched into the cache that the hub's own tools use, and found there again.
//!
//! A file is downloaded under a temporary name, resumed where it was cut, and gets its final name once its size and hash
//! are those that the hub states. Only `config.json`, `processor_config.json`, `preprocessor_config.json`,
//! `tokenizer.json` and safetensors are ever requested: none of them is code.

mod cache;
mod client;
mod download;
mod error;
mod fetch;
mod files;
mod hash;
mod model_id;
mod settings;

pub use cache::HubCache;
pub use error::HubError;
pub use fetch::{Event, Hub, Plan, PlannedFile};
pub use files::{CONFIG, INDEX, PREPARATION, SINGLE, TOKENIZER};
pub use hash::HashMemo;
pub use model_id::{InvalidModelId, ModelId};
pub use settings::HubSettings;
