//! Long evaluations: interrupted and resumed, in shards, several at a time.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{SCRIPTS, run};
use crate::support::{MODEL, clip};

/// Seven clips, of which one is broken and one is missing.
fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (number, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let path = folder.path().join(format!("{name}.mp4"));
        clip::reordered(10 + 3 * number).write(&path, |i, frame| clip::paint_number(i + 40 * number, frame));
    }
    fs::write(folder.path().join("broken.mp4"), "no video").unwrap();
    let line = |(answer, name): (usize, &str)| {
        json!({"id": name, "video": format!("{name}.mp4"), "domain": "chess",
            "candidates": ["castling", "fork", "pin"], "answer": answer % 3, "groups": []})
    };
    let names = ["a", "broken", "b", "c", "missing", "d", "e"];
    let lines: Vec<String> = names.into_iter().enumerate().map(|clip| line(clip).to_string()).collect();
    fs::write(folder.path().join("manifest.jsonl"), lines.join("\n")).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// All files of a folder but the lock.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .filter(|(name, _)| name != "run.lock")
        .collect();
    files.sort();
    files
}

#[test]
fn an_interrupted_evaluation_resumes_after_its_last_whole_record() {
    let folder = dataset();
    let at = |path: &str| folder.path().join(path);
    run(folder.path(), "eval manifest.jsonl --aligners drop --out whole").assert().success();
    let whole = files(&at("whole"));
    let records = lines(&at("whole/clips.jsonl"));
    assert_eq!(records.len(), 7);

    // As the program leaves it after any number of clips, with the last line cut off anywhere.
    for (done, cut) in [(0, 0), (0, 17), (3, 0), (4, 1), (6, 90)] {
        let out = at(&format!("resumed-{done}-{cut}"));
        fs::create_dir(&out).unwrap();
        fs::copy(at("whole/run.json"), out.join("run.json")).unwrap();
        let next = records.get(done).map_or("", |line| &line[..cut]);
        let marked: Vec<String> = records[..done]
            .iter()
            // A mark that a second evaluation would not make.
            .map(|line| line.replace("\"damaged_pieces\":0", "\"damaged_pieces\":7") + "\n")
            .collect();
        fs::write(out.join("clips.part.jsonl"), marked.concat() + next).unwrap();
        let name = out.file_name().unwrap().to_str().unwrap();
        run(folder.path(), &format!("eval manifest.jsonl --aligners drop --out {name}")).assert().success();
        let read = |line: &&String| line.contains("damaged_pieces");
        let expected: Vec<String> = records
            .iter()
            .enumerate()
            .map(|(at, line)| match at < done {
                true => line.replace("\"damaged_pieces\":0", "\"damaged_pieces\":7"),
                false => line.clone(),
            })
            .collect();
        assert_eq!(lines(&out.join("clips.jsonl")), expected, "{done} {cut}");
        assert_eq!(expected.iter().filter(read).count(), 5);
        assert!(!out.join("clips.part.jsonl").exists());
    }

    // Once more on what is finished: nothing changes.
    run(folder.path(), "eval manifest.jsonl --aligners drop --out whole")
        .assert()
        .success()
        .stderr(predicate::str::contains("5 of 7 clips were done before"));
    assert_eq!(files(&at("whole")), whole);
}

#[test]
fn an_evaluation_of_an_earlier_version_keeps_its_records_and_lacks_its_confidence() {
    let folder = dataset();
    let clips = folder.path().join("results/clips.jsonl");
    run(folder.path(), "eval manifest.jsonl --out results").assert().success();
    let earlier: Vec<String> = lines(&clips)
        .iter()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            for row in record["rows"].as_array_mut().into_iter().flatten() {
                row.as_object_mut().unwrap().remove("confidence");
            }
            record.to_string() + "\n"
        })
        .collect();
    fs::write(&clips, earlier.concat()).unwrap();
    let output = run(folder.path(), "eval manifest.jsonl --out results --json")
        .assert()
        .success()
        .get_output()
        .clone();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let measures: Vec<&str> = document["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["measure"].as_str().unwrap())
        .collect();
    assert_eq!(measures, ["margin", "max-softmax"].repeat(6));
    assert!(!fs::read_to_string(&clips).unwrap().contains("confidence"));
}

