use std::fs;
use std::path::{Path, PathBuf};

use indicatif::DecimalBytes;

use super::cache::is_commit;
use super::client::FileFacts;
use super::error::{HubError, answer};
use super::files::{OPEN_CLIP, TOKENIZER, TRANSFORMERS, shards};
use super::hash::Etag;
use super::model_id::ModelId;
use super::{Event, Hub, Report};
use crate::backbone::{self, registry};
use crate::files::input_file::{MOST_CONFIG, read_bounded};
use crate::net::{Failure, HttpError, Retry, is_transient};

/// No JSON file of a checkpoint is larger; Gemma's tokenizer has 34 MB.
const MAX_JSON: u64 = 64 << 20;

/// A file of a model as the hub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    pub name: String,
    pub size: u64,
    pub have: u64,
    pub(super) etag: Etag,
    /// Whether all of it is there with the right hash.
    pub(super) is_there: bool,
}

/// The files of a model, and what is missing of them.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) id: ModelId,
    pub(super) commit: String,
    pub(super) snapshot: PathBuf,
    pub(super) files: Vec<PlannedFile>,
}

impl Plan {
    pub fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    pub fn size(&self) -> u64 {
        sum(self.files.iter().map(|file| file.size))
    }

    /// Bytes still to be downloaded.
    pub fn missing(&self) -> u64 {
        sum(self.files.iter().map(|file| file.size - file.have))
    }
}

/// A hub may state sizes that overflow.
fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}

impl Hub {
    /// Asks the hub for a model's files. Fetches its configuration, so that an unusable model is refused before its
    /// weights are downloaded, and the index of weights in several files.
    ///
    /// # Errors
    /// No network, no such model or no access to it, or an unusable model.
    pub fn plan(&self, id: &ModelId, report: &mut Report) -> Result<Plan, HubError> {
        if self.settings.offline {
            let cache = self.cache.root().display();
            return Err(
                self.offline(id, format!("HF_HUB_OFFLINE is set, and {id} is not complete in {cache}"))
            );
        }
        if self.settings.token.is_some() && !self.client.has_token() {
            report(Event::Notice(format!(
                "the token is not sent: others could read it on the way to {}\nhelp: use an HF_ENDPOINT with https://",
                self.host()
            )));
        }
        let no_file = |name, help| HubError::NoFile { id: id.to_string(), name, help };
        let (mut layout, revision) = (&TRANSFORMERS, id.revision_in_url());
        let mut config = self.facts(id, &revision, layout.config, report)?;
        if config.is_none() {
            config = self.facts(id, &revision, OPEN_CLIP.config, report)?;
            layout = if config.is_some() { &OPEN_CLIP } else { layout };
        }
        let (commit, config) = config.ok_or_else(|| {
            no_file(layout.config, "choose a repository with a checkpoint, see `actalign-tui model list`")
        })?;
        let repo = self.cache.repo(id);
        let snapshot = commit.as_deref().and_then(|commit| repo.snapshot(commit));
        let (Some(commit), Some(snapshot)) = (commit, snapshot) else {
            return Err(answer(layout.config, self.host(), "no name of a commit, so this is not a hub"));
        };
        if is_commit(id.revision()) && !commit.eq_ignore_ascii_case(id.revision()) {
            return Err(answer(layout.config, self.host(), format!("another commit, {commit}")));
        }
        let mut plan = Plan { id: id.clone(), commit, snapshot, files: vec![config] };

        let mut config = self.fetch_last(&mut plan, &repo, report)?;
        if !backbone::names_model(&config)?
            && let Some(other) = self.file(&plan, OPEN_CLIP.config, report)?
        {
            // The first one is that of the image tower alone.
            layout = &OPEN_CLIP;
            plan.files = vec![other];
            config = self.fetch_last(&mut plan, &repo, report)?;
        }
        backbone::check_config(&config)?;
        for name in layout.preparation {
            plan.files.extend(self.file(&plan, name, report)?);
        }
        let tokenizer = self.file(&plan, TOKENIZER, report)?;
        plan.files.push(tokenizer.ok_or_else(|| {
            no_file(TOKENIZER, "choose a repository that has it; spiece.model alone is not enough")
        })?);
        if let Some(weights) = self.file(&plan, layout.single, report)? {
            plan.files.push(weights);
            return Ok(plan);
        }
        let index = self.file(&plan, layout.index, report)?;
        plan.files.push(index.ok_or_else(|| {
            no_file(
                layout.single,
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
        let mut retry = Retry::at_once();
        let FileFacts { commit, etag, size } = loop {
            let HttpError { host, failure } = match self.client.facts(&url, self.clock.now()) {
                Ok(facts) => break facts,
                Err(error) => error,
            };
            match &failure {
                Failure::Unreachable(reason) => {
                    return Err(self.offline(id, format!("{host} cannot be reached: {reason}")));
                }
                Failure::Lost(_) | Failure::Timeout => {}
                Failure::Status { status, .. } if is_transient(*status) => {}
                Failure::Status { status, code, .. } => {
                    return self.refusal(id, name, *status, code.as_deref(), is_commit(revision));
                }
                failure => return Err(answer(name, host, failure.to_string())),
            }
            match self.wait(&mut retry, name, host, failure.to_string(), failure.wait(), report) {
                // This hub never answered.
                Err(HubError::Broken { host, reason, .. })
                    if matches!(failure, Failure::Lost(_) | Failure::Timeout) =>
                {
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
        let is_right = |path: &Path| self.is_right(path, &etag, size);
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
        status: u16,
        code: Option<&str>,
        knows_repo: bool,
    ) -> Result<Option<T>, HubError> {
        let host = self.host();
        let has_token = self.client.has_token();
        match (code, status) {
            (Some("EntryNotFound"), _) => Ok(None),
            (None, 404) if knows_repo => Ok(None),
            (Some("RevisionNotFound"), _) => {
                Err(HubError::NoRevision { repo: id.repo(), revision: id.revision().to_owned() })
            }
            (Some("GatedRepo"), _) => Err(HubError::Gated { host, id: id.to_string() }),
            (None, 401 | 403) if has_token => Err(HubError::Token { host, status, id: id.to_string() }),
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
