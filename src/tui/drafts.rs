//! Keeps drafts of unsaved scripts, on a thread of its own: a slow disk keeps nobody from typing.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::store::{Drafts, Unsaved};
use crate::tui::action::{Action, Tell};

/// The thread that keeps drafts. Dropping it waits until what it was asked for is done.
pub struct DraftKeeper {
    requests: Option<Sender<Request>>,
    thread: Option<thread::JoinHandle<()>>,
}

enum Request {
    Keep(Box<Unsaved>),
    Discard(Option<PathBuf>),
}

impl DraftKeeper {
    /// Keeps drafts there. What cannot be kept is told, once.
    pub fn start(drafts: Drafts, tell: Tell) -> Self {
        let (sender, requests) = channel();
        let thread = thread::spawn(move || work(drafts, &requests, &tell));
        Self { requests: Some(sender), thread: Some(thread) }
    }

    /// Writes the draft of scripts in place of the one before.
    pub fn keep(&self, unsaved: Box<Unsaved>) {
        self.request(Request::Keep(unsaved));
    }

    /// Removes the draft of the scripts in this file.
    pub fn discard(&self, path: Option<PathBuf>) {
        self.request(Request::Discard(path));
    }

    fn request(&self, request: Request) {
        if let Some(requests) = &self.requests {
            let _ = requests.send(request);
        }
    }
}

impl Drop for DraftKeeper {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut drafts: Drafts, requests: &Receiver<Request>, tell: &Tell) {
    let mut was_told = false;
    for request in requests {
        let done = match request {
            Request::Keep(unsaved) => drafts.keep(&unsaved),
            Request::Discard(path) => drafts.discard(path.as_deref()),
        };
        if let Err(error) = done
            && !std::mem::replace(&mut was_told, true)
        {
            tell(Action::Failed(error.to_string()));
        }
        drafts.take_notices().into_iter().for_each(|notice| tell(Action::Failed(notice)));
    }
}
