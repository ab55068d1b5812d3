//! Measures how early the final winner leads while the frames of a clip are still being embedded.
//!
//! Embeds every clip of a manifest and adds its frames one by one: first from the clip's start, then in an order that covers
//! the clip evenly. A clip is decided at the first frame after which the final winner leads without a break. Then adds
//! the frames that say most, until the winner is settled, as `classify --until-settled` does, and compares it with the
//! final one.
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
    EmbeddedFrame, Exploration, Job, Model, Settings, Settling, Update, embed_clip, even_coverage,
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
    let mut until_settled = Vec::new();
    let (mut right, mut same, mut same_early, mut early) = (0, 0, 0, 0);
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
        let (share, settled) = settled(&empty, &texts, &frames)?;
        until_settled.push(share);
        same += usize::from(settled == winner);
        early += usize::from(share < 1.0);
        same_early += usize::from(share < 1.0 && settled == winner);
        if settled != winner {
            eprintln!("settled after {:.1} % for {settled}, finally {winner}", 100.0 * share);
        }
    }

    println!("{} clips, the final winner right in {right}", evenly.len());
    print!("{:16} {:>8} {:>16}", "order", "median", "90th percentile");
    for share in SHARES {
        print!(" {:>8}", format!("by {:.0} %", 100.0 * share));
    }
    println!();
    let mean = until_settled.iter().sum::<f64>() / until_settled.len() as f64;
    let orders =
        [("even coverage", evenly), ("from the start", from_start), ("until settled", until_settled)];
    for (name, mut shares) in orders {
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
    println!(
        "until settled: {:.1} % of the frames of a clip, {early} clips before all frames were in; the final winner in {same} of \
         all clips and {same_early} of these",
        100.0 * mean
    );
    Ok(())
}

fn with_texts(empty: &Exploration, texts: &Texts) -> Exploration {
    let mut exploration = empty.clone();
    let known = empty.missing_texts().into_iter().filter_map(|text| {
        let (embedding, cut) = texts.get(&text)?;
        Some((text, embedding.clone(), *cut))
    });
    exploration.add_texts(known);
    exploration
}

/// Adds the frames that say most until the winner is settled. Returns the share of them, and the winner.
fn settled(empty: &Exploration, texts: &Texts, frames: &[EmbeddedFrame]) -> Result<(f64, usize)> {
    let mut exploration = with_texts(empty, texts);
    let rows = frames.iter().flat_map(|frame| frame.shown.rows.iter().map(|&time| (time, frame.ordinal)));
    let mut ticks: Vec<(f64, u64)> = rows.collect();
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut settling = Settling::default();
    loop {
        let clip = exploration.sparse_clip(&ticks).ok_or_eyre("no candidate could be aligned")?;
        let mut next = clip.first_rows();
        if next.is_empty() {
            let look = clip.look()?;
            let seen = exploration.frame_count();
            if settling.add(&look) || seen == frames.len() {
                return Ok((seen as f64 / frames.len() as f64, look.leader));
            }
            next = look.next;
        }
        let chosen = |frame: &&EmbeddedFrame| next.iter().any(|&row| ticks[row].1 == frame.ordinal);
        exploration.add_frames(frames.iter().filter(chosen).cloned());
    }
}

/// Adds the frames one by one. Returns the share of them after which the final winner keeps the lead, and its index.
fn decided<'a>(
    empty: &Exploration,
    texts: &Texts,
    frames: impl ExactSizeIterator<Item = &'a EmbeddedFrame>,
) -> Result<(f64, usize)> {
    let mut exploration = with_texts(empty, texts);
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
