//! Updates of the pipeline for a clip that is cached, in part or as a whole.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::channel;

use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice, Tower};
use actalign_tui::cache::{Cache, Size};
use actalign_tui::explore::{EmbeddedFrame, Job, Model, Pipeline, Update, embed_clip};
use actalign_tui::video::{Area, Masks, Numbering, Sampling, Segment};

use crate::cache::world::World;

fn job(world: &World, texts: &[&str]) -> Job {
    let checkpoint = Checkpoint::open(&world.path("model")).unwrap();
    let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
    let cache = Cache::new(&world.path("cache"), Size(1_000_000_000));
    Job {
        clip: world.path("clip.mp4"),
        rows_per_second: None,
        sampling: Sampling::Fps(10.0),
        segment: Segment::default(),
        masks: Arc::default(),
        model: Arc::new(Model::new(checkpoint, device).with_cache(cache)),
        cover_evenly: true,
        thumbnails: Some((96, 54)),
        texts: texts.iter().map(|&text| text.to_owned()).collect(),
        known: Vec::new(),
    }
}

/// The updates of a job: sort and number of items, consecutive updates of a sort added up.
fn updates(job: &Job) -> Vec<(&'static str, usize)> {
    let mut updates: Vec<(&str, usize)> = Vec::new();
    embed_clip(job.clone(), |update| {
        let (sort, count) = match update {
            Update::Opened { expected_frames, .. } => ("opened", expected_frames.unwrap()),
            Update::Frames(frames) => ("frames", frames.len()),
            Update::Texts(texts) => ("texts", texts.len()),
            Update::Decoded { thumbnail, .. } => {
                assert!(thumbnail.is_none_or(|thumbnail| thumbnail.small.dimensions() == (64, 16)));
                ("decoded", 1)
            }
            Update::AllDecoded { frames, faults } if faults.is_empty() => ("all decoded", frames),
            Update::Ticks(_) => return,
            Update::Idle => ("idle", 1),
            update => panic!("{update:?}"),
        };
        match updates.last_mut() {
            Some((last, sum)) if *last == sort => *sum += count,
            _ => updates.push((sort, count)),
        }
    })
    .unwrap();
    updates
}

fn sum(updates: &[(&str, usize)], sort: &str) -> usize {
    updates.iter().filter(|(name, _)| *name == sort).map(|(_, count)| count).sum()
}

/// Embeds the clip as the explorer does.
pub fn explore(world: &World) {
    updates(&job(world, &["a rook"]));
}

#[test]
fn a_cached_clip_loads_no_tower() {
    let world = World::new();
    let first = updates(&job(&world, &["a rook", "a king"]));
    assert_eq!(["frames", "texts", "decoded"].map(|sort| sum(&first, sort)), [10, 2, 10]);

    world.destroy_unnoticed();
    let again = job(&world, &["a rook", "a king"]);
    let expected =
        [("opened", 10), ("frames", 10), ("texts", 2), ("decoded", 10), ("all decoded", 10), ("idle", 1)];
    assert_eq!(updates(&again), expected);
    assert!(!again.model.has_loaded(Tower::Vision) && !again.model.has_loaded(Tower::Text));
}

#[test]
fn a_new_text_on_a_cached_clip_loads_only_the_text_tower() {
    let world = World::new();
    updates(&job(&world, &["a rook"]));
    let again = job(&world, &["a rook", "a king"]);
    assert_eq!(sum(&updates(&again), "texts"), 2);
    assert!(!again.model.has_loaded(Tower::Vision) && again.model.has_loaded(Tower::Text));
}

#[test]
fn missing_thumbnails_are_decoded_without_embedding() {
    let world = World::new();
    let without = Job { thumbnails: None, ..job(&world, &["a rook"]) };
    assert_eq!(sum(&updates(&without), "frames"), 10);
    assert_eq!(world.entries("strip-"), [] as [&str; 0]);

    let with = job(&world, &["a rook"]);
    let news = updates(&with);
    assert_eq!(["frames", "texts", "decoded"].map(|sort| sum(&news, sort)), [10, 1, 10]);
    assert!(!with.model.has_loaded(Tower::Vision) && !with.model.has_loaded(Tower::Text));
    assert_eq!(world.entries("strip-").len(), 1);
}

/// The frames of a job in order.
fn frames(job: &Job) -> Vec<EmbeddedFrame> {
    let mut frames = Vec::new();
    embed_clip(job.clone(), |update| {
        if let Update::Frames(more) = update {
            frames.extend(more);
        }
    })
    .unwrap();
    frames.sort_by_key(|frame| frame.ordinal);
    frames
}

