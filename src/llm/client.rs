//! Chat completions of one model.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::RootCerts;

use crate::llm::answer::{excerpt, one_line, without_controls};
use crate::llm::endpoint::Endpoint;
use crate::llm::error::LlmError;
use crate::llm::generator::{Event, Watch};
use crate::llm::http::{self, Reply, Trouble};
use crate::llm::key::Key;
use crate::llm::patience::{Backoff, Clock, Limits, SystemClock};
use crate::net::retry_after;

/// Redirections within a server that are followed.
const REDIRECTIONS: usize = 3;
/// Characters of what a server says that are told.
const TOLD: usize = 300;
/// So long nobody is asked whether to go on waiting.
const BREATH: Duration = Duration::from_secs(1);

/// Asks one model of one server, one question at a time.
pub struct Client {
    agent: Agent,
    endpoint: Endpoint,
    key: Option<Key>,
    model: String,
    temperature: Option<f64>,
    limits: Limits,
    certificates: Option<RootCerts>,
    clock: Box<dyn Clock>,
    backoff: Backoff,
    format: Format,
}

/// How a server is told that JSON is wanted; what it refuses is not tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// With the schema.
    Schema,
    /// That it is JSON.
    Object,
    /// By the prompt alone.
    Prompt,
}

/// A piece of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    role: &'static str,
    content: Value,
}

impl Message {
    /// What the user says.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: "user", content: Value::String(text.into()) }
    }

    /// What the user says and shows: pictures as JPEG.
    pub fn with_pictures(text: impl Into<String>, jpegs: &[Vec<u8>]) -> Self {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD;
        let picture = |jpeg: &Vec<u8>| {
            let url = format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg));
            json!({"type": "image_url", "image_url": {"url": url}})
        };
        let mut parts: Vec<Value> = jpegs.iter().map(picture).collect();
        parts.push(json!({"type": "text", "text": text.into()}));
        Self { role: "user", content: Value::Array(parts) }
    }

    /// What the model has said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: "assistant", content: Value::String(text.into()) }
    }
}

/// What JSON is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Name of the whole.
    pub name: &'static str,
    /// As JSON Schema, strict.
    pub schema: Value,
}

/// What the model has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its words.
    pub text: String,
    /// Whether they end where the server has cut them off.
    pub is_cut: bool,
}

impl Client {
    /// A client of a model.
    pub fn new(endpoint: Endpoint, model: impl Into<String>, key: Option<Key>) -> Self {
        let limits = Limits::default();
        Self {
            agent: http::agent(&endpoint, &limits, None),
            endpoint,
            key,
            model: model.into(),
            temperature: None,
            limits,
            certificates: None,
            clock: Box::new(SystemClock),
            backoff: Backoff::new(RandomState::new().build_hasher().finish()),
            format: Format::Schema,
        }
    }

