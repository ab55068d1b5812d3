use thiserror::Error;

/// Why there is no answer. No message holds the key.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LlmError {
    #[error(
        "{server} cannot be reached: {reason}\nhelp: check that the server runs and that the address is right"
    )]
    Unreachable { server: String, reason: String },
    #[error("{server}: authentication failed ({status}{said})\nhelp: {}", key_help(*has_key))]
    Unauthorized { server: String, status: u16, said: String, has_key: bool },
    #[error(
        "{server} has no model {model}, or the address is wrong (404{said})\nhelp: check how the server calls its models; \
         the address of an OpenAI-compatible interface mostly ends in /v1"
    )]
    NotFound { server: String, model: String, said: String },
    #[error("{server} refuses the request ({status}{said})")]
    Refused { server: String, status: u16, said: String },
    #[error(
        "{server}: no quota left for this key (429{said})\nhelp: check plan and billing, or use another server"
    )]
    Quota { server: String, said: String },
    #[error("{server}: no answer in {attempts} attempts ({trouble})\nhelp: run the same command again later")]
    GivenUp { server: String, attempts: u32, trouble: String },
    #[error(
        "{server} is busy ({trouble}) and asks to wait {seconds} s\nhelp: run the same command again after that"
    )]
    Later { server: String, trouble: String, seconds: u64 },
    #[error(
        "{server} redirects to {to}\nhelp: requests and keys go to no server that was not named; if that address is right, \
         name it instead"
    )]
    Redirected { server: String, to: String },
    #[error(
        "{server}: no complete answer within {seconds} s\nhelp: allow more with --timeout, or use a faster model"
    )]
    Timeout { server: String, seconds: f64 },
    #[error(
        "{server}: answer of more than {bytes} bytes\nhelp: check that the address is that of a language model server"
    )]
    TooLarge { server: String, bytes: usize },
    #[error(
        "{server}: not a chat completion ({reason})\nhelp: check that the address is that of an OpenAI-compatible server"
    )]
    NotACompletion { server: String, reason: String },
    #[error("stopped")]
    Stopped,
}

impl LlmError {
    /// Whether other requests would fail as well, now or until the server recovers. Only a refusal of this request's
    /// content is about the request; payment, method and proxy (402, 405, 407) are not.
    pub fn is_of_server(&self) -> bool {
        match self {
            Self::Refused { status, .. } => !(400..500).contains(status) || matches!(status, 402 | 405 | 407),
            _ => true,
        }
    }
}

fn key_help(has_key: bool) -> &'static str {
    match has_key {
        true => "check that the key belongs to this server and is still valid",
        false => "put the key into OPENAI_API_KEY, or name another environment variable with --key-env",
    }
}
