use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::DecimalBytes;

use super::cache::{HubCache, Repo, is_commit};
use super::client::{FileFacts, HubClient, Problem, Refusal, Rejected};
use super::error::{HubError, by_hand};
use super::files::{CONFIG, INDEX, PREPARATION, SINGLE, TOKENIZER, shards};
use super::hash::{Etag, HashCheck, HashMemo};
use super::model_id::ModelId;
use super::settings::HubSettings;
use crate::backbone::{self, registry};
use crate::input_file::{MOST_CONFIG, read_bounded};
use crate::net::{Clock, Failure, Next, Retry, RetryPolicy, SystemClock, is_transient};

/// No JSON file of a checkpoint is larger; Gemma's tokenizer has 34 MB.
const MAX_JSON: u64 = 64 << 20;

pub(super) const RETRY: RetryPolicy =
    RetryPolicy { attempts: 5, longest_wait: Duration::from_secs(120), first_at_once: true, jitter: None };

/// Progress of fetching a model.
#[derive(Debug)]
pub enum Event<'a> {
    /// This many bytes of a file are there.
    Bytes {
        /// The file.
        name: &'a str,
        /// Bytes so far.
        done: u64,
    },
    /// The hash of a file is computed.
    Checking {
        /// The file.
        name: &'a str,
    },
    /// A message for the user.
    Notice(String),
}

/// Receives the events.
pub type Report<'a> = dyn FnMut(Event<'_>) + 'a;

/// A file of a model as the hub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// File name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Bytes that are there.
    pub have: u64,
    pub(super) etag: Etag,
    /// Whether all of it is there with the right hash.
    is_there: bool,
}

/// The files of a model, and what is missing of them.
#[derive(Clone, Debug)]
pub struct Plan {
    id: ModelId,
    commit: String,
    snapshot: PathBuf,
    files: Vec<PlannedFile>,
}

impl Plan {
    /// The files of the model.
    pub fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        sum(self.files.iter().map(|file| file.size))
    }

    /// Bytes still to be downloaded.
    pub fn missing(&self) -> u64 {
        sum(self.files.iter().map(|file| file.size - file.have))
    }

    /// The folder that will hold the checkpoint.
    pub fn snapshot(&self) -> &Path {
        &self.snapshot
    }
}

/// A hub may state sizes that overflow.
fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}

/// A hub and the cache for its models.
pub struct Hub {
    settings: HubSettings,
    pub(super) client: HubClient,
    cache: HubCache,
    pub(super) clock: Box<dyn Clock>,
    pub(super) hashes: HashCheck,
    /// Whether the user was told that the cache has no locks.
    pub(super) told_of_locks: Cell<bool>,
}

