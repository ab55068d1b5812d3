//! `actalign-tui align`: aligns embeddings made elsewhere.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::Result;

use crate::cli::inputs::MethodArgs;
use crate::cli::table;
use crate::session::AlignRequest;

/// Align embeddings made elsewhere and rank the classes
#[derive(Args, Clone, Debug)]
pub struct AlignArgs {
    /// Frame embeddings, T×d, neither normalised nor smoothed (.npy, float32 or float64)
    #[arg(long, value_name = "Z.npy")]
    frames: PathBuf,
    /// Step embeddings, K×d, a file per class, named after the class
    #[arg(long, value_name = "U.npy", num_args = 1.., required = true)]
    steps: Vec<PathBuf>,
    /// The checkpoint's logit_scale as stored: the logarithm of alpha
    // Hyphens: clap takes -1.5 for a number but not -1e-5, as NumPy may print it.
    #[arg(long, value_name = "S", allow_hyphen_values = true, value_parser = finite)]
    logit_scale: f32,
    /// The checkpoint's logit_bias: beta
    #[arg(long, value_name = "B", allow_hyphen_values = true, value_parser = finite)]
    logit_bias: f32,
    /// Width of the smoothing window in frames; 0 and 1 are off
    #[arg(long, value_name = "W", default_value_t = 0)]
    smoothing: usize,
    #[command(flatten)]
    method: MethodArgs,
    /// Print one JSON document instead of a table
    #[arg(long)]
    json: bool,
}

pub fn run(args: AlignArgs) -> Result<()> {
    let AlignArgs { frames, steps, logit_scale, logit_bias, smoothing, method, json } = args;
    let method = method.method();
    let request = AlignRequest { frames, steps, logit_scale, logit_bias, smoothing, method };
    table::print(&request.run()?, json)
}

fn finite(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("must be a finite number".into()),
        Err(error) => Err(error.to_string()),
    }
}