    /// With other limits.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.agent = http::agent(&self.endpoint, &limits, self.certificates.as_ref());
        self.limits = limits;
        self
    }

    /// Trusts these certificates in place of the public authorities'.
    pub fn with_certificates(mut self, certificates: RootCerts) -> Self {
        self.agent = http::agent(&self.endpoint, &self.limits, Some(&certificates));
        self.certificates = Some(certificates);
        self
    }

    /// With a temperature in place of the server's own.
    pub fn with_temperature(mut self, temperature: Option<f64>) -> Self {
        self.temperature = temperature;
        self
    }

    /// With another clock, and a seed for the waits.
    pub fn with_clock(mut self, clock: impl Clock + 'static, seed: u64) -> Self {
        self.clock = Box::new(clock);
        self.backoff = Backoff::new(seed);
        self
    }

    /// Where it asks.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whom it asks.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The temperature, where it is not the server's own.
    pub fn temperature(&self) -> Option<f64> {
        self.temperature
    }

    pub(super) fn now(&self) -> std::time::SystemTime {
        self.clock.now()
    }

    /// Asks. A busy server is asked again after a while; `watch` is told so every second of it, and may end that.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn ask(
        &mut self,
        messages: &[Message],
        schema: &Schema,
        watch: &mut Watch,
    ) -> Result<Answer, LlmError> {
        loop {
            let request = self.request(messages, schema);
            let reply = self.send(&request, watch)?;
            if reply.status == 200 {
                return self.completion(&reply.body);
            }
            let said = said(&reply.body);
            match self.next_format(reply.status, &said) {
                Some(format) => self.format = format,
                None => return Err(self.refusal(reply.status, &said)),
            }
        }
    }

    fn request(&self, messages: &[Message], schema: &Schema) -> Vec<u8> {
        let mut request = json!({"model": self.model, "messages": messages, "stream": false});
        if let Some(temperature) = self.temperature {
            request["temperature"] = temperature.into();
        }
        match self.format {
            Format::Schema => {
                let schema = json!({"name": schema.name, "strict": true, "schema": schema.schema});
                request["response_format"] = json!({"type": "json_schema", "json_schema": schema});
            }
            Format::Object => request["response_format"] = json!({"type": "json_object"}),
            Format::Prompt => {}
        }
        request.to_string().into_bytes()
    }

    /// What to try next where a server refuses a format.
    fn next_format(&self, status: u16, said: &str) -> Option<Format> {
        let said = said.to_lowercase();
        let about =
            ["response_format", "json_schema", "json_object", "schema", "unsupported", "not supported"];
        let is_of_format =
            matches!(status, 400 | 422 | 501) && about.iter().any(|words| said.contains(words));
        match self.format {
            Format::Schema if is_of_format => Some(Format::Object),
            Format::Object if is_of_format => Some(Format::Prompt),
            _ => None,
        }
    }

    /// Sends a request until it is answered with something that will not change by itself.
    fn send(&mut self, request: &[u8], watch: &mut Watch) -> Result<Reply, LlmError> {
        let mut failures = 0;
        loop {
            let (trouble, asked_for) = match self.follow(request)? {
                Ok(reply) if !is_passing(&reply) => return Ok(reply),
                Ok(reply) => {
                    let said = said(&reply.body);
                    if reply.status == 429 && said.contains("insufficient_quota") {
                        return Err(LlmError::Quota { server: self.server(), said: self.told(&said) });
                    }
                    let wait = reply.retry_after.and_then(|value| retry_after(&value, self.clock.now()));
                    (format!("{}{}", reply.status, self.told(&said)), wait)
                }
                Err(Trouble::Cut) => ("the connection was lost".to_owned(), None),
                Err(trouble) => return Err(self.trouble(trouble)),
            };
            failures += 1;
            let longest = self.limits.longest_wait;
            // Asked before it says, it would count that against the user.
            if let Some(wait) = asked_for.filter(|wait| *wait > longest) {
                let (server, seconds) = (self.server(), wait.as_secs());
                return Err(LlmError::Later { server, trouble, seconds });
            }
            if failures >= self.limits.attempts {
                return Err(LlmError::GivenUp { server: self.server(), attempts: failures, trouble });
            }
            let wait = asked_for.unwrap_or_else(|| self.backoff.wait(failures, longest));
            self.wait(wait, &trouble, watch)?;
        }
    }

    /// Sends a request once, and again where the same server says that it has moved.
    fn follow(&self, request: &[u8]) -> Result<Result<Reply, Trouble>, LlmError> {
        let mut endpoint = self.endpoint.clone();
        for _ in 0..=REDIRECTIONS {
            let reply = match http::post(&self.agent, &endpoint, self.key.as_ref(), request, &self.limits) {
                Ok(reply) => reply,
                Err(trouble) => return Ok(Err(trouble)),
            };
            if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(Ok(reply));
            }
            let location = reply.location.unwrap_or_default();
            let to = endpoint.redirected(&location);
            let is_same = to.as_ref().is_some_and(|to| to.origin() == self.endpoint.origin());
            match to {
                Some(to) if is_same && reply.status != 303 => endpoint = to,
                Some(to) => return Err(self.redirected(&to.to_string())),
                None => return Err(self.redirected("no address at all")),
            }
        }
        Err(self.redirected("itself, again and again"))
    }

    fn redirected(&self, to: &str) -> LlmError {
        LlmError::Redirected { server: self.server(), to: self.quote(to, TOLD) }
    }

    fn wait(&self, total: Duration, reason: &str, watch: &mut Watch) -> Result<(), LlmError> {
        let mut left = total;
        loop {
            if watch(Event::Waiting { total, left, reason }).is_break() {
                return Err(LlmError::Stopped);
            }
            let breath = left.min(BREATH);
            self.clock.sleep(breath);
            left -= breath;
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    fn completion(&self, body: &[u8]) -> Result<Answer, LlmError> {
        let not_one = |reason: String| LlmError::NotACompletion {
            server: self.server(),
            reason: self.quote(&reason, TOLD),
        };
        let completion: Completion = match serde_json::from_slice(body) {
            Ok(completion) => completion,
            Err(error) if error.is_eof() => return Err(not_one("it ends in the middle".to_owned())),
            Err(error) => {
                // The reason may hold any text of the body.
                let reason = self.quote(&error.to_string(), TOLD / 2);
                let begins = self.quote(&String::from_utf8_lossy(body), 80);
                return Err(not_one(format!("{reason}; it begins with {begins}")));
            }
        };
        // Some gateways answer 200 and tell of an error.
        if let (Some(_), []) = (&completion.error, &completion.choices[..]) {
            return Err(not_one(format!("an error{}", self.told(&said(body)))));
        }
        let choice = completion.choices.into_iter().next();
        let choice = choice.ok_or_else(|| not_one("it has no choices".to_owned()))?;
        let text = match choice.message.content {
            Some(Content::Text(text)) => Some(text).filter(|text| !text.is_empty()),
            Some(Content::Parts(parts)) => Some(parts.into_iter().filter_map(Part::said).collect()),
            None => None,
        };
        let text = without_controls(&text.or(choice.message.refusal).unwrap_or_default());
        Ok(Answer {
            text: self.key.as_ref().map_or_else(|| text.clone(), |key| key.scrub_answer(&text)),
            is_cut: choice.finish_reason.as_deref() == Some("length"),
        })
    }

    fn refusal(&self, status: u16, said: &str) -> LlmError {
        let (server, said) = (self.server(), self.told(said));
        match status {
            401 | 403 => LlmError::Key { server, status, said, has_key: self.key.is_some() },
            404 => LlmError::NotFound { server, model: self.model.clone(), said },
            _ => LlmError::Refused { server, status, said },
        }
    }

    fn trouble(&self, trouble: Trouble) -> LlmError {
        let server = self.server();
        match trouble {
            Trouble::Unreachable(reason) => {
                LlmError::Unreachable { server, reason: self.quote(&reason, TOLD) }
            }
            Trouble::Timeout => LlmError::Timeout { server, seconds: self.limits.overall.as_secs_f64() },
            Trouble::TooLarge => LlmError::TooLarge { server, bytes: self.limits.bytes },
            Trouble::NotHttp(reason) => {
                LlmError::NotACompletion { server, reason: self.quote(&reason, TOLD) }
            }
            Trouble::Cut => {
                LlmError::GivenUp { server, attempts: 1, trouble: "the connection was lost".into() }
            }
        }
    }

    fn server(&self) -> String {
        self.endpoint.to_string()
    }

    /// A text of others as it may be shown and written: on one line, without the key, no longer than `most`. In this order,
    /// for what stands between the parts of a key, or cuts it off, would hide it.
    fn quote(&self, text: &str, most: usize) -> String {
        let line = one_line(text);
        excerpt(&self.key.as_ref().map_or_else(|| line.clone(), |key| key.scrub(&line)), most)
    }

    /// What a server says, fit to be shown behind a number.
    fn told(&self, said: &str) -> String {
        let said = self.quote(said, TOLD);
        if said.is_empty() { said } else { format!(": {said}") }
    }
}

/// What servers answer with, as far as it matters.
#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<Content>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
}

