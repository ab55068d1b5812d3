//! Scripts: what a class looks like step by step, and the sentence each step is put into.

mod document;
mod file;
mod history;
mod template;

pub use document::{Document, EditError};
pub use file::{Class, Fault, ScriptError, ScriptFile};
pub use history::ClassId;
pub use template::{Template, TemplateError};
