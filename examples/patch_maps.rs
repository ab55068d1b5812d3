//! Measures maps of frames: which windows carry the similarity to a step?
//!
//! Takes the middle frame of each step on the path of each clip's true class, and compares three ways to mask a window, and
//! windows of 3 × 3 with single ones, with two maps that see nothing: nearness to the centre, and chance. *Deletion* masks
//! the windows from the highest value down, *insertion* brings them back in the same order, and both give the mean cosine
//! on the way; each with a mean colour and with a blur, lest a map wins because it masks as it is measured. *Athlete* and
//! *prop* are the frames whose highest window lies in the box of either.
//!
//!     actalign-world render --seed 2001 --clips 20 --out CLIPS
//!     cargo run --release --example patch_maps -- CLIPS/manifest.jsonl [MODEL]
//!
//! MODEL is the folder of a checkpoint; the default is the bundled model.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actalign_tui::align::unit_rows;
use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice, PreparedImage, VisionTower};
use actalign_tui::eval::{Clip, Dataset, DatasetPaths};
use actalign_tui::explain::{Grid, Mask};
use actalign_tui::explore::{Exploration, Job, Model, Settings, Update, embed_clip, embed_texts, patch_grid};
use actalign_tui::session::Bundle;
use actalign_tui::video::{Sampling, VideoReader};
use color_eyre::eyre::{OptionExt, Result, ensure};
use ndarray::{Array1, Array2};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::Deserialize;

const MASKS: [(&str, Mask); 3] = [("mean colour", Mask::Mean), ("grey", Mask::Grey), ("blur", Mask::Blur)];
/// What deletion and insertion mask with.
const BASELINES: [Mask; 2] = [Mask::Mean, Mask::Blur];
/// Windows that change between two points of a curve, as a share of all.
const POINTS: usize = 16;

/// Where athlete and prop are in a frame.
#[derive(Deserialize)]
struct Boxes {
    time: f64,
    athlete: Option<[f64; 4]>,
    prop: Option<[f64; 4]>,
}

/// A frame, and the direction of the step that it shows.
struct Item {
    square: PreparedImage,
    text: Array1<f32>,
    /// Boxes of athlete and prop.
    boxes: [Option<[f64; 4]>; 2],
}

/// Sums over the frames of a map.
#[derive(Default)]
struct Sums {
    frames: usize,
    /// Of deletion and insertion, by baseline.
    curves: [[f64; 2]; 2],
    /// Frames with a box, and those whose highest window lies in it: athlete and prop.
    pointing: [(usize, usize); 2],
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let manifest = arguments
        .next()
        .map(PathBuf::from)
        .ok_or_eyre("give the manifest of a dataset, as `actalign-world render` writes one")?;
    let model = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => Bundle::unpack()?.model(),
    };
    let boxes = fs::read(manifest.with_file_name("boxes.json"))?;
    let boxes: HashMap<String, Vec<Boxes>> = serde_json::from_slice(&boxes)?;
    let dataset = Dataset::open(&DatasetPaths::of(manifest))?;
    let device = ComputeDevice::open(DeviceChoice::Auto)?;
    let model = Arc::new(Model::new(Checkpoint::open(&model)?, device));
    let tower = model.vision()?;

    let mut sums: BTreeMap<(usize, String), Sums> = BTreeMap::new();
    let mut dice = Pcg64::seed_from_u64(1);
    let mut count = 0;
    for (index, clip) in dataset.clips.iter().enumerate() {
        eprintln!("{}/{} {}", index + 1, dataset.clips.len(), clip.entry.id);
        let boxes = boxes.get(&clip.entry.id).ok_or_eyre("boxes.json lacks a clip")?;
        for item in items(clip, boxes, &model)? {
            count += 1;
            let grid = patch_grid(&model, &item.square);
            for (place, (name, map)) in maps(&item, &tower, grid, &mut dice)?.into_iter().enumerate() {
                sums.entry((place, name)).or_default().add(&item, &map, &tower, grid)?;
            }
        }
    }

    println!("{} clips, {count} frames\n", dataset.clips.len());
    println!(
        "| map | deletion, mean colour | deletion, blur | insertion, mean colour | insertion, blur | athlete | prop |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for ((_, name), Sums { frames, curves, pointing }) in &sums {
        let [mean, blur] = curves.map(|curve| curve.map(|sum| sum / (*frames).max(1) as f64));
        let [athlete, prop] = pointing.map(|(of, hits)| 100.0 * hits as f64 / of.max(1) as f64);
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {:.3} | {athlete:.1} % | {prop:.1} % |",
            mean[0], blur[0], mean[1], blur[1]
        );
    }
    Ok(())
}

