//! A hub on this machine: one server that knows the files, as huggingface.co does, and another with the large ones.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::server::{Reply, Request, Server};

/// The commit of the only revision, `main`.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// Part of the links to large files, and of no message.
const SIGNATURE: &str = "X-Signature=only-for-you";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection ends after this many bytes of content.
    Cut(usize),
    /// This many bytes, then nothing until the client hangs up.
    Stall(usize),
    /// Another status, with header lines.
    Status(u16, &'static str),
    /// Other bytes of the same length.
    Garbled,
    /// Content without end.
    Endless,
    /// The range is ignored.
    Whole,
    /// The range is ignored, and the connection ends after this many bytes.
    WholeCut(usize),
    /// The connection ends without an answer.
    HangUp,
}

/// A request, and which of the servers received it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub request: Request,
    /// Whether it went to the server of the large files.
    pub far: bool,
}

impl std::ops::Deref for Seen {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Seen {
    pub fn file(&self) -> &str {
        file(&self.request)
    }
}

fn file(request: &Request) -> &str {
    request.path.split('?').next().unwrap().rsplit('/').next().unwrap()
}

#[derive(Default)]
struct State {
    repo: String,
    files: BTreeMap<String, Vec<u8>>,
    /// Faults of the next requests for a file's content, `GET name`, or facts, `HEAD name`.
    faults: HashMap<String, VecDeque<Fault>>,
    sent: usize,
    far: String,
}

pub struct Site {
    pub endpoint: String,
    near: Server,
    far: Server,
    state: Arc<Mutex<State>>,
}

impl Site {
    /// A hub with one repository of these files.
    pub fn new(repo: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        let state = Arc::new(Mutex::new(State { repo: repo.into(), files, ..State::default() }));
        let serve = |far: bool| {
            let state = state.clone();
            Server::start(move |_, request| respond(request, &mut state.lock().unwrap(), far))
        };
        let (near, far) = (serve(false), serve(true));
        state.lock().unwrap().far = far.url();
        Self { endpoint: near.url(), near, far, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Makes the next request go wrong: `GET model.safetensors`, `HEAD config.json`.
    pub fn fault(&self, request: &str, fault: Fault) {
        self.state().faults.entry(request.into()).or_default().push_back(fault);
    }

    /// The requests since the last call, those to the server of the large files last.
    pub fn seen(&self) -> Vec<Seen> {
        let of = |server: &Server, far| {
            server.take_requests().into_iter().map(|request| Seen { request, far }).collect::<Vec<_>>()
        };
        [of(&self.near, false), of(&self.far, true)].concat()
    }

    /// Bytes of content sent so far.
    pub fn sent(&self) -> usize {
        self.state().sent
    }

    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        self.state().files.insert(name.into(), bytes);
    }

    pub fn remove(&self, name: &str) {
        self.state().files.remove(name);
    }
}

/// The hash by which the hub knows a file.
pub fn etag(name: &str, bytes: &[u8]) -> String {
    let hash = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    };
    if is_large(name) {
        hash(&Sha256::digest(bytes))
    } else {
        hash(&Sha1::new().chain_update(format!("blob {}\0", bytes.len())).chain_update(bytes).finalize())
    }
}

fn is_large(name: &str) -> bool {
    name.ends_with(".safetensors") || name == "tokenizer.json"
}

fn respond(request: &Request, state: &mut State, far: bool) -> Reply {
    let name = file(request).to_owned();
    let is_get = request.method == "GET";
    let fault = if far || !is_large(&name) || !is_get {
        state.faults.get_mut(&format!("{} {name}", request.method)).and_then(VecDeque::pop_front)
    } else {
        None
    };
    match fault {
        Some(Fault::Status(status, lines)) => return plain(status, lines),
        Some(Fault::HangUp) => return Reply::Bytes(Vec::new()),
        _ => {}
    }
    let parts: Vec<&str> =
        request.path.split('?').next().unwrap().trim_start_matches('/').split('/').collect();
    let is_cached = request.path.starts_with("/api/resolve-cache/");
    if !far && !is_cached {
        let [org, repo, "resolve", revision, _] = parts[..] else { return plain(404, "") };
        if format!("{org}/{repo}") != state.repo {
            return plain(401, "X-Error-Code: RepoNotFound\r\n");
        }
        if ![COMMIT, "main"].contains(&revision) {
            return plain(404, "X-Error-Code: RevisionNotFound\r\n");
        }
    }
    let Some(bytes) = state.files.get(&name) else {
        return plain(404, "X-Error-Code: EntryNotFound\r\n");
    };
    let facts = format!("X-Repo-Commit: {COMMIT}\r\n");
    let (tag, size) = (etag(&name, bytes), bytes.len());
    if !far && is_large(&name) {
        let far = &state.far;
        let lines = format!(
            "{facts}X-Linked-Etag: \"{tag}\"\r\nX-Linked-Size: {size}\r\nLocation: {far}/{COMMIT}/{name}?{SIGNATURE}\r\n"
        );
        return plain(302, &lines);
    }
    if !far && !is_cached {
        let location = format!("/api/resolve-cache/models/{}/{COMMIT}/{name}", state.repo);
        return plain(307, &format!("{facts}Location: {location}\r\n"));
    }
    if far && !request.path.ends_with(SIGNATURE) {
        return plain(403, "");
    }
    let mut body = bytes.clone();
    if matches!(fault, Some(Fault::Garbled)) {
        body.iter_mut().for_each(|byte| *byte ^= 1);
    }
    let ignores_range = matches!(fault, Some(Fault::Whole | Fault::WholeCut(_)));
    let from = request.headers.get("range").filter(|_| !ignores_range);
    let from = from.map(|range| range["bytes=".len()..].trim_end_matches('-').parse::<usize>().unwrap());
    let range =
        from.map_or(String::new(), |from| format!("Content-Range: bytes {from}-{}/{size}\r\n", size - 1));
    body.drain(..from.unwrap_or(0));
    let length = match fault {
        Some(Fault::Endless) => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    if let Some(Fault::Cut(at) | Fault::WholeCut(at) | Fault::Stall(at)) = fault {
        body.truncate(at);
    }
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    let head =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{facts}ETag: \"{tag}\"\r\n{length}{range}\r\n");
    let mut answer = head.into_bytes();
    if is_get {
        state.sent += body.len();
        answer.extend(body);
    }
    match fault {
        Some(Fault::Stall(_)) => Reply::Hold(answer),
        Some(Fault::Endless) => Reply::Endless(answer),
        _ => Reply::Bytes(answer),
    }
}

fn plain(status: u16, lines: &str) -> Reply {
    Reply::Bytes(
        format!("HTTP/1.1 {status} So\r\nConnection: close\r\nContent-Length: 0\r\n{lines}\r\n").into(),
    )
}
