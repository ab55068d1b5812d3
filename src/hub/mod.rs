//! Models of the model hub: fetched into the cache that the hub's own tools use, and found there again.
//!
//! A file is downloaded under a temporary name, resumed where it was cut, and gets its final name once its size and hash
//! are those that the hub states. Only `config.json`, `open_clip_config.json`, `processor_config.json`,
//! `preprocessor_config.json`, `tokenizer.json` and safetensors are ever requested: none of them is code.

mod cache;
mod client;
mod download;
mod error;
mod fetch;
mod files;
mod hash;
mod model_id;
mod plan;
mod settings;

pub use cache::HubCache;
pub use error::HubError;
pub use files::{Layout, OPEN_CLIP, TOKENIZER, TRANSFORMERS};
pub use hash::HashMemo;
pub use model_id::{InvalidModelId, ModelId};
pub use plan::{Plan, PlannedFile};
pub use settings::HubSettings;

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use client::HubClient;
use error::by_hand;
use hash::Etag;

use crate::net::{Clock, Next, Retry, SystemClock};

/// Progress of fetching a model.
#[derive(Debug)]
pub enum Event<'a> {
    /// This many bytes of a file are there.
    Bytes { name: &'a str, done: u64 },
    /// The hash of a file is computed.
    Checking { name: &'a str },
    /// A message for the user.
    Notice(String),
}

/// Receives the events.
type Report<'a> = dyn FnMut(Event<'_>) + 'a;

/// A hub and the cache for its models.
pub struct Hub {
    settings: HubSettings,
    client: HubClient,
    cache: HubCache,
    clock: Box<dyn Clock>,
    memo: Option<HashMemo>,
    /// Whether the user was told that the cache has no locks.
    told_of_locks: Cell<bool>,
}

impl Hub {
    /// The hub of the settings.
    ///
    /// # Errors
    /// An invalid endpoint or certificate file, or no folder for the cache.
    pub fn open(settings: HubSettings) -> Result<Self, HubError> {
        let client = HubClient::new(&settings)?;
        let cache = HubCache::new(settings.cache.clone().ok_or(HubError::NoCache)?);
        let clock = Box::new(SystemClock);
        Ok(Self { settings, client, cache, clock, memo: None, told_of_locks: Cell::new(false) })
    }

    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Remembers which files have been checked.
    #[must_use]
    pub fn with_memo(mut self, memo: Option<HashMemo>) -> Self {
        self.memo = memo;
        self
    }

    /// Checks a snapshot without the network, by the hashes that name the files of the cache.
    pub fn check(&self, id: &ModelId, snapshot: &Path) -> Result<(), HubError> {
        let damaged = HubCache::damaged(snapshot, |path, etag, size| self.is_right(path, etag, size))
            .map_err(|source| HubError::Cache { path: snapshot.to_owned(), source })?;
        damaged.map_or(Ok(()), |path| Err(HubError::Damaged { path, id: id.to_string() }))
    }

    /// Whether there is a readable file of this size and hash. Files of the cache may be damaged, or half written by another
    /// program.
    fn is_right(&self, path: &Path, etag: &Etag, size: u64) -> bool {
        if !fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == size) {
            return false;
        }
        let mut has_hash = || etag.is_of(path, size);
        match &self.memo {
            Some(memo) => memo(path, etag.as_str(), &mut has_hash),
            None => has_hash(),
        }
        .unwrap_or(false)
    }

    pub fn cache(&self) -> &HubCache {
        &self.cache
    }

    pub fn host(&self) -> String {
        self.client.host()
    }

    /// The error if there is no network or it may not be used: it says how to bring the files by hand.
    pub fn offline(&self, id: &ModelId, reason: impl Into<String>) -> HubError {
        HubError::Offline { reason: reason.into(), help: by_hand(&self.settings.endpoint, id) }
    }

    fn url(&self, id: &ModelId, revision: &str, name: &str) -> String {
        format!("{}/{}/resolve/{revision}/{name}", self.settings.endpoint, id.repo())
    }

    /// Waits before the next attempt, or returns the error of giving up. `wait` is what the hub asks for.
    fn wait(
        &self,
        retry: &mut Retry,
        name: &str,
        host: String,
        reason: String,
        wait: Option<Duration>,
        report: &mut Report,
    ) -> Result<(), HubError> {
        match retry.next(wait) {
            Next::Retry(pause) => {
                let after =
                    if pause.is_zero() { String::new() } else { format!(" in {} s", pause.as_secs()) };
                report(Event::Notice(format!("{name}: {host}: {reason}; retrying{after}")));
                self.clock.sleep(pause);
                Ok(())
            }
            Next::TooLong(wait) => Err(HubError::Later { host, reason, wait }),
            Next::GiveUp => Err(HubError::Broken { name: name.to_owned(), host, reason }),
        }
    }
}
