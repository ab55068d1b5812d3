//! What a model needs, and fetching it.

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::cache::{HubCache, Repo, is_commit};
use super::clock::{Clock, SystemClock};
use super::download::Transfer;
use super::error::{HubError, by_hand};
use super::files::{CONFIG, INDEX, PREPARATION, SINGLE, TOKENIZER, shards};
use super::hash::{Etag, Hashes};
use super::http::{Client, Facts, Failure, Refusal};
use super::id::ModelId;
use super::retries::{Retries, again_in};
use super::settings::HubSettings;
use crate::backbone::{self as siglip, registry};
use crate::input_file::{MOST_CONFIG, read_bounded};
use crate::store::{Cache, Size};

/// No JSON file of a checkpoint is larger; Gemma's tokenizer has 34 MB.
const LARGEST_JSON: u64 = 64 << 20;

/// What happens while a model is fetched.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many bytes of a file are there.
    Bytes {
        /// The file.
        name: &'a str,
        /// How many.
        done: u64,
    },
    /// All of a file is there, and its hash is being computed.
    Checking {
        /// The file.
        name: &'a str,
    },
    /// Something to tell the user.
    Notice(String),
}

/// A file of a model as the hub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many of them are there.
    pub have: u64,
    pub(super) etag: Etag,
    /// Whether all of it is there with the right hash.
    is_there: bool,
}

/// What has to be done to have a model.
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

    /// All of them in bytes.
    pub fn size(&self) -> u64 {
        sum(self.files.iter().map(|file| file.size))
    }

    /// What is not there yet, in bytes.
    pub fn missing(&self) -> u64 {
        sum(self.files.iter().map(|file| file.size - file.have))
    }

    /// The folder that will hold the checkpoint.
    pub fn snapshot(&self) -> &Path {
        &self.snapshot
    }
}

/// What a hub tells of sizes may be anything.
fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}

/// A hub and its cache.
#[derive(Debug)]
pub struct Hub<C = SystemClock> {
    settings: HubSettings,
    client: Client,
    cache: HubCache,
    clock: C,
    hashes: Hashes,
    told_of_locks: Cell<bool>,
}

impl Hub {
    /// The hub that the settings name.
    ///
    /// # Errors
    /// An endpoint that is no address, or no folder for the cache.
    pub fn open(settings: HubSettings) -> Result<Self, HubError> {
        Self::with_clock(settings, SystemClock)
    }
}

impl<C: Clock> Hub<C> {
    /// As [`Hub::open`], with another clock.
    ///
    /// # Errors
    /// As there.
    pub fn with_clock(settings: HubSettings, clock: C) -> Result<Self, HubError> {
        let client = Client::new(&settings)?;
        let cache = HubCache::new(settings.cache.clone().ok_or(HubError::NoCache)?);
        let hashes = Hashes::default();
        Ok(Self { settings, client, cache, clock, hashes, told_of_locks: Cell::new(false) })
    }

    /// The same, with what was found of files remembered in a cache of this program, if there is one.
    #[must_use]
    pub fn remembering_in(mut self, cache: Option<Cache>) -> Self {
        self.hashes = Hashes::remembered_in(cache);
        self
    }

    /// Checks a snapshot without the network, by the hashes that files of the cache are named after.
    ///
    /// # Errors
    /// A file that is damaged or cannot be read.
    pub fn check(&self, id: &ModelId, snapshot: &Path) -> Result<(), HubError> {
        let is_right = |path: &Path, etag: &Etag, size| Ok(self.hashes.is_right(path, etag, size));
        let damaged = HubCache::damaged(snapshot, is_right)
            .map_err(|source| HubError::Cache { path: snapshot.to_owned(), source })?;
        damaged.map_or(Ok(()), |path| Err(HubError::Damaged { path, id: id.to_string() }))
    }

    /// The cache.
    pub fn cache(&self) -> &HubCache {
        &self.cache
    }

    /// The hub's name.
    pub fn host(&self) -> String {
        self.client.host()
    }

    /// What it says where the network may not be used or is not there: how to bring the files by hand.
    pub fn offline(&self, id: &ModelId, reason: impl Into<String>) -> HubError {
        HubError::Offline { reason: reason.into(), help: by_hand(&self.settings.endpoint, id) }
    }

