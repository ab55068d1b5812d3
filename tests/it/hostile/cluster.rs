//! Shards of job arrays, results folders of earlier runs, and caches with wrong times.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{clip, program_in};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked"]}]}"#;

struct World {
    folder: TempDir,
}

impl World {
    /// Four clips.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut lines = Vec::new();
        for number in 0..4 {
            let name = format!("{number}.mp4");
            clip::reordered(8 + number)
                .write(&folder.path().join(&name), |i, frame| clip::paint_number(i + 40 * number, frame));
            let line = json!({"id": number.to_string(), "video": name, "domain": "chess",
                "candidates": ["castling", "fork"], "answer": number % 2, "groups": []});
            lines.push(line.to_string());
        }
        fs::write(folder.path().join("manifest.jsonl"), lines.join("\n")).unwrap();
        fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
        Self { folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = program_in(self.folder.path(), arguments);
        for name in ["ID", "MIN", "MAX", "STEP", "COUNT"] {
            command.env_remove(format!("SLURM_ARRAY_TASK_{name}"));
        }
        command
    }

    /// A task of a job array, as SLURM starts it: `3-4` or `0-6:2`.
    fn task(&self, id: usize, array: &str, arguments: &str) -> Command {
        let (range, step) = array.split_once(':').unwrap_or((array, "1"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.parse::<usize>().unwrap();
        let count = (number(last) - number(first)) / number(step) + 1;
        let mut command = self.command(&format!("eval manifest.jsonl --out r {arguments}"));
        command.env("SLURM_ARRAY_TASK_ID", id.to_string()).env("SLURM_ARRAY_TASK_COUNT", count.to_string());
        command.env("SLURM_ARRAY_TASK_MIN", first).env("SLURM_ARRAY_TASK_MAX", last);
        command.env("SLURM_ARRAY_TASK_STEP", step);
        command
    }

    fn shards(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.at("r"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("shard-"))
            .collect();
        names.sort();
        names
    }
}

#[track_caller]
fn succeed(mut command: Command) -> String {
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stderr).unwrap()
}

#[track_caller]
fn fail(mut command: Command, words: &[&str]) {
    let output = command.assert().code(1).stdout("").get_output().clone();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[test]
fn resubmitted_tasks_evaluate_their_own_shards() {
    for (array, ids, again) in
        [("1-4", [1, 2, 3, 4], "3-4"), ("0-3", [0, 1, 2, 3], "2-3"), ("0-6:2", [0, 2, 4, 6], "4-6:2")]
    {
        let world = World::new();
        for id in &ids[..2] {
            succeed(world.task(*id, array, "--shard slurm"));
        }
        fail(
            world.command("eval merge r"),
            &["2 of the 4 shards are missing: 3/4, 4/4", &format!("--array={},{}", ids[2], ids[3])],
        );
        let text = succeed(world.task(ids[2], again, "--shard slurm"));
        assert!(text.contains(&format!("SLURM array task {} is shard 3/4", ids[2])), "{text}");
        // One by one, and with the number of shards.
        succeed(world.task(ids[3], &ids[3].to_string(), "--shard slurm/4"));
        assert_eq!(world.shards(), ["shard-1-of-4", "shard-2-of-4", "shard-3-of-4", "shard-4-of-4"]);
        succeed(world.command("eval merge r --out merged"));
        succeed(world.command("eval manifest.jsonl --out whole"));
        let records = |folder: &str| fs::read(world.at(folder).join("clips.jsonl")).unwrap();
        assert_eq!(records("merged"), records("whole"));
    }
}

#[test]
fn a_part_of_an_array_comes_first_where_the_number_of_shards_is_given() {
    let world = World::new();
    succeed(world.task(3, "3-4", "--shard slurm/4"));
    assert_eq!(world.shards(), ["shard-3-of-4"]);
    succeed(world.task(1, "1-2", "--shard slurm"));
    assert_eq!(world.shards(), ["shard-1-of-4", "shard-3-of-4"]);
    fail(world.task(0, "0-3", "--shard slurm"), &["r:", "tasks 1-4", "this array is 0-3"]);
    fail(world.task(2, "0-3", "--shard slurm/4"), &["r:", "tasks 1-4", "this array is 0-3"]);
    assert_eq!(world.shards(), ["shard-1-of-4", "shard-3-of-4"]);
}

#[test]
fn another_split_is_refused_with_advice() {
    let world = World::new();
    succeed(world.command("eval manifest.jsonl --out r --shard 1/4"));
    let ways = ["r holds shards of another split: into 4, not 2", "choose another --out", "shard-*-of-4"];
    fail(world.command("eval manifest.jsonl --out r --shard 2/2"), &[&ways[..], &["--shard I/4"]].concat());
    fail(world.task(1, "1-2", "--shard slurm/2"), &[&ways[..], &["--shard slurm/4"]].concat());
    // Two tasks are not all four, and which two is known: the folder's tasks count from 1.
    succeed(world.task(2, "1-2", "--shard slurm"));
    assert_eq!(world.shards(), ["shard-1-of-4", "shard-2-of-4"]);
    fail(world.task(5, "1-8", "--shard slurm"), &["the 4 shards", "this array is 1-8"]);
    // Deleted folders are forgotten.
    fs::remove_dir_all(world.at("r")).unwrap();
    succeed(world.command("eval manifest.jsonl --out r --shard 2/2"));
    assert_eq!(world.shards(), ["shard-2-of-2"]);
}

#[test]
fn shards_of_several_splits_are_neither_merged_nor_resumed() {
    let world = World::new();
    for (out, shard) in [("r", "1/2"), ("r", "2/2"), ("other", "1/4")] {
        succeed(world.command(&format!("eval manifest.jsonl --out {out} --shard {shard}")));
    }
    fs::rename(world.at("other/shard-1-of-4"), world.at("r/shard-1-of-4")).unwrap();
    let words = ["several splits", "shard-*-of-2, shard-*-of-4", "delete the folders of all but one"];
    fail(world.command("eval merge r"), &words);
    fail(world.command("eval manifest.jsonl --out r --shard 1/2"), &words);
    succeed(world.command("eval merge r/shard-1-of-2 r/shard-2-of-2 --out merged"));
}

#[test]
fn a_shard_run_by_hand_keeps_the_task_ids() {
    let world = World::new();
    succeed(world.task(0, "0-3", "--shard slurm"));
    succeed(world.command("eval manifest.jsonl --out r --shard 1/4"));
    succeed(world.task(3, "3", "--shard slurm"));
    assert_eq!(world.shards(), ["shard-1-of-4", "shard-4-of-4"]);
}

#[test]
fn an_incomplete_last_record_is_evaluated_again() {
    let world = World::new();
    succeed(world.command("eval manifest.jsonl --out r"));
    let whole = fs::read_to_string(world.at("r/clips.jsonl")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    // As after a crash of the machine between two blocks: the end is there, the middle is not.
    let torn = format!("{}{}", "\0".repeat(40), &lines[2][40..]);
    for (end, known) in
        [(format!("{torn}\n"), 2), (torn.clone(), 2), ("\0\0\0".to_owned(), 2), (lines[2].to_owned(), 2)]
    {
        fs::remove_file(world.at("r/clips.jsonl")).unwrap();
        fs::write(world.at("r/clips.part.jsonl"), format!("{}\n{}\n{end}", lines[0], lines[1])).unwrap();
        let text = succeed(world.command("eval manifest.jsonl --out r"));
        assert!(text.contains(&format!("{known} of 4 clips were done before")), "{text}");
        assert_eq!(fs::read_to_string(world.at("r/clips.jsonl")).unwrap(), whole);
    }
    // Anywhere else it is damage.
    fs::write(world.at("r/clips.part.jsonl"), format!("{torn}\n{}\n", lines[0])).unwrap();
    fail(world.command("eval manifest.jsonl --out r"), &["clips.part.jsonl was damaged or edited: line 1"]);
}

#[test]
fn temporary_files_are_removed_from_every_folder_of_the_program() {
    let world = World::new();
    succeed(world.command("eval manifest.jsonl --out r"));
    succeed(world.command("model info demo"));
    let demo = fs::read_dir(world.at("data")).unwrap().next().unwrap().unwrap().path();
    let folders = [world.at("r"), world.at("cache/embeddings"), demo.clone(), demo.join("model")];
    let name = |folder: &PathBuf, name: &str| folder.join(format!(".actalign-{name}.part"));
    for folder in &folders {
        for (kind, hours) in [("old", 2), ("new", 0)] {
            let file = fs::File::create(name(folder, kind)).unwrap();
            file.set_modified(SystemTime::now() - hours * Duration::from_secs(3600)).unwrap();
        }
    }
    succeed(world.command("eval manifest.jsonl --out r"));
    succeed(world.command("model info demo"));
    succeed(world.command("cache prune"));
    for folder in &folders {
        assert!(!name(folder, "old").exists(), "{}", folder.display());
        assert!(name(folder, "new").exists(), "{}: another process may be at it", folder.display());
    }
}

#[test]
fn a_cache_entry_from_the_future_is_evicted() {
    let world = World::new();
    succeed(world.command("eval manifest.jsonl"));
    let entries = || -> Vec<PathBuf> {
        fs::read_dir(world.at("cache/embeddings")).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let year = Duration::from_secs(365 * 24 * 3600);
    let set = |path: &Path, time: SystemTime| {
        fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    };
    let count = entries().len();
    entries().iter().for_each(|path| set(path, SystemTime::now() + 10 * year));
    // Neither removed as old nor left with a time that nothing is newer than.
    succeed(world.command("cache prune --older-than 30"));
    assert_eq!(entries().len(), count);
    let soon = SystemTime::now() + Duration::from_secs(3600);
    assert!(entries().iter().all(|path| fs::metadata(path).unwrap().modified().unwrap() < soon));
}

#[cfg(unix)]
#[test]
fn links_instead_of_locks_or_entries_are_not_written_through() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    succeed(world.command("eval manifest.jsonl --out r"));
    let before = SystemTime::now() - Duration::from_secs(24 * 3600);
    fs::write(world.at("mine"), "my own").unwrap();
    fs::remove_file(world.at("r/run.lock")).unwrap();
    symlink(world.at("mine"), world.at("r/run.lock")).unwrap();
    // An entry that is a link to its contents: it is read, but the other file's time stays.
    let entry = fs::read_dir(world.at("cache/embeddings"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("text-"))
        .unwrap();
    fs::rename(&entry, world.at("elsewhere")).unwrap();
    fs::File::options().append(true).open(world.at("elsewhere")).unwrap().set_modified(before).unwrap();
    symlink(world.at("elsewhere"), &entry).unwrap();
    let text = succeed(world.command("eval manifest.jsonl --out r"));
    assert!(text.contains("cannot lock r/run.lock"), "{text}");
    succeed(world.command("eval manifest.jsonl"));
    assert_eq!(fs::read_to_string(world.at("mine")).unwrap(), "my own");
    assert_eq!(fs::metadata(world.at("elsewhere")).unwrap().modified().unwrap(), before);
}

#[test]
fn an_unwritable_cache_does_not_end_a_run() {
    let world = World::new();
    fs::write(world.at("file"), "").unwrap();
    for cache in ["file", "file/below", &"long/".repeat(1000), &"x".repeat(300)] {
        let mut command = world.command("eval manifest.jsonl");
        command.env("ACTALIGN_CACHE_DIR", world.at(cache));
        let text = succeed(command);
        assert_eq!(text.matches("embeddings are not kept for the next run").count(), 1, "{cache}: {text}");
    }
}

#[test]
fn a_replaced_clip_is_evaluated_again() {
    let world = World::new();
    succeed(world.command("eval manifest.jsonl --out r"));
    let before = fs::read_to_string(world.at("r/clips.jsonl")).unwrap();
    assert!(!succeed(world.command("eval manifest.jsonl --out r")).contains("replaced"));
    assert_eq!(fs::read_to_string(world.at("r/clips.jsonl")).unwrap(), before);
    fs::copy(world.at("3.mp4"), world.at("0.mp4")).unwrap();
    let text = succeed(world.command("eval manifest.jsonl --out r"));
    assert!(
        text.contains("evaluated again: 1 of 4 clips") && text.contains("3 of 4 clips were done before"),
        "{text}"
    );
    succeed(world.command("eval manifest.jsonl --out fresh"));
    let after = fs::read_to_string(world.at("r/clips.jsonl")).unwrap();
    assert_ne!(after, before);
    assert_eq!(after, fs::read_to_string(world.at("fresh/clips.jsonl")).unwrap());
}
