//! `actalign-tui demo`: the rendered world and its model.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use color_eyre::eyre::Result;

use crate::cli::progress;
use crate::demo::dataset;
use crate::demo::training::{self, Options, Sizes};
use crate::demo::world::RenderedWorld;
use crate::output;

/// The rendered world that the bundled model was trained on
#[derive(Debug, Args)]
pub struct DemoArgs {
    #[command(subcommand)]
    command: DemoCommand,
}

#[derive(Debug, Subcommand)]
enum DemoCommand {
    Render(RenderArgs),
    Train(TrainArgs),
}

/// Render clips with their manifest and scripts: a benchmark
#[derive(Debug, Args)]
struct RenderArgs {
    /// Decides everything about the clips
    #[arg(long)]
    seed: u64,
    /// How many
    #[arg(long)]
    clips: usize,
    /// Folder for the manifest, the scripts and clips/
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Train the small SigLIP on the rendered world
#[derive(Debug, Args)]
struct TrainArgs {
    /// Folder for the checkpoint
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Decides weights, pictures and captions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of the optimiser
    #[arg(long, default_value_t = 4000)]
    steps: usize,
}

pub fn run(args: &DemoArgs) -> Result<()> {
    match &args.command {
        DemoCommand::Render(args) => render(args),
        DemoCommand::Train(args) => train(args),
    }
}

fn render(args: &RenderArgs) -> Result<()> {
    let bar = progress::bar(Some(args.clips), "rendering");
    dataset::render(args.seed, args.clips, &args.out, || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(output::print(format!("{} clips in {}\n", args.clips, args.out.display()))?)
}

fn train(args: &TrainArgs) -> Result<()> {
    let options =
        Options { seed: args.seed, steps: args.steps, batch: 32, rate: 1e-3, sizes: Sizes::default() };
    let bar = progress::bar(Some(args.steps), "training");
    let end = training::train(&RenderedWorld, &options, &args.out, |progress| {
        bar.set_position(progress.step as u64);
        bar.set_message(format!(
            "loss {:.3}, {:.0} % matched, {:.0} pictures/s",
            progress.loss,
            100.0 * progress.accuracy,
            progress.rate
        ));
        if progress.step.is_multiple_of(100) {
            bar.suspend(|| {
                output::say(format_args!(
                    "step {:5}  loss {:.3}  {:.1} % of held-out pictures matched  {:.0} pictures/s",
                    progress.step,
                    progress.loss,
                    100.0 * progress.accuracy,
                    progress.rate
                ));
            });
        }
    })?;
    bar.finish_and_clear();
    Ok(output::print(format!(
        "{}: {} steps, loss {:.3}, {:.1} % of held-out pictures matched\n",
        args.out.display(),
        end.steps,
        end.loss,
        100.0 * end.accuracy
    ))?)
}
