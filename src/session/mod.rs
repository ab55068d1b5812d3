//! Opens what the user named into one [`Session`]: clips, the demo, a snapshot or an evaluation. The explorer shows it;
//! the commands work through its clips.

mod bundle;
mod evaluation;
mod model;
mod opened;
mod rebase_path;
mod setup;
mod snapshot;
mod source;

pub use bundle::Bundle;
pub use model::{Fetch, ModelRequest, cached_model, model_folder, open_hub};
pub use opened::Session;
pub use setup::{Request, Setup};
pub use source::Source;
