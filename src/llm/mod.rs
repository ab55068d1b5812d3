//! Language models behind servers that speak OpenAI's chat completions: OpenAI itself, Ollama, vLLM, llama.cpp and others.
//!
//! [`Client`] asks, within bounds of time and memory on every path. [`Generator`] has scripts of classes written, and
//! [`Viewer`] has a vision-language model choose between the candidates of a clip.

mod answer;
mod client;
mod endpoint;
mod error;
mod generator;
mod http;
mod key;
mod patience;
mod prompt;
mod rules;
mod vision;

pub use client::{Answer, Client, Message, Schema};
pub use endpoint::{Endpoint, EndpointError};
pub use error::LlmError;
pub use generator::{AT_ONCE, Event, GENERATED, Generated, Generator, LeftOut, Watch};
pub use key::{DEFAULT_VARIABLE, Key, KeyError};
pub use patience::{Clock, Limits, SystemClock};
pub use prompt::{Prompt, PromptError, vision_prompt};
pub use rules::scripts as scripts_in;
pub use vision::{Choice, Viewer, chosen as choice_in};
