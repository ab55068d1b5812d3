use std::io;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::DecimalBytes;

use super::files::{OPEN_CLIP, TOKENIZER, TRANSFORMERS};
use super::model_id::ModelId;
use crate::backbone::registry::is_in_open_clip;
use crate::net::CertificateError;

/// What can go wrong with a model of the hub. No message holds the token or the query of an address.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("HF_ENDPOINT is not the address of a hub: {0}\nhelp: use one like https://huggingface.co")]
    Endpoint(String),
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    #[error("no folder for models on this system\nhelp: set HF_HOME to a writable folder")]
    NoCache,
    #[error("{reason}\nhelp: {help}")]
    Offline { reason: String, help: String },
    #[error("{host} has no model {id} that {reader} can read{help}")]
    NoRepository {
        host: String,
        id: String,
        /// `this token` or `anyone`.
        reader: &'static str,
        /// Help lines: a similar name, or how to set a token.
        help: String,
    },
    #[error(
        "{repo} has no revision {revision:?}\nhelp: name a branch, a tag or a commit, or leave out @{revision}"
    )]
    NoRevision { repo: String, revision: String },
    #[error(
        "{id} is gated\nhelp: ask for access on its page at {host}, then set HF_TOKEN to a token with access, or run \
         `hf auth login`"
    )]
    Gated { host: String, id: String },
    #[error("{host} refuses the token (status {status})\nhelp: set HF_TOKEN to one that can read {id}")]
    Token { host: String, status: u16, id: String },
    #[error("{id} has no {name}\nhelp: {help}")]
    NoFile { id: String, name: &'static str, help: &'static str },
    #[error(transparent)]
    Model(#[from] crate::backbone::ModelError),
    #[error("{}: {reason}\nhelp: choose another revision of the model", path.display())]
    Index { path: PathBuf, reason: String },
    #[error(
        "{host}: {reason}; it asks to wait {} s\nhelp: try again later; what was downloaded is kept",
        wait.as_secs()
    )]
    Later { host: String, reason: String, wait: Duration },
    #[error("{name}: unexpected answer of {host}: {reason}\nhelp: try again later, or check HF_ENDPOINT")]
    Answer { name: String, host: String, reason: String },
    #[error(
        "{name}: {host}: {reason}, again and again\nhelp: run the same command to resume; what was downloaded is kept"
    )]
    Broken { name: String, host: String, reason: String },
    #[error("{name}: what {host} sent {reason} and was deleted\nhelp: fetch it again")]
    Wrong { name: String, host: String, reason: String },
    #[error(
        "{}: {} free, {} needed\nhelp: make room, or set HF_HOME to a folder on another disk",
        folder.display(), DecimalBytes(*free), DecimalBytes(*needed)
    )]
    Space { folder: PathBuf, free: u64, needed: u64 },
    #[error(
        "{} is damaged: its hash differs from its name\nhelp: unset HF_HUB_OFFLINE and run `actalign-tui model fetch \
         {id}`, which fetches it again",
        path.display()
    )]
    Damaged { path: PathBuf, id: String },
    #[error("{}: {source}\nhelp: {}", path.display(), remedy(source))]
    Cache { path: PathBuf, source: io::Error },
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
    let root = format!("{endpoint}/{}/resolve/{}", id.repo(), id.revision_in_url());
    let layout = if is_in_open_clip(&id.repo()) { &OPEN_CLIP } else { &TRANSFORMERS };
    let names = std::slice::from_ref(&layout.config)
        .iter()
        .chain(layout.preparation)
        .chain([&TOKENIZER, &layout.single]);
    let urls: String = names.map(|name| format!("\n    {root}/{name}")).collect();
    let either = if layout.preparation.is_empty() {
        "or copy"
    } else {
        "(one of the two processor files is enough if the hub has only one), or copy"
    };
    format!(
        "on a machine with a network, download these files into a folder DIR, bring it here and use --model DIR:{urls}\n\
         {either} its cache folder {} into the cache of this machine ($HF_HOME/hub). If there is no {}, the weights are the files that {} names",
        id.folder(),
        layout.single,
        layout.index,
    )
}

pub(super) fn answer(name: &str, host: String, reason: impl Into<String>) -> HubError {
    HubError::Answer { name: name.to_owned(), host, reason: reason.into() }
}
