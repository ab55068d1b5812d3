//! Scripts of a model that makes mistakes.

use std::ops::ControlFlow;

use actalign_tui::llm::{Event, Generator, LeftOut, LlmError, script_prompt};
use actalign_tui::script::Strategy;
use serde_json::{Value, json};

use crate::llm::{SECRET, client, go_on};
use crate::support::server::{Reply, Server};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn steps(count: usize) -> Vec<String> {
    (0..count).map(|step| format!("the player does {step}")).collect()
}

fn scripts(scripts: &[(&str, Value)]) -> String {
    let classes: Vec<Value> =
        scripts.iter().map(|(name, steps)| json!({"name": name, "steps": steps})).collect();
    json!({"classes": classes}).to_string()
}

fn generator(server: &Server) -> Generator {
    let strategy = Strategy::CONTEXT_RICH;
    let prompt = script_prompt(strategy, None, None).unwrap();
    Generator::new(client(&server.url()).0, strategy, prompt)
}

#[test]
fn only_invalid_scripts_are_asked_for_again_with_the_reason() {
    let good = json!(steps(5));
    let first = scripts(&[("fork", good.clone()), ("pin", json!(steps(3)))]);
    let second = format!("<think>Only two.</think>Sorry!\n```json\n{}\n```", scripts(&[("Pin", good)]));
    let server =
        Server::of(vec![Reply::said(&first), Reply::said(&second), Reply::said("{}"), Reply::said("{}")]);
    let mut written = Vec::new();
    let mut watch = |event: Event| {
        if let Event::Written(classes) = event {
            written.push(classes.iter().map(|class| class.name.clone()).collect::<Vec<_>>());
        }
        ControlFlow::Continue(())
    };
    let asked = names(&["fork", "pin", "mate"]);
    let generated = generator(&server).generate("chess", &asked, &mut watch).unwrap();

    assert_eq!(written, [["fork"], ["pin"]]);
    assert_eq!(generated.classes[0].steps, steps(5));
    let [LeftOut { name, reason }] = &generated.left_out[..] else { panic!("{generated:?}") };
    assert!(
        name == "mate" && reason.starts_with("the answer does not have the form {\"classes\""),
        "{reason}"
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    let prompt = requests[0].last_text();
    assert!(prompt.contains("- fork\n- pin\n- mate\n") && prompt.contains("chess"), "{prompt}");
    let messages = requests[1].body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(messages[1]["content"], first);
    let complaint = requests[1].last_text();
    assert!(
        complaint.contains("- pin: it has 3 steps, not 4 to 15\n- mate: its script is missing"),
        "{complaint}"
    );
    let wanted = |request: usize| {
        let schema = &requests[request].body["response_format"]["json_schema"]["schema"];
        schema["properties"]["classes"]["items"]["properties"]["name"]["enum"].clone()
    };
    assert_eq!(
        [wanted(0), wanted(1), wanted(2)],
        [json!(["fork", "pin", "mate"]), json!(["pin", "mate"]), json!(["mate"])]
    );
}

#[test]
fn a_class_records_how_its_script_was_made() {
    let server = Server::of(vec![Reply::said(&scripts(&[("fork", json!(steps(4)))]))]);
    let url = format!("{}/v1?code=hidden", server.url());
    let strategy = Strategy::CONTEXT_RICH;
    let prompt = script_prompt(strategy, None, None).unwrap();
    let mut generator = Generator::new(client(&url).0.with_temperature(Some(0.2)), strategy, prompt.clone());
    let generated = generator.generate("chess", &names(&["fork"]), &mut go_on).unwrap();
    let class = &generated.classes[0];
    assert_eq!((&class.name[..], class.domain.as_deref()), ("fork", Some("chess")));
    assert_eq!(
        Value::Object(class.other.clone()),
        json!({"generated": {
            "server": format!("{}/v1/chat/completions", server.url()),
            "model": "small",
            "prompt": prompt.digest(),
            "strategy": "context-rich",
            "temperature": 0.2,
            "time": "1994-11-06T08:49:37Z",
        }})
    );
    assert!(!format!("{class:?}").contains(SECRET));
}

#[test]
fn many_classes_are_asked_for_in_parts() {
    let server = Server::start(|_, request| {
        let names = &request.body["response_format"]["json_schema"]["schema"]["properties"]["classes"]["items"]
            ["properties"]["name"]["enum"];
        let names: Vec<&str> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        Reply::said(&scripts(&names.iter().map(|&name| (name, json!(steps(4)))).collect::<Vec<_>>()))
    });
    let asked: Vec<String> = (0..19).map(|number| format!("action {number}")).collect();
    let generated = generator(&server).generate("sport", &asked, &mut go_on).unwrap();
    let got: Vec<&String> = generated.classes.iter().map(|class| &class.name).collect();
    assert_eq!(got, asked.iter().collect::<Vec<_>>());
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn the_watcher_can_stop() {
    let server = Server::of(vec![Reply::said(&scripts(&[("fork", json!(steps(4)))]))]);
    let mut stop = |event: Event| match event {
        Event::Written(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let asked = names(&["fork", "pin"]);
    assert_eq!(generator(&server).generate("chess", &asked, &mut stop), Err(LlmError::Stopped));
    assert_eq!(server.requests().len(), 1);
}
