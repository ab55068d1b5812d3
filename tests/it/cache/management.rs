//! `actalign-tui cache`.

use std::fs;

use predicates::prelude::*;

use crate::cache::world::{CLASSIFY, World, age};

#[test]
fn info_shows_folder_and_size_as_text_and_json() {
    let world = World::new();
    assert_eq!(world.json("cache info --json")["entries"], 0);
    world.json(CLASSIFY);
    let info = world.json("cache info --json");
    let names = world.entries("");
    let bytes: u64 = names.iter().map(|name| fs::metadata(world.entry(name)).unwrap().len()).sum();
    assert_eq!(info["entries"], names.len());
    assert_eq!((&info["bytes"], &info["limit_bytes"]), (&bytes.into(), &2_000_000_000_u64.into()));
    assert_eq!(
        (&info["kinds"]["frames"]["entries"], &info["kinds"]["text"]["entries"]),
        (&1.into(), &7.into())
    );
    assert_eq!(info["folder"], world.path("cache/embeddings").to_str().unwrap());
    world
        .command("cache info")
        .env("ACTALIGN_CACHE_SIZE", "1.5 GB")
        .assert()
        .success()
        .stdout(predicate::str::contains("1.50 GB").and(predicate::str::contains("embeddings")));
}

#[test]
fn clear_removes_the_entries_and_nothing_else() {
    let world = World::new();
    world.json(CLASSIFY);
    let foreign = world.entry("notes.txt");
    fs::write(&foreign, "mine").unwrap();
    fs::write(world.path("cache/text-other"), "mine").unwrap();
    world.command("cache clear").assert().success().stdout(predicate::str::contains("entries removed"));
    assert_eq!(world.entries(""), ["notes.txt"]);
    assert!(world.path("cache/text-other").exists());
    assert_eq!(world.json("cache info --json")["entries"], 0);
}

#[test]
fn prune_is_by_age_or_size() {
    let world = World::new();
    world.json(CLASSIFY);
    let count = world.entries("").len();
    world.command("cache prune").assert().success().stdout(predicate::str::starts_with("0 entries"));
    assert_eq!(world.entries("").len(), count, "all of it is within the limit");

    // An hour is less than a day, and more than none.
    let texts = world.entries("text-");
    texts.iter().for_each(|name| age(&world.entry(name)));
    world.command("cache prune --older-than 1").assert().success();
    assert_eq!(world.entries("").len(), count);
    let size: u64 = world.json("cache info --json")["bytes"].as_u64().unwrap();
    world.command(&format!("cache prune --to {}", size - 1)).assert().success();
    assert_eq!(world.entries("text-").len(), texts.len() - 1, "what was used longest ago goes first");
    assert_eq!(world.entries("").len(), count - 1);
    world.command("cache prune --to 0").assert().success();
    assert_eq!(world.entries(""), [] as [&str; 0]);
    world.command("cache prune --to many").assert().code(2).stderr(predicate::str::contains("500MB"));
}

#[test]
fn the_limit_holds_while_runs_write() {
    let world = World::new();
    for fps in 1..8 {
        world
            .command(&format!("{CLASSIFY} --fps {fps}"))
            .env("ACTALIGN_CACHE_SIZE", "8kB")
            .assert()
            .success();
        let info = world.json("cache info --json");
        assert!(info["bytes"].as_u64().unwrap() <= 8000, "{info}");
        assert!(info["entries"].as_u64().unwrap() > 0);
    }
    assert!(world.entries("frames-").len() < 7);
}
