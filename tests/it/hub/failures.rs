//! A hub or a network that fails: a message that says what to do, and nothing half-written.

use std::fs;
use std::time::Duration;

use actalign_tui::hub::HubError;
use serde_json::Value;

use crate::hub::site::{COMMIT, Fault, etag};
use crate::hub::world::{FILES, ID, World, fixture, seconds};
use crate::support::server::TestClock;

/// Makes a request fail more often than it is retried.
fn fault_always(world: &World, request: &str, fault: &Fault) {
    for _ in 0..20 {
        world.site.fault(request, fault.clone());
    }
}

#[test]
fn an_unknown_name_is_answered_with_a_similar_one() {
    let world = World::new();
    world.fail(
        "model fetch google/siglip-base-patch16-226",
        &[
            "has no model google/siglip-base-patch16-226 that this token can read",
            "did you mean google/siglip-base-patch16-2",
        ],
    );
    world.fail("model fetch someone/else", &["has no model someone/else"]);
    world.fail(&format!("model fetch {ID}@v9"), &["no revision \"v9\""]);
    assert!(!world.home.path().join("hf").exists(), "nothing is made for a name that is none");
    let mut command = world.command("model fetch someone/else");
    command.env_remove("HF_TOKEN");
    world.fail_with(command, &["anyone can read", "HF_TOKEN"]);
    let (output, text) = world.finish(world.command("model fetch ../../etc/passwd"));
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("ORG/NAME"), "{text}");
}

#[test]
fn a_gated_model_or_a_refused_token_says_what_to_do() {
    let world = World::new();
    world.site.fault("HEAD config.json", Fault::Status(403, "X-Error-Code: GatedRepo\r\n"));
    world.fail(&format!("model fetch {ID}"), &["gated", "ask for access", "HF_TOKEN"]);
    world.site.fault("HEAD config.json", Fault::Status(401, ""));
    world.fail(&format!("model fetch {ID}"), &["refuses the token", "401"]);
}

