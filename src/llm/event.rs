use std::ops::ControlFlow;
use std::time::Duration;

use crate::script::Class;

/// Progress of asking a model.
#[derive(Debug)]
pub enum Event<'a> {
    /// These classes are asked for.
    Asking { names: &'a [String] },
    /// Scripts that follow the rules.
    Written(&'a [Class]),
    /// Scripts that do not, and are asked for again.
    AskingAgain { faults: &'a [LeftOut] },
    /// Waiting for a busy or broken server. Sent every second.
    Waiting { total: Duration, left: Duration, reason: &'a str },
}

/// Receives the events. `Break` ends the work with [`LlmError::Stopped`](super::LlmError::Stopped).
pub type Watch<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// A class without a valid script.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    pub name: String,
    pub reason: String,
}
