//! Measures how early the final winner leads while the frames of a clip are still being embedded.
//!
//! Embeds every clip of a manifest and adds its frames one by one: first from the clip's start, then in the order of
//! the explorer, which covers the clip evenly. A clip is decided at the first frame after which the final winner leads
//! without a break.
//!
//!     actalign-world render --seed 7 --clips 80 --out CLIPS
//!     cargo run --release --example early_winner -- CLIPS/manifest.jsonl [MODEL]
//!
//! MODEL is the folder of a checkpoint; the default is the bundled model.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice};
use actalign_tui::eval::{Dataset, DatasetPaths};
use actalign_tui::explore::{
    EmbeddedFrame, Exploration, Job, Model, Settings, Update, embed_clip, even_coverage,
};
use actalign_tui::session::Bundle;
use actalign_tui::video::Sampling;
use color_eyre::eyre::{OptionExt, Result, ensure};

/// Shares of the frames for which the decided clips are counted.
const SHARES: [f64; 5] = [0.05, 0.1, 0.25, 0.5, 0.75];

type Texts = HashMap<String, (Vec<f32>, bool)>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let manifest = arguments
        .next()
        .ok_or_eyre("give the manifest of a dataset, as `actalign-world render` writes one")?;
    let model = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => Bundle::unpack()?.model(),
    };
    let dataset = Dataset::open(&DatasetPaths::of(manifest))?;
    let device = ComputeDevice::open(DeviceChoice::Auto)?;
    let model = Arc::new(Model::new(Checkpoint::open(&model)?, device));

    let mut texts = Texts::new();
    let mut evenly = Vec::new();
    let mut from_start = Vec::new();
    let mut right = 0;
    for (index, clip) in dataset.clips.iter().enumerate() {
        eprintln!("{}/{} {}", index + 1, dataset.clips.len(), clip.entry.id);
        let empty = Exploration::new(
            clip.candidates.clone(),
            model.calibration(),
            model.checkpoint().dim(),
            Settings::default(),
        );
        let job = Job {
            sampling: Sampling::Fps(10.0),
            segment: clip.entry.segment(),
            texts: empty.missing_texts().into_iter().filter(|text| !texts.contains_key(text)).collect(),
            ..Job::new(clip.entry.video.clone(), model.clone())
        };
        let mut frames = Vec::new();
        embed_clip(job, |update| match update {
            Update::Frames(batch) => frames.extend(batch),
            Update::Texts(batch) => {
                texts.extend(batch.into_iter().map(|(text, embedding, cut)| (text, (embedding, cut))));
            }
            _ => {}
        })?;
        ensure!(!frames.is_empty(), "{} has no frame", clip.entry.id);

        let (share, winner) = decided(&empty, &texts, frames.iter())?;
        from_start.push(share);
        right += usize::from(winner == clip.entry.answer);
        let mut order: Vec<usize> = (0..frames.len()).collect();
        order.sort_by_key(|&index| even_coverage(index));
        evenly.push(decided(&empty, &texts, order.into_iter().map(|index| &frames[index]))?.0);
    }

    println!("{} clips, the final winner right in {right}", evenly.len());
    print!("{:16} {:>8} {:>16}", "order", "median", "90th percentile");
    for share in SHARES {
        print!(" {:>8}", format!("by {:.0} %", 100.0 * share));
    }
    println!();
    for (name, mut shares) in [("even coverage", evenly), ("from the start", from_start)] {
        shares.sort_by(f64::total_cmp);
        // The smallest share that `p` of the clips do not exceed.
        let percentile = |p: f64| 100.0 * shares[((p * shares.len() as f64).ceil() as usize).max(1) - 1];
        print!("{name:16} {:>6.1} % {:>14.1} %", percentile(0.5), percentile(0.9));
        for limit in SHARES {
            let by_then = shares.iter().filter(|&&share| share <= limit).count();
            print!(" {:>6.1} %", 100.0 * by_then as f64 / shares.len() as f64);
        }
        println!();
    }
    Ok(())
}

/// Adds the frames one by one. Returns the share of them after which the final winner keeps the lead, and its index.
fn decided<'a>(
    empty: &Exploration,
    texts: &Texts,
    frames: impl ExactSizeIterator<Item = &'a EmbeddedFrame>,
) -> Result<(f64, usize)> {
    let mut exploration = empty.clone();
    let known = empty.missing_texts().into_iter().filter_map(|text| {
        let (embedding, cut) = texts.get(&text)?;
        Some((text, embedding.clone(), *cut))
    });
    exploration.add_texts(known);
    let all = frames.len();
    let (mut winner, mut since) = (None, 0);
    for (arrived, frame) in frames.enumerate() {
        exploration.add_frames([frame.clone()]);
        exploration.refresh()?;
        let leader = exploration.outcome().ranking.first().copied();
        if leader != winner {
            (winner, since) = (leader, arrived + 1);
        }
    }
    Ok((since as f64 / all as f64, winner.ok_or_eyre("no candidate could be aligned")?))
}