#[test]
fn unread_clips_are_tried_again_on_resuming() {
    let folder = dataset();
    run(folder.path(), "eval manifest.jsonl --out results")
        .assert()
        .success()
        .stdout(predicate::str::contains("could not be read (2)"));
    fs::copy(folder.path().join("a.mp4"), folder.path().join("missing.mp4")).unwrap();
    run(folder.path(), "eval manifest.jsonl --out results")
        .assert()
        .success()
        .stdout(predicate::str::contains("could not be read (1)").and(predicate::str::contains("6 of 7")));
}

#[test]
fn shards_make_the_result_of_one_process_to_the_last_bit() {
    let folder = dataset();
    let at = |path: &str| folder.path().join(path);
    run(folder.path(), "eval manifest.jsonl --out whole").assert().success();
    for shard in ["2/3", "1/3"] {
        run(folder.path(), &format!("eval manifest.jsonl --out parts --shard {shard}"))
            .assert()
            .success()
            .stderr(predicate::str::contains("eval merge parts"));
    }
    run(folder.path(), "eval merge parts")
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("1 of the 3 shards are missing: 3/3"));
    run(folder.path(), "eval manifest.jsonl --out parts --shard slurm")
        .env("SLURM_ARRAY_TASK_ID", "6")
        .env("SLURM_ARRAY_TASK_MIN", "4")
        .env("SLURM_ARRAY_TASK_COUNT", "3")
        .assert()
        .success();
    let merged =
        run(folder.path(), "eval merge parts --out merged --json").assert().success().get_output().clone();
    let of_whole = run(folder.path(), "eval manifest.jsonl --json").assert().success().get_output().clone();
    assert_eq!(merged.stdout, of_whole.stdout);
    assert_eq!(files(&at("merged")), files(&at("whole")));
    // Into the folder of the shards, where none is named; and again.
    run(folder.path(), "eval merge parts").assert().success();
    run(folder.path(), "eval merge parts").assert().success();
    assert_eq!(files(&at("parts")), files(&at("whole")));
    // The merged evaluation can be gone on with as one.
    run(folder.path(), "eval manifest.jsonl --out merged").assert().success();
    assert_eq!(files(&at("merged")), files(&at("whole")));
}

#[test]
fn other_evaluations_are_neither_merged_nor_resumed() {
    let folder = dataset();
    let at = |path: &str| folder.path().join(path);
    for shard in ["1/2", "2/2"] {
        run(folder.path(), &format!("eval manifest.jsonl --out parts --shard {shard}")).assert().success();
    }
    run(folder.path(), "eval manifest.jsonl --out other --shard 2/2 --fps 5").assert().success();
    fs::create_dir(at("nothing")).unwrap();
    fs::create_dir(at("torn")).unwrap();
    fs::write(at("torn/run.json"), "{").unwrap();
    fs::create_dir(at("begun")).unwrap();
    fs::copy(at("parts/shard-2-of-2/run.json"), at("begun/run.json")).unwrap();
    run(folder.path(), "eval manifest.jsonl --out all").assert().success();
    let error = |arguments: &str, words: &[&str]| {
        let output = run(folder.path(), arguments).assert().code(1).stdout("").get_output().clone();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(words.iter().all(|word| error.contains(word)), "{arguments}: {error}");
    };
    error("eval merge parts/shard-1-of-2 other/shard-2-of-2 --out m", &["differ in", "sampling (10, not 5)"]);
    error("eval merge parts/shard-1-of-2 parts --out m", &["are the same shard"]);
    error("eval merge nothing", &["no shard is in nothing"]);
    error("eval merge nowhere", &["nowhere"]);
    error("eval merge torn", &["torn/run.json", "choose another --out, or delete it"]);
    error(
        "eval merge parts/shard-1-of-2 begun --out m",
        &["begun is not finished: 0 of 3 clips", "run the same command"],
    );
    error("eval merge all", &["all is not a shard"]);
    error("eval merge parts/shard-1-of-2 parts/shard-2-of-2", &["name one for the results with --out"]);
    error("eval merge parts/shard-1-of-2", &["1 of the 2 shards are missing: 2/2"]);
    error("eval manifest.jsonl --out all --aligners drop", &["all holds another evaluation", "rows"]);
    error("eval manifest.jsonl --out all --fps 5", &["sampling (10, not 5)", "choose another --out"]);
    error("eval manifest.jsonl --out torn", &["torn/run.json"]);
    fs::write(at("scripts.json"), SCRIPTS.replace("knight", "horse")).unwrap();
    error("eval manifest.jsonl --out all", &["differs in", "scripts"]);
    for usage in ["--shard 1/2", "--shard 3/2 --out x", "--shard slurm --out x"] {
        run(folder.path(), &format!("eval manifest.jsonl {usage}"))
            .env_remove("SLURM_ARRAY_TASK_ID")
            .assert()
            .code(2);
    }
}

