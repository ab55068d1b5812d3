//! `actalign-world`: renders the world that the bundled model is trained on, and trains that model.

mod dataset;
mod encode;
mod recordings;
mod rendered;
mod training;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};
use color_eyre::eyre::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use actalign_tui::error_chain::error_chain;

use dataset::Difficulty;
use rendered::RenderedWorld;
use training::{Options, Sizes};

/// Render the demo world, or train its model
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render clips with their manifest and scripts: a benchmark
    Render {
        /// Seed of the clips
        #[arg(long)]
        seed: u64,
        /// Number of clips
        #[arg(long, default_value_t = 0, required_unless_present = "recordings")]
        clips: usize,
        /// How hard the clips are
        #[arg(long, value_enum, default_value_t = Difficulty::Easy, conflicts_with = "recordings")]
        difficulty: Difficulty,
        /// Number of long recordings with annotated actions, in place of clips
        #[arg(long, value_name = "N", conflicts_with = "clips")]
        recordings: Option<usize>,
        /// Length of each recording
        #[arg(long, value_name = "MINUTES", default_value_t = 10.0, requires = "recordings")]
        minutes: f32,
        /// Folder for the manifest, the scripts and clips/, or for moments.json, the scripts and recordings/
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Train the small SigLIP on the rendered world
    Train {
        /// Folder for the checkpoint
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Seed of weights, pictures and captions
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Steps of the optimiser
        #[arg(long, default_value_t = 4000)]
        steps: usize,
    },
}

fn main() {
    let outcome = match Arguments::parse().command {
        Command::Render { seed, recordings: Some(number), minutes, out, .. } => {
            render_recordings(seed, number, minutes, &out)
        }
        Command::Render { seed, clips, difficulty, out, .. } => render(seed, clips, difficulty, &out),
        Command::Train { out, seed, steps } => train(&out, seed, steps),
    };
    if let Err(error) = outcome {
        eprintln!("error: {}", error_chain(&error));
        std::process::exit(1);
    }
}

fn render(seed: u64, clips: usize, difficulty: Difficulty, out: &Path) -> Result<()> {
    let bar = bar(clips, "rendering");
    dataset::render(seed, clips, difficulty, out, || bar.inc(1))?;
    bar.finish_and_clear();
    println!("{clips} clips in {}", out.display());
    Ok(())
}

fn render_recordings(seed: u64, recordings: usize, minutes: f32, out: &Path) -> Result<()> {
    ensure!(minutes > 0.0 && minutes.is_finite(), "--minutes must be a number above 0");
    let bar = bar(recordings, "rendering");
    recordings::render(seed, recordings, 60.0 * minutes, out, || bar.inc(1))?;
    bar.finish_and_clear();
    println!("{recordings} recordings in {}", out.display());
    Ok(())
}

fn train(out: &Path, seed: u64, steps: usize) -> Result<()> {
    let options = Options { seed, steps, batch: 32, rate: 1e-3, sizes: Sizes::default() };
    let bar = bar(steps, "training");
    let end = training::train(&RenderedWorld, &options, out, |progress| {
        bar.set_position(progress.step as u64);
        bar.set_message(progress.to_string());
        if progress.step.is_multiple_of(100) {
            bar.suspend(|| eprintln!("step {:5}  {progress}", progress.step));
        }
    })?;
    bar.finish_and_clear();
    println!("{}: {} steps, {end}", out.display(), end.steps);
    Ok(())
}

fn bar(total: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
