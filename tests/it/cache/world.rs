//! A folder with everything that a run needs.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::clip;
use crate::support::{MODEL, PROGRAM};

pub const CLASSIFY: &str = "classify clip.mp4 --scripts scripts.json --json";
/// Bytes of an entry before its payload: the format's name and a checksum.
const HEADER: usize = 40;

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["the king moves two squares", "the rook jumps over"]},
    {"name": "fork", "steps": ["the knight jumps", "two pieces are attacked", "one of them falls"]}]}"#;
const MANIFEST: &str = r#"{"id": "a", "video": "clip.mp4", "domain": "chess", "candidates": ["castling", "fork"], "answer": 0}
{"id": "b", "video": "clip.mp4", "start": 0.4, "domain": "chess", "candidates": ["fork", "castling"], "answer": 1}
"#;

/// A clip of one second, scripts, a dataset, a checkpoint and a cache, which go with the value.
pub struct World(TempDir);

impl World {
    pub fn new() -> Self {
        Self::with_frames(25)
    }

    pub fn with_frames(frames: usize) -> Self {
        let world = Self(TempDir::new().unwrap());
        clip::reordered(frames).write(&world.path("clip.mp4"), clip::paint_number);
        fs::write(world.path("scripts.json"), SCRIPTS).unwrap();
        fs::write(world.path("manifest.jsonl"), MANIFEST).unwrap();
        fs::write(world.path("lines.txt"), "a rook\na king\na rook\n").unwrap();
        fs::create_dir(world.path("model")).unwrap();
        for name in ["config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"] {
            fs::copy(Path::new(MODEL).join(name), world.path("model").join(name)).unwrap();
        }
        for name in ["clip.mp4", "model/tokenizer.json", "model/model.safetensors"] {
            age(&world.path(name));
        }
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &str) -> Command {
        Command::from_std(self.process(arguments))
    }

    /// As [`World::command`], for a process that runs beside the test.
    pub fn process(&self, arguments: &str) -> std::process::Command {
        let mut command = std::process::Command::new(PROGRAM);
        for (name, folder) in
            [("ACTALIGN_MODEL", "model"), ("ACTALIGN_CACHE_DIR", "cache"), ("ACTALIGN_DATA_DIR", "data")]
        {
            command.env(name, self.path(folder));
        }
        command.env_remove("ACTALIGN_CACHE_SIZE").current_dir(self.0.path());
        command.args(arguments.split_whitespace());
        command
    }

    pub fn json(&self, arguments: &str) -> Value {
        let output = self.command(arguments).assert().success().get_output().clone();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Names of the entries that begin so, in order.
    pub fn entries(&self, prefix: &str) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.path("cache/embeddings")) else { return Vec::new() };
        let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        names
    }

    pub fn entry(&self, name: &str) -> PathBuf {
        self.path("cache/embeddings").join(name)
    }

    /// Whether the checksum of an entry is right.
    pub fn is_sound(&self, name: &str) -> bool {
        let bytes = fs::read(self.entry(name)).unwrap();
        bytes.len() > HEADER && bytes == seal(name, &bytes[HEADER..])
    }

    /// Destroys clip and weights while the cache's digests of the files stay valid, so that right results come from the
    /// cache.
    pub fn destroy_unnoticed(&self) {
        let noise = |path: &Path, from: usize| {
            let mut bytes = fs::read(path).unwrap();
            bytes[from..].fill(0);
            fs::write(path, bytes).unwrap();
        };
        noise(&self.path("clip.mp4"), 0);
        let weights = self.path("model/model.safetensors");
        let header = u64::from_le_bytes(fs::read(&weights).unwrap()[..8].try_into().unwrap());
        let scalars = self.scalars(&weights);
        noise(&weights, 8 + header as usize);
        // Scale and bias belong to no tower, and are read each time.
        let mut bytes = fs::read(&weights).unwrap();
        for (at, value) in scalars {
            bytes[at..at + 4].copy_from_slice(&value);
        }
        fs::write(&weights, bytes).unwrap();

        let memos = self.entries("contents-");
        assert!(memos.len() >= 4, "clip, two towers and tokenizer are remembered: {memos:?}");
        for memo in memos {
            let bytes = fs::read(self.entry(&memo)).unwrap();
            let mut value: Value = serde_json::from_slice(&bytes[HEADER..]).unwrap();
            for name in ["clip.mp4", "model/model.safetensors"] {
                let now = fs::metadata(self.path(name)).unwrap();
                let stamp = &mut value["files"][0];
                if stamp["inode"] == now.ino() {
                    assert_eq!(stamp["size"], now.size());
                    stamp["modified"] = (now.mtime() * 1_000_000_000 + now.mtime_nsec()).into();
                    stamp["changed"] = (now.ctime() * 1_000_000_000 + now.ctime_nsec()).into();
                }
            }
            let payload = serde_json::to_vec(&value).unwrap();
            fs::write(self.entry(&memo), seal(&memo, &payload)).unwrap();
        }
    }

    /// Places and bytes of the scale and the bias in the weight file.
    fn scalars(&self, weights: &Path) -> Vec<(usize, [u8; 4])> {
        let bytes = fs::read(weights).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let json: Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
        ["logit_scale", "logit_bias"]
            .map(|name| {
                let at = 8 + header + json[name]["data_offsets"][0].as_u64().unwrap() as usize;
                (at, bytes[at..at + 4].try_into().unwrap())
            })
            .to_vec()
    }
}

/// The bytes of an entry.
fn seal(name: &str, payload: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes()).update(payload);
    [b"actalig1", &hasher.finalize().as_bytes()[..], payload].concat()
}

/// Compares documents. Frames that were embedded in other batches may differ in a last bit.
pub fn agree(a: &Value, b: &Value) {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).for_each(|(a, b)| agree(a, b));
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()));
            a.values().zip(b.values()).for_each(|(a, b)| agree(a, b));
        }
        (Value::Number(a), Value::Number(b)) => {
            assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5, "{a} {b}");
        }
        _ => assert_eq!(a, b),
    }
}

/// Sets a file's time back by an hour: digests of files that changed just now are not kept.
pub fn age(path: &Path) {
    let times = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(3600));
    File::options().append(true).open(path).unwrap().set_times(times).unwrap();
}