/// The middle frame of each step on the path of the true class.
fn items(clip: &Clip, boxes: &[Boxes], model: &Arc<Model>) -> Result<Vec<Item>> {
    let dim = model.checkpoint().dim();
    let mut exploration =
        Exploration::new(clip.candidates.clone(), model.calibration(), dim, Settings::default());
    let job = Job {
        sampling: Sampling::Fps(10.0),
        segment: clip.entry.segment(),
        texts: exploration.missing_texts(),
        ..Job::new(clip.entry.video.clone(), model.clone())
    };
    embed_clip(job, |update| match update {
        Update::Frames(frames) => exploration.add_frames(frames),
        Update::Texts(texts) => exploration.add_texts(texts),
        _ => {}
    })?;
    exploration.refresh()?;
    let outcome = exploration.outcome();
    let class = outcome.classes[clip.entry.answer].as_ref().ok_or_eyre("the class is not aligned")?;
    let mut wanted: HashMap<u64, Vec<usize>> = HashMap::new();
    for step in 0..class.cells.nrows() {
        let path = &class.alignment.path;
        let frames: Vec<usize> = path.iter().filter(|cell| cell.0 == step).map(|cell| cell.1).collect();
        wanted.entry(outcome.ordinals[frames[frames.len() / 2]]).or_default().push(step);
    }
    let mut items = Vec::new();
    let video: &Path = &clip.entry.video;
    for frame in VideoReader::open(video, Sampling::Fps(10.0), clip.entry.segment())? {
        let frame = frame?;
        let nearest =
            boxes.iter().min_by(|a, b| (a.time - frame.time).abs().total_cmp(&(b.time - frame.time).abs()));
        let nearest = nearest.ok_or_eyre("a clip without boxes")?;
        for &step in wanted.get(&frame.ordinal).into_iter().flatten() {
            let sentence = exploration.sentence(clip.entry.answer, step);
            let embedded = embed_texts(model, vec![sentence])?;
            let text = Array2::from_shape_vec((1, dim), embedded[0].1.clone())?;
            items.push(Item {
                square: model.checkpoint().preprocessor().prepare(&frame.rgb, frame.width, frame.height),
                text: unit_rows(text.view()).row(0).to_owned(),
                boxes: [nearest.athlete, nearest.prop],
            });
        }
    }
    ensure!(items.len() == class.cells.nrows(), "{} lacks frames", clip.entry.id);
    Ok(items)
}

/// Cosines of pictures with a text.
fn cosines(tower: &VisionTower, pictures: &[PreparedImage], text: &Array1<f32>) -> Result<Vec<f32>> {
    Ok(unit_rows(tower.embed(pictures)?.view()).dot(text).to_vec())
}

/// Every map of a frame, with its name.
fn maps(
    item: &Item,
    tower: &VisionTower,
    grid: Grid,
    dice: &mut Pcg64,
) -> Result<Vec<(String, Array2<f32>)>> {
    let shape = grid.shape();
    let mut maps = Vec::new();
    for (name, mask) in MASKS {
        let mask = mask.picture(&item.square, grid);
        for (size, reach) in [("one window", 0), ("3 × 3", 1)] {
            let pictures: Vec<PreparedImage> = grid
                .windows()
                .map(|(row, column)| {
                    grid.masked(&item.square, &mask, |other| {
                        other.0.abs_diff(row) <= reach && other.1.abs_diff(column) <= reach
                    })
                })
                .collect();
            let losses = cosines(tower, &pictures, &item.text)?.into_iter().map(|cosine| -cosine).collect();
            maps.push((format!("occlusion by {name}, {size}"), Array2::from_shape_vec(shape, losses)?));
        }
    }
    let middle = |count: usize| (count as f32 - 1.0) / 2.0;
    let nearness = |(row, column): (usize, usize)| {
        -(row as f32 - middle(shape.0)).hypot(column as f32 - middle(shape.1))
    };
    maps.push(("centre".to_owned(), Array2::from_shape_fn(shape, nearness)));
    maps.push(("random".to_owned(), Array2::from_shape_simple_fn(shape, || dice.random())));
    Ok(maps)
}

impl Sums {
    fn add(&mut self, item: &Item, map: &Array2<f32>, tower: &VisionTower, grid: Grid) -> Result<()> {
        self.frames += 1;
        let mut order: Vec<((usize, usize), f32)> =
            map.indexed_iter().map(|(at, &value)| (at, value)).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut rank = Array2::zeros(map.dim());
        order.iter().enumerate().for_each(|(place, (window, _))| rank[*window] = place);
        for (baseline, curves) in BASELINES.into_iter().zip(&mut self.curves) {
            let mask = baseline.picture(&item.square, grid);
            for (kind, curve) in curves.iter_mut().enumerate() {
                let is_insertion = kind == 1;
                let pictures: Vec<PreparedImage> = (0..=POINTS)
                    .map(|point| {
                        let changed = order.len() * point / POINTS;
                        grid.masked(&item.square, &mask, |window| (rank[window] < changed) != is_insertion)
                    })
                    .collect();
                let found = cosines(tower, &pictures, &item.text)?;
                *curve += f64::from(found.iter().sum::<f32>()) / found.len() as f64;
            }
        }
        let ((row, column), _) = order[0];
        let (rows, columns) = grid.shape();
        let (x, y) = ((column as f64 + 0.5) / columns as f64, (row as f64 + 0.5) / rows as f64);
        for (sides, (of, hits)) in item.boxes.iter().zip(&mut self.pointing) {
            let Some([left, top, right, bottom]) = *sides else { continue };
            *of += 1;
            *hits += usize::from((left..=right).contains(&x) && (top..=bottom).contains(&y));
        }
        Ok(())
    }
}
