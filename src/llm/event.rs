use std::ops::ControlFlow;
use std::time::Duration;

use crate::script::Class;

/// Progress of asking a model.
#[derive(Debug)]
pub enum Event<'a> {
    /// These classes are asked for.
    Asking {
        /// Their names.
        names: &'a [String],
    },
    /// Scripts that follow the rules.
    Written(&'a [Class]),
    /// Scripts that do not, and are asked for again.
    AskingAgain {
        /// The classes with the reasons.
        faults: &'a [LeftOut],
    },
    /// Waiting for a busy or broken server. Sent every second.
    Waiting {
        /// The whole wait.
        total: Duration,
        /// What is left of it.
        left: Duration,
        /// What the server answered.
        reason: &'a str,
    },
}

/// Receives the events. `Break` ends the work with [`LlmError::Stopped`](super::LlmError::Stopped).
pub type Watch<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// A class without a valid script.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Name of the class.
    pub name: String,
    /// The rule that its script breaks.
    pub reason: String,
}
