//! `scripts generate` against a server on this machine.

use std::fs;
use std::path::Path;

use crate::support::server::{Reply, Request, Server};
use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program;

const SECRET: &str = "sk-quite-secret-0123456789";

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(folder).env("ACTALIGN_CONFIG_DIR", folder.join("config"));
    command.env_remove("OPENAI_API_KEY").args(["scripts", "generate"]).args(arguments);
    command
}

/// The classes that a request asks for.
fn asked(request: &Request) -> Vec<String> {
    let class = &request.body["response_format"]["json_schema"]["schema"]["properties"]["classes"]["items"];
    serde_json::from_value(class["properties"]["name"]["enum"].clone()).unwrap()
}

/// Good scripts of all classes but those whose name begins with "bad".
fn scripts(request: &Request) -> Reply {
    let steps = |name: &String| match name.starts_with("bad") {
        true => json!(["the same", "the same", "the same", "the same"]),
        false => (0..4).map(|step| json!(format!("the player shows {name} {step}"))).collect(),
    };
    let names = asked(request);
    let classes: Vec<Value> = names.iter().map(|name| json!({"name": name, "steps": steps(name)})).collect();
    Reply::said(&format!("Here you are:\n```json\n{}\n```", json!({"classes": classes})))
}

fn writer() -> Server {
    Server::start(|_, request| scripts(request))
}

fn file(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("out.json")).unwrap()).unwrap()
}

fn names(file: &Value) -> Vec<&str> {
    file["classes"].as_array().unwrap().iter().map(|class| class["name"].as_str().unwrap()).collect()
}

/// The arguments that every run needs, with those of the test.
fn generate(folder: &Path, server: &Server, arguments: &[&str]) -> Assert {
    let url = server.url();
    let fixed = ["--endpoint", &url, "--llm", "small", "--out", "out.json"];
    let outcome = command(folder, &[arguments, &fixed].concat()).env("MY_KEY", SECRET).assert();
    for text in [&outcome.get_output().stdout, &outcome.get_output().stderr] {
        assert!(!String::from_utf8_lossy(text).contains(&SECRET[..8]));
    }
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    {
        assert!(!fs::read_to_string(&path).unwrap().contains(&SECRET[..8]), "{}", path.display());
    }
    outcome
}

#[test]
fn generated_classes_become_a_script_file_that_can_be_extended() {
    let folder = TempDir::new().unwrap();
    let server = writer();
    let chess = |classes: &str| {
        generate(folder.path(), &server, &["--domain", "chess", "--classes", classes, "--key-env", "MY_KEY"])
    };
    chess("fork, pin").success().stdout("").stderr(predicate::str::contains("2 scripts are in out.json"));
    let made = file(folder.path());
    assert_eq!((&made["domain"], names(&made)), (&json!("chess"), vec!["fork", "pin"]));
    assert_eq!(made["classes"][0]["steps"][3], "the player shows fork 3");
    assert!(made["classes"][0].get("domain").is_none());
    let generated = &made["classes"][0]["generated"];
    assert_eq!((&generated["model"], &generated["strategy"]), (&json!("small"), &json!("context-rich")));
    assert_eq!(server.requests()[0].authorization, Some(format!("Bearer {SECRET}")));

    // Nothing is asked twice; what is edited by hand stays.
    let edited = fs::read_to_string(folder.path().join("out.json")).unwrap().replace("shows fork 3", "forks");
    fs::write(folder.path().join("out.json"), edited).unwrap();
    chess("pin,fork")
        .success()
        .stderr(predicate::str::contains("2 of 2 classes are in out.json and are kept"));
    assert_eq!(server.requests().len(), 1);
    chess("fork,mate").success();
    let made = file(folder.path());
    assert_eq!(names(&made), ["fork", "pin", "mate"]);
    assert_eq!(made["classes"][0]["steps"][3], "the player forks");
    assert_eq!(asked(&server.requests()[1]), ["mate"]);

    // Another domain names itself.
    generate(folder.path(), &server, &["--domain", "dinner", "--classes", "fork"]).success();
    let made = file(folder.path());
    assert_eq!(made["classes"][3]["domain"], "dinner");
    assert_eq!(server.requests()[2].authorization, None);
}

