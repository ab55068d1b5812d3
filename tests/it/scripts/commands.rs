//! `actalign-tui scripts` with the built binary, and the library wherever a script file is named.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{MODEL, clip, program};

fn run(folder: &Path, arguments: &str) -> Command {
    let mut command = program();
    command.current_dir(folder).env_remove("ACTALIGN_MODEL").env("ACTALIGN_DATA_DIR", folder.join("data"));
    command.env("ACTALIGN_CACHE_DIR", folder.join("cache")).args(arguments.split_whitespace());
    command
}

fn output(folder: &Path, arguments: &str) -> String {
    String::from_utf8(run(folder, arguments).assert().success().get_output().stdout.clone()).unwrap()
}

fn document(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&output(folder, arguments)).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_library_is_listed_by_name_domain_and_strategy() {
    let folder = TempDir::new().unwrap();
    let table = output(folder.path(), "scripts list");
    let line = table.lines().find(|line| line.starts_with("lib:figure-skating ")).unwrap();
    assert!(
        line.contains("figure skating  ")
            && line.contains("context-rich")
            && line.contains("6: Biellmann spin, ")
    );
    let list = document(folder.path(), "scripts list --json");
    let short = list.as_array().unwrap().iter().find(|file| file["name"] == "lib:cooking-short").unwrap();
    assert_eq!((&short["domain"], &short["strategy"]), (&json!("cooking"), &json!("short-fixed")));
    assert_eq!(short["classes"][0], "flipping a pancake");
}

#[test]
fn library_names_replace_script_files() {
    let folder = TempDir::new().unwrap();
    clip::reordered(25).write(&folder.path().join("clip.mp4"), clip::paint_number);
    let classify =
        |scripts: &str| format!("classify clip.mp4 --fps 2 --scripts {scripts} --json --model {MODEL}");
    let report = document(folder.path(), &classify("lib:cooking"));
    assert_eq!(report["classes"][0]["name"], "flipping a pancake");
    assert_eq!(report["settings"]["scripts"], "lib:cooking");
    run(folder.path(), &classify("lib:ballet"))
        .assert()
        .code(1)
        .stderr(contains("no lib:ballet in the library\nhelp: choose one of lib:basketball, "));
    // A file of such a name is named with its folder.
    fs::write(
        folder.path().join("lib:own"),
        r#"{"domain": "a", "classes": [{"name": "b", "steps": ["c d"]}]}"#,
    )
    .unwrap();
    run(folder.path(), &classify("lib:own")).assert().code(1);
    assert_eq!(document(folder.path(), &classify("./lib:own"))["classes"][0]["name"], "b");

    let line = json!({
        "id": "a", "video": "clip.mp4", "domain": "cooking", "candidates": ["flipping a pancake", "frying an egg"],
        "answer": 0,
    });
    fs::write(folder.path().join("manifest.jsonl"), line.to_string()).unwrap();
    let arguments =
        "eval manifest.jsonl --fps 2 --scripts lib:cooking --scripts-short lib:cooking-short --json";
    let results = document(folder.path(), &format!("{arguments} --model {MODEL}"));
    assert_eq!(results["settings"]["scripts"], "lib:cooking");
    assert_eq!(results["settings"]["scripts_short"], "lib:cooking-short");
    assert!(results.to_string().contains("short-fixed"));
}

#[test]
fn the_explorer_opens_scripts_of_the_library() {
    let folder = TempDir::new().unwrap();
    clip::reordered(10).write(&folder.path().join("clip.mp4"), clip::paint_number);
    let arguments = format!("clip.mp4 --scripts lib:cooking --device cpu --plain --model {MODEL}");
    let mut session = run(folder.path(), &arguments);
    session
        .env("ACTALIGN_CONFIG_DIR", folder.path().join("config"))
        .write_stdin(
            "save-snapshot\nopen lib:tennis\nranking\nsave-scripts\n\nsave-scripts lib:mine\nsave-scripts mine.json\n",
        )
        .assert()
        .success()
        .stdout(
            contains("flipping a pancake")
                .and(contains("Scripts of lib:tennis"))
                .and(contains("two-handed backhand"))
                .and(contains("cannot write lib:mine: it is part of the program"))
                .and(contains("Saved mine.json")),
        );
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scripts/tennis.json");
    assert_eq!(read(&folder.path().join("mine.json")), read(Path::new(library)));

    let snapshot = read(&folder.path().join("clip.actalign-1.json"));
    assert!(snapshot["hashes"]["scripts"].is_string(), "{}", snapshot["hashes"]);
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    run(&elsewhere, "../clip.actalign-1.json --plain")
        .env("ACTALIGN_CONFIG_DIR", folder.path().join("config"))
        .write_stdin("save-snapshot\n")
        .assert()
        .success()
        .stdout(contains("with its clip and model"));
    let again = read(&elsewhere.join("clip.actalign-1.json"));
    assert_eq!(again["settings"]["scripts"], "lib:cooking");
    assert_eq!(again["hashes"]["scripts"], snapshot["hashes"]["scripts"]);
}

