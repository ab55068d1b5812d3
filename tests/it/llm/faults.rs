//! Servers that fail, and the messages about it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use actalign_tui::llm::{Client, ClientOptions, Event, LlmError, Message, Schema};
use actalign_tui::net::Secret;
use serde_json::json;

use crate::llm::{SECRET, ask, client, client_within, slept};
use crate::support::server::{Reply, Server, completion};

/// The error after these replies, which does not hold the key, with the number of requests and the time waited.
fn error(replies: Vec<Reply>) -> (String, usize, Duration) {
    let server = Server::of(replies);
    let (mut client, clock) = client(&server.url());
    let error = ask(&mut client).unwrap_err();
    let words = format!("{error} {error:?}");
    assert!(!words.contains(SECRET) && !words.contains("sk-quite"), "{words}");
    (error.to_string(), server.requests().len(), slept(&clock))
}

fn status(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"error": {"message": message}}))
}

#[test]
fn refusals_say_what_to_do_and_are_not_retried() {
    for (reply, words) in [
        (
            status(401, &format!("Incorrect API key: {SECRET}")),
            "(401: Incorrect API key: [key])\nhelp: check that the key",
        ),
        (status(403, "not in your country"), "not in your country"),
        (status(404, "model 'small' not found, try pulling it"), "has no model small"),
        (Reply::http(404, &[], "404 page not found"), "ends in /v1"),
        (status(400, "context too long\u{1b}[2J"), "refuses the request (400: context too long[2J)"),
        (status(413, ""), "refuses the request (413)"),
        (
            Reply::json(429, json!({"error": {"message": "You exceeded it", "code": "insufficient_quota"}})),
            "no quota left",
        ),
    ] {
        let (said, requests, slept) = error(vec![reply]);
        assert!(said.contains(words), "{said}");
        assert_eq!((requests, slept), (1, Duration::ZERO), "{said}");
    }
}

#[test]
fn a_refusal_without_a_key_says_where_to_put_it() {
    let server = Server::of(vec![status(401, "key missing")]);
    let mut client = Client::new(server.url().parse().unwrap(), "small", None, ClientOptions::default());
    let said = ask(&mut client).unwrap_err().to_string();
    assert!(said.contains("OPENAI_API_KEY") && said.contains("--key-env"), "{said}");
    assert_eq!(server.requests()[0].authorization, None);
}

