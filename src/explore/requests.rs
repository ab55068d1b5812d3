//! What a pipeline is asked for while it runs.

use std::collections::VecDeque;

/// A request for texts.
pub enum Request {
    /// Texts that are wanted now.
    Texts(Vec<String>),
    /// Texts that may be wanted later.
    Prefetch(Vec<String>),
}

/// Texts that wait to be embedded.
#[derive(Default)]
pub struct Texts {
    pub wanted: Vec<String>,
    /// To be embedded one by one, so that a request never waits for long.
    pub later: VecDeque<String>,
}

impl Texts {
    /// The newest request counts: older texts may belong to a template that is no longer shown.
    pub fn take(&mut self, request: Request) {
        match request {
            Request::Texts(texts) => *self = Self { wanted: texts, later: VecDeque::new() },
            Request::Prefetch(texts) => self.later = texts.into(),
        }
    }
}