#[test]
fn merging_neither_mixes_nor_replaces_another_evaluation() {
    let folder = dataset();
    let at = |path: &str| folder.path().join(path);
    for shard in ["1/2", "2/2"] {
        run(folder.path(), &format!("eval manifest.jsonl --out parts --shard {shard} --fps 5"))
            .assert()
            .success();
    }
    run(folder.path(), "eval manifest.jsonl --out other").assert().success();
    let before = files(&at("other"));
    run(folder.path(), "eval merge parts --out other")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("other holds another evaluation"));
    assert_eq!(files(&at("other")), before);
    // What a run that was ended has left there is not taken for the shards'.
    fs::write(at("parts/clips.part.jsonl"), lines(&at("other/clips.jsonl")).join("\n") + "\n").unwrap();
    run(folder.path(), "eval merge parts").assert().success();
    assert!(!at("parts/clips.part.jsonl").exists());
}

/// Whatever the files of an evaluation hold, they are used or refused.
#[test]
fn damaged_folders_are_refused() {
    let folder = dataset();
    let at = |path: &str| folder.path().join(path);
    run(folder.path(), "eval manifest.jsonl --out whole").assert().success();
    run(folder.path(), "eval manifest.jsonl --out parts --shard 1/1").assert().success();
    let text = |path: &str| fs::read_to_string(at(path)).unwrap();
    let (run_file, records) = (text("whole/run.json"), lines(&at("whole/clips.jsonl")));
    let refused = |command: &str| {
        run(folder.path(), command).assert().code(1).stderr(
            predicate::str::contains("was damaged or edited").or(predicate::str::contains("not finished")),
        );
    };
    for change in [
        // A row that the settings do not have, a class that is no candidate, a clip twice.
        records[0].replace("\"+smoothing\"", "\"other\""),
        records[0].replace("\"answer\":0", "\"answer\":9"),
        records[2].clone(),
    ] {
        let changed: Vec<String> = [change].into_iter().chain(records[1..].iter().cloned()).collect();
        fs::write(at("whole/clips.jsonl"), changed.join("\n") + "\n").unwrap();
        refused("eval manifest.jsonl --out whole");
        refused("whole --plain");
    }
    fs::write(at("whole/clips.jsonl"), records.join("\n") + "\n").unwrap();
    let mut document: Value = serde_json::from_str(&run_file).unwrap();
    document["settings"]["rows"] = json!([]);
    fs::write(at("whole/run.json"), document.to_string()).unwrap();
    refused("whole --plain");
    let shard: Value = serde_json::from_str(&text("parts/shard-1-of-1/run.json")).unwrap();
    for (number, of) in [(0, 1), (2, 1), (0, 0), (1, 100_001), (1, 1_000_000_000_000_u64)] {
        let mut shard = shard.clone();
        shard["shard"] = json!({"number": number, "of": of});
        fs::write(at("parts/shard-1-of-1/run.json"), shard.to_string()).unwrap();
        refused("eval merge parts");
    }
}

/// Half precision changes embeddings, and another folder holds other clips.
#[test]
fn another_precision_or_folder_is_another_evaluation() {
    let folder = dataset();
    fs::create_dir(folder.path().join("cuts")).unwrap();
    for name in ["a", "b", "c", "d", "e"] {
        fs::copy(folder.path().join(format!("{name}.mp4")), folder.path().join(format!("cuts/{name}.mp4")))
            .unwrap();
    }
    run(folder.path(), "eval manifest.jsonl --clips cuts --out results").assert().success();
    run(folder.path(), "eval manifest.jsonl --clips ./cuts --out results").assert().success();
    for (arguments, difference) in
        [("--clips .", "folder of clips"), ("--clips cuts --precision f16", "precision (F32, not F16)")]
    {
        run(folder.path(), &format!("eval manifest.jsonl --out results {arguments}"))
            .assert()
            .code(1)
            .stderr(predicate::str::contains(difference));
    }
    // A run that does not tell its precision is one of single precision.
    let path = folder.path().join("results/run.json");
    let mut document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        document["settings"]["model"].as_object_mut().unwrap().remove("precision"),
        Some(json!("f32"))
    );
    fs::write(&path, document.to_string()).unwrap();
    run(folder.path(), "eval manifest.jsonl --clips cuts --out results").assert().success();
}

