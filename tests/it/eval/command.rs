//! `eval` on a small dataset, with the built program.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{SCRIPTS, run};
use crate::support::clip;

const SCRIPTS_SHORT: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["king moves", "rook jumps"]},
    {"name": "fork", "steps": ["knight jumps", "queen falls"]},
    {"name": "pin", "steps": ["bishop slides", "knight stays"]}]}"#;

/// Clips `a` to `c`, and a broken and a missing one.
const MANIFEST: &str = r#"{"id": "a", "video": "clips/a.mp4", "domain": "chess", "candidates": ["castling", "fork", "pin"], "answer": 0, "groups": ["late"]}
{"id": "broken", "video": "clips/broken.mp4", "domain": "chess", "candidates": ["castling", "fork"], "answer": 1, "groups": ["late"]}
{"id": "b", "video": "clips/b.mp4", "domain": "chess", "candidates": ["castling", "fork", "pin"], "answer": 1}

{"id": "c", "video": "clips/a.mp4", "start": 0.4, "domain": "unknown", "candidates": ["pin", "castling"], "answer": 1, "groups": ["late", "short"]}
{"id": "missing", "video": "clips/none.mp4", "domain": "chess", "candidates": ["castling", "fork"], "answer": 0}
"#;

fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("clips")).unwrap();
    clip::reordered(25).write(&folder.path().join("clips/a.mp4"), clip::paint_number);
    clip::reordered(15)
        .write(&folder.path().join("clips/b.mp4"), |i, frame| clip::paint_number(255 - i, frame));
    fs::write(folder.path().join("clips/broken.mp4"), "no video").unwrap();
    fs::write(folder.path().join("manifest.jsonl"), MANIFEST).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn output(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments).assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn clips(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("clips.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn row<'a>(clip: &'a Value, name: &str) -> &'a Value {
    clip["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()
}

fn floats(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn agree(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn several_models_have_rows_each_on_the_same_clips() {
    let folder = dataset();
    let fixture = |name: &str| format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let (tiny, quick) = (fixture("siglip/tiny"), fixture("clip/quick"));
    let alone = |model: &str, out: &str| {
        output(folder.path(), &format!("eval manifest.jsonl --model {model} --out {out}"));
        clips(&folder.path().join(out))
    };
    let (of_tiny, of_quick) = (alone(&tiny, "tiny"), alone(&quick, "quick"));
    let both = format!("eval manifest.jsonl --models {tiny},{quick} --json --out both");
    let document: Value = serde_json::from_str(&output(folder.path(), &both)).unwrap();
    for (clip, (first, second)) in
        clips(&folder.path().join("both")).iter().zip(of_tiny.iter().zip(&of_quick))
    {
        let Some(rows) = clip["rows"].as_array() else { continue };
        let expected = [first, second].map(|clip| clip["rows"].as_array().map_or(0, Vec::len));
        assert_eq!(rows.len(), expected[0] + expected[1]);
        for (label, clip) in [("tiny", first), ("quick", second)] {
            for expected in clip["rows"].as_array().unwrap() {
                let name = format!("{}@{label}", expected["name"].as_str().unwrap());
                let found = rows.iter().find(|row| row["name"] == *name).unwrap();
                assert_eq!(
                    (&found["ranking"], &found["scores"]),
                    (&expected["ranking"], &expected["scores"])
                );
            }
        }
    }
    let comparisons = document["comparisons"].as_array().unwrap();
    assert!(comparisons.iter().all(|pair| pair["reference"] == "+smoothing@tiny"));
    assert!(comparisons.iter().any(|pair| pair["row"] == "+smoothing@quick"));
    let cell = |row: &str| {
        let rows = document["settings"]["rows"].as_array().unwrap();
        rows.iter().find(|other| other["name"] == row).unwrap()["cell"].clone()
    };
    assert_eq!((cell("+smoothing@tiny"), cell("+smoothing@quick")), ("affinity".into(), "cosine".into()));

    // The same command resumes; fewer models are another evaluation.
    assert_eq!(serde_json::from_str::<Value>(&output(folder.path(), &both)).unwrap(), document);
    let fewer = format!("eval manifest.jsonl --model {tiny} --out both");
    run(folder.path(), &fewer).assert().failure().stderr(predicate::str::contains("model"));
    run(folder.path(), &format!("eval manifest.jsonl --models {tiny},{tiny}"))
        .assert()
        .failure()
        .stderr(predicate::str::contains("two models are named tiny"));
    run(folder.path(), &format!("classify clips/a.mp4 --scripts scripts.json --models {tiny},{quick}"))
        .assert()
        .failure()
        .stderr(predicate::str::contains("this command takes one model"));
}

#[test]
fn accuracies_follow_from_the_rankings() {
    let folder = dataset();
    fs::write(folder.path().join("scripts-short.json"), SCRIPTS_SHORT).unwrap();
    let first = output(folder.path(), "eval manifest.jsonl --json --out results");
    let document: Value = serde_json::from_str(&first).unwrap();
    let rows = document["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "chance",
            "mean-pool",
            "order-free",
            "+alignment",
            "+context",
            "+smoothing",
            "short-fixed",
            "context-rich"
        ]
    );
    let unread = document["unread"].as_array().unwrap();
    assert_eq!((unread.len(), &unread[0]["id"], &unread[1]["id"]), (2, &json!("broken"), &json!("missing")));
    assert!(unread[1]["reason"].as_str().unwrap().contains("none.mp4"));

    // Chance, by hand: clips of 3, 3 and 2 candidates.
    agree(
        &["top1", "top2", "top3"].map(|k| rows[0][k].as_f64().unwrap()),
        &[(100.0 / 3.0 + 100.0 / 3.0 + 50.0) / 3.0, (200.0 / 3.0 + 200.0 / 3.0 + 100.0) / 3.0, 100.0],
    );
    assert_eq!(rows[0]["trials"]["n"], 10);

    let clips = clips(&folder.path().join("results"));
    let (unread, clips): (Vec<Value>, Vec<Value>) =
        clips.into_iter().partition(|clip| clip.get("reason").is_some());
    assert_eq!(unread.len(), 2);
    assert_eq!(clips.iter().map(|clip| clip["id"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b", "c"]);
    for result in &rows[1..] {
        let right: Vec<f64> = clips
            .iter()
            .map(|clip| {
                let ranking = &row(clip, result["name"].as_str().unwrap())["ranking"];
                f64::from(ranking[0] == clip["answer"])
            })
            .collect();
        let total: f64 = right.iter().sum();
        let top1 = [&result["top1"], &result["top1_attempted"]].map(|v| v.as_f64().unwrap());
        agree(&top1, &[100.0 * total / 3.0, 100.0 * total / 5.0]);
        assert_eq!((&result["n_read"], &result["n_attempted"]), (&json!(3), &json!(5)));
        let [low, high] = floats(&result["top1_ci"])[..] else { panic!("{result}") };
        assert!(low <= top1[0] && top1[0] <= high);
        // Clips a and c are late, c alone is short.
        let share = |values: &Value| (values["n"].as_u64().unwrap(), values["top1"].as_f64().unwrap());
        assert_eq!(share(&result["groups"]["late"]), (2, 50.0 * (right[0] + right[2])));
        assert_eq!(share(&result["outside"]["late"]), (1, 100.0 * right[1]));
        assert_eq!(share(&result["groups"]["short"]), (1, 100.0 * right[2]));
    }
    assert_eq!(rows[5]["top1"], rows[7]["top1"], "the main scripts are the context-rich ones");
    assert_ne!(row(&clips[0], "short-fixed")["scores"], row(&clips[0], "context-rich")["scores"]);
    let settings = &document["settings"];
    assert_eq!((&settings["sampling"], &settings["model"]["dim"]), (&json!("10"), &json!(32)));
    let knobs = &settings["rows"][2];
    assert_eq!((&knobs["name"], &knobs["template_text"]), (&json!("+alignment"), &json!("{step}")));
    assert_eq!((&knobs["preset"], &knobs["smoothing_seconds"]), (&json!("paper"), &json!(0.0)));

    let written = fs::read_to_string(folder.path().join("results/results.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), document);
    let tables = fs::read_to_string(folder.path().join("results/results.md")).unwrap();
    assert!(tables.contains("| +smoothing") && tables.contains("outside late"));
    assert_eq!(output(folder.path(), "eval manifest.jsonl --json"), first, "the same again");
}

/// Class names with what would break a table, a figure or a CSV file.
const FORK: &str = "fork | \"two\", <b>&\nattack";

#[test]
fn all_files_agree_and_keep_hostile_names() {
    let folder = dataset();
    for (file, text) in [("manifest.jsonl", MANIFEST), ("scripts.json", SCRIPTS)] {
        let escaped = serde_json::to_string(FORK).unwrap();
        fs::write(
            folder.path().join(file),
            text.replace("\"fork\"", &escaped).replace("\"b\"", "\"b|,\\nb\""),
        )
        .unwrap();
    }
    let document: Value =
        serde_json::from_str(&output(folder.path(), "eval manifest.jsonl --json --out results")).unwrap();
    let results = folder.path().join("results");
    let clips: Vec<Value> = clips(&results).into_iter().filter(|clip| clip.get("reason").is_none()).collect();
    let names = ["mean-pool", "order-free", "+alignment", "+context", "+smoothing", "context-rich"];
    let right = |clip: &Value, name: &str| row(clip, name)["ranking"][0] == clip["answer"];
    let csv = |name: &str| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(results.join(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let true_class = |clip: &Value| text(&clip["candidates"][clip["answer"].as_u64().unwrap() as usize]);
    let predicted = |clip: &Value, name: &str| {
        text(&clip["candidates"][row(clip, name)["ranking"][0].as_u64().unwrap() as usize])
    };

    // Comparisons, counted again from the rankings.
    let comparisons = document["comparisons"].as_array().unwrap();
    let others = names.iter().filter(|name| **name != "+smoothing");
    assert_eq!(comparisons.len(), 5);
    for (comparison, name) in comparisons.iter().zip(others) {
        assert_eq!((&comparison["row"], &comparison["reference"]), (&json!(name), &json!("+smoothing")));
        let count = |of_row: bool, group: &str| {
            let member = |clip: &&Value| {
                group.is_empty() || clip["groups"].as_array().unwrap().contains(&json!(group))
            };
            let only = |clip: &&Value| right(clip, name) == of_row && right(clip, "+smoothing") != of_row;
            clips.iter().filter(member).filter(only).count()
        };
        for (paired, group, n) in [(comparison, "", 3), (&comparison["groups"]["late"], "late", 2)] {
            let [a, b] = [count(true, group), count(false, group)];
            assert_eq!(paired["n"], n);
            assert_eq!((&paired["only_row"], &paired["only_reference"]), (&json!(a), &json!(b)));
            let difference = paired["difference"].as_f64().unwrap();
            agree(&[difference], &[100.0 * (a as f64 - b as f64) / f64::from(n)]);
            let [low, high] = floats(&paired["difference_ci"])[..] else { panic!("{paired}") };
            assert!(low <= difference && difference <= high);
            // So few clips prove nothing.
            let [p, holm] = ["p", "p_holm"].map(|p| paired[p].as_f64().unwrap());
            assert!((0.25..=1.0).contains(&p) && p <= holm && holm <= 1.0, "{paired}");
        }
    }
    let pairs = document["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 15);
    assert_eq!((&pairs[0]["row_a"], &pairs[0]["row_b"]), (&json!("mean-pool"), &json!("order-free")));
    let chess = &document["rows"][0]["domains"]["chess"];
    assert_eq!((&chess["n"], floats(&chess["top1_ci"]).len()), (&json!(2), 2));
    assert_eq!(floats(&document["rows"][1]["top2_ci"]).len(), 2);

    let rows = csv("results.csv");
    assert_eq!(rows.len(), 1 + document["rows"].as_array().unwrap().len());
    let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    for (line, result) in rows[1..].iter().zip(document["rows"].as_array().unwrap()) {
        assert_eq!(line[0], result["name"].as_str().unwrap());
        assert_eq!(line[column("top1")].parse::<f64>().unwrap(), result["top1"].as_f64().unwrap());
    }
    assert_eq!(rows[4][column("template_text")], "{step}");

    let mut header = vec!["domain", "class", "n"];
    header.extend(names);
    let classes = csv("classes.csv");
    assert_eq!(classes[0], header);
    // Clip b is the only one of its class.
    let fork = classes.iter().find(|line| line[1] == FORK).unwrap();
    assert_eq!(fork[2], "1");
    for (cell, name) in fork[3..].iter().zip(names) {
        assert_eq!(cell, &u8::from(right(&clips[1], name)).to_string(), "{name}");
    }
    let confusion = csv("confusion.csv");
    let total: usize = confusion[1..].iter().map(|line| line[4].parse::<usize>().unwrap()).sum();
    assert_eq!(total, names.len() * clips.len());
    for name in names {
        let line = ["chess", FORK, &predicted(&clips[1], name)];
        assert!(confusion.iter().any(|l| l[0] == name && l[1..4] == line && l[4] == "1"), "{name}");
    }
    let disputed = clips.iter().filter(|clip| {
        let verdicts: Vec<bool> = names[2..].iter().map(|name| right(clip, name)).collect();
        verdicts.contains(&true) && verdicts.contains(&false)
    });
    let expected: Vec<Vec<String>> = disputed
        .map(|clip| {
            let mut line = vec![text(&clip["id"]), text(&clip["domain"]), true_class(clip)];
            line.extend(names.map(|name| predicted(clip, name)));
            line
        })
        .collect();
    assert_eq!(csv("disagreements.csv")[1..], expected);

    assert_coverage(&document, &clips, &csv("coverage.csv"));

    let tables = fs::read_to_string(results.join("results.md")).unwrap();
    for part in [
        "## Top-1 of the surest clips",
        "margin-over-spread",
        "## Hardest classes of +smoothing",
        "fork \\| \"two\", <b>& attack",
        "## Top-1 by domain",
    ] {
        assert!(tables.contains(part), "{part}: {tables}");
    }
    let figure = fs::read_to_string(results.join("results.svg")).unwrap();
    assert!(figure.contains(">+smoothing</text>") && figure.contains(">late</text>"));
    let figure = fs::read_to_string(results.join("coverage.svg")).unwrap();
    assert!(figure.contains(">+smoothing</text>") && figure.contains(">low-end</text>"));
    for name in ["results.png", "coverage.png"] {
        let picture = image::open(results.join(name)).unwrap();
        assert!(picture.width() > 1000 && picture.height() > 500);
    }
}

/// Coverage by margin and by the draws, found again from the rankings of three clips.
fn assert_coverage(document: &Value, clips: &[Value], curves: &[Vec<String>]) {
    assert_eq!(curves[0], ["row", "measure", "coverage", "clips", "top1"]);
    let found = document["coverage"].as_array().unwrap();
    let all = ["margin", "margin-over-spread", "draws-won", "low-end", "max-softmax"];
    let names: Vec<&str> =
        document["rows"].as_array().unwrap()[1..].iter().map(|row| row["name"].as_str().unwrap()).collect();
    let expected: Vec<[&str; 2]> = names
        .iter()
        .flat_map(|name| {
            let is_sure = ["+alignment", "+smoothing"].contains(name);
            all.iter()
                .filter(move |measure| is_sure || ["margin", "max-softmax"].contains(measure))
                .map(|measure| [*name, *measure])
        })
        .collect();
    let measured: Vec<[&str; 2]> =
        found.iter().map(|found| ["row", "measure"].map(|key| found[key].as_str().unwrap())).collect();
    assert_eq!(measured, expected);
    for (found, [name, measure]) in found.iter().zip(expected) {
        let mut sure: Vec<(f64, f64)> = clips
            .iter()
            .map(|clip| {
                let row = row(clip, name);
                let (scores, confidence) = (floats(&row["scores"]), &row["confidence"]);
                let [first, second] =
                    [0, 1].map(|place| scores[row["ranking"][place].as_u64().unwrap() as usize]);
                let value = match measure {
                    "margin" => first - second,
                    "margin-over-spread" => (first - second) / confidence["spread"].as_f64().unwrap(),
                    "draws-won" => confidence["won"].as_f64().unwrap(),
                    "low-end" => confidence["interval"][0].as_f64().unwrap(),
                    _ => 0.0,
                };
                (value, f64::from(row["ranking"][0] != clip["answer"]))
            })
            .collect();
        sure.sort_by(|a, b| b.0.total_cmp(&a.0));
        let ties = sure.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let risk = |k: usize| sure[..k].iter().map(|clip| clip.1).sum::<f64>() / k as f64;
        let aurc = found["aurc"].as_f64().unwrap();
        if measure != "max-softmax" && !ties {
            agree(&[aurc], &[100.0 * (risk(1) + risk(2) + risk(3)) / 3.0]);
        }
        agree(&[found["top1"][0]["top1"].as_f64().unwrap()], &[100.0 - 100.0 * risk(3)]);
        assert_eq!(found["difference"].is_null(), measure == "margin");
        let lines: Vec<&Vec<String>> =
            curves.iter().filter(|line| line[0] == name && line[1] == measure).collect();
        assert_eq!(lines.iter().map(|line| &line[3][..]).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(lines[2][4].parse::<f64>().unwrap(), found["top1"][0]["top1"].as_f64().unwrap());
    }
}

#[test]
fn failure_clusters_are_counted_from_the_facts_of_clips() {
    let folder = dataset();
    let document: Value =
        serde_json::from_str(&output(folder.path(), "eval manifest.jsonl --json --out results")).unwrap();
    let results = folder.path().join("results");
    let clips: Vec<Value> = clips(&results).into_iter().filter(|clip| clip.get("reason").is_none()).collect();
    let clusters = document["clusters"].as_array().unwrap();
    let rows: Vec<&str> = clusters.iter().map(|found| found["row"].as_str().unwrap()).collect();
    assert_eq!(rows, ["+smoothing", "context-rich"], "rows of the full method");
    for found in clusters {
        let name = found["row"].as_str().unwrap();
        let late = found["clusters"].as_array().unwrap().iter().find(|c| c["name"] == "late start").unwrap();
        for (key, is_right) in [("wrong", false), ("right", true)] {
            let of_kind =
                clips.iter().filter(|clip| (row(clip, name)["ranking"][0] == clip["answer"]) == is_right);
            let begins: Vec<f64> =
                of_kind.map(|clip| row(clip, name)["facts"]["extent"][0].as_f64().unwrap()).collect();
            assert_eq!(late[format!("{key}_known")], begins.len());
            assert_eq!(late[key], begins.iter().filter(|&&begin| begin > 0.25).count());
        }
    }
    let facts = |name: &str| row(&clips[0], name).get("facts");
    assert_eq!(facts("+smoothing"), facts("context-rich"), "the same alignments");
    assert!(facts("order-free").is_none() && facts("mean-pool").is_none());
    let markdown = fs::read_to_string(results.join("results.md")).unwrap();
    assert!(markdown.contains("## Failure clusters of +smoothing") && markdown.contains("| near-twin"));

    // Records of an earlier version.
    let path = results.join("clips.jsonl");
    let newer = fs::read_to_string(&path).unwrap();
    let older = newer.lines().map(|line| {
        let mut clip: Value = serde_json::from_str(line).unwrap();
        for row in clip["rows"].as_array_mut().into_iter().flatten() {
            row.as_object_mut().unwrap().remove("facts");
        }
        clip.to_string() + "\n"
    });
    let older: String = older.collect();
    fs::write(&path, older).unwrap();
    let again: Value =
        serde_json::from_str(&output(folder.path(), "eval manifest.jsonl --json --out results")).unwrap();
    assert_eq!((&again["clusters"], &again["rows"]), (&json!([]), &document["rows"]));
}

#[test]
fn rows_agree_with_classify() {
    let folder = dataset();
    fs::write(folder.path().join("manifest.jsonl"), MANIFEST.lines().next().unwrap()).unwrap();
    output(folder.path(), "eval manifest.jsonl --out results");
    let clip = &clips(&folder.path().join("results"))[0];
    let classify = |knobs: &str| -> Value {
        let command = format!("classify clips/a.mp4 --scripts scripts.json --json {knobs}");
        serde_json::from_str(&output(folder.path(), &command)).unwrap()
    };
    let values = |report: &Value, key: &str| -> Vec<f64> {
        report["classes"].as_array().unwrap().iter().map(|class| class[key].as_f64().unwrap()).collect()
    };
    for (name, knobs, key) in [
        ("+smoothing", "", "score"),
        ("order-free", "", "order_free"),
        ("mean-pool", "", "mean_pool"),
        ("+context", "--smoothing 0", "score"),
        ("+alignment", "--smoothing 0 --template step", "score"),
    ] {
        let report = classify(knobs);
        agree(&floats(&row(clip, name)["scores"]), &values(&report, key));
        if key == "score" {
            assert_eq!(row(clip, name)["ranking"], report["ranking"], "{name}");
            let confidence = row(clip, name).get("confidence").and_then(Value::as_object);
            assert_eq!(confidence.map(|found| found.len()), (name != "+context").then_some(3), "{name}");
            for (figure, value) in confidence.into_iter().flatten() {
                assert_eq!(value, &report["confidence"][figure], "{name}: {figure}");
            }
        }
    }
}

#[test]
fn without_json_tables_and_unread_clips_are_printed() {
    let folder = dataset();
    let contains = predicate::str::contains;
    run(folder.path(), "eval manifest.jsonl --aligners dtw")
        .assert()
        .success()
        .stdout(contains("+smoothing").and(contains("Clips that could not be read (2)")))
        .stdout(contains("missing: ").and(contains("outside late")).and(contains("3 of 5")))
        .stdout(contains("Top-1 against +smoothing").and(contains("p after Holm")))
        .stdout(contains("short-fixed").not().and(contains("Hardest classes").not()));
}

#[test]
fn an_evaluation_without_a_readable_clip_fails() {
    let folder = dataset();
    let line = MANIFEST.lines().nth(1).unwrap();
    fs::write(folder.path().join("manifest.jsonl"), line).unwrap();
    run(folder.path(), "eval manifest.jsonl --json")
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("broken: ").and(predicate::str::contains("none of its 1 clips")));
}

#[test]
fn invalid_inputs_are_refused_before_the_work() {
    let folder = dataset();
    let bad =
        MANIFEST.replace("[\"pin\", \"castling\"], \"answer\": 1", "[\"pin\", \"castling\"], \"answer\": 2");
    fs::write(folder.path().join("bad.jsonl"), bad).unwrap();
    let stranger = MANIFEST.replace("\"pin\", \"castling\"", "\"pin\", \"stalemate\"");
    fs::write(folder.path().join("stranger.jsonl"), stranger).unwrap();
    fs::create_dir(folder.path().join("alone")).unwrap();
    fs::write(folder.path().join("alone/manifest.jsonl"), MANIFEST).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for (arguments, words) in [
        ("eval none.jsonl", ["none.jsonl", "cannot read"]),
        ("eval bad.jsonl", ["bad.jsonl, line 5", "count from 0 to 1"]),
        ("eval stranger.jsonl", ["line 5", "scripts.json has no script for \"stalemate\""]),
        ("eval alone/manifest.jsonl", ["there is no alone/scripts.json", "--scripts"]),
        ("eval manifest.jsonl --model nowhere", ["nowhere", "check"]),
        ("eval manifest.jsonl --scripts-short none.json", ["none.json", "cannot read"]),
        ("eval manifest.jsonl --out file/results", ["cannot create the folder file/results", "--out"]),
    ] {
        let [first, second] = words.map(predicate::str::contains);
        run(folder.path(), arguments).assert().code(1).stdout("").stderr(first.and(second));
    }
    run(folder.path(), "eval manifest.jsonl --aligners dtw,nonsense").assert().code(2).stderr(
        predicate::str::contains("nonsense").and(predicate::str::contains("choose among dtw, windows")),
    );
}
