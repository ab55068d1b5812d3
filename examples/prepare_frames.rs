//! Frames per second that are decoded, and that are decoded and prepared for a model, as the embedding does it.
//!
//! ```sh
//! cargo run --release --example prepare_frames -- clip.mp4 224
//! RAYON_NUM_THREADS=1 taskset -c 0 cargo run …          # on one core
//! ```
//! `benches/frames.py` runs this beside PyAV with Pillow, and torchcodec.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use actalign_tui::backbone::{Filter, Fit, Preprocessor};
use actalign_tui::video::{DecodeAhead, Sampling, Segment, VideoReader};
use color_eyre::eyre::{OptionExt, Result};

/// Frames decoded ahead.
const AHEAD: usize = 64;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let clip = arguments.next().ok_or_eyre("usage: prepare_frames CLIP SIDE")?;
    let size = arguments.next().ok_or_eyre("usage: prepare_frames CLIP SIDE")?.parse()?;
    let preprocessor = Arc::new(Preprocessor { size, filter: Filter::Bicubic, fit: Fit::Squash });
    let open = || VideoReader::open(Path::new(&clip), Sampling::Native, Segment::default());
    let rate = |count: usize, start: Instant| count as f64 / start.elapsed().as_secs_f64();

    let start = Instant::now();
    let frames = open()?.filter_map(Result::ok).count();
    println!("decoded {:.1} frames/s", rate(frames, start));
    let start = Instant::now();
    let prepared = DecodeAhead::new(open()?, AHEAD, move |frame| {
        let preprocessor = preprocessor.clone();
        move || preprocessor.prepare(&frame.rgb, frame.width, frame.height)
    });
    let count = prepared.filter_map(Result::ok).count();
    println!("prepared {:.1} frames/s", rate(count, start));
    Ok(())
}