/// Candidates that moved since, and scripts of the library.
#[test]
fn results_match_classes_by_name() {
    let folder = dataset();
    let manifest = fs::read_to_string(folder.path().join("manifest.jsonl")).unwrap();
    let library =
        manifest.replace("castling", "snatch").replace("fork", "deadlift").replace("pin", "back squat");
    let library = library.replace("chess", "weightlifting");
    fs::write(folder.path().join("library.jsonl"), &library).unwrap();
    run(folder.path(), "eval library.jsonl --scripts lib:weightlifting --out results").assert().success();
    let record: Value = serde_json::from_str(&lines(&folder.path().join("results/clips.jsonl"))[0]).unwrap();
    let first = record["rows"][4]["ranking"][0].as_u64().unwrap() as usize;
    let says = record["candidates"][first].as_str().unwrap().to_owned();
    // Another order of the candidates, and with it another index of each.
    let turned = library.replace("\"answer\":0", "\"answer\":2").replace(
        "\"candidates\":[\"snatch\",\"deadlift\",\"back squat\"]",
        "\"candidates\":[\"back squat\",\"deadlift\",\"snatch\"]",
    );
    assert_ne!(turned, library);
    fs::write(folder.path().join("library.jsonl"), turned).unwrap();
    let output = run(folder.path(), "results --plain")
        .env("ACTALIGN_DATA_DIR", folder.path())
        .write_stdin("results\nquit\n")
        .assert()
        .success()
        .get_output()
        .clone();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Changed since the evaluation: the manifest."), "{said}");
    let line = said.lines().find(|line| line.starts_with("a: "));
    match says == "snatch" {
        true => assert_eq!(line, None, "{said}"),
        false => assert!(line.is_some_and(|line| line.starts_with(&format!("a: {says}; "))), "{said}"),
    }
}

#[test]
fn results_report_what_changed_since() {
    let folder = dataset();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir(at("model")).unwrap();
    for file in fs::read_dir(MODEL).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), at("model").join(file.file_name())).unwrap();
    }
    fs::write(at("scripts-short.json"), SCRIPTS).unwrap();
    run(folder.path(), "eval manifest.jsonl --model model --out results").assert().success();
    let elsewhere = TempDir::new().unwrap();
    // Paths of then lead there from any folder.
    let said = || {
        let mut command = run(folder.path(), "--plain");
        command.current_dir(elsewhere.path()).arg(at("results")).env("ACTALIGN_DATA_DIR", elsewhere.path());
        let output = command.write_stdin("quit\n").assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!said().contains("Changed since the evaluation"));
    let add_line = |path: &str| {
        let mut text = fs::read(at(path)).unwrap();
        text.push(b'\n');
        fs::write(at(path), text).unwrap();
    };
    add_line("scripts-short.json");
    let text = said();
    assert!(text.contains("Changed since the evaluation: the scripts of other prompts."), "{text}");
    add_line("scripts.json");
    add_line("model/tokenizer.json");
    let text = said();
    assert!(text.contains("the scripts, the scripts of other prompts, the model."), "{text}");
}

#[test]
fn two_processes_do_not_evaluate_into_one_folder() {
    let folder = dataset();
    let out = folder.path().join("results");
    fs::create_dir(&out).unwrap();
    let lock = fs::File::create(out.join("run.lock")).unwrap();
    lock.lock().unwrap();
    run(folder.path(), "eval manifest.jsonl --out results")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("another process is evaluating into results"));
    run(folder.path(), "eval manifest.jsonl --out parts --shard 1/1").assert().success();
    run(folder.path(), "eval merge parts --out results")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("another process is evaluating into results"));
    drop(lock);
    run(folder.path(), "eval manifest.jsonl --out results").assert().success();
    run(folder.path(), "eval merge parts --out results").assert().success();
}

