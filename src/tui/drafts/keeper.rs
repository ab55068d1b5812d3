//! Keeps drafts of unsaved scripts in the background, so that a slow disk does not hold up typing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::background::Worker;
use crate::tui::action::{Action, ActionSender};
use crate::tui::drafts::{Drafts, Unsaved};

/// Writes drafts. Dropping it waits until they are written.
pub struct DraftKeeper {
    shared: Arc<Shared>,
    worker: Worker<Action>,
}

struct Shared {
    drafts: Mutex<Drafts>,
    /// By script file, what is to be kept; none where the draft is to be discarded. Several changes of a file make one.
    changes: Mutex<HashMap<Option<PathBuf>, Option<Box<Unsaved>>>>,
    has_failed: AtomicBool,
}

impl DraftKeeper {
    /// Keeps `drafts`. The first error is sent.
    pub fn new(drafts: Drafts, send: ActionSender) -> Self {
        let shared = Shared {
            drafts: Mutex::new(drafts),
            changes: Mutex::default(),
            has_failed: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), worker: Worker::finishing("keeping drafts", send) }
    }

    /// Writes the draft of scripts, in place of the one before.
    pub fn keep(&self, unsaved: Box<Unsaved>) {
        self.change(unsaved.path().map(Path::to_owned), Some(unsaved));
    }

    /// Removes the draft of the scripts in this file.
    pub fn discard(&self, path: Option<PathBuf>) {
        self.change(path, None);
    }

    fn change(&self, path: Option<PathBuf>, unsaved: Option<Box<Unsaved>>) {
        self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner).insert(path, unsaved);
        let shared = self.shared.clone();
        self.worker.queue(Action::Failed, move |_| {
            let error = shared.write_changes().err()?;
            let is_first = !shared.has_failed.swap(true, Ordering::Relaxed);
            is_first.then(|| Action::Failed(error))
        });
    }
}

impl Shared {
    fn write_changes(&self) -> Result<(), String> {
        let changes = std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut outcome = Ok(());
        for (path, unsaved) in changes {
            outcome = outcome.and(match unsaved {
                Some(unsaved) => drafts.keep(&unsaved),
                None => drafts.discard(path.as_deref()),
            });
        }
        outcome.map_err(|error| error.to_string())
    }
}
