//! The program beside a hub on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use actalign_tui::hub::{Event, Hub, HubError, HubSettings, ModelId};
use actalign_tui::net::Secret;
use assert_cmd::Command;
use tempfile::TempDir;

use crate::hub::site::{COMMIT, Site};
use crate::support::program;
use crate::support::server::TestClock;

/// The name of the small checkpoint on the hub: one that the program knows.
pub const ID: &str = "google/siglip-base-patch16-224";
/// Shown nowhere.
pub const TOKEN: &str = "hf_this_must_show_nowhere";

pub const FILES: [&str; 4] =
    ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"];

pub fn fixture(name: &str) -> Vec<u8> {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/siglip/tiny");
    fs::read(tiny.join(name)).unwrap()
}

/// A hub with the small checkpoint, and an empty home.
pub struct World {
    pub site: Site,
    pub home: TempDir,
}

impl World {
    pub fn new() -> Self {
        let mut files: BTreeMap<String, Vec<u8>> =
            FILES.iter().map(|name| ((*name).to_owned(), fixture(name))).collect();
        for other in ["README.md", "pytorch_model.bin", "spiece.model", ".gitattributes"] {
            files.insert(other.into(), b"not wanted".to_vec());
        }
        Self { site: Site::new(ID, files), home: TempDir::new().unwrap() }
    }

    pub fn repo(&self) -> PathBuf {
        self.home.path().join("hf/hub/models--google--siglip-base-patch16-224")
    }

    pub fn snapshot(&self) -> PathBuf {
        self.repo().join("snapshots").join(COMMIT)
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = program();
        for name in
            ["HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN_PATH", "ACTALIGN_MODEL", "HF_HUB_DOWNLOAD_TIMEOUT"]
        {
            command.env_remove(name);
        }
        command.current_dir(self.home.path()).env("HF_HOME", self.home.path().join("hf"));
        command.env("HF_ENDPOINT", &self.site.endpoint).env("HF_TOKEN", TOKEN);
        command.env("ACTALIGN_DATA_DIR", self.home.path().join("data"));
        command.env("ACTALIGN_CACHE_DIR", self.home.path().join("cache"));
        command.args(arguments.split_whitespace());
        command
    }

    /// Runs the command. No output ever holds the token or the signature of a link.
    #[track_caller]
    pub fn finish(&self, mut command: Command) -> (Output, String) {
        let output = command.output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!text.contains(TOKEN) && !text.contains("X-Signature"), "{text}");
        assert!(!text.contains("panicked"), "{text}");
        (output, text)
    }

    #[track_caller]
    pub fn succeed(&self, arguments: &str) -> String {
        let (output, text) = self.finish(self.command(arguments));
        assert!(output.status.success(), "{text}");
        text
    }

    /// Fails with a message that holds all of `parts`.
    #[track_caller]
    pub fn fail(&self, arguments: &str, parts: &[&str]) -> String {
        self.fail_with(self.command(arguments), parts)
    }

    #[track_caller]
    pub fn fail_with(&self, command: Command, parts: &[&str]) -> String {
        let (output, text) = self.finish(command);
        assert_eq!(output.status.code(), Some(1), "{text}");
        for part in parts {
            assert!(text.contains(part), "{text:?} does not say {part:?}");
        }
        text
    }

    pub fn settings(&self) -> HubSettings {
        HubSettings {
            endpoint: self.site.endpoint.clone(),
            token: Secret::new(TOKEN).unwrap(),
            cache: Some(self.home.path().join("hf/hub")),
            offline: false,
            stall: Duration::from_secs(30),
            certificates: None,
        }
    }

    /// Fetches in this process with this clock.
    pub fn fetch_here(&self, clock: &TestClock) -> Result<PathBuf, HubError> {
        let hub = Hub::open(self.settings())?.with_clock(clock.clone());
        let id: ModelId = ID.parse().unwrap();
        let mut quiet = |_: Event<'_>| {};
        let plan = hub.plan(&id, &mut quiet)?;
        hub.fetch(&plan, &mut quiet)
    }

    /// The file is not there under its final name, and nothing that is incomplete either.
    #[track_caller]
    pub fn assert_nothing_of(&self, name: &str, bytes: &[u8]) {
        let blob = self.repo().join("blobs").join(crate::hub::site::etag(name, bytes));
        assert!(!blob.exists() && !self.snapshot().join(name).exists());
        assert!(!blob.with_extension("incomplete").exists());
    }
}

/// How long a clock was waited for, in seconds.
pub fn seconds(clock: &TestClock) -> Vec<u64> {
    clock.waits().iter().map(Duration::as_secs).collect()
}
