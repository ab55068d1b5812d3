//! A server on this machine that answers as a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Nothing waits longer than this.
const BOUND: Duration = Duration::from_secs(20);

pub struct Server {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// What a client has sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

/// What the server does with a request.
pub enum Reply {
    /// Status, headers, body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// These bytes, then nothing more.
    Bytes(Vec<u8>),
    /// These bytes, then silence until the client goes away.
    Hold(&'static str),
    /// A byte now and then.
    Drip,
    /// A body that does not end.
    Endless,
}

impl Server {
    /// Answers the requests, which are counted from 0, in turn.
    pub fn start(mut answer: impl FnMut(usize, &Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        // Ends with the test's process.
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(BOUND)).unwrap();
                stream.set_write_timeout(Some(BOUND)).unwrap();
                let request = read(&stream);
                seen.lock().unwrap().push(request.clone());
                // A client that has enough goes away.
                let _ = write(&mut stream, answer(number, &request));
            }
        });
        Self { port, requests }
    }

    /// Answers each request with the next of these.
    pub fn of(replies: Vec<Reply>) -> Self {
        let mut replies = replies.into_iter();
        Self::start(move |_, _| replies.next().unwrap_or(Reply::Http(418, Vec::new(), "no more".into())))
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Request {
    /// The text of the last message.
    pub fn last_text(&self) -> &str {
        let last = self.body["messages"].as_array().unwrap().last().unwrap();
        last["content"].as_str().unwrap()
    }
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self::Http(status, Vec::new(), body.to_string())
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

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match &name.to_lowercase()[..] {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Request { path, authorization, body: serde_json::from_slice(&body).unwrap_or_default() }
}

fn write(stream: &mut TcpStream, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Http(status, headers, body) => {
            let headers: String =
                headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} .\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        }
        Reply::Bytes(bytes) => stream.write_all(&bytes),
        Reply::Hold(text) => {
            stream.write_all(text.as_bytes())?;
            stream.read_to_end(&mut Vec::new()).map(drop)
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
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let block = format!("{:x}\r\n{}\r\n", 1 << 16, " ".repeat(1 << 16));
            // 64 MiB, which no client takes.
            (0..1024).try_for_each(|_| stream.write_all(block.as_bytes()))
        }
    }
}
