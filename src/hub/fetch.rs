use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::cache::Repo;
use super::error::HubError;
use super::hash::Etag;
use super::plan::{Plan, PlannedFile};
use super::{Event, Hub, Report};

impl Hub {
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
    pub(super) fn fetch_last(
        &self,
        plan: &mut Plan,
        repo: &Repo,
        report: &mut Report,
    ) -> Result<PathBuf, HubError> {
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
