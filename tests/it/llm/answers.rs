//! Answers of different servers.

use actalign_tui::llm::{Answer, Client};
use serde_json::{Value, json};

use crate::llm::{ask, client};
use crate::support::server::{Reply, Server, completion};

fn answer(body: Value) -> Answer {
    let server = Server::of(vec![Reply::json(200, body)]);
    let (mut client, _) = client(&server.url());
    ask(&mut client).unwrap()
}

#[test]
fn the_completions_of_every_server_are_parsed() {
    let openai = json!({"id": "chatcmpl-B9", "object": "chat.completion", "created": 1741569952, "model": "gpt-4.1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes", "refusal": null, "annotations": []},
            "logprobs": null, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}, "service_tier": "default"});
    let ollama = json!({"id": "chatcmpl-292", "object": "chat.completion", "created": 1729158486, "model": "qwen3:4b",
        "system_fingerprint": "fp_ollama",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes", "reasoning": "hm"},
            "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 26, "completion_tokens": 2, "total_tokens": 28}});
    let vllm = json!({"id": "chatcmpl-7f", "object": "chat.completion", "created": 1749000000, "model": "Qwen/Qwen3-8B",
        "choices": [{"index": 0, "message": {"role": "assistant", "reasoning_content": "hm", "content": "yes",
            "tool_calls": []}, "logprobs": null, "finish_reason": "stop", "stop_reason": null}],
        "usage": {"prompt_tokens": 9, "total_tokens": 19, "completion_tokens": 10, "prompt_tokens_details": null},
        "prompt_logprobs": null, "kv_transfer_params": null});
    let llama_cpp = json!({"choices": [{"finish_reason": "stop", "index": 0,
            "message": {"role": "assistant", "content": "yes"}}],
        "created": 1749000000, "model": "any", "system_fingerprint": "b5600-1a2b3c", "object": "chat.completion",
        "usage": {"completion_tokens": 2, "prompt_tokens": 5, "total_tokens": 7}, "id": "chatcmpl-x",
        "timings": {"prompt_n": 5, "prompt_ms": 12.3}});
    for body in [openai, ollama, vllm, llama_cpp] {
        assert_eq!(answer(body), Answer { text: "yes".into(), is_cut: false });
    }
}

#[test]
fn parts_refusals_and_cut_answers_are_parsed() {
    let choice = |message: Value, reason: &str| {
        answer(json!({"choices": [{"message": message, "finish_reason": reason}]}))
    };
    let parts =
        choice(json!({"content": [{"type": "text", "text": "ye"}, {"type": "text", "text": "s"}]}), "stop");
    assert_eq!(parts.text, "yes");
    let thoughts = json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "no"}]},
        {"type": "reasoning", "text": "no"}, {"type": "text", "text": "yes"}]});
    assert_eq!(choice(thoughts, "stop").text, "yes");
    let refused = choice(json!({"content": null, "refusal": "I cannot"}), "stop");
    assert_eq!(refused.text, "I cannot");
    let cut = choice(json!({"content": ""}), "length");
    assert_eq!(cut, Answer { text: String::new(), is_cut: true });
}

#[test]
fn a_refused_format_is_not_tried_again() {
    let refusal = |what: &str| {
        Reply::json(400, json!({"error": {"message": format!("{what} is not supported by this model")}}))
    };
    let server = Server::of(vec![
        refusal("'response_format' of type 'json_schema'"),
        refusal("response_format"),
        Reply::said("one"),
        Reply::said("two"),
    ]);
    let (mut client, _) = client(&server.url());
    assert_eq!(ask(&mut client).unwrap().text, "one");
    assert_eq!(ask(&mut client).unwrap().text, "two");
    let formats: Vec<Value> =
        server.requests().iter().map(|request| request.body["response_format"]["type"].clone()).collect();
    assert_eq!(formats, [json!("json_schema"), json!("json_object"), Value::Null, Value::Null]);
}

#[test]
fn a_request_has_the_question_and_no_more() {
    let server = Server::of(vec![Reply::said("yes"), Reply::said("yes")]);
    let ask_with = |client: Client| {
        let mut client = client;
        ask(&mut client).unwrap();
    };
    ask_with(client(&server.url()).0);
    ask_with(client(&format!("{}/v1/?version=2", server.url())).0.with_temperature(Some(0.5)));
    let [first, second] = &server.requests()[..] else { panic!() };
    assert_eq!(first.path, "/v1/chat/completions");
    assert_eq!(second.path, "/v1/chat/completions?version=2");
    let mut body = json!({"model": "small", "messages": [{"role": "user", "content": "What?"}], "stream": false,
        "response_format": {"type": "json_schema", "json_schema":
            {"name": "answer", "strict": true, "schema": {"type": "object"}}}});
    assert_eq!(first.body, body);
    body["temperature"] = json!(0.5);
    assert_eq!(second.body, body);
    assert_eq!(completion("x")["choices"][0]["message"]["content"], "x");
}