#[test]
fn a_busy_server_is_retried_when_it_says() {
    let busy = |value: &str| Reply::http(429, &[("Retry-After", value)], "busy");
    for (value, waited) in [
        ("7", 7.0),
        // The clock stands at 08:49:37.
        ("Sun, 06 Nov 1994 08:49:57 GMT", 20.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("120", 120.0),
    ] {
        let server = Server::of(vec![busy(value), Reply::said("yes")]);
        let (mut client, clock) = client(&server.url());
        assert_eq!(ask(&mut client).unwrap().text, "yes");
        assert_eq!(slept(&clock).as_secs_f64(), waited, "{value}");
    }
}

#[test]
fn a_server_that_asks_for_a_long_wait_is_given_up() {
    for (value, pause) in [("86400", "86400 s"), ("Sun, 06 Nov 1994 09:49:37 GMT", "3600 s")] {
        let busy = Reply::http(429, &[("Retry-After", value)], &format!("no {SECRET}"));
        let (said, requests, slept) = error(vec![busy]);
        assert!(said.contains("429: no [key]") && said.contains(pause) && said.contains("again"), "{said}");
        assert_eq!((requests, slept), (1, Duration::ZERO));
    }
}

#[test]
fn a_broken_server_is_retried_with_growing_waits_and_then_given_up() {
    let server = Server::of(vec![status(500, "oops"), status(503, "Loading model"), Reply::said("yes")]);
    let (mut client, clock) = client(&server.url());
    assert_eq!(ask(&mut client).unwrap().text, "yes");
    // Between half of it and all of 1 s and 2 s.
    assert!((1.5..=3.0).contains(&slept(&clock).as_secs_f64()), "{:?}", slept(&clock));

    let (said, requests, slept) = error((0..9).map(|_| status(502, &format!("no {SECRET}"))).collect());
    assert!(said.contains("no answer in 5 attempts (502: no [key])"), "{said}");
    assert_eq!(requests, 5);
    assert!((7.5..=15.0).contains(&slept.as_secs_f64()), "{slept:?}");
}

#[test]
fn a_wait_can_be_cancelled() {
    let server = Server::of(vec![Reply::http(503, &[("Retry-After", "30")], "busy")]);
    let (mut client, clock) = client(&server.url());
    let mut told = Vec::new();
    let mut watch = |event: Event| {
        let Event::Waiting { total, left, reason } = event else { panic!("{event:?}") };
        told.push((total.as_secs(), left.as_secs(), reason.to_owned()));
        if told.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let schema = Schema { name: "answer", schema: json!({}) };
    let outcome = client.ask(&[Message::user("What?")], &schema, &mut watch);
    assert_eq!(outcome, Err(LlmError::Stopped));
    assert_eq!(
        told,
        [(30, 30, "503: busy".into()), (30, 29, "503: busy".into()), (30, 28, "503: busy".into())]
    );
    assert_eq!(slept(&clock), Duration::from_secs(2));
}

#[test]
fn redirects_are_followed_within_one_server_only() {
    let to = |location: &str| Reply::http(307, &[("Location", location)], "");
    let server = Server::of(vec![to("/v1/chat/completions/"), Reply::said("yes")]);
    let (mut client, _) = client(&server.url());
    assert_eq!(ask(&mut client).unwrap().text, "yes");
    let requests = server.requests();
    assert_eq!(requests[1].path, "/v1/chat/completions/");
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[1].authorization.as_deref(), Some(&format!("Bearer {SECRET}")[..]));

    let other = Server::of(vec![Reply::said("no")]);
    for location in [
        format!("{}/v1/chat/completions?key={SECRET}", other.url()),
        format!("http://localhost:{}/", other.port),
        format!("//127.0.0.1:{}/", other.port),
    ] {
        let (said, requests, _) = error(vec![to(&location)]);
        assert!(said.contains("redirects to http://") && said.contains("name it instead"), "{said}");
        assert_eq!(requests, 1);
    }
    assert!(other.requests().is_empty(), "the key was sent to another server");

    for location in ["", "gopher://a"] {
        assert!(error(vec![to(location)]).0.contains("redirects to"));
    }
    let (said, requests, _) = error((0..9).map(|_| to("/again")).collect());
    assert!(said.contains("again and again") && requests == 9, "{said} {requests}");
}

#[test]
fn an_answer_without_end_times_out() {
    let headers = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n";
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choices\":";
    let hold = |text: &str| Reply::Hold(text.into());
    for reply in [Reply::Drip, hold(""), hold(headers), hold(body)] {
        let server = Server::of(vec![reply]);
        let start = Instant::now();
        let error = ask(&mut client_within(Duration::from_millis(300), &server.url()).0).unwrap_err();
        assert!(matches!(error, LlmError::Timeout { seconds: 0.3, .. }) && error.is_of_server(), "{error:?}");
        // The server would go on for longer.
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn an_endless_answer_is_too_large() {
    let (said, requests, _) = error(vec![Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]);
    assert!(said.contains("more than 4194304 bytes") && requests == 1, "{said}");
    let header = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let (said, ..) = error(vec![Reply::Bytes(header.into_bytes())]);
    assert!(said.contains("more than 4194304 bytes"), "{said}");
}

#[test]
fn a_cut_answer_is_retried() {
    let body = completion("yes").to_string();
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let headless = b"HTTP/1.1 200".to_vec();
    for cut in [whole.as_bytes()[..whole.len() - 9].to_vec(), headless, Vec::new()] {
        let server = Server::of(vec![Reply::Bytes(cut), Reply::said("yes")]);
        let (mut client, _) = client(&server.url());
        assert_eq!(ask(&mut client).unwrap().text, "yes");
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn anything_but_a_completion_is_quoted() {
    for (body, words) in [
        ("{\"choices\": [", "it ends in the middle"),
        ("<html>\u{1b}[31mWelcome", "it begins with <html>[31mWelcome"),
        ("{\"choices\": []}", "no choices"),
        ("{\"choices\": [{}]}", "missing field `message`"),
        ("{\"models\": []}", "no choices"),
        ("{\"error\": {\"message\": \"upstream failed\"}}", "an error: upstream failed"),
    ] {
        let (said, requests, _) = error(vec![Reply::http(200, &[], body)]);
        assert!(said.contains("not a chat completion") && said.contains(words), "{said}");
        assert_eq!(requests, 1);
    }
    let (said, ..) = error(vec![Reply::Bytes(b"220 smtp ready\r\n\r\n".to_vec())]);
    assert!(said.contains("not a chat completion"), "{said}");
}

#[test]
fn a_key_is_redacted_in_every_form() {
    // With a control character within, and in what the reader of JSON says about the body.
    let split = format!("{}\u{7}{}", &SECRET[..6], &SECRET[6..]);
    let (said, ..) = error(vec![status(400, &format!("{split} is wrong"))]);
    assert!(said.contains("(400: [key] is wrong)"), "{said}");
    let body = format!("{{\"choices\": \"{SECRET}{}\"}}", "x".repeat(10_000));
    let (said, ..) = error(vec![Reply::http(200, &[], &body)]);
    assert!(said.contains("not a chat completion") && said.contains("[key]"), "{said}");
    assert!(said.len() < 1000, "{said}");
    let (said, ..) = error(vec![Reply::Bytes(format!("HTTP/1.1 {SECRET}\r\n\r\n").into_bytes())]);
    assert!(said.contains("not a chat completion"), "{said}");

    // In an answer and in what stands in its place.
    for field in ["content", "refusal"] {
        let body = json!({"choices": [{"message": {field: format!("one\n{split} two")}}]});
        let server = Server::of(vec![Reply::json(200, body)]);
        assert_eq!(ask(&mut client(&server.url()).0).unwrap().text, "one\n[key] two");
    }
    // `1` is the key of many a local server and no secret.
    let server = Server::of(vec![Reply::said("{\"answer\": 1}")]);
    let key = Secret::new("1").unwrap();
    let mut client = Client::new(server.url().parse().unwrap(), "small", key, ClientOptions::default());
    assert_eq!(ask(&mut client).unwrap().text, "{\"answer\": 1}");
}

#[test]
fn failures_of_the_server_differ_from_refused_requests() {
    let is_of_server = |reply: Reply| {
        let server = Server::start(move |_, _| reply.clone());
        ask(&mut client(&server.url()).0).unwrap_err().is_of_server()
    };
    for code in [400, 413, 415, 422] {
        assert!(!is_of_server(status(code, "too many pictures")), "{code}");
    }
    for code in [204, 401, 402, 403, 404, 405, 407, 429, 500, 501, 503, 529] {
        assert!(is_of_server(status(code, "no")), "{code}");
    }
    assert!(is_of_server(Reply::Bytes(Vec::new())), "a connection that is lost");
    assert!(is_of_server(Reply::http(200, &[], "<html>Maintenance")));
}

#[test]
fn a_missing_server_is_reported_at_once() {
    // A port that nobody listens at any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut client, clock) = client(&format!("http://127.0.0.1:{port}"));
    let error = ask(&mut client).unwrap_err();
    assert!(error.is_of_server());
    assert!(error.to_string().contains("check that the server runs"), "{error}");
    assert_eq!(slept(&clock), Duration::ZERO);
}
