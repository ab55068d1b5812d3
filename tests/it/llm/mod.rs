//! Language models, played by servers on this machine.

mod answers;
mod faults;
mod scripts;

use std::ops::ControlFlow;
use std::time::Duration;

use actalign_tui::llm::{Answer, Client, ClientOptions, Event, LlmError, Message, Schema};
use actalign_tui::net::Secret;
use serde_json::json;

use crate::support::server::TestClock;

pub const SECRET: &str = "sk-quite-secret-0123456789";

/// A client with a key, and its clock.
pub fn client(url: &str) -> (Client, TestClock) {
    client_within(Duration::from_secs(20), url)
}

pub fn client_within(timeout: Duration, url: &str) -> (Client, TestClock) {
    let clock = TestClock::default();
    let options = ClientOptions { timeout, ..ClientOptions::default() };
    let client = Client::new(url.parse().unwrap(), "small", Secret::new(SECRET).unwrap(), options);
    (client.with_clock(clock.clone(), 7), clock)
}

pub fn slept(clock: &TestClock) -> Duration {
    clock.waits().iter().sum()
}

pub fn ask(client: &mut Client) -> Result<Answer, LlmError> {
    let schema = Schema { name: "answer", schema: json!({"type": "object"}) };
    client.ask(&[Message::user("What?")], &schema, &mut go_on)
}

pub fn go_on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