#[test]
fn retries_of_both_methods_follow_retry_after() {
    for request in ["HEAD config.json", "GET model.safetensors"] {
        let world = World::new();
        let clock = TestClock::default();
        world.site.fault(request, Fault::Status(503, "Retry-After: 9\r\n"));
        world.site.fault(request, Fault::Status(429, ""));
        world.site.fault(request, Fault::Status(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
        world.fetch_here(&clock).unwrap();
        assert_eq!(seconds(&clock), [9, 10, 0], "{request}");

        let world = World::new();
        for wait in ["86400", "Thu, 06 Nov 2994 08:49:37 GMT"] {
            let lines = format!("Retry-After: {wait}\r\n").leak();
            world.site.fault(request, Fault::Status(503, lines));
            world.fail(&format!("model fetch {ID}"), &["status 503; it asks to wait"]);
        }
    }
}

#[test]
fn bytes_downloaded_twice_are_no_progress() {
    let world = World::new();
    world.site.put("model.safetensors", vec![7; 10 << 20]);
    for _ in 0..20 {
        world.site.fault("GET model.safetensors", Fault::WholeCut(10));
        world.site.fault("GET model.safetensors", Fault::WholeCut(9 << 20));
    }
    let clock = TestClock::default();
    let error = world.fetch_here(&clock).unwrap_err().to_string();
    assert!(error.contains("again and again"), "{error}");
    // The first 9 MiB were progress, and none after them.
    assert_eq!(seconds(&clock), [0, 0, 1, 2, 4]);
}

#[test]
fn only_a_second_wrong_part_discards_the_partial_file() {
    let weights = fixture("model.safetensors");
    let all: usize = FILES.iter().map(|name| fixture(name).len()).sum();
    for (times, kept) in [(1, 200_000), (2, 0)] {
        for fault in [Fault::Status(206, "Content-Range: bytes 0-9/10\r\n"), Fault::Status(416, "")] {
            let world = World::new();
            let partial =
                world.repo().join("blobs").join(etag("model.safetensors", &weights) + ".incomplete");
            fs::create_dir_all(partial.parent().unwrap()).unwrap();
            fs::write(&partial, &weights[..200_000]).unwrap();
            for _ in 0..times {
                world.site.fault("GET model.safetensors", fault.clone());
            }
            world.fetch_here(&TestClock::default()).unwrap();
            assert_eq!(world.site.sent(), all - kept, "{times} times {fault:?}");
        }
    }
}

#[test]
fn a_server_that_stays_broken_is_given_up() {
    let world = World::new();
    let clock = TestClock::default();
    fault_always(&world, "HEAD config.json", &Fault::Status(502, ""));
    let error = world.fetch_here(&clock).unwrap_err();
    assert!(matches!(&error, HubError::Broken { reason, .. } if reason.contains("502")), "{error}");
    assert_eq!(seconds(&clock), [0, 1, 2, 4]);

    let world = World::new();
    let clock = TestClock::default();
    fault_always(&world, "GET model.safetensors", &Fault::Cut(10));
    let error = world.fetch_here(&clock).unwrap_err().to_string();
    assert!(error.contains("again and again") && error.contains("is kept"), "{error}");
    assert_eq!(seconds(&clock), [0, 1, 2, 4]);
    let blob = world.repo().join("blobs").join(etag("model.safetensors", &fixture("model.safetensors")));
    assert_eq!(fs::read(blob.with_extension("incomplete")).unwrap(), fixture("model.safetensors")[..50]);
    assert!(!blob.exists() && !world.repo().join("refs/main").exists());
}

#[test]
fn a_stalled_transfer_resumes_where_it_stood() {
    let world = World::new();
    world.site.fault("GET model.safetensors", Fault::Stall(50_000));
    let mut command = world.command(&format!("model fetch {ID}"));
    command.env("HF_HUB_DOWNLOAD_TIMEOUT", "1");
    let (output, text) = world.finish(command);
    assert!(output.status.success() && text.contains("timed out"), "{text}");
    let ranges: Vec<_> =
        world.site.seen().into_iter().filter_map(|request| request.headers.get("range").cloned()).collect();
    assert!(ranges.contains(&"bytes=50000-".to_owned()), "{ranges:?}");
}

#[test]
fn a_transfer_that_is_too_slow_is_given_up() {
    let world = World::new();
    fault_always(&world, "GET model.safetensors", &Fault::Stall(30_000));
    // Half a minute passes with each piece.
    let error = world.fetch_here(&TestClock::new(Duration::from_secs(31))).unwrap_err().to_string();
    assert!(error.contains("too slow"), "{error}");
}

#[test]
fn wrong_content_is_deleted() {
    let weights = fixture("model.safetensors");
    let world = World::new();
    world.site.fault("GET model.safetensors", Fault::Garbled);
    world.fail(&format!("model fetch {ID}"), &["model.safetensors", "another hash", "deleted"]);
    world.assert_nothing_of("model.safetensors", &weights);

    world.site.fault("GET model.safetensors", Fault::Endless);
    world.fail(&format!("model fetch {ID}"), &["longer than the 249216 bytes"]);
    world.assert_nothing_of("model.safetensors", &weights);

    // A partial file of something else shows in the end as well.
    let partial = world.repo().join("blobs").join(etag("model.safetensors", &weights) + ".incomplete");
    fs::write(&partial, [0; 1000]).unwrap();
    world.fail(&format!("model fetch {ID}"), &["another hash"]);
    world.assert_nothing_of("model.safetensors", &weights);
    world.succeed(&format!("model fetch {ID}"));
}

#[test]
fn redirects_that_lead_nowhere_are_errors() {
    let world = World::new();
    for _ in 0..20 {
        world.site.fault("HEAD config.json", Fault::Status(302, "Location: /api/config.json\r\n"));
    }
    world.fail(&format!("model fetch {ID}"), &["redirects to itself again and again"]);
    let world = World::new();
    world.site.fault("HEAD config.json", Fault::Status(302, "Location: file:///etc/passwd\r\n"));
    world.fail(&format!("model fetch {ID}"), &["redirects to no address"]);
}

#[test]
fn answers_that_a_hub_would_not_give_are_refused() {
    for (lines, part) in [
        ("ETag: \"x\"\r\n", "no hash to check the file by"),
        ("ETag: \"0123456789abcdef0123456789abcdef01234567\"\r\n", "no name of a commit"),
        (
            "ETag: \"0123456789abcdef0123456789abcdef01234567\"\r\nX-Repo-Commit: ../../x\r\n",
            "no name of a commit",
        ),
        (
            "ETag: \"0123456789abcdef0123456789abcdef01234567\"\r\nX-Linked-Size: 99999999999\r\n",
            "too large for this file",
        ),
    ] {
        let world = World::new();
        world.site.fault("HEAD config.json", Fault::Status(200, lines));
        world.fail(&format!("model fetch {ID}"), &[part]);
        assert!(!world.home.path().join("hf").exists());
    }
}

#[test]
fn an_unusable_model_is_refused_before_its_weights_are_fetched() {
    let config = |edit: fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&fixture("config.json")).unwrap();
        edit(&mut value);
        value.to_string().into_bytes()
    };
    for (bytes, part) in [
        (config(|c| c["vision_config"]["vision_use_head"] = false.into()), "no pooling head"),
        (config(|c| c["model_type"] = "blip".into()), "a \"blip\" model"),
        (b"{\"model_type\": ".to_vec(), "config.json is damaged"),
    ] {
        let world = World::new();
        world.site.put("config.json", bytes);
        world.fail(&format!("model fetch {ID}"), &[part]);
        assert!(world.site.seen().iter().all(|request| request.file() == "config.json"));
    }
    for (missing, parts) in [
        ("tokenizer.json", ["no tokenizer.json", "spiece.model"]),
        ("model.safetensors", ["no model.safetensors", "pytorch_model.bin is not read"]),
        ("config.json", ["no config.json", "model list"]),
    ] {
        let world = World::new();
        world.site.remove(missing);
        world.fail(&format!("model fetch {ID}"), &parts);
    }
    for (index, part) in [
        (r#"{"weight_map": {"a": "../model.safetensors"}}"#, "not a safetensors file beside it"),
        (r#"{"weight_map": {"a": "model-1.bin"}}"#, "not a safetensors file beside it"),
        (r#"{"weight_map": {"a": "model-1.safetensors"}}"#, "the hub does not have model-1.safetensors"),
        ("{", "EOF"),
    ] {
        let world = World::new();
        world.site.remove("model.safetensors");
        world.site.put("model.safetensors.index.json", index.into());
        world.fail(&format!("model fetch {ID}"), &[part]);
    }
}

#[test]
fn without_a_network_the_error_lists_the_files() {
    let world = World::new();
    let urls = ["config.json", "tokenizer.json", "preprocessor_config.json", "model.safetensors"];
    let urls = |endpoint: &str| urls.map(|name| format!("{endpoint}/{ID}/resolve/main/{name}"));
    let mut command = world.command(&format!("model fetch {ID}"));
    command.env("HF_HUB_OFFLINE", "1");
    let mut parts = vec!["HF_HUB_OFFLINE".to_owned(), "--model DIR".into(), "models--google--siglip".into()];
    parts.extend(urls(&world.site.endpoint));
    world.fail_with(command, &parts.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(world.site.seen().is_empty());

    // Nothing listens on the port of a socket that was closed.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{closed}");
    let mut command = world.command(&format!("model fetch {ID}"));
    command.env("HF_ENDPOINT", &endpoint);
    let mut parts = vec!["cannot be reached".to_owned()];
    parts.extend(urls(&endpoint));
    world.fail_with(command, &parts.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_hub_that_never_answers_is_offline() {
    let world = World::new();
    let clock = TestClock::default();
    fault_always(&world, "HEAD config.json", &Fault::HangUp);
    let error = world.fetch_here(&clock).unwrap_err();
    assert!(matches!(error, HubError::Offline { .. }), "{error}");
    assert_eq!(seconds(&clock), [0, 1, 2, 4]);
}

#[test]
fn a_full_disk_is_reported_before_anything_large_is_fetched() {
    let world = World::new();
    let hash = etag("model.safetensors", b"");
    let lines = format!("X-Linked-Etag: \"{hash}\"\r\nX-Linked-Size: {}\r\n", u64::MAX);
    world.site.fault("HEAD model.safetensors", Fault::Status(200, lines.leak()));
    world.fail(&format!("model fetch {ID}"), &[" needed", "make room"]);
    let got: Vec<_> = world.site.seen().into_iter().filter(|request| request.method == "GET").collect();
    assert!(got.iter().all(|request| request.file() == "config.json"), "{got:?}");
}

#[test]
fn an_invalid_endpoint_is_reported_without_its_secrets() {
    let world = World::new();
    for endpoint in [
        "hub.example",
        "ftp://hub.example",
        "https://",
        "https://ada:geheim@hub.example",
        "https://hub.example/?token=geheim",
        "https://hub.example?mail=a@geheim",
    ] {
        let mut command = world.command(&format!("model fetch {ID}"));
        command.env("HF_ENDPOINT", endpoint);
        let text = world.fail_with(command, &["HF_ENDPOINT"]);
        assert!(!text.contains("geheim"), "{text}");
        let mut command = world.command("doctor");
        command.env("HF_ENDPOINT", endpoint);
        assert!(!world.finish(command).1.contains("geheim"));
    }
}

#[test]
fn the_token_is_not_sent_over_plain_http() {
    let world = World::new();
    // A name that only the proxy knows, which is the hub on this machine.
    let fetch = |token: bool| {
        world.site.fault("HEAD config.json", Fault::Status(404, "X-Error-Code: EntryNotFound\r\n"));
        let mut command = world.command(&format!("model fetch {ID}"));
        command.env("HF_ENDPOINT", "http://hub.invalid").env("http_proxy", &world.site.endpoint);
        command.env_remove("no_proxy").env_remove("NO_PROXY");
        if !token {
            command.env_remove("HF_TOKEN");
        }
        let text = world.finish(command).1;
        let seen = world.site.seen();
        assert!(seen.iter().any(|request| request.method == "HEAD"), "{text}");
        assert!(seen.iter().all(|request| !request.headers.contains_key("authorization")), "{seen:?}");
        text.contains("the token is not sent: others could read it on the way to hub.invalid")
    };
    assert!(fetch(true));
    assert!(!fetch(false));
}

#[test]
fn the_named_commit_is_fetched_and_no_other() {
    let world = World::new();
    let other = "f".repeat(40);
    let facts = format!(
        "ETag: \"{}\"\r\nX-Linked-Size: 2\r\nX-Repo-Commit: {COMMIT}\r\n",
        etag("config.json", b"{}")
    );
    world.site.fault("HEAD config.json", Fault::Status(200, facts.leak()));
    world.fail(&format!("model fetch {ID}@{other}"), &[COMMIT, "another commit"]);
    assert!(!world.home.path().join("hf").exists(), "nothing is remembered");
    // Nor is a file taken from another commit than the rest.
    let moved = format!(
        "ETag: \"{}\"\r\nX-Linked-Size: 2\r\nX-Repo-Commit: {other}\r\n",
        etag("tokenizer.json", b"{}")
    );
    world.site.fault("HEAD tokenizer.json", Fault::Status(200, moved.leak()));
    world.fail(&format!("model fetch {ID}"), &["tokenizer.json", "another commit"]);
    assert!(!world.repo().join("refs/main").exists());
}

#[test]
fn unusable_certificates_are_reported() {
    let world = World::new();
    for (name, content, part) in [
        ("none.pem", None, "No such file"),
        ("empty.pem", Some("no PEM at all"), "no certificate in it"),
        ("broken.pem", Some("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"), "not PEM"),
    ] {
        if let Some(content) = content {
            fs::write(world.home.path().join(name), content).unwrap();
        }
        let mut command = world.command(&format!("model fetch {ID}"));
        command.env("SSL_CERT_FILE", name);
        world.fail_with(command, &["SSL_CERT_FILE", name, part]);
    }
}
