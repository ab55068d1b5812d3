use std::path::PathBuf;
use std::time::Duration;

use super::id::ModelId;
use crate::store::Size;

/// What can go wrong with a model of the hub. No message holds the token or the query of a URL.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// `HF_ENDPOINT` is no address.
    #[error("HF_ENDPOINT is no address of a hub ({0}); it looks like https://huggingface.co")]
    Endpoint(String),
    /// The file of `SSL_CERT_FILE` cannot be used.
    #[error("SSL_CERT_FILE names {}: {reason}; name a file of certificates in PEM, or leave it out", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system names no folder for the cache.
    #[error("this system names no folder for models; set HF_HOME to a folder that can be written")]
    NoCache,
    /// The network may not be used, or there is none.
    #[error("{reason}\n{help}")]
    Offline {
        /// Why the hub was not reached.
        reason: String,
        /// Which files to bring, and where to put them.
        help: String,
    },
    /// The hub has no such repository, or keeps it from strangers.
    #[error("{host} has no model {id} that {who} may read{hint}")]
    NoRepository {
        /// The hub.
        host: String,
        /// The model.
        id: String,
        /// With or without a token.
        who: &'static str,
        /// Names that look like it, or what else to do.
        hint: String,
    },
    /// The repository has no such revision.
    #[error(
        "{repo} has no revision {revision:?}; leave out @{revision}, or name a branch, a tag or a commit"
    )]
    NoRevision {
        /// `ORG/NAME`.
        repo: String,
        /// The revision.
        revision: String,
    },
    /// The model's owners want to know who takes it.
    #[error(
        "{id} is gated: ask for access on its page at {host}, then set HF_TOKEN to a token that may read it, or run `hf auth login`"
    )]
    Gated {
        /// The hub.
        host: String,
        /// The model.
        id: String,
    },
    /// The token was refused.
    #[error("{host} refuses the token (status {status}); set HF_TOKEN to one that may read {id}")]
    Token {
        /// The hub.
        host: String,
        /// 401 or 403.
        status: u16,
        /// The model.
        id: String,
    },
    /// The repository lacks a file that every checkpoint has.
    #[error("{id} has no {name}; {hint}")]
    NoFile {
        /// The model.
        id: String,
        /// The file.
        name: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// The repository's files are no checkpoint that can be used.
    #[error(transparent)]
    Model(#[from] crate::siglip::ModelError),
    /// The index of the weights makes no sense.
    #[error("{}: {reason}; choose another revision of the model", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The hub says when to come back, and that is too long, or it has said so too often.
    #[error(
        "{host} {reason} and asks for a pause of {} s; try again later: what was fetched is kept",
        wait.as_secs()
    )]
    Later {
        /// The hub.
        host: String,
        /// What it says.
        reason: String,
        /// How long to wait.
        wait: Duration,
    },
    /// An answer that makes no sense.
    #[error("{name}: {host} answers {reason}; try again later, or check HF_ENDPOINT")]
    Answer {
        /// The file.
        name: String,
        /// Who answers.
        host: String,
        /// What it answers.
        reason: String,
    },
    /// The transfer broke off too often.
    #[error(
        "{name}: {host} {reason}, again and again; what was fetched is kept: the same command goes on from there"
    )]
    Broken {
        /// The file.
        name: String,
        /// Who sends.
        host: String,
        /// What happened last.
        reason: String,
    },
    /// What was sent is not what the hub told.
    #[error("{name}: what {host} sent {reason}; it was deleted, fetch it again")]
    Wrong {
        /// The file.
        name: String,
        /// Who sent it.
        host: String,
        /// In what it differs.
        reason: String,
    },
    /// The disk is too small.
    #[error(
        "{} has {free} free and {needed} are needed; make room, or set HF_HOME to a folder on another disk",
        folder.display()
    )]
    Space {
        /// Where.
        folder: PathBuf,
        /// What is free.
        free: Size,
        /// What is missing still.
        needed: Size,
    },
    /// A file of a complete model is damaged, and the hub may not be asked for it.
    #[error(
        "{} is damaged: its hash is not the one it is named after; unset HF_HUB_OFFLINE and run \
         `actalign-tui model fetch {id}`, which fetches it again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The model.
        id: String,
    },
    /// The cache cannot be read or written.
    #[error("{}: {source}; {}", path.display(), remedy(source))]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// What to do about a cache that cannot be written.
fn remedy(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room and run the same command: what was fetched is kept"
        }
        ErrorKind::FileTooLarge => {
            "raise the limit for the size of files (ulimit -f) and run the same command: what was fetched is kept"
        }
        _ => "set HF_HOME to a folder that can be written",
    }
}

/// How to get a model without this program's network.
pub(super) fn by_hand(endpoint: &str, id: &ModelId) -> String {
    let (repo, revision) = (id.repo(), id.revision_in_url());
    let url = |name: &str| format!("\n    {endpoint}/{repo}/resolve/{revision}/{name}");
    format!(
        "To bring {id} from a machine that has a network, put these files into one folder DIR and say --model DIR:{}{}{}{}{}\n\
         (either of the two processor files is enough where the hub has only one), \
         or copy its cache folder {} into the cache of this machine ($HF_HOME/hub). Where there is no {}, the weights are \
         the files that {} names.",
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
