use std::io;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::DecimalBytes;

use super::model_id::ModelId;
use crate::net::CertificateError;

/// What can go wrong with a model of the hub. No message holds the token or the query of an address.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// `HF_ENDPOINT` is not an address.
    #[error("HF_ENDPOINT is not the address of a hub: {0}\nhelp: use one like https://huggingface.co")]
    Endpoint(String),
    /// The file of `SSL_CERT_FILE` cannot be used.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// The system has no folder for the cache.
    #[error("no folder for models on this system\nhelp: set HF_HOME to a writable folder")]
    NoCache,
    /// There is no network, or it may not be used.
    #[error("{reason}\nhelp: {help}")]
    Offline {
        /// Why the hub was not reached.
        reason: String,
        /// Which files to bring from another machine, and where to put them.
        help: String,
    },
    /// The hub has no such repository, or hides it.
    #[error("{host} has no model {id} that {reader} can read{help}")]
    NoRepository {
        /// The hub.
        host: String,
        /// The model.
        id: String,
        /// `this token` or `anyone`.
        reader: &'static str,
        /// Help lines: a similar name, or how to set a token.
        help: String,
    },
    /// The repository has no such revision.
    #[error(
        "{repo} has no revision {revision:?}\nhelp: name a branch, a tag or a commit, or leave out @{revision}"
    )]
    NoRevision {
        /// `ORG/NAME`.
        repo: String,
        /// The revision.
        revision: String,
    },
    /// The model's owners grant access one by one.
    #[error(
        "{id} is gated\nhelp: ask for access on its page at {host}, then set HF_TOKEN to a token with access, or run \
         `hf auth login`"
    )]
    Gated {
        /// The hub.
        host: String,
        /// The model.
        id: String,
    },
    /// The token was refused.
    #[error("{host} refuses the token (status {status})\nhelp: set HF_TOKEN to one that can read {id}")]
    Token {
        /// The hub.
        host: String,
        /// 401 or 403.
        status: u16,
        /// The model.
        id: String,
    },
    /// The repository lacks a file that every checkpoint has.
    #[error("{id} has no {name}\nhelp: {help}")]
    NoFile {
        /// The model.
        id: String,
        /// The file.
        name: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// The repository is not a checkpoint that can be used.
    #[error(transparent)]
    Model(#[from] crate::backbone::ModelError),
    /// The index of the weights is invalid.
    #[error("{}: {reason}\nhelp: choose another revision of the model", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The hub asks for a wait that is too long.
    #[error(
        "{host}: {reason}; it asks to wait {} s\nhelp: try again later; what was downloaded is kept",
        wait.as_secs()
    )]
    Later {
        /// The hub.
        host: String,
        /// What it answers.
        reason: String,
        /// The wait it asks for.
        wait: Duration,
    },
    /// An answer that a hub would not give.
    #[error("{name}: unexpected answer of {host}: {reason}\nhelp: try again later, or check HF_ENDPOINT")]
    Answer {
        /// The file.
        name: String,
        /// The server.
        host: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The transfer broke off too often.
    #[error(
        "{name}: {host}: {reason}, again and again\nhelp: run the same command to resume; what was downloaded is kept"
    )]
    Broken {
        /// The file.
        name: String,
        /// The server.
        host: String,
        /// What happened last.
        reason: String,
    },
    /// The content is not what the hub stated.
    #[error("{name}: what {host} sent {reason} and was deleted\nhelp: fetch it again")]
    Wrong {
        /// The file.
        name: String,
        /// The server.
        host: String,
        /// How it differs.
        reason: String,
    },
    /// Not enough room on the disk.
    #[error(
        "{}: {} free, {} needed\nhelp: make room, or set HF_HOME to a folder on another disk",
        folder.display(), DecimalBytes(*free), DecimalBytes(*needed)
    )]
    Space {
        /// The folder of the model.
        folder: PathBuf,
        /// Free bytes.
        free: u64,
        /// Bytes still to be downloaded.
        needed: u64,
    },
    /// A file in the cache is damaged, and the hub may not be asked for it.
    #[error(
        "{} is damaged: its hash differs from its name\nhelp: unset HF_HUB_OFFLINE and run `actalign-tui model fetch \
         {id}`, which fetches it again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The model.
        id: String,
    },
    /// The cache cannot be read or written.
    #[error("{}: {source}\nhelp: {}", path.display(), remedy(source))]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room and run the same command; what was downloaded is kept"
        }
        ErrorKind::FileTooLarge => {
            "raise the limit for file sizes (ulimit -f) and run the same command; what was downloaded is kept"
        }
        _ => "set HF_HOME to a writable folder",
    }
}

/// How to get a model without a network.
pub(super) fn by_hand(endpoint: &str, id: &ModelId) -> String {
    let (repo, revision) = (id.repo(), id.revision_in_url());
    let url = |name: &str| format!("\n    {endpoint}/{repo}/resolve/{revision}/{name}");
    format!(
        "on a machine with a network, download these files into a folder DIR, bring it here and use --model DIR:{}{}{}{}{}\n\
         (one of the two processor files is enough if the hub has only one), or copy its cache folder {} into the cache of \
         this machine ($HF_HOME/hub). If there is no {}, the weights are the files that {} names",
        url(super::CONFIG),
        url(super::PREPARATION[0]),
        url(super::PREPARATION[1]),
        url(super::TOKENIZER),
        url(super::SINGLE),
        id.folder(),
        super::SINGLE,
        super::INDEX,
    )
}
