//! Language models behind servers with OpenAI's chat completions: OpenAI itself, Ollama, vLLM, llama.cpp and others.
//!
//! [`Client`] sends requests, bounded in time and memory. [`Generator`] has a model write scripts, [`Viewer`] has a
//! vision-language model choose among the candidates of a clip.

mod answer;
mod choice;
mod client;
mod completion;
mod endpoint;
mod error;
mod event;
mod generator;
mod prompt;
mod rules;
mod script_target;
mod viewer;

pub use choice::{Choice, choice_in};
pub use client::{Client, ClientOptions, Message, Schema};
pub use completion::Answer;
pub use endpoint::{Endpoint, EndpointError};
pub use error::LlmError;
pub use event::{Event, LeftOut, Watch};
pub use generator::{AT_ONCE, GENERATED, Generated, Generator};
pub use prompt::{Prompt, PromptError, script_prompt, vision_prompt};
pub use rules::scripts_in;
pub use script_target::{ClassSet, ScriptTarget};
pub use viewer::Viewer;