impl Part {
    /// What belongs to the answer: thoughts have a kind of their own.
    fn said(self) -> Option<String> {
        let is_text = self.kind.is_none_or(|kind| kind == "text" || kind == "output_text");
        self.text.filter(|_| is_text)
    }
}

/// Whether the same request may be answered later.
fn is_passing(reply: &Reply) -> bool {
    matches!(reply.status, 408 | 429 | 500..=599) && reply.status != 501
}

/// What a server says in the place of an answer: each has its own form. The code goes with it.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return text.into_owned() };
    let error = value.get("error").unwrap_or(&value);
    let words = |name: &str| error.get(name).and_then(Value::as_str);
    let message = words("message").or(error.as_str()).or_else(|| words("detail"));
    match (message, words("code")) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (Some(message), None) => message.to_owned(),
        (None, _) => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_server_says_is_found() {
        for (body, expected) in [
            (
                r#"{"error": {"message": "no quota", "code": "insufficient_quota"}}"#,
                "no quota (insufficient_quota)",
            ),
            (r#"{"error": {"code": 503, "message": "Loading model"}}"#, "Loading model"),
            (r#"{"error": "model not found"}"#, "model not found"),
            (r#"{"object": "error", "message": "too long", "code": 400}"#, "too long"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
            (r#"{"detail": [{"loc": ["body"]}]}"#, r#"{"detail": [{"loc": ["body"]}]}"#),
            ("<html>", "<html>"),
        ] {
            assert_eq!(said(body.as_bytes()), expected);
        }
    }
}
