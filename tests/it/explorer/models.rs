//! The explorer and the language models it asks, which servers on this machine play: without a screen, to the end.

use std::fs;

use crate::support::server::{Reply, Server};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{MODEL, clip, program};

const SECRET: &str = "sk-quite-secret-0123456789";
const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["get ready", "two pieces are attacked", "one of them falls"]}]}"#;

/// What the explorer says to these lines, and what is left in `scripts.json`.
fn explore(server: &Server, lines: &str) -> (String, String) {
    explore_with(
        &["--llm", "scribe", "--vlm", "oracle", "--key-env", "KEY", "--endpoint", &server.url()],
        lines,
    )
}

/// The same with these models.
fn explore_with(models: &[&str], lines: &str) -> (String, String) {
    let folder = TempDir::new().unwrap();
    clip::reordered(20).write(&folder.path().join("clip.mp4"), clip::paint_number);
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    let mut command = program();
    let output = command
        .current_dir(folder.path())
        .env("ACTALIGN_MODEL", MODEL)
        .env("ACTALIGN_CACHE_DIR", folder.path().join("cache"))
        .env("ACTALIGN_DATA_DIR", folder.path().join("data"))
        .env("ACTALIGN_CONFIG_DIR", folder.path().join("config"))
        .env("KEY", SECRET)
        .env("OPENAI_API_KEY", SECRET)
        .args(["clip.mp4", "--scripts", "scripts.json", "--plain", "--vlm-frames", "3"])
        .args(models)
        .write_stdin(lines.to_owned())
        .assert()
        .success()
        .get_output()
        .clone();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (said, fs::read_to_string(folder.path().join("scripts.json")).unwrap())
}

fn script(name: &str) -> Reply {
    let steps: Vec<String> =
        (1..=4).map(|at| format!("a player makes move number {at} of a {name}")).collect();
    Reply::said(&format!(
        "Here it is:\n```json\n{}\n```",
        json!({"classes": [{"name": name, "steps": steps}]})
    ))
}

#[test]
fn a_script_is_written_accepted_and_saved_and_the_ranking_is_said() {
    let server = Server::of(vec![script("fork"), script("skewer")]);
    let lines = "candidate 2\nwrite-script\naccept\nranking\nadd-class skewer / chess\n\naccept\nranking\nsave-scripts scripts.json\nquit\n";
    let (said, saved) = explore(&server, lines);
    assert!(
        said.contains("A new script of fork has 4 steps: 1. a player makes move number 1 of a fork"),
        "{said}"
    );
    assert!(said.contains("A new script of skewer has 4 steps"), "{said}");
    let file: serde_json::Value = serde_json::from_str(&saved).unwrap();
    let classes = file["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 3, "{saved}");
    assert_eq!(classes[1]["steps"][3], "a player makes move number 4 of a fork");
    assert_eq!(
        (&classes[1]["generated"]["model"], &classes[2]["name"]),
        (&json!("scribe"), &json!("skewer"))
    );
    assert!(
        server.requests().iter().all(|request| request.authorization == Some(format!("Bearer {SECRET}")))
    );
    assert!(!said.contains(SECRET) && !saved.contains(SECRET));
}

#[test]
fn a_script_that_is_left_changes_nothing_and_a_refusing_server_is_reported() {
    let refused = Reply::json(401, json!({"error": {"message": format!("the key {SECRET} is not known")}}));
    let server = Server::of(vec![script("castling"), refused]);
    let (said, saved) = explore(&server, "candidate 1\nwrite-script\nleave\nwrite-script\nquit\n");
    assert_eq!(saved, SCRIPTS);
    assert!(said.contains("No script of castling: "), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn the_answer_of_a_vision_language_model_is_said() {
    let server = Server::of(vec![Reply::said(r#"{"answer": 2}"#)]);
    let (said, _) = explore(&server, "look\nquit\n");
    assert!(
        said.contains("The vision-language model is shown 3 frames.") && said.contains("oracle says fork."),
        "{said}"
    );
    let content = server.requests()[0].body["messages"][0]["content"].as_array().unwrap().clone();
    assert_eq!(content.iter().filter(|part| part["type"] == "image_url").count(), 3);
}

#[test]
fn a_key_goes_to_one_server_alone() {
    let sent = |more: &[&str]| {
        let (scribe, oracle) = (Server::of(vec![script("fork")]), Server::of(vec![Reply::said("2")]));
        let (of_scribe, of_oracle) = (scribe.url(), oracle.url());
        let two =
            ["--llm", "scribe", "--endpoint", &of_scribe, "--vlm", "oracle", "--vlm-endpoint", &of_oracle];
        let (said, _) =
            explore_with(&[&two, more].concat(), "candidate 2\nwrite-script\naccept\nlook\nquit\n");
        assert!(said.contains("oracle says fork."), "{said}");
        [scribe, oracle].map(|server| server.requests()[0].authorization.clone())
    };
    let bearer = Some(format!("Bearer {SECRET}"));
    assert_eq!(sent(&[]), [bearer.clone(), None]);
    assert_eq!(sent(&["--key-env", "KEY"]), [bearer.clone(), None]);
    assert_eq!(sent(&["--vlm-key-env", "KEY"]), [bearer.clone(), bearer.clone()]);

    // The only server gets it.
    let oracle = Server::of(vec![Reply::said("2")]);
    explore_with(&["--vlm", "oracle", "--vlm-endpoint", &oracle.url()], "look\nquit\n");
    assert_eq!(oracle.requests()[0].authorization, bearer);
}

#[test]
fn a_model_without_a_server_and_a_server_without_a_model_are_reported() {
    let (said, _) = explore_with(&["--endpoint", "http://localhost:1"], "quit\n");
    assert!(said.contains("--endpoint has no effect without a model"), "{said}");
    let mut command = program();
    command.env_remove("ACTALIGN_LLM_ENDPOINT");
    let arguments = ["clip.mp4", "--scripts", "s.json", "--model", "demo", "--plain", "--vlm", "oracle"];
    let outcome = command.args(arguments).assert().code(2);
    let said = String::from_utf8_lossy(&outcome.get_output().stderr).into_owned();
    assert!(said.contains("--endpoint") && said.contains("--vlm-endpoint"), "{said}");
}
