//! The row of a vision-language model, which a server on this machine plays.

use std::fs;
use std::path::Path;

use assert_cmd::assert::Assert;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{SCRIPTS, run};
use crate::support::server::{Reply, Request, Server};
use crate::support::{clip, program};

const SECRET: &str = "sk-quite-secret-0123456789";

/// Four clips, all of them of a fork.
fn dataset() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut lines = Vec::new();
    for (number, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let path = folder.path().join(format!("{name}.mp4"));
        clip::reordered(10 + 10 * number).write(&path, |i, frame| clip::paint_number(i + 40 * number, frame));
        let line = json!({"id": name, "video": format!("{name}.mp4"), "domain": "chess",
            "candidates": ["castling", "fork", "pin"], "answer": 1});
        lines.push(line.to_string());
    }
    fs::write(folder.path().join("manifest.jsonl"), lines.join("\n")).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn eval(folder: &Path, server: &Server, more: &[&str]) -> Assert {
    let mut command = run(folder, "eval manifest.jsonl --json --out results --vlm eyes");
    command.env("ACTALIGN_CONFIG_DIR", folder.join("config")).env("OPENAI_API_KEY", SECRET);
    let outcome = command.args(["--vlm-endpoint", &server.url()]).args(more).assert();
    for text in [&outcome.get_output().stdout, &outcome.get_output().stderr] {
        assert!(!String::from_utf8_lossy(text).contains(&SECRET[..8]));
    }
    outcome
}

fn pictures(request: &Request) -> Vec<image::RgbImage> {
    let parts = request.body["messages"][0]["content"].as_array().unwrap();
    let urls = parts.iter().filter_map(|part| part["image_url"]["url"].as_str());
    let decode = |url: &str| {
        let jpeg = STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap()).unwrap();
        image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg).unwrap().into_rgb8()
    };
    urls.map(decode).collect()
}

fn words(request: &Request) -> &str {
    request.body["messages"][0]["content"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap()
}

#[test]
fn the_model_gets_frames_and_names_and_has_a_row() {
    let folder = dataset();
    let said = ["{\"answer\": 2}", "It is a **fork**.", "{\"answer\": 3}", "No idea"];
    let server = Server::of(said.map(Reply::said).into());
    let outcome = eval(folder.path(), &server, &["--vlm-frames", "4"]).success();
    let results: Value = serde_json::from_slice(&outcome.get_output().stdout).unwrap();
    let row = results["rows"].as_array().unwrap().last().unwrap();
    assert_eq!((&row["name"], &row["top1"]), (&json!("vlm:eyes"), &json!(50.0)));
    let unaligned = &results["unaligned"][0];
    assert_eq!((&unaligned["id"], &unaligned["row"]), (&json!("d"), &json!("vlm:eyes")));
    assert_eq!(unaligned["reason"], "the answer names no candidate: No idea");
    let spec = results["settings"]["rows"].as_array().unwrap().last().unwrap();
    assert_eq!((&spec["score"], &spec["vlm"]["frames"]), (&json!("vision"), &json!(4)));
    assert!(
        fs::read_to_string(folder.path().join("results/results.md")).unwrap().contains("4 frames, at http")
    );

    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(words(&requests[0]).contains("These pictures are 4 frames"), "{}", words(&requests[0]));
    assert!(words(&requests[0]).contains("1. castling\n2. fork\n3. pin"));
    for request in &requests {
        let pictures = pictures(request);
        assert_eq!(pictures.len(), 4);
        assert!(pictures.iter().all(|picture| picture.width().max(picture.height()) <= 512));
        assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]), "other moments");
    }

    let lines = fs::read_to_string(folder.path().join("results/clips.jsonl")).unwrap();
    let third: Value = serde_json::from_str(lines.lines().nth(2).unwrap()).unwrap();
    assert_eq!(third["rows"].as_array().unwrap().last().unwrap()["ranking"], json!([2, 0, 1]));
}