const DOUBTFUL: &str = r#"{"domain": "chess", "classes": [
    {"name": "fork", "steps": ["the player gets ready", "a knight jumps between two pieces", "A knight jumps between two pieces."]},
    {"name": "pin", "steps": ["a bishop slides along a diagonal", "a piece in front of the king cannot move away to the left or the right"]},
    {"name": "skewer", "steps": ["a rook slides along a file", "the king steps aside", "a piece in front of the king cannot move away to the left or the right"]}]}"#;

#[test]
fn check_needs_no_model_for_the_words() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("scripts.json"), DOUBTFUL).unwrap();
    let table = output(folder.path(), "scripts check scripts.json lib:tennis");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "scripts.json: context-rich, 3 classes, 8 steps, 4 warnings");
    assert_eq!(lines[1].split_whitespace().collect::<Vec<_>>(), ["class", "step", "warning"]);
    assert!(lines[2].starts_with("fork    1     \"gets ready\" fits any action"), "{}", lines[2]);
    assert!(
        lines[3].ends_with("the same as step 2") && lines[4].ends_with("also a step of skewer"),
        "{table}"
    );
    assert_eq!(lines[5].split_whitespace().take(2).collect::<Vec<_>>(), ["skewer", "3"]);
    assert_eq!(lines[6..], ["", "lib:tennis: context-rich, 6 classes, 37 steps, 0 warnings"]);

    let told = document(folder.path(), "scripts check scripts.json --json");
    assert_eq!((&told["model"], &told["files"][0]["likeness"]), (&Value::Null, &Value::Null));
    let warning = &told["files"][0]["warnings"][1];
    assert_eq!(
        (&warning["kind"], &warning["class"], &warning["step"]),
        (&"repeated".into(), &0.into(), &2.into())
    );
}

#[test]
fn check_with_a_model_finds_cut_sentences_and_similar_classes() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("scripts.json"), DOUBTFUL).unwrap();
    let told = document(folder.path(), "scripts check scripts.json --json --model demo");
    assert_eq!(told["templates"], json!(["context", "step", "domain", "plain", "short"]));
    let file = &told["files"][0];
    let cut: Vec<&Value> =
        file["warnings"].as_array().unwrap().iter().filter(|one| one["kind"] == "cut").collect();
    assert!(!cut.is_empty() && cut.iter().all(|one| one["template"] != "step"), "{file}");
    let sentence = "This is a video of doing skewer in chess with a piece in front of the king cannot move away to the left or the right";
    let of_skewer =
        cut.iter().find(|one| one["class"] == 2 && one["step"] == 2 && one["template"] == "context").unwrap();
    let (kept, lost) = (of_skewer["kept"].as_str().unwrap(), of_skewer["lost"].as_str().unwrap());
    assert_eq!(format!("{kept} {lost}"), sentence);
    assert!(of_skewer["message"].as_str().unwrap().ends_with(&format!("[{lost}]")));

    let likeness = &file["likeness"];
    let pairs = likeness["pairs"].as_array().unwrap();
    assert_eq!((pairs.len(), &likeness["fence"]), (3, &Value::Null));
    let in_order: Vec<f64> = pairs.iter().map(|pair| pair["in_order"].as_f64().unwrap()).collect();
    assert!(in_order.is_sorted_by(|one, other| one >= other) && in_order[0] <= 1.0, "{in_order:?}");

    let table = output(folder.path(), "scripts check scripts.json --template step --model demo");
    assert!(
        table.contains("similarity of the classes in step: ") && table.contains("too few pairs"),
        "{table}"
    );
    assert_eq!(table.lines().last().unwrap().split(" and ").count(), 2, "{table}");
}

