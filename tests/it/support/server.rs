//! An HTTP server on this machine that answers as a test wants, and a clock that waits for nothing.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use actalign_tui::net::Clock;
use serde_json::{Value, json};

/// Nothing waits longer than this.
const BOUND: Duration = Duration::from_secs(20);

/// The server. It ends with the process.
pub struct Server {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub authorization: Option<String>,
    /// JSON, or null.
    pub body: Value,
}

/// How a connection is answered.
#[derive(Clone)]
pub enum Reply {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then silence until the client goes away.
    Hold(Vec<u8>),
    /// These bytes, then zeros until the client goes away.
    Endless(Vec<u8>),
    /// A header, then a space now and then.
    Drip,
}

impl Server {
    /// Answers requests, counted from 0.
    pub fn start(answer: impl FnMut(usize, &Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (requests.clone(), Arc::new(Mutex::new(answer)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (seen.clone(), answer.clone());
                // One of several may be held open.
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    stream.set_read_timeout(Some(BOUND)).unwrap();
                    stream.set_write_timeout(Some(BOUND)).unwrap();
                    let Some(request) = read(&stream) else { return };
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len() - 1
                    };
                    let reply = answer.lock().unwrap()(number, &request);
                    // A client that has enough goes away.
                    let _ = write(&mut stream, reply);
                });
            }
        });
        Self { port, requests }
    }

    /// Answers each request with the next of these.
    pub fn of(replies: Vec<Reply>) -> Self {
        let mut replies = replies.into_iter();
        Self::start(move |_, _| replies.next().unwrap_or(Reply::http(418, &[], "no more")))
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The requests since the last call.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

impl Request {
    /// The text of the last message of a chat.
    pub fn last_text(&self) -> &str {
        let last = self.body["messages"].as_array().unwrap().last().unwrap();
        last["content"].as_str().unwrap()
    }
}

impl Reply {
    pub fn http(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        Self::Bytes(format!("HTTP/1.1 {status} .\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into())
    }

    pub fn json(status: u16, body: Value) -> Self {
        Self::http(status, &[], &body.to_string())
    }

    /// A chat completion as OpenAI has it.
    pub fn said(text: &str) -> Self {
        Self::json(200, completion(text))
    }
}

pub fn completion(text: &str) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": "stop"}]})
}

/// Reads a request. As a proxy the server leads to itself.
fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = read_head(&mut reader)?;
    if head.0.starts_with("CONNECT ") {
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
        head = read_head(&mut reader)?;
    }
    let (first, headers) = head;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    let authorization = headers.get("authorization").cloned();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Request { method, path, headers, authorization, body })
}

/// The first line and the headers.
fn read_head(reader: &mut impl BufRead) -> Option<(String, HashMap<String, String>)> {
    let mut lines = reader.lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next()?;
    let header =
        |line: String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Some((first, lines.filter_map(header).collect()))
}

fn write(stream: &mut TcpStream, reply: Reply) -> io::Result<()> {
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes),
        Reply::Hold(bytes) => {
            stream.write_all(&bytes)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Reply::Endless(bytes) => {
            stream.write_all(&bytes)?;
            loop {
                stream.write_all(&[0; 4096])?;
            }
        }
        Reply::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            let start = Instant::now();
            while start.elapsed() < BOUND {
                stream.write_all(b" ")?;
                thread::sleep(Duration::from_millis(10));
            }
            Ok(())
        }
    }
}

/// A clock that stands at 08:49:37 GMT on 6 November 1994 and records the waits. Its measuring time moves when someone
/// waits, and by `step` whenever it is read.
#[derive(Clone)]
pub struct TestClock {
    step: Duration,
    state: Arc<Mutex<(Instant, Vec<Duration>)>>,
}

impl TestClock {
    pub fn new(step: Duration) -> Self {
        Self { step, state: Arc::new(Mutex::new((Instant::now(), Vec::new()))) }
    }

    pub fn waits(&self) -> Vec<Duration> {
        self.state.lock().unwrap().1.clone()
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new(Duration::ZERO)
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn instant(&self) -> Instant {
        let mut state = self.state.lock().unwrap();
        state.0 += self.step;
        state.0
    }

    fn sleep(&self, time: Duration) {
        let mut state = self.state.lock().unwrap();
        state.0 += time;
        state.1.push(time);
    }
}