#[test]
fn frames_of_another_sampling_are_not_embedded_again() {
    let world = World::new();
    let every = frames(&Job { sampling: Sampling::Native, ..job(&world, &[]) });
    let some = Job { known: every.clone(), ..job(&world, &["a rook"]) };
    let taken = frames(&some);
    assert!(!some.model.has_loaded(Tower::Vision));
    assert_eq!(taken.len(), 10);
    let is_known = |frame: &EmbeddedFrame| {
        every.iter().any(|known| (known.ordinal, &known.embedding) == (frame.ordinal, &frame.embedding))
    };
    assert!(taken.iter().all(is_known));

    world.destroy_unnoticed();
    let again = frames(&job(&world, &["a rook"]));
    assert_eq!(again, taken, "the cache has exactly the frames of the sampling");
}

#[test]
fn a_cached_frame_at_another_time_is_not_used() {
    let world = World::new();
    let mut known = frames(&job(&world, &[]));
    for frame in &mut known {
        frame.time += 1.0;
    }
    fs::remove_dir_all(world.path("cache")).unwrap();
    let job = Job { known, ..job(&world, &[]) };
    assert_eq!(frames(&job).len(), 10);
    assert!(job.model.has_loaded(Tower::Vision));
}

#[test]
fn masked_frames_and_unmasked_ones_are_kept_apart() {
    let world = World::new();
    let segment = Segment { start: Some(0.4), end: None };
    let plain = || Job { segment, ..job(&world, &[]) };
    // The frames taken are 10, 12, 15, …; frame 3 of the segment is 12, and frame 2 is not taken.
    let area = || Area::around(&[(0, 0), (64, 16)]).into_iter().collect();
    let areas = [2, 3].map(|number| (number, area()));
    let masks = Arc::new(Masks::new(111, Numbering::FromSegment, areas.into()));
    let masked = || Job { masks: masks.clone(), ..plain() };

    let (before, after) = (frames(&plain()), frames(&masked()));
    let changed: Vec<u64> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before.embedding != after.embedding)
        .map(|(before, _)| before.ordinal)
        .collect();
    assert_eq!(changed, [12]);
    assert_eq!(["frames-", "strip-"].map(|kind| world.entries(kind).len()), [2, 2]);

    for (again, expected) in [(plain(), before), (masked(), after)] {
        assert_eq!(frames(&again), expected);
        assert!(!again.model.has_loaded(Tower::Vision));
    }
}

#[test]
fn interrupted_work_is_continued() {
    let world = World::with_frames(250);
    let native = |texts| Job { sampling: Sampling::Native, ..job(&world, texts) };
    let (sender, news) = channel();
    let pipeline = Pipeline::start(native(&[]), move |update| drop(sender.send(update)));
    while !matches!(news.recv().unwrap(), Update::Frames(_)) {}
    drop(pipeline);
    // The threads hold the sender until they have ended.
    news.iter().for_each(drop);
    assert_eq!([world.entries("partial-").len(), world.entries("frames-").len()], [1, 0]);

    let again = native(&[]);
    let mut batches = Vec::new();
    let mut ordinals = Vec::new();
    embed_clip(again, |update| {
        if let Update::Frames(frames) = update {
            batches.push(frames.len());
            ordinals.extend(frames.iter().map(|frame| frame.ordinal));
        }
    })
    .unwrap();
    assert!(batches.len() > 1 && batches[0] < 250, "{batches:?}");
    ordinals.sort_unstable();
    assert!(ordinals.into_iter().eq(0..250), "each frame once");
    assert_eq!([world.entries("partial-").len(), world.entries("frames-").len()], [0, 1]);
}

#[test]
fn a_clip_that_changes_while_it_is_embedded_is_not_kept() {
    let world = World::new();
    let mut changed = false;
    let job = job(&world, &[]);
    embed_clip(job, |update| {
        if matches!(update, Update::Opened { .. }) && !changed {
            // The open file stays as it is; its name stands for another one.
            fs::copy(world.path("clip.mp4"), world.path("other.mp4")).unwrap();
            fs::rename(world.path("other.mp4"), world.path("clip.mp4")).unwrap();
            changed = true;
        }
    })
    .unwrap();
    assert_eq!(["frames-", "partial-", "strip-"].map(|kind| world.entries(kind).len()), [0, 0, 0]);
}