#[test]
fn twins_of_the_demo_stand_out() {
    let folder = TempDir::new().unwrap();
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/scripts.json");
    let told =
        document(folder.path(), &format!("scripts check {scripts} --template context --json --model demo"));
    let file = &told["files"][0];
    let too_alike: Vec<[&str; 2]> = file["likeness"]["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|pair| pair["too_alike"] == true)
        .map(|pair| {
            [0, 1].map(|at| file["classes"][pair["classes"][at].as_u64().unwrap() as usize].as_str().unwrap())
        })
        .collect();
    assert_eq!(file["likeness"]["pairs"].as_array().unwrap().len(), 2701);
    assert!((10..60).contains(&too_alike.len()), "{too_alike:?}");
    let own: Value = serde_json::from_str(&fs::read_to_string(scripts).unwrap()).unwrap();
    let steps_of = |name: &str| -> Vec<String> {
        let class = own["classes"].as_array().unwrap().iter().find(|class| class["name"] == name).unwrap();
        class["steps"].as_array().unwrap().iter().map(|step| step.as_str().unwrap().to_owned()).collect()
    };
    for pair in too_alike {
        let [one, other] = pair.map(steps_of);
        let shared = one.iter().filter(|step| other.contains(step)).count();
        assert!(shared + 2 >= one.len().min(other.len()), "{pair:?}");
    }
}

#[test]
fn an_unreadable_file_is_an_error_and_others_are_still_checked() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("broken.json"), "{").unwrap();
    run(folder.path(), "scripts check broken.json")
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("not valid JSON"));
    run(folder.path(), "scripts check broken.json lib:tennis missing.json")
        .assert()
        .code(1)
        .stdout(contains("lib:tennis: context-rich"))
        .stderr(contains("missing.json").and(contains("2 of 3 files could not be read")));
    run(folder.path(), "scripts check").assert().code(2);
}

#[test]
fn convert_is_lossless_in_both_directions() {
    let folder = TempDir::new().unwrap();
    let item = |id: &str, subactions: Value| {
        json!({
            "youtube_id": "yt", "id": id, "domain": "Chess", "action": "Fork", "question": "Which?", "extra": [1.5, null],
            "cleaned_options": ["pin", "fork"], "correct_answer_index": 1, "subactions": subactions,
        })
    };
    let items = json!([
        item("1", json!({"fork in Chess": ["a knight jumps"], "pin in Chess": ["a bishop slides"]})),
        item("2", json!({"fork in Chess": ["a queen moves out"], "pin in Chess": ["a bishop slides"]})),
        item("3", json!("I am sorry")),
    ]);
    let path = |name: &str| folder.path().join(name);
    fs::write(path("authors.json"), format!("\u{feff}{items}")).unwrap();
    run(folder.path(), "scripts convert authors.json own.json")
        .assert()
        .success()
        .stdout("")
        .stderr("own.json: script file of 2 classes\n");
    run(folder.path(), "scripts check own.json").assert().success();
    run(folder.path(), "scripts convert own.json again.json")
        .assert()
        .success()
        .stderr(contains("authors' file of 3 items"));
    assert_eq!(read(&path("again.json")), items);

    run(folder.path(), "scripts convert lib:tennis items.json").assert().success();
    let steps = &read(&path("items.json"))[0]["subactions"]["serve in tennis"];
    assert!(steps[0].as_str().unwrap().starts_with("player stands behind the baseline"));
    run(folder.path(), "scripts convert items.json tennis.json").assert().success();
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scripts/tennis.json");
    assert_eq!(read(&path("tennis.json")), read(Path::new(library)));
}

#[test]
fn convert_replaces_a_file_only_with_force() {
    let folder = TempDir::new().unwrap();
    let there = folder.path().join("there.json");
    fs::write(&there, "mine").unwrap();
    run(folder.path(), "scripts convert lib:tennis there.json").assert().code(1).stderr(contains("--force"));
    assert_eq!(fs::read_to_string(&there).unwrap(), "mine");
    run(folder.path(), "scripts convert lib:tennis there.json --force").assert().success();
    assert!(read(&there).is_array());
    run(folder.path(), "scripts convert lib:tennis lib:mine")
        .assert()
        .code(1)
        .stderr(contains("name a file"));
    run(folder.path(), "scripts convert lib:tennis nowhere/x.json")
        .assert()
        .code(1)
        .stderr(contains("no folder nowhere"));
    fs::write(folder.path().join("text.json"), "\"text\"").unwrap();
    run(folder.path(), "scripts convert text.json x.json")
        .assert()
        .code(1)
        .stderr(contains("cannot convert text.json").and(contains("neither a script file")));
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "and no temporary file: {names:?}");
}
