//! A second run decodes no frame and loads no tower.

use std::fs;

use predicates::prelude::*;

use crate::cache::world::{CLASSIFY, World};

#[test]
fn classify_needs_neither_frames_nor_weights() {
    let world = World::new();
    let first = world.json(CLASSIFY);
    world.destroy_unnoticed();
    assert_eq!(world.json(CLASSIFY), first);
    // Without the cache there is nothing to read any more.
    world
        .command(&format!("{CLASSIFY} --no-cache"))
        .assert()
        .code(1)
        .stderr(predicate::str::contains("clip.mp4: not a video"));
}

#[test]
fn other_knobs_need_no_frames() {
    let world = World::new();
    let knobs = ["--smoothing 0.3", "--preset released", "--smoothing 0"];
    let first = knobs.map(|knob| world.json(&format!("{CLASSIFY} --no-cache {knob}")));
    world.json(CLASSIFY);
    world.destroy_unnoticed();
    assert_eq!(knobs.map(|knob| world.json(&format!("{CLASSIFY} {knob}"))), first);
}

#[test]
fn eval_and_embed_use_the_cache() {
    let world = World::new();
    let eval = "eval manifest.jsonl --json";
    let embed = "embed --video clip.mp4 --texts lines.txt --out";
    let first = world.json(eval);
    world.command(&format!("{embed} first.safetensors")).assert().success();
    world.destroy_unnoticed();
    assert_eq!(world.json(eval), first);
    world.command(&format!("{embed} second.safetensors")).assert().success().stderr("");
    let [first, second] =
        ["first", "second"].map(|name| fs::read(world.path(&format!("{name}.safetensors"))).unwrap());
    assert_eq!(first, second);
}

#[test]
fn frames_that_the_explorer_embedded_are_written_in_order() {
    let world = World::new();
    crate::cache::pipeline::explore(&world);
    world.command("embed --video clip.mp4 --out cached.safetensors").assert().success();
    world.command("embed --video clip.mp4 --out fresh.safetensors --no-cache").assert().success();
    let [cached, fresh] = ["cached", "fresh"].map(|name| {
        let bytes = fs::read(world.path(&format!("{name}.safetensors"))).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let times = tensors.tensor("frame_pts").unwrap().data().to_vec();
        let values = tensors.tensor("frame_embeds").unwrap().data().to_vec();
        let values = values.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        (times, values.collect::<Vec<f32>>())
    });
    assert_eq!(cached.0, fresh.0);
    assert_eq!(cached.1.len(), fresh.1.len());
    // The batches were others, which may move a last bit.
    assert!(cached.1.iter().zip(&fresh.1).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn no_cache_leaves_no_cache() {
    let world = World::new();
    world.json(&format!("{CLASSIFY} --no-cache"));
    world.command(CLASSIFY).env("ACTALIGN_CACHE_SIZE", "0").assert().success().stderr("");
    assert!(!world.path("cache").exists());
}
