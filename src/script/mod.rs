//! Scripts: what a class looks like step by step, and the sentence each step is put into.

mod file;
mod template;

pub use file::{Class, Fault, ScriptError, ScriptFile};
pub use template::{Template, TemplateError};