#[test]
fn candidates_of_a_clip_are_asked_for_together_and_every_class_once() {
    let folder = TempDir::new().unwrap();
    let clip = |id: &str, domain: &str, candidates: &[&str]| {
        json!({"id": id, "video": "a.mp4", "domain": domain, "candidates": candidates, "answer": 0})
            .to_string()
    };
    let manifest = [
        clip("a", "chess", &["fork", "pin"]),
        clip("b", "chess", &["pin", "fork"]),
        clip("c", "chess", &["pin", "mate", "castling"]),
        clip("d", "dinner", &["fork", "knife"]),
    ];
    fs::write(folder.path().join("m.jsonl"), manifest.join("\n")).unwrap();
    let server = writer();
    generate(folder.path(), &server, &["--manifest", "m.jsonl"]).success();
    let sets: Vec<Vec<String>> = server.requests().iter().map(asked).collect();
    assert_eq!(sets, [vec!["fork", "pin"], vec!["mate", "castling"], vec!["fork", "knife"]]);
    let made = file(folder.path());
    let domains: Vec<&Value> =
        made["classes"].as_array().unwrap().iter().map(|class| &class["domain"]).collect();
    assert_eq!(domains[..4], ["chess"; 4]);
    assert_eq!(domains[4..], ["dinner"; 2]);
}

#[test]
fn a_class_that_fails_is_left_out_and_reported() {
    let folder = TempDir::new().unwrap();
    let server = writer();
    let chess = ["--domain", "chess", "--classes", "fork,bad one,pin"];
    generate(folder.path(), &server, &chess).code(1).stderr(
        predicate::str::contains("asking again: bad one: step 2 repeats another")
            .and(predicate::str::contains("1 of 3 classes have no script"))
            .and(predicate::str::contains("the other 2 are in out.json")),
    );
    assert_eq!(names(&file(folder.path())), ["fork", "pin"]);
    assert_eq!(server.requests().len(), 3);
    // The same command asks for what is missing.
    generate(folder.path(), &server, &chess).code(1);
    assert_eq!(asked(&server.requests()[3]), ["bad one"]);
}

#[test]
fn finished_scripts_stay_when_the_server_fails() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("names.txt"), (0..10).map(|i| format!("move {i}\n\n")).collect::<String>())
        .unwrap();
    let chess = ["--domain", "chess", "--classes-file", "names.txt", "--key-env", "MY_KEY"];
    let fails = Server::start(|number, request| match number {
        0 => scripts(request),
        _ => Reply::json(401, json!({"error": {"message": format!("{SECRET} has expired")}})),
    });
    generate(folder.path(), &fails, &chess).code(1).stderr(
        predicate::str::contains("8 scripts are in out.json; the same command resumes")
            .and(predicate::str::contains("[key] has expired"))
            .and(predicate::str::contains("still valid")),
    );
    assert_eq!(names(&file(folder.path())).len(), 8);
    let server = writer();
    generate(folder.path(), &server, &chess).success();
    assert_eq!(asked(&server.requests()[0]), ["move 8", "move 9"]);
}

#[test]
fn scripts_from_elsewhere_are_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let server = writer();
    let mine = json!({"domain": "chess", "classes": [{"name": "fork", "steps": ["mine"]}]}).to_string();
    fs::write(folder.path().join("out.json"), &mine).unwrap();
    let chess = |more: &[&str]| {
        generate(folder.path(), &server, &[&["--domain", "chess", "--classes", "fork"], more].concat())
    };
    chess(&[]).code(1).stderr(predicate::str::contains("\"fork\" in \"chess\" by hand"));
    assert_eq!(fs::read_to_string(folder.path().join("out.json")).unwrap(), mine);
    fs::remove_file(folder.path().join("out.json")).unwrap();
    chess(&[]).success();
    let short = chess(&["--strategy", "short-fixed"]);
    short.code(1).stderr(predicate::str::contains("from another prompt (context-rich)"));
    assert_eq!(server.requests().len(), 1);
    // A file that is no script file is not one to write over.
    fs::write(folder.path().join("out.json"), "notes").unwrap();
    chess(&[]).code(1).stderr(predicate::str::contains("not valid JSON"));
}

/// Has ten classes written in two answers, and does this to the file before the second.
fn meddle(meddle: impl Fn(&Path) + Send + 'static) -> (TempDir, Assert) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.json");
    let names = (0..10).map(|i| format!("move {i}")).collect::<Vec<_>>().join(",");
    let server = Server::start(move |number, request| {
        if number == 1 {
            meddle(&out);
        }
        scripts(request)
    });
    let outcome = generate(folder.path(), &server, &["--domain", "chess", "--classes", &names]);
    (folder, outcome)
}