#[test]
fn an_undecided_answer_is_asked_again() {
    let folder = dataset();
    let server = Server::of(
        [
            "It could be castling or a fork.",
            "{\"answer\": 2}",
            "<THINKING>{\"answer\": 1}</THINKING>It could be castling… final answer: 2",
            "castling, or maybe a pin",
            "Not castling.",
            "{\"answer\": 1}\n{\"answer\": 2}",
        ]
        .map(Reply::said)
        .into(),
    );
    let outcome = eval(folder.path(), &server, &[]).success();
    let results: Value = serde_json::from_slice(&outcome.get_output().stdout).unwrap();
    assert_eq!(results["rows"].as_array().unwrap().last().unwrap()["top1"], 75.0);
    let unaligned = &results["unaligned"][0];
    assert_eq!(unaligned["reason"], "the answer settles on no candidate: Not castling.");
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    let messages = requests[1].body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(messages[1]["content"], "It could be castling or a fork.");
    assert_eq!(pictures(&requests[1]).len(), pictures(&requests[0]).len());
}

#[test]
fn an_evaluation_resumes_after_a_refused_key() {
    let folder = dataset();
    let fails = Server::start(|number, _| match number {
        0 => Reply::said("{\"answer\": 2}"),
        1 => Reply::json(400, json!({"error": {"message": "too many pictures"}})),
        _ => Reply::json(401, json!({"error": {"message": format!("{SECRET} has expired")}})),
    });
    // One clip that the server refuses is missed; without a key none can be answered.
    let failed = eval(folder.path(), &fails, &[]).code(1);
    failed.stdout("").stderr(predicate::str::contains("[key] has expired"));
    let journal = fs::read_to_string(folder.path().join("results/clips.part.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), 2);
    assert!(journal.contains("refuses the request (400: too many pictures)"));

    // The same model elsewhere goes on; seen through other eyes it is another evaluation.
    let other = Server::start(|_, _| Reply::said("2"));
    let fewer = eval(folder.path(), &other, &["--vlm-frames", "3"]).code(1);
    fewer.stderr(predicate::str::contains("holds another evaluation"));
    assert!(other.requests().is_empty());
    eval(folder.path(), &other, &[])
        .success()
        .stderr(predicate::str::contains("2 of 4 clips were done before"));
    assert_eq!(other.requests().len(), 2);
}

#[test]
fn a_failing_server_ends_the_run_which_resumes() {
    for (status, body, words) in [
        (503, "overloaded", "no answer in 5 attempts (503: overloaded)"),
        (200, "<html>We are back soon", "<html>We are back soon"),
    ] {
        let folder = dataset();
        let fails = Server::start(move |number, _| match number {
            0 => Reply::said("2"),
            // A connection that is lost.
            1 => Reply::Bytes(Vec::new()),
            _ => Reply::http(status, &[("Retry-After", "0")], body),
        });
        eval(folder.path(), &fails, &[]).code(1).stdout("").stderr(predicate::str::contains(words));
        let journal = fs::read_to_string(folder.path().join("results/clips.part.jsonl")).unwrap();
        assert_eq!(journal.lines().count(), 1, "no clip is missed for it: {journal}");
        assert!(!folder.path().join("results/results.json").exists());

        let well = Server::start(|_, _| Reply::said("2"));
        let outcome = eval(folder.path(), &well, &[]).success();
        assert_eq!(well.requests().len(), 3);
        let results: Value = serde_json::from_slice(&outcome.get_output().stdout).unwrap();
        assert_eq!(results["rows"].as_array().unwrap().last().unwrap()["top1"], 100.0);
    }
}

#[test]
fn invalid_arguments_are_refused() {
    let folder = dataset();
    let server = Server::of(Vec::new());
    eval(folder.path(), &server, &["--vlm-frames", "0"]).code(2);
    eval(folder.path(), &server, &["--embeddings", ".", "--fps", "10"]).code(2);
    let mut command = program();
    command.args(["eval", "m.jsonl", "--model", "demo", "--vlm", "eyes"]);
    command.assert().code(2).stderr(predicate::str::contains("--vlm-endpoint"));
}

#[test]
fn a_temperature_needs_a_model() {
    let folder = dataset();
    let outcome = run(folder.path(), "eval manifest.jsonl --vlm-temperature 0").assert();
    outcome.code(2).stderr(predicate::str::contains("--vlm <NAME>"));
}