    /// Asks the hub for a model's files. Its configuration is fetched, so that a model that cannot be used is refused before
    /// its weights are; so is the index of weights in several files.
    ///
    /// # Errors
    /// No network, no such model or no right to it, or a model that is no SigLIP.
    pub fn plan(&self, id: &ModelId, report: &mut dyn FnMut(Event<'_>)) -> Result<Plan, HubError> {
        if self.settings.offline {
            let cache = self.cache.root().display();
            return Err(
                self.offline(id, format!("HF_HUB_OFFLINE is set, and {id} is not complete in {cache}"))
            );
        }
        if self.client.withholds_token() {
            report(Event::Notice(format!(
                "the token is not sent: on the way to {} everyone can read it; an HF_ENDPOINT that begins with https:// gets it",
                self.host()
            )));
        }
        let hint = "choose a repository with a checkpoint, see `actalign-tui model list`";
        let (commit, config) = self
            .facts(id, &id.revision_in_url(), CONFIG, report)?
            .ok_or_else(|| HubError::NoFile { id: id.to_string(), name: CONFIG, hint })?;
        let repo = self.cache.repo(id);
        let commit = commit.filter(|commit| is_commit(commit));
        let Some((commit, snapshot)) = commit.and_then(|c| repo.snapshot(&c).map(|folder| (c, folder)))
        else {
            return Err(answer(CONFIG, self.host(), "without the name of a commit, so it is no hub"));
        };
        if is_commit(id.revision()) && !commit.eq_ignore_ascii_case(id.revision()) {
            return Err(answer(CONFIG, self.host(), format!("with commit {commit}, which is another one")));
        }
        let mut plan = Plan { id: id.clone(), commit, snapshot, files: vec![config] };

        let config = self.bring_now(&mut plan, &repo, report)?;
        siglip::check_config(&config)?;
        for name in PREPARATION {
            if let Some(file) = self.file(&plan, name, report)? {
                plan.files.push(file);
            }
        }
        let hint = "choose a repository that has it; spiece.model alone is not enough";
        let file = self.file(&plan, TOKENIZER, report)?;
        plan.files.push(file.ok_or_else(|| HubError::NoFile {
            id: id.to_string(),
            name: TOKENIZER,
            hint,
        })?);
        if let Some(file) = self.file(&plan, SINGLE, report)? {
            plan.files.push(file);
            return Ok(plan);
        }
        let hint = "choose a repository with safetensors: pytorch_model.bin is not read, for it is a program";
        let file = self.file(&plan, INDEX, report)?;
        plan.files.push(file.ok_or_else(|| HubError::NoFile { id: id.to_string(), name: SINGLE, hint })?);
        let path = self.bring_now(&mut plan, &repo, report)?;
        let index = read_bounded(&path, MOST_CONFIG)
            .map_err(|source| HubError::Cache { path: path.clone(), source })?;
        for name in shards(&index).map_err(|reason| HubError::Index { path: path.clone(), reason })? {
            let Some(file) = self.file(&plan, &name, report)? else {
                return Err(HubError::Index {
                    path,
                    reason: format!("it names {name}, which the hub does not have"),
                });
            };
            plan.files.push(file);
        }
        Ok(plan)
    }

    /// Fetches what is missing and returns the folder of the checkpoint.
    ///
    /// # Errors
    /// A full disk, a transfer that breaks off again and again, or what is not what the hub told. What was fetched is kept.
    pub fn fetch(&self, plan: &Plan, report: &mut dyn FnMut(Event<'_>)) -> Result<PathBuf, HubError> {
        let repo = self.cache.repo(&plan.id);
        if let Some(free) = free_space(repo.root()).filter(|free| *free < plan.missing()) {
            let (free, needed) = (Size(free), Size(plan.missing()));
            return Err(HubError::Space { folder: repo.root().to_owned(), free, needed });
        }
        for number in 0..plan.files.len() {
            self.bring(plan, &repo, number, report)?;
        }
        // Last, so that an older commit that is complete stays the one that is found until this one is.
        match repo.remember(plan.id.revision(), &plan.commit) {
            Ok(()) => {}
            // A model that is complete in another user's cache can be used all the same.
            Err(error) if is_read_only(&error) => report(Event::Notice(format!(
                "{} cannot be written ({error}): --model {} does not find this version there, --model {} does",
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
    fn bring_now(
        &self,
        plan: &mut Plan,
        repo: &Repo,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<PathBuf, HubError> {
        let last = plan.files.len() - 1;
        let path = self.bring(plan, repo, last, report)?;
        plan.files[last].have = plan.files[last].size;
        plan.files[last].is_there = true;
        Ok(path)
    }

    /// Fetches a file of a plan, unless it is there, and puts it into the snapshot.
    fn bring(
        &self,
        plan: &Plan,
        repo: &Repo,
        number: usize,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<PathBuf, HubError> {
        let file = &plan.files[number];
        let path = plan.snapshot.join(&file.name);
        if file.is_there {
            report(Event::Bytes { name: &file.name, done: file.size });
            // Tools of the hub put the file itself there where they cannot make links.
            if !repo.blob(&file.etag).is_file() {
                return Ok(path);
            }
        } else {
            let (client, clock, hashes) = (&self.client, &self.clock, &self.hashes);
            let url = self.url(&plan.id, &plan.commit, &file.name);
            let told_of_locks = &self.told_of_locks;
            Transfer { client, clock, repo, hashes, told_of_locks }.fetch(&url, file, report)?;
        }
        repo.link(&plan.snapshot, &file.name, &file.etag)
            .map_err(|source| HubError::Cache { path: path.clone(), source })?;
        Ok(path)
    }

    fn url(&self, id: &ModelId, revision: &str, name: &str) -> String {
        format!("{}/{}/resolve/{revision}/{name}", self.settings.endpoint, id.repo())
    }

    /// A file of the commit, if it has one of that name.
    fn file(
        &self,
        plan: &Plan,
        name: &str,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<PlannedFile>, HubError> {
        let Some((commit, file)) = self.facts(&plan.id, &plan.commit, name, report)? else {
            return Ok(None);
        };
        match commit.filter(|commit| *commit != plan.commit) {
            Some(_) => Err(answer(name, self.host(), "with another commit than that of config.json")),
            None => Ok(Some(file)),
        }
    }

    /// What the hub tells about a file: its commit, its size and its hash. None where the revision has no such file.
    fn facts(
        &self,
        id: &ModelId,
        revision: &str,
        name: &str,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<(Option<String>, PlannedFile)>, HubError> {
        let url = self.url(id, revision, name);
        let mut retries = Retries::default();
        let (host, facts) = loop {
            let (host, failure) = match self.client.facts(&url) {
                Ok(facts) => break (self.host(), facts),
                Err(failure) => failure,
            };
            let never_answered = matches!(failure, Failure::Broken(_));
            let (reason, wait) = match failure {
                Failure::Unreachable(reason) => {
                    return Err(self.offline(id, format!("{host} cannot be reached: {reason}")));
                }
                Failure::Nonsense(reason) => return Err(answer(name, host, reason)),
                Failure::Broken(reason) => (reason, None),
                Failure::Status(refusal) if refusal.is_passing() => (refusal.in_words(), refusal.wait),
                Failure::Status(refusal) => return self.refusal(id, name, &refusal, is_commit(revision)),
            };
            let Some(pause) = retries.next(wait) else {
                return Err(match wait {
                    Some(wait) => HubError::Later { host, reason, wait },
                    None if never_answered => self.offline(id, format!("{host} {reason}, again and again")),
                    None => HubError::Broken { name: name.to_owned(), host, reason },
                });
            };
            report(Event::Notice(format!("{name}: {host} {reason}; {}", again_in(pause))));
            self.clock.sleep(pause);
        };
        let Facts { commit, etag, size } = facts;
        let etag = etag.ok_or_else(|| answer(name, host.clone(), "without a hash to check it by"))?;
        let size = size.ok_or_else(|| answer(name, host.clone(), "without its size"))?;
        if name.ends_with(".json") && size > LARGEST_JSON {
            return Err(answer(name, host, format!("with {}, more than any such file has", Size(size))));
        }
        let file = self.planned(id, commit.as_deref(), name, etag, size, report);
        Ok(Some((commit, file)))
    }

    /// How much of a file is there.
    fn planned(
        &self,
        id: &ModelId,
        commit: Option<&str>,
        name: &str,
        etag: Etag,
        size: u64,
        report: &mut dyn FnMut(Event<'_>),
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
            report(Event::Notice(format!("{name}: {} is damaged, so it is fetched again", blob.display())));
        }
        PlannedFile { name: name.to_owned(), size, have, etag, is_there }
    }

    /// What an answer below 500 that says no means: the file is not there, or why nothing is to be had.
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
                let mut hint = registry::like(&id.repo())
                    .map_or(String::new(), |like| format!("; did you mean {like}?"));
                if !has_token {
                    hint += " If it is private, set HF_TOKEN, or run `hf auth login`";
                }
                let who = if has_token { "this token" } else { "anyone" };
                Err(HubError::NoRepository { host, id: id.to_string(), who, hint })
            }
            (code, status) => {
                let code = code.map_or(String::new(), |code| format!(" ({code})"));
                Err(answer(name, host, format!("status {status}{code}")))
            }
        }
    }
}

fn answer(name: &str, host: String, reason: impl Into<String>) -> HubError {
    HubError::Answer { name: name.to_owned(), host, reason: reason.into() }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Bytes that are free where a folder lies, where the system tells.
#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(folder).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}
