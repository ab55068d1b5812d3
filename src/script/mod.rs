//! Scripts: the steps of each class, the sentence around each step, and how a language model is asked for them.

pub mod check;
pub mod convert;
mod document;
mod file;
mod history;
pub mod library;
mod option_name;
mod strategy;
mod template;

pub use document::{Document, EditError};
pub use file::{Class, Fault, ScriptError, ScriptFile, read_bytes, read_json};
pub use history::ClassId;
pub use option_name::{plain_name, without_option_number};
pub use strategy::{PerStrategy, Strategy, range_text};
pub(crate) use template::fill;
pub use template::{Template, TemplateError};
