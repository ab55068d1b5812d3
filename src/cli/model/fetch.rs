//! `actalign-tui model fetch`.

use clap::Args;
use color_eyre::eyre::Result;

use super::transfer;
use crate::cli::output;
use crate::hub::{Hub, HubSettings, ModelId};
use crate::siglip::Checkpoint;

/// Fetch a checkpoint from the hub, or what is missing of it, and print its folder
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The model, as ORG/NAME or ORG/NAME@REVISION, such as google/siglip-base-patch16-224
    #[arg(value_name = "ID")]
    id: ModelId,
}

pub fn run(args: &FetchArgs) -> Result<()> {
    let hub = Hub::open(HubSettings::load())?;
    let plan = hub.plan(&args.id, &mut transfer::tell)?;
    let folder = transfer::fetch(&hub, &plan)?;
    Checkpoint::open(&folder)?;
    Ok(output::print(format!("{}\n", folder.display()))?)
}