impl Hub {
    /// The hub of the settings.
    ///
    /// # Errors
    /// An invalid endpoint or certificate file, or no folder for the cache.
    pub fn open(settings: HubSettings) -> Result<Self, HubError> {
        let client = HubClient::new(&settings)?;
        let cache = HubCache::new(settings.cache.clone().ok_or(HubError::NoCache)?);
        let (clock, hashes) = (Box::new(SystemClock), HashCheck::default());
        Ok(Self { settings, client, cache, clock, hashes, told_of_locks: Cell::new(false) })
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Remembers which files have been checked.
    #[must_use]
    pub fn with_memo(mut self, memo: Option<HashMemo>) -> Self {
        self.hashes.memo = memo;
        self
    }

    /// Checks a snapshot without the network, by the hashes that name the files of the cache.
    ///
    /// # Errors
    /// A file that is damaged or cannot be read.
    pub fn check(&self, id: &ModelId, snapshot: &Path) -> Result<(), HubError> {
        let damaged = HubCache::damaged(snapshot, |path, etag, size| self.hashes.is_right(path, etag, size))
            .map_err(|source| HubError::Cache { path: snapshot.to_owned(), source })?;
        damaged.map_or(Ok(()), |path| Err(HubError::Damaged { path, id: id.to_string() }))
    }

    /// The cache.
    pub fn cache(&self) -> &HubCache {
        &self.cache
    }

    /// Host and port of the hub.
    pub fn host(&self) -> String {
        self.client.host()
    }

    /// The error if there is no network or it may not be used: it says how to bring the files by hand.
    pub fn offline(&self, id: &ModelId, reason: impl Into<String>) -> HubError {
        HubError::Offline { reason: reason.into(), help: by_hand(&self.settings.endpoint, id) }
    }

    /// Asks the hub for a model's files. Fetches its configuration, so that an unusable model is refused before its
    /// weights are downloaded, and the index of weights in several files.
    ///
    /// # Errors
    /// No network, no such model or no access to it, or not SigLIP.
    pub fn plan(&self, id: &ModelId, report: &mut Report) -> Result<Plan, HubError> {
        if self.settings.offline {
            let cache = self.cache.root().display();
            return Err(
                self.offline(id, format!("HF_HUB_OFFLINE is set, and {id} is not complete in {cache}"))
            );
        }
        if self.client.withholds_token() {
            report(Event::Notice(format!(
                "the token is not sent: others could read it on the way to {}\nhelp: use an HF_ENDPOINT with https://",
                self.host()
            )));
        }
        let no_file = |name, help| HubError::NoFile { id: id.to_string(), name, help };
        let (commit, config) = self.facts(id, &id.revision_in_url(), CONFIG, report)?.ok_or_else(|| {
            no_file(CONFIG, "choose a repository with a checkpoint, see `actalign-tui model list`")
        })?;
        let repo = self.cache.repo(id);
        let snapshot = commit.as_deref().and_then(|commit| repo.snapshot(commit));
        let (Some(commit), Some(snapshot)) = (commit, snapshot) else {
            return Err(answer(CONFIG, self.host(), "no name of a commit, so this is not a hub"));
        };
        if is_commit(id.revision()) && !commit.eq_ignore_ascii_case(id.revision()) {
            return Err(answer(CONFIG, self.host(), format!("another commit, {commit}")));
        }
        let mut plan = Plan { id: id.clone(), commit, snapshot, files: vec![config] };

        let config = self.fetch_last(&mut plan, &repo, report)?;
        backbone::check_config(&config)?;
        for name in PREPARATION {
            plan.files.extend(self.file(&plan, name, report)?);
        }
        let tokenizer = self.file(&plan, TOKENIZER, report)?;
        plan.files.push(tokenizer.ok_or_else(|| {
            no_file(TOKENIZER, "choose a repository that has it; spiece.model alone is not enough")
        })?);
        if let Some(weights) = self.file(&plan, SINGLE, report)? {
            plan.files.push(weights);
            return Ok(plan);
        }
        let index = self.file(&plan, INDEX, report)?;
        plan.files.push(index.ok_or_else(|| {
            no_file(
                SINGLE,
                "choose a repository with safetensors; pytorch_model.bin is not read, because it is code",
            )
        })?);
        let path = self.fetch_last(&mut plan, &repo, report)?;
        let index = read_bounded(&path, MOST_CONFIG)
            .map_err(|source| HubError::Cache { path: path.clone(), source })?;
        for name in shards(&index).map_err(|reason| HubError::Index { path: path.clone(), reason })? {
            let Some(file) = self.file(&plan, &name, report)? else {
                return Err(HubError::Index { path, reason: format!("the hub does not have {name}") });
            };
            plan.files.push(file);
        }
        Ok(plan)
    }

    /// Fetches what is missing and returns the folder of the checkpoint.
    ///
    /// # Errors
    /// A full disk, a transfer that breaks off again and again, or content that the hub did not state. What was downloaded
    /// is kept.
    pub fn fetch(&self, plan: &Plan, report: &mut Report) -> Result<PathBuf, HubError> {
        let repo = self.cache.repo(&plan.id);
        let needed = plan.missing();
        if let Some(free) = free_space(repo.root()).filter(|free| *free < needed) {
            return Err(HubError::Space { folder: repo.root().to_owned(), free, needed });
        }
        for file in &plan.files {
            self.fetch_file(plan, &repo, file, report)?;
        }
        // Last, so that an older complete commit is found until this one is complete.
        match repo.record(plan.id.revision(), &plan.commit) {
            Ok(()) => {}
            // A complete model in another user's cache can be used all the same.
            Err(error) if is_read_only(&error) => report(Event::Notice(format!(
                "cannot write {}: {error}\nhelp: --model {} does not find this version there; use --model {}",
                repo.root().display(),
                plan.id,
                plan.snapshot.display()
            ))),
            Err(source) => return Err(HubError::Cache { path: repo.root().to_owned(), source }),
        }
        let wanted: Vec<&Etag> =
            plan.files.iter().filter(|file| !file.is_there).map(|file| &file.etag).collect();
        repo.sweep(&plan.snapshot, &wanted);
        Ok(plan.snapshot.clone())
    }

    /// Fetches the last file of a plan while the plan is made.
    fn fetch_last(&self, plan: &mut Plan, repo: &Repo, report: &mut Report) -> Result<PathBuf, HubError> {
        let last = plan.files.len() - 1;
        let path = self.fetch_file(plan, repo, &plan.files[last], report)?;
        plan.files[last].have = plan.files[last].size;
        plan.files[last].is_there = true;
        Ok(path)
    }

    /// Downloads a file unless it is there, and links it into the snapshot.
    fn fetch_file(
        &self,
        plan: &Plan,
        repo: &Repo,
        file: &PlannedFile,
        report: &mut Report,
    ) -> Result<PathBuf, HubError> {
        let path = plan.snapshot.join(&file.name);
        if file.is_there {
            report(Event::Bytes { name: &file.name, done: file.size });
            // Where tools cannot make links, they put the file itself into the snapshot.
            if !repo.blob(&file.etag).is_file() {
                return Ok(path);
            }
        } else {
            self.download(repo, &self.url(&plan.id, &plan.commit, &file.name), file, report)?;
        }
        match repo.link(&plan.snapshot, &file.name, &file.etag) {
            Ok(()) => Ok(path),
            Err(source) => Err(HubError::Cache { path, source }),
        }
    }

    fn url(&self, id: &ModelId, revision: &str, name: &str) -> String {
        format!("{}/{}/resolve/{revision}/{name}", self.settings.endpoint, id.repo())
    }

    /// The file of that name, if the commit has one.
    fn file(&self, plan: &Plan, name: &str, report: &mut Report) -> Result<Option<PlannedFile>, HubError> {
        let Some((commit, file)) = self.facts(&plan.id, &plan.commit, name, report)? else {
            return Ok(None);
        };
        match commit.filter(|commit| *commit != plan.commit) {
            Some(_) => Err(answer(name, self.host(), "another commit than that of config.json")),
            None => Ok(Some(file)),
        }
    }

    /// The commit, size and hash of a file; `None` if the revision has no such file.
    fn facts(
        &self,
        id: &ModelId,
        revision: &str,
        name: &str,
        report: &mut Report,
    ) -> Result<Option<(Option<String>, PlannedFile)>, HubError> {
        let url = self.url(id, revision, name);
        let mut retry = Retry::new(RETRY);
        let FileFacts { commit, etag, size } = loop {
            let Rejected { host, problem } = match self.client.facts(&url, self.clock.now()) {
                Ok(facts) => break facts,
                Err(rejected) => rejected,
            };
            match &problem {
                Problem::Http(Failure::Unreachable(reason)) => {
                    return Err(self.offline(id, format!("{host} cannot be reached: {reason}")));
                }
                Problem::Http(Failure::Lost(_) | Failure::Timeout) => {}
                Problem::Http(failure) => return Err(answer(name, host, failure.to_string())),
                Problem::Status(refusal) if is_transient(refusal.status) => {}
                Problem::Status(refusal) => return self.refusal(id, name, refusal, is_commit(revision)),
            }
            let (reason, wait) = (problem.to_string(), problem.wait());
            match self.wait(&mut retry, name, host, reason, wait, report) {
                // This hub never answered.
                Err(HubError::Broken { host, reason, .. }) if matches!(problem, Problem::Http(_)) => {
                    return Err(self.offline(id, format!("{host}: {reason}, again and again")));
                }
                outcome => outcome?,
            }
        };
        let host = self.host();
        let etag = etag.ok_or_else(|| answer(name, host.clone(), "no hash to check the file by"))?;
        let size = size.ok_or_else(|| answer(name, host.clone(), "no size"))?;
        if name.ends_with(".json") && size > MAX_JSON {
            return Err(answer(name, host, format!("{}, too large for this file", DecimalBytes(size))));
        }
        let file = self.planned(id, commit.as_deref(), name, etag, size, report);
        Ok(Some((commit, file)))
    }

    /// Waits before the next attempt, or returns the error of giving up. `wait` is what the hub asks for.
    pub(super) fn wait(
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

    /// How much of a file is there.
    fn planned(
        &self,
        id: &ModelId,
        commit: Option<&str>,
        name: &str,
        etag: Etag,
        size: u64,
        report: &mut Report,
    ) -> PlannedFile {
        let repo = self.cache.repo(id);
        let blob = repo.blob(&etag);
        let snapshot = commit.and_then(|commit| repo.snapshot(commit));
        report(Event::Checking { name });
        let is_right = |path: &Path| self.hashes.is_right(path, &etag, size);
        let is_there = is_right(&blob) || snapshot.is_some_and(|snapshot| is_right(&snapshot.join(name)));
        let partial = fs::symlink_metadata(repo.incomplete(&etag)).map_or(0, |facts| facts.len());
        let have = match is_there {
            true => size,
            false if partial <= size => partial,
            false => 0,
        };
        if !is_there && fs::metadata(&blob).is_ok_and(|found| found.len() == size) {
            report(Event::Notice(format!("{name}: {} is damaged; fetching it again", blob.display())));
        }
        PlannedFile { name: name.to_owned(), size, have, etag, is_there }
    }

    /// What a status below 500 means: `Ok(None)` if there is no such file, else the error.
    fn refusal<T>(
        &self,
        id: &ModelId,
        name: &str,
        refusal: &Refusal,
        knows_repo: bool,
    ) -> Result<Option<T>, HubError> {
        let host = self.host();
        let has_token = self.client.has_token();
        match (refusal.code.as_deref(), refusal.status) {
            (Some("EntryNotFound"), _) => Ok(None),
            (None, 404) if knows_repo => Ok(None),
            (Some("RevisionNotFound"), _) => {
                Err(HubError::NoRevision { repo: id.repo(), revision: id.revision().to_owned() })
            }
            (Some("GatedRepo"), _) => Err(HubError::Gated { host, id: id.to_string() }),
            (None, 401 | 403) if has_token => {
                Err(HubError::Token { host, status: refusal.status, id: id.to_string() })
            }
            (Some("RepoNotFound"), _) | (None, 401 | 403 | 404) => {
                let mut help = String::new();
                if let Some(like) = registry::like(&id.repo()) {
                    help += &format!("\nhelp: did you mean {like}?");
                }
                if !has_token {
                    help += "\nhelp: if it is private, set HF_TOKEN or run `hf auth login`";
                }
                let reader = if has_token { "this token" } else { "anyone" };
                Err(HubError::NoRepository { host, id: id.to_string(), reader, help })
            }
            (code, status) => {
                let code = code.map_or(String::new(), |code| format!(" ({code})"));
                Err(answer(name, host, format!("status {status}{code}")))
            }
        }
    }
}

pub(super) fn answer(name: &str, host: String, reason: impl Into<String>) -> HubError {
    HubError::Answer { name: name.to_owned(), host, reason: reason.into() }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Free bytes of the disk that holds a folder.
#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(folder).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}
