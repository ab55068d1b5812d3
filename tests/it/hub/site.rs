//! A hub on this machine: one place that knows the files, as huggingface.co does, and another that holds the large ones.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The commit of the only revision, `main`.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// What is in the links to large files, and in no message.
const SIGNATURE: &str = "X-Signature=only-for-you";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection ends after so many bytes of content.
    Cut(usize),
    /// So many bytes, then nothing more until the client hangs up.
    Stall(usize),
    /// Another status, with header lines.
    Status(u16, &'static str),
    /// Other bytes of the same length.
    Garbled,
    /// Content without an end.
    Endless,
    /// The range is not heeded.
    Whole,
    /// Nor is it, and the connection ends after so many bytes.
    WholeCut(usize),
    /// The connection ends without an answer.
    HangUp,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    /// Whether it went to the place of the large files.
    pub far: bool,
}

impl Seen {
    /// The file that was asked for.
    pub fn file(&self) -> &str {
        self.path.split('?').next().unwrap().rsplit('/').next().unwrap()
    }
}

#[derive(Default)]
struct State {
    repo: String,
    files: BTreeMap<String, Vec<u8>>,
    /// What goes wrong with the next requests for a file's content, `GET name`, or facts, `HEAD name`.
    faults: HashMap<String, VecDeque<Fault>>,
    seen: Vec<Seen>,
    sent: usize,
    far: String,
}

/// The hub. It ends with the process.
pub struct Site {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

impl Site {
    /// A hub that has one repository with these files.
    pub fn new(repo: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        let state = Arc::new(Mutex::new(State { repo: repo.into(), files, ..State::default() }));
        let far = serve(state.clone(), true);
        state.lock().unwrap().far = far;
        Self { endpoint: serve(state.clone(), false), state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Lets the next request go wrong: `GET model.safetensors`, `HEAD config.json`.
    pub fn fault(&self, request: &str, fault: Fault) {
        self.state().faults.entry(request.into()).or_default().push_back(fault);
    }

    /// The requests so far, and forgets them.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
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

fn serve(state: Arc<Mutex<State>>, far: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let state = state.clone();
            thread::spawn(move || answer(stream.unwrap(), &state, far));
        }
    });
    address
}

/// Answers one request; the connection is not kept. As a proxy it leads to itself.
fn answer(mut stream: TcpStream, state: &Mutex<State>, far: bool) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(mut first)) = lines.next() else { return };
    if first.starts_with("CONNECT ") {
        lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let Some(Ok(inner)) = lines.next() else { return };
        first = inner;
    }
    let headers: HashMap<String, String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let seen = Seen { method, path, headers, far };
    let (head, body, then) = respond(&seen, &mut state.lock().unwrap());
    let _ = stream.write_all(head.as_bytes());
    if seen.method == "GET" {
        let _ = stream.write_all(&body);
    }
    let _ = stream.flush();
    match then {
        Then::End => {}
        Then::Wait => {
            let _ = stream.read(&mut [0]);
        }
        Then::GoOn => while stream.write_all(&[0; 4096]).is_ok() {},
    }
}

enum Then {
    End,
    Wait,
    GoOn,
}

type Response = (String, Vec<u8>, Then);

fn respond(seen: &Seen, state: &mut State) -> Response {
    state.seen.push(seen.clone());
    let name = seen.file().to_owned();
    let fault = if seen.far || !is_large(&name) || seen.method == "HEAD" {
        state.faults.get_mut(&format!("{} {name}", seen.method)).and_then(VecDeque::pop_front)
    } else {
        None
    };
    match fault {
        Some(Fault::Status(status, lines)) => return plain(status, lines),
        Some(Fault::HangUp) => return (String::new(), Vec::new(), Then::End),
        _ => {}
    }
    let parts: Vec<&str> = seen.path.split('?').next().unwrap().trim_start_matches('/').split('/').collect();
    let is_cached = seen.path.starts_with("/api/resolve-cache/");
    if !seen.far && !is_cached {
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
    if !seen.far && is_large(&name) {
        let far = &state.far;
        let lines = format!(
            "{facts}X-Linked-Etag: \"{tag}\"\r\nX-Linked-Size: {size}\r\nLocation: {far}/{COMMIT}/{name}?{SIGNATURE}\r\n"
        );
        return plain(302, &lines);
    }
    if !seen.far && !is_cached {
        return plain(
            307,
            &format!("{facts}Location: /api/resolve-cache/models/{}/{COMMIT}/{name}\r\n", state.repo),
        );
    }
    if seen.far && !seen.path.ends_with(SIGNATURE) {
        return plain(403, "");
    }
    let mut body = bytes.clone();
    if matches!(fault, Some(Fault::Garbled)) {
        body.iter_mut().for_each(|byte| *byte ^= 1);
    }
    let from =
        seen.headers.get("range").filter(|_| !matches!(fault, Some(Fault::Whole | Fault::WholeCut(_))));
    let from = from.map(|range| range["bytes=".len()..].trim_end_matches('-').parse::<usize>().unwrap());
    let range =
        from.map_or(String::new(), |from| format!("Content-Range: bytes {from}-{}/{size}\r\n", size - 1));
    body.drain(..from.unwrap_or(0));
    let length = body.len();
    let (then, keep) = match fault {
        Some(Fault::Cut(at) | Fault::WholeCut(at)) => (Then::End, at),
        Some(Fault::Stall(at)) => (Then::Wait, at),
        Some(Fault::Endless) => (Then::GoOn, length),
        _ => (Then::End, length),
    };
    body.truncate(keep);
    if seen.method == "GET" {
        state.sent += body.len();
    }
    let length =
        if matches!(then, Then::GoOn) { String::new() } else { format!("Content-Length: {length}\r\n") };
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    let head =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{facts}ETag: \"{tag}\"\r\n{length}{range}\r\n");
    (head, body, then)
}

fn plain(status: u16, lines: &str) -> Response {
    let head = format!("HTTP/1.1 {status} So\r\nConnection: close\r\nContent-Length: 0\r\n{lines}\r\n");
    (head, Vec::new(), Then::End)
}
