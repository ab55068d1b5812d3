//! Language models behind servers, played by servers on this machine.

mod answers;
mod faults;
mod scripts;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use actalign_tui::llm::{Answer, Client, Clock, Event, Key, Limits, LlmError, Message, Schema};
use serde_json::json;

pub const SECRET: &str = "sk-quite-secret-0123456789";

/// A clock that waits for nobody and takes down the waits.
#[derive(Clone, Default)]
pub struct TestClock(Arc<Mutex<Duration>>);

impl TestClock {
    pub fn slept(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        // Sun, 06 Nov 1994 08:49:37 GMT
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

/// A client with a key, and its clock.
pub fn client(url: &str) -> (Client, TestClock) {
    let clock = TestClock::default();
    let key = Key::new(SECRET, "KEY").unwrap();
    let limits = Limits { overall: Duration::from_secs(20), ..Limits::default() };
    let client = Client::new(url.parse().unwrap(), "small", key);
    (client.with_limits(limits).with_clock(clock.clone(), 7), clock)
}

pub fn ask(client: &mut Client) -> Result<Answer, LlmError> {
    let schema = Schema { name: "answer", schema: json!({"type": "object"}) };
    client.ask(&[Message::user("What?")], &schema, &mut go_on)
}

pub fn go_on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
