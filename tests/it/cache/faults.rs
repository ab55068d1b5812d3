//! Faults of the cache cost time and nothing else.

use std::fs;
use std::process::{Command, Stdio};

use predicates::prelude::*;
use serde_json::Value;

use crate::cache::world::{CLASSIFY, World, agree};

const NOTICE: &str = "embeddings are not kept for the next run";

#[test]
fn a_damaged_entry_is_made_again() {
    let world = World::new();
    let first = world.json(CLASSIFY);
    let names = world.entries("");
    assert!(names.len() > 10, "{names:?}");
    let damages: [fn(&mut Vec<u8>); 6] = [
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| bytes[20] ^= 0x80,
        |bytes| bytes[7] = b'9',
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.push(0),
        |bytes| bytes.clear(),
    ];
    for damage in damages {
        for name in &names {
            let mut bytes = fs::read(world.entry(name)).unwrap();
            damage(&mut bytes);
            fs::write(world.entry(name), bytes).unwrap();
            assert!(!world.is_sound(name));
        }
        agree(&world.json(CLASSIFY), &first);
        assert_eq!(world.entries(""), names);
        assert!(names.iter().all(|name| world.is_sound(name)), "each of them is made again");
    }
}

#[test]
fn an_entry_under_another_name_is_not_used() {
    let world = World::new();
    let first = world.json(CLASSIFY);
    world.json(&format!("{CLASSIFY} --fps 5"));
    let frames = world.entries("frames-");
    assert_eq!(frames.len(), 2);
    let [a, b] = [&frames[0], &frames[1]].map(|name| fs::read(world.entry(name)).unwrap());
    fs::write(world.entry(&frames[0]), b).unwrap();
    fs::write(world.entry(&frames[1]), a).unwrap();
    assert_eq!(world.json(CLASSIFY), first);
}

#[test]
fn an_unwritable_folder_is_reported_once() {
    let world = World::new();
    let first = world.json(&format!("{CLASSIFY} --no-cache"));
    fs::write(world.path("file"), "").unwrap();
    let run_with = |cache: &str, arguments: &str| {
        let mut command = world.command(arguments);
        command.env("ACTALIGN_CACHE_DIR", world.path(cache));
        let output = command.assert().success().get_output().clone();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.matches(NOTICE).count(), 1, "{stderr}");
        assert!(stderr.contains(cache) && stderr.contains("ACTALIGN_CACHE_DIR"), "{stderr}");
        output.stdout
    };
    let run = |arguments: &str| run_with("file/within", arguments);
    let once: Value = serde_json::from_slice(&run(CLASSIFY)).unwrap();
    agree(&once, &first);
    run("classify clip.mp4 clip.mp4 --scripts scripts.json --json");
    run("eval manifest.jsonl --json");
    run("embed --texts lines.txt --out texts.npy");
    for cache in ["file", &"long/".repeat(1000), &"x".repeat(300)] {
        run_with(cache, "eval manifest.jsonl");
    }
}

#[test]
fn a_full_disk_is_reported_once_and_leaves_no_temporary_file() {
    let world = World::new();
    let first = world.json(&format!("{CLASSIFY} --no-cache"));
    // No file may grow past 512 bytes: the write fails midway, as it does where no space is left.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]);
    let process = world.process(CLASSIFY);
    limited
        .arg(process.get_program())
        .args(process.get_args())
        .current_dir(process.get_current_dir().unwrap());
    limited.envs(process.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    agree(&serde_json::from_slice(&output.stdout).unwrap(), &first);
    assert_eq!(stderr.matches(NOTICE).count(), 1, "{stderr}");
    assert_eq!(world.entries("frames-"), [] as [&str; 0]);
    assert_eq!(world.entries(".actalign-"), [] as [&str; 0]);
}

#[test]
fn several_processes_write_and_read_at_once() {
    let world = World::new();
    let first = world.json(&format!("{CLASSIFY} --no-cache"));
    // A small limit makes them evict one another's entries as well.
    for limit in ["2GB", "6000"] {
        let processes: Vec<_> = (0..6)
            .map(|_| {
                let mut process = world.process(CLASSIFY);
                process.env("ACTALIGN_CACHE_SIZE", limit).stdout(Stdio::piped()).stderr(Stdio::piped());
                process.spawn().unwrap()
            })
            .collect();
        for process in processes {
            let output = process.wait_with_output().unwrap();
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
            agree(&serde_json::from_slice(&output.stdout).unwrap(), &first);
        }
        assert_eq!(world.entries(".actalign-"), [] as [&str; 0]);
    }
}

#[test]
fn a_killed_run_does_not_harm_the_next() {
    let world = World::with_frames(200);
    let arguments = format!("{CLASSIFY} --fps native");
    let first = world.json(&format!("{arguments} --no-cache"));
    for entries in [1, 3, 6, 9] {
        let _ = fs::remove_dir_all(world.path("cache"));
        let mut process = world.process(&arguments).stdout(Stdio::null()).spawn().unwrap();
        // Wherever it is when so many entries are there; it may have ended before.
        while world.entries("").len() < entries && process.try_wait().unwrap().is_none() {}
        process.kill().unwrap();
        process.wait().unwrap();
        agree(&world.json(&arguments), &first);
        agree(&world.json(&arguments), &first);
        assert_eq!(world.entries("frames-").len(), 1);
    }
}

#[test]
fn a_limit_that_is_not_a_size_is_refused() {
    let world = World::new();
    world
        .command(CLASSIFY)
        .env("ACTALIGN_CACHE_SIZE", "plenty")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("ACTALIGN_CACHE_SIZE").and(predicate::str::contains("plenty")));
}
