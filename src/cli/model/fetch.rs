//! `actalign-tui model fetch`.

use clap::Args;
use color_eyre::eyre::Result;

use super::transfer;
use crate::backbone::Checkpoint;
use crate::hub::{HubSettings, ModelId};
use crate::output;
use crate::session::{cached_model, open_hub};

/// Fetch a checkpoint, or what is missing of it, from the hub and print its folder
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The model, as ORG/NAME or ORG/NAME@REVISION, such as google/siglip-base-patch16-224
    #[arg(value_name = "ID")]
    id: ModelId,
}

pub fn run(args: &FetchArgs) -> Result<()> {
    let settings = HubSettings::load();
    let complete = cached_model(&settings, &args.id).filter(|_| settings.offline);
    let hub = open_hub(settings)?;
    let folder = match complete {
        Some(folder) => {
            hub.check(&args.id, &folder)?;
            output::say(format_args!(
                "{} is complete; HF_HUB_OFFLINE is set, so the hub was not asked for a newer version",
                args.id
            ));
            folder
        }
        None => {
            let plan = hub.plan(&args.id, &mut transfer::report_notice)?;
            transfer::fetch(&hub, &plan)?
        }
    };
    let checkpoint = Checkpoint::open(&folder)?;
    checkpoint.check_values()?;
    for notice in checkpoint.notices() {
        output::say(notice);
    }
    Ok(output::print(format!("{}\n", folder.display()))?)
}