#[test]
fn changes_by_another_program_are_kept() {
    let (folder, outcome) = meddle(|out| {
        let mut file: Value = serde_json::from_slice(&fs::read(out).unwrap()).unwrap();
        file["classes"][0]["steps"] = json!(["by hand"]);
        let classes = file["classes"].as_array_mut().unwrap();
        classes.push(json!({"name": "mine", "steps": ["mine"]}));
        classes.push(json!({"name": "move 9", "steps": ["mine too"]}));
        classes.remove(1);
        fs::write(out, file.to_string()).unwrap();
    });
    outcome.success().stderr(predicate::str::contains(
        "move 9: kept the script that another program has written meanwhile",
    ));
    let made = file(folder.path());
    assert_eq!(names(&made)[6..], ["move 7", "mine", "move 9", "move 8"]);
    assert_eq!(names(&made)[..2], ["move 0", "move 2"]);
    assert_eq!(made["classes"][0]["steps"], json!(["by hand"]));
    assert_eq!(made["classes"][8]["steps"], json!(["mine too"]));

    let (folder, outcome) = meddle(|out| fs::write(out, "notes").unwrap());
    outcome.code(1).stderr(predicate::str::contains("not valid JSON"));
    assert_eq!(fs::read_to_string(folder.path().join("out.json")).unwrap(), "notes");

    let (folder, outcome) = meddle(|out| fs::remove_file(out).unwrap());
    outcome.success();
    assert_eq!(names(&file(folder.path())).len(), 10);
}

#[test]
fn a_dry_run_prints_the_prompt_and_sends_nothing() {
    let folder = TempDir::new().unwrap();
    let dry = |more: &[&str]| {
        let arguments = ["--domain", "chess", "--classes", "fork,pin", "--dry-run"];
        command(folder.path(), &[&arguments, more].concat()).assert()
    };
    dry(&[]).success().stdout(
        predicate::str::contains("- fork\n- pin\n").and(predicate::str::contains("at least 4, at most 15")),
    );
    dry(&["--strategy", "short-fixed"]).success().stdout(predicate::str::contains("Exactly 10 sub-actions"));
    // A prompt in the configuration comes before the program's own, one that is named before that.
    fs::create_dir_all(folder.path().join("config/prompts")).unwrap();
    fs::write(folder.path().join("config/prompts/context-rich.md"), "Of {domain}: {classes}!").unwrap();
    dry(&[]).success().stdout("Of chess: - fork\n- pin!");
    fs::write(folder.path().join("mine.md"), "Mine: {classes}").unwrap();
    dry(&["--prompt-file", "mine.md"]).success().stdout("Mine: - fork\n- pin");
    fs::write(folder.path().join("mine.md"), "Mine").unwrap();
    let lacks = dry(&["--prompt-file", "mine.md"]);
    lacks.code(1).stderr(predicate::str::contains("mine.md has no {classes}"));
}

#[test]
fn mistakes_are_reported_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    let server = writer();
    let chess = ["--domain", "chess", "--classes", "fork"];
    command(folder.path(), &chess).assert().code(2).stderr(predicate::str::contains("--endpoint"));
    command(folder.path(), &["--domain", "chess", "--dry-run"]).assert().code(2);
    let bad = [&chess[..], &["--endpoint", "http://me:pass@host", "--llm", "x", "--out", "o"]].concat();
    let refused = command(folder.path(), &bad).assert().code(2);
    refused.stderr(
        predicate::str::contains("holds a user name or password")
            .and(predicate::str::contains("pass@").not()),
    );
    let unset = [&chess[..], &["--key-env", "NO_SUCH_KEY"]].concat();
    generate(folder.path(), &server, &unset)
        .code(1)
        .stderr(predicate::str::contains("NO_SUCH_KEY is not set"));
    fs::create_dir(folder.path().join("out.json")).unwrap();
    generate(folder.path(), &server, &chess).code(1).stderr(predicate::str::contains("out.json"));
    assert!(server.requests().is_empty());
}

#[test]
fn certificates_are_read_for_https_only() {
    let folder = TempDir::new().unwrap();
    let chess =
        ["--domain", "chess", "--classes", "fork", "--llm", "small", "--out", "out.json", "--endpoint"];
    let run = |endpoint: &str| {
        command(folder.path(), &[&chess[..], &[endpoint]].concat()).env("SSL_CERT_FILE", "none.pem").assert()
    };
    run("https://localhost:1")
        .code(1)
        .stderr(predicate::str::contains("cannot use the certificates none.pem"));
    run(&writer().url()).success();
}

#[test]
fn the_default_key_is_not_sent_over_plain_http() {
    let folder = TempDir::new().unwrap();
    // No such host: the request goes nowhere.
    let arguments =
        ["--domain", "d", "--classes", "c", "--endpoint", "http://host.invalid", "--llm", "x", "--out", "o"];
    let outcome =
        command(folder.path(), &arguments).env("OPENAI_API_KEY", SECRET).env("no_proxy", "*").assert();
    outcome.code(1).stderr(
        predicate::str::contains("the key in OPENAI_API_KEY is not sent")
            .and(predicate::str::contains("cannot be reached"))
            .and(predicate::str::contains(SECRET).not()),
    );
}
