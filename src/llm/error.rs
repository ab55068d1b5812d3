//! What keeps a server from answering, in words for the user.

use thiserror::Error;

/// Why there is no answer. No message holds the key.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LlmError {
    /// No connection.
    #[error("{server} cannot be reached: {reason}; see that the server runs, and that the address is right")]
    Unreachable {
        /// The address.
        server: String,
        /// The system's reason.
        reason: String,
    },
    /// 401 and 403.
    #[error("{server} does not let this user in ({status}{said}); {}", advice(*has_key))]
    Key {
        /// The address.
        server: String,
        /// HTTP's number.
        status: u16,
        /// What the server says, after a colon; may be empty.
        said: String,
        /// Whether a key was sent.
        has_key: bool,
    },
    /// 404.
    #[error(
        "{server} knows no model {model}, or no such address (404{said}); see how the server calls its models, and that \
         the address is that of its OpenAI-compatible interface, which mostly ends in /v1"
    )]
    NotFound {
        /// The address.
        server: String,
        /// The model.
        model: String,
        /// What the server says.
        said: String,
    },
    /// Another refusal, which would be the same the next time.
    #[error("{server} refuses the request ({status}{said})")]
    Refused {
        /// The address.
        server: String,
        /// HTTP's number.
        status: u16,
        /// What the server says.
        said: String,
    },
    /// Nothing left to pay with.
    #[error(
        "{server} has no quota left for this key (429{said}); see the plan and the bill, or take another server"
    )]
    Quota {
        /// The address.
        server: String,
        /// What the server says.
        said: String,
    },
    /// A server that stayed busy or broken.
    #[error("{server} could not answer in {attempts} attempts ({trouble}); run the same command again later")]
    GivenUp {
        /// The address.
        server: String,
        /// How often it was asked.
        attempts: usize,
        /// What was wrong the last time.
        trouble: String,
    },
    /// A server that says when to come back.
    #[error(
        "{server} is busy ({trouble}) and asks for a pause of {seconds} s; run the same command again after that"
    )]
    Later {
        /// The address.
        server: String,
        /// What is wrong.
        trouble: String,
        /// How long it wants to be left alone.
        seconds: u64,
    },
    /// A redirection that is not followed.
    #[error(
        "{server} redirects to {to}; the request, with its key, goes to no server that was not named: if that is the right \
         one, name it instead"
    )]
    Redirected {
        /// The address.
        server: String,
        /// Where it leads.
        to: String,
    },
    /// The whole answer has not come in time.
    #[error(
        "{server} did not finish its answer within {seconds} s; give it more with --timeout, or take a faster model"
    )]
    Timeout {
        /// The address.
        server: String,
        /// The bound.
        seconds: f64,
    },
    /// An answer beyond all measure.
    #[error(
        "{server} answers with more than {bytes} bytes, which is no answer to this; see that the address is that of a \
         server of language models"
    )]
    TooLarge {
        /// The address.
        server: String,
        /// The bound.
        bytes: usize,
    },
    /// Something else than a chat completion.
    #[error(
        "{server} answers with something else than a chat completion ({reason}); see that the address is that of \
         an OpenAI-compatible server"
    )]
    NotACompletion {
        /// The address.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The user has enough.
    #[error("stopped")]
    Stopped,
}

impl LlmError {
    /// Whether another request would meet the same, now or until the server is well again. Only what the server refuses for
    /// what it holds is of the request: payment, method and proxy are not, though their numbers are near.
    pub fn is_of_server(&self) -> bool {
        match self {
            Self::Refused { status, .. } => !(400..500).contains(status) || matches!(status, 402 | 405 | 407),
            _ => true,
        }
    }
}

fn advice(has_key: bool) -> &'static str {
    match has_key {
        true => "see that the key is of this server and still valid",
        false => "put its key into OPENAI_API_KEY, or name another environment variable with --key-env",
    }
}
