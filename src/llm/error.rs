use thiserror::Error;

/// Why there is no answer. No message holds the key.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LlmError {
    /// No connection.
    #[error(
        "{server} cannot be reached: {reason}\nhelp: check that the server runs and that the address is right"
    )]
    Unreachable {
        /// The address.
        server: String,
        /// The system's reason.
        reason: String,
    },
    /// Status 401 or 403.
    #[error("{server}: authentication failed ({status}{said})\nhelp: {}", key_help(*has_key))]
    Unauthorized {
        /// The address.
        server: String,
        /// HTTP's number.
        status: u16,
        /// The server's message, after a colon; may be empty. So in all variants.
        said: String,
        /// Whether a key was sent.
        has_key: bool,
    },
    /// Status 404.
    #[error(
        "{server} has no model {model}, or the address is wrong (404{said})\nhelp: check how the server calls its models; \
         the address of an OpenAI-compatible interface mostly ends in /v1"
    )]
    NotFound {
        /// The address.
        server: String,
        /// The model.
        model: String,
        /// The server's message.
        said: String,
    },
    /// Another status that a retry would not change.
    #[error("{server} refuses the request ({status}{said})")]
    Refused {
        /// The address.
        server: String,
        /// HTTP's number.
        status: u16,
        /// The server's message.
        said: String,
    },
    /// The key has no quota left.
    #[error(
        "{server}: no quota left for this key (429{said})\nhelp: check plan and billing, or use another server"
    )]
    Quota {
        /// The address.
        server: String,
        /// The server's message.
        said: String,
    },
    /// The server stayed busy or broken.
    #[error("{server}: no answer in {attempts} attempts ({trouble})\nhelp: run the same command again later")]
    GivenUp {
        /// The address.
        server: String,
        /// Requests sent.
        attempts: u32,
        /// The last failure.
        trouble: String,
    },
    /// The server asks for a wait that is too long.
    #[error(
        "{server} is busy ({trouble}) and asks to wait {seconds} s\nhelp: run the same command again after that"
    )]
    Later {
        /// The address.
        server: String,
        /// The last failure.
        trouble: String,
        /// The wait it asks for.
        seconds: u64,
    },
    /// A redirect that is not followed.
    #[error(
        "{server} redirects to {to}\nhelp: requests and keys go to no server that was not named; if that address is right, \
         name it instead"
    )]
    Redirected {
        /// The address.
        server: String,
        /// The target.
        to: String,
    },
    /// The answer was not complete in time.
    #[error(
        "{server}: no complete answer within {seconds} s\nhelp: allow more with --timeout, or use a faster model"
    )]
    Timeout {
        /// The address.
        server: String,
        /// The limit.
        seconds: f64,
    },
    /// The answer is far too long.
    #[error(
        "{server}: answer of more than {bytes} bytes\nhelp: check that the address is that of a language model server"
    )]
    TooLarge {
        /// The address.
        server: String,
        /// The limit.
        bytes: usize,
    },
    /// Anything but a chat completion.
    #[error(
        "{server}: not a chat completion ({reason})\nhelp: check that the address is that of an OpenAI-compatible server"
    )]
    NotACompletion {
        /// The address.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The watcher ended the work.
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
