use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use ureq::http::Method;
use ureq::tls::RootCerts;

use super::answer::{excerpt, one_line, without_controls};
use super::completion::{self, Answer, error_text};
use super::endpoint::Endpoint;
use super::error::LlmError;
use super::event::{Event, Watch};
use crate::net::{
    Clock, Failure, HttpClient, HttpOptions, Next, Request, Retry, Secret, SystemClock, is_transient,
};

const CONNECT: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const MAX_BYTES: usize = 4 << 20;
/// Characters of a server's message that are shown.
const MAX_SHOWN: usize = 300;
/// How often a wait checks for cancellation.
const POLL: Duration = Duration::from_secs(1);

/// Asks one model of one server, one question at a time.
pub struct Client {
    http: HttpClient,
    endpoint: Endpoint,
    model: String,
    temperature: Option<f64>,
    timeout: Duration,
    /// Of the waits.
    seed: u64,
    clock: Box<dyn Clock>,
    format: Format,
}

/// How a client reaches its server.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Time for a request and its answer: reasoning models take minutes.
    pub timeout: Duration,
    /// Certificates to trust instead of the public authorities'.
    pub certificates: Option<RootCerts>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(600), certificates: None }
    }
}

/// How a server is told to answer in JSON. One that it refuses is not tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// With the schema.
    Schema,
    /// With any object.
    Object,
    /// By the prompt alone.
    Prompt,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    role: &'static str,
    content: Value,
}

impl Message {
    /// Of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: "user", content: Value::String(text.into()) }
    }

    /// Of the user, with JPEG images before the text.
    pub fn with_images(text: impl Into<String>, jpegs: &[Vec<u8>]) -> Self {
        let image = |jpeg: &Vec<u8>| {
            let url = format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg));
            json!({"type": "image_url", "image_url": {"url": url}})
        };
        let mut parts: Vec<Value> = jpegs.iter().map(image).collect();
        parts.push(json!({"type": "text", "text": text.into()}));
        Self { role: "user", content: Value::Array(parts) }
    }

    /// Of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: "assistant", content: Value::String(text.into()) }
    }
}

/// The JSON that an answer should have.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    pub name: &'static str,
    /// JSON Schema, strict.
    pub schema: Value,
}