#[test]
fn shards_at_the_same_time_share_one_cache() {
    let folder = dataset();
    run(folder.path(), "eval manifest.jsonl --no-cache --out whole").assert().success();
    let shards: Vec<_> = (1..=3)
        .map(|number| {
            let folder = folder.path().to_owned();
            std::thread::spawn(move || {
                run(&folder, &format!("eval manifest.jsonl --out parts --shard {number}/3"))
                    .assert()
                    .success();
            })
        })
        .collect();
    shards.into_iter().for_each(|shard| shard.join().unwrap());
    run(folder.path(), "eval merge parts --out merged").assert().success();
    let clips = |out: &str| fs::read(folder.path().join(out).join("clips.jsonl")).unwrap();
    assert_eq!(clips("merged"), clips("whole"));
}

/// A row that cannot compare a clip has missed it, which is told; the others are not harmed.
#[test]
fn a_clip_with_fewer_frames_than_steps_is_missed() {
    let folder = dataset();
    clip::reordered(2).write(&folder.path().join("short.mp4"), clip::paint_number);
    let line = json!({"id": "short", "video": "short.mp4", "domain": "chess",
        "candidates": ["castling", "fork"], "answer": 0});
    fs::write(folder.path().join("short.jsonl"), line.to_string()).unwrap();
    let output = run(folder.path(), "eval short.jsonl --aligners segment,mean-path --fps native --json")
        .assert()
        .success()
        .get_output()
        .clone();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let row =
        |name: &str| document["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!((&row("segment")["top3"], &row("segment")["n_read"]), (&json!(0.0), &json!(1)));
    assert_eq!(row("mean-path")["top3"], json!(100.0));
    let unaligned = &document["unaligned"][0];
    assert_eq!((&unaligned["id"], &unaligned["row"]), (&json!("short"), &json!("segment")));
    assert!(unaligned["reason"].as_str().unwrap().contains("3 steps and 2 frames"), "{unaligned}");
    run(folder.path(), "eval short.jsonl --aligners segment --fps native")
        .assert()
        .success()
        .stdout(predicate::str::contains("short, segment: segment gives each step"));
}

#[test]
fn every_template_width_and_prompt_is_a_row() {
    let folder = dataset();
    let mut command =
        run(folder.path(), "eval manifest.jsonl --json --aligners drop --smoothing 0,0.5 --template step");
    let output = command.args(["--template", "a {step}"]).assert().success().get_output().clone();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        document["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 1 + 6 + 1 + 8);
    assert_eq!(names.last(), Some(&"drop / a {step} / 0.5 s / context-rich"));
    run(folder.path(), "eval manifest.jsonl --prompt short-fixed")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("--scripts-short"));
}

/// The explorer without a screen, on what an evaluation left.
#[test]
fn results_open_in_the_explorer() {
    let folder = dataset();
    run(folder.path(), "eval manifest.jsonl --aligners drop:cell=logit --out results").assert().success();
    let wrong: Vec<Value> = lines(&folder.path().join("results/clips.jsonl"))
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|clip| clip["rows"][4]["ranking"][0] != clip["answer"])
        .collect();
    assert!(wrong.iter().any(|clip| clip.get("rows").is_some()), "a random model is wrong somewhere");
    let elsewhere = TempDir::new().unwrap();
    for results in ["results", "results/results.json"] {
        let path = folder.path().join(results);
        let mut command = run(elsewhere.path(), "--plain");
        let output = command
            .arg(&path)
            .env("ACTALIGN_DATA_DIR", elsewhere.path())
            .write_stdin("results\nnext-wrong\nstatus\nquit\n")
            .assert()
            .success()
            .get_output()
            .clone();
        let said = String::from_utf8(output.stdout).unwrap();
        let first = wrong.iter().find(|clip| clip["id"] != "a" && clip.get("rows").is_some()).unwrap();
        let name = |class: &Value| first["candidates"][class.as_u64().unwrap() as usize].as_str().unwrap();
        let (says, is) = (name(&first["rows"][4]["ranking"][0]), name(&first["answer"]));
        let id = first["id"].as_str().unwrap();
        assert!(said.contains("Row +smoothing: "), "{said}");
        assert!(said.contains(&format!("{id}: {says}; it is {is}.")), "{said}");
        assert!(said.contains("missing: not read: "), "{said}");
    }
    run(folder.path(), "eval manifest.jsonl --out begun --shard 1/2").assert().success();
    fs::remove_file(folder.path().join("begun/shard-1-of-2/clips.jsonl")).unwrap();
    run(folder.path(), "begun/shard-1-of-2 --plain")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("is not finished: 0 of 4 clips"));
}