/// The answer to one request.
struct Reply {
    status: u16,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Client {
    pub fn new(
        endpoint: Endpoint,
        model: impl Into<String>,
        key: Option<Secret>,
        options: ClientOptions,
    ) -> Self {
        let http = HttpOptions {
            certificates: options.certificates,
            connect: CONNECT,
            stall: None,
            overall: Some(options.timeout),
            keep_alive: false,
        };
        Self {
            http: HttpClient::new(endpoint.uri().clone(), key, &http),
            endpoint,
            model: model.into(),
            temperature: None,
            timeout: options.timeout,
            // The standard library seeds its hashers at random.
            seed: RandomState::new().build_hasher().finish(),
            clock: Box::new(SystemClock),
            format: Format::Schema,
        }
    }

    /// With a temperature instead of the server's default.
    #[must_use]
    pub fn with_temperature(mut self, temperature: Option<f64>) -> Self {
        self.temperature = temperature;
        self
    }

    /// With another clock, and a seed for the waits.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static, seed: u64) -> Self {
        self.clock = Box::new(clock);
        self.seed = seed;
        self
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The model, as the server calls it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The temperature; `None` for the server's default.
    pub fn temperature(&self) -> Option<f64> {
        self.temperature
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Sends the conversation and returns the model's answer. A busy server is retried after a wait, which is
    /// reported to `watch` every second.
    ///
    /// # Errors
    /// If there is no answer, or `watch` breaks.
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
            let said = error_text(&reply.body);
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

    /// The format to try after a server refused the present one.
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

    /// Sends a request until there is an answer that a retry would not change.
    fn send(&self, request: &[u8], watch: &mut Watch) -> Result<Reply, LlmError> {
        let mut retry = Retry::with_jitter(self.seed);
        loop {
            let (trouble, retry_after) = match self.post(request) {
                Ok(reply) if !is_transient(reply.status) => return Ok(reply),
                Ok(reply) => {
                    let said = error_text(&reply.body);
                    if reply.status == 429 && said.contains("insufficient_quota") {
                        return Err(LlmError::Quota { server: self.server(), said: self.shown(&said) });
                    }
                    (format!("{}{}", reply.status, self.shown(&said)), reply.retry_after)
                }
                Err(Failure::Lost(_)) => ("connection lost".to_owned(), None),
                Err(failure) => return Err(self.failed(failure)),
            };
            let server = self.server();
            match retry.next(retry_after) {
                Next::Retry(wait) => self.wait(wait, &trouble, watch)?,
                Next::TooLong(wait) => {
                    return Err(LlmError::Later { server, trouble, seconds: wait.as_secs() });
                }
                Next::GiveUp => {
                    return Err(LlmError::GivenUp { server, attempts: retry.failures(), trouble });
                }
            }
        }
    }

    fn post(&self, json: &[u8]) -> Result<Reply, Failure> {
        let url = self.endpoint.uri();
        let request = Request { method: Method::POST, url, headers: Vec::new(), body: Some(json) };
        let response = self.http.send(&request, |_| false).map_err(|error| error.failure)?;
        let (status, retry_after) = (response.status, response.retry_after(self.clock.now()));
        Ok(Reply { status, retry_after, body: response.into_bytes(MAX_BYTES)? })
    }

    fn wait(&self, total: Duration, reason: &str, watch: &mut Watch) -> Result<(), LlmError> {
        let mut left = total;
        loop {
            if watch(Event::Waiting { total, left, reason }).is_break() {
                return Err(LlmError::Stopped);
            }
            let step = left.min(POLL);
            self.clock.sleep(step);
            left -= step;
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    fn completion(&self, body: &[u8]) -> Result<Answer, LlmError> {
        let Answer { text, is_cut } = completion::parse(body).map_err(|error| {
            let reason = match error.is_eof() {
                true => "it ends in the middle".to_owned(),
                // The error may quote any text of the body.
                false => {
                    let reason = self.quote(&error.to_string(), MAX_SHOWN / 2);
                    format!("{reason}; it begins with {}", self.quote(&String::from_utf8_lossy(body), 80))
                }
            };
            LlmError::NotACompletion { server: self.server(), reason }
        })?;
        let text = without_controls(&text);
        let text = self.http.secret().map_or_else(|| text.clone(), |key| key.redact_answer(&text));
        Ok(Answer { text, is_cut })
    }

    fn refusal(&self, status: u16, said: &str) -> LlmError {
        let (server, said) = (self.server(), self.shown(said));
        match status {
            401 | 403 => {
                LlmError::Unauthorized { server, status, said, has_key: self.http.secret().is_some() }
            }
            404 => LlmError::NotFound { server, model: self.model.clone(), said },
            _ => LlmError::Refused { server, status, said },
        }
    }

    fn failed(&self, failure: Failure) -> LlmError {
        let server = self.server();
        let quote = |text: &str| self.quote(text, MAX_SHOWN);
        match &failure {
            Failure::Timeout => LlmError::Timeout { server, seconds: self.timeout.as_secs_f64() },
            Failure::TooLarge => LlmError::TooLarge { server, bytes: MAX_BYTES },
            Failure::Redirect(to) => LlmError::Redirected { server, to: quote(to) },
            Failure::Unreachable(reason) | Failure::Lost(reason) => {
                LlmError::Unreachable { server, reason: quote(reason) }
            }
            other => LlmError::NotACompletion { server, reason: quote(&other.to_string()) },
        }
    }

    fn server(&self) -> String {
        self.endpoint.to_string()
    }

    /// A text of the server on one line, without the key, of at most `most` characters. In this order: control characters
    /// inside a key, or a cut through it, would hide it from the search.
    fn quote(&self, text: &str, most: usize) -> String {
        let line = one_line(text);
        excerpt(&self.http.secret().map_or_else(|| line.clone(), |key| key.redact(&line)), most)
    }

    /// The server's message as it follows a status: `: message`, or nothing.
    fn shown(&self, said: &str) -> String {
        let said = self.quote(said, MAX_SHOWN);
        if said.is_empty() { said } else { format!(": {said}") }
    }
}
