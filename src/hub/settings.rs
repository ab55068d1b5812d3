//! The hub's address, the user's token and the cache, from the variables that the hub's own tools read.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use directories::BaseDirs;

use super::token::Token;
use crate::input_file::MOST_CONFIG;
use crate::text_file;

/// Where models come from and where they are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// The hub, without a slash at the end: `HF_ENDPOINT`.
    pub endpoint: String,
    /// `HF_TOKEN`, or what the file `$HF_HOME/token` holds (`HF_TOKEN_PATH` names another).
    pub token: Option<Token>,
    /// The cache: `HF_HUB_CACHE`, or `$HF_HOME/hub`. None where the system names no home.
    pub cache: Option<PathBuf>,
    /// Whether the network is not to be used: `HF_HUB_OFFLINE`.
    pub offline: bool,
    /// How long the hub may send nothing: `HF_HUB_DOWNLOAD_TIMEOUT`, in seconds.
    pub stall: Duration,
    /// Whom to trust in place of the public authorities, in PEM, as networks need that look into what passes:
    /// `SSL_CERT_FILE`.
    pub certificates: Option<PathBuf>,
}

/// How long a transfer may stand still where nothing else is said.
const STALL: Duration = Duration::from_secs(30);

impl HubSettings {
    /// Reads the environment.
    pub fn load() -> Self {
        Self::from(|name| env::var_os(name), BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()))
    }

    /// The hub as it may be shown: without a user's name, a password or a query.
    pub fn shown_endpoint(&self) -> &str {
        if self.endpoint.contains(['@', '?', '#']) {
            "an address with a name, a password or a query, which is not shown"
        } else {
            &self.endpoint
        }
    }

    fn from(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
        let path = |name: &str| variable(name).map(PathBuf::from).map(|path| below_home(path, home.as_ref()));
        let hub_home = path("HF_HOME").or_else(|| {
            let caches = path("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(".cache")));
            Some(caches?.join("huggingface"))
        });
        let token_file = path("HF_TOKEN_PATH").or_else(|| Some(hub_home.as_ref()?.join("token")));
        let stored = || text_file::read(token_file.as_ref()?, MOST_CONFIG).ok();
        Self {
            endpoint: text("HF_ENDPOINT")
                .unwrap_or_else(|| "https://huggingface.co".into())
                .trim_end_matches('/')
                .to_owned(),
            token: text("HF_TOKEN").or_else(stored).and_then(|text| Token::new(&text)),
            cache: path("HF_HUB_CACHE").or_else(|| Some(hub_home.as_ref()?.join("hub"))),
            offline: text("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value)),
            stall: text("HF_HUB_DOWNLOAD_TIMEOUT")
                .and_then(|text| text.parse().ok())
                .filter(|seconds| *seconds > 0)
                .map_or(STALL, Duration::from_secs),
            certificates: path("SSL_CERT_FILE"),
        }
    }
}

impl fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint: _, token, cache, offline, stall, certificates } = self;
        f.debug_struct("HubSettings")
            .field("endpoint", &self.shown_endpoint())
            .field("token", token)
            .field("cache", cache)
            .field("offline", offline)
            .field("stall", stall)
            .field("certificates", certificates)
            .finish()
    }
}

/// As the hub's own tools take it.
fn is_true(value: &str) -> bool {
    ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str())
}

/// `~` and `~/…` are the user's home.
fn below_home(path: PathBuf, home: Option<&PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn settings(variables: &[(&str, &str)]) -> HubSettings {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        HubSettings::from(value, Some("/home/ada".into()))
    }

    #[test]
    fn without_variables_everything_is_where_the_hub_s_own_tools_have_it() {
        let plain = settings(&[("HF_ENDPOINT", ""), ("HF_HUB_OFFLINE", "0")]);
        assert_eq!(plain.endpoint, "https://huggingface.co");
        assert_eq!(plain.cache, Some("/home/ada/.cache/huggingface/hub".into()));
        assert_eq!((plain.token, plain.offline, plain.stall), (None, false, STALL));
    }

    #[test]
    fn variables_come_first() {
        let moved = settings(&[("XDG_CACHE_HOME", "/big")]);
        assert_eq!(moved.cache, Some("/big/huggingface/hub".into()));
        let moved = settings(&[
            ("HF_HOME", "~/hf"),
            ("HF_ENDPOINT", "https://mirror.example/"),
            ("HF_HUB_OFFLINE", "yes"),
        ]);
        assert_eq!(moved.cache, Some("/home/ada/hf/hub".into()));
        assert_eq!((moved.endpoint.as_str(), moved.offline), ("https://mirror.example", true));
        let moved = settings(&[("HF_HOME", "/a"), ("HF_HUB_CACHE", "/b"), ("HF_HUB_DOWNLOAD_TIMEOUT", "3")]);
        assert_eq!((moved.cache, moved.stall), (Some("/b".into()), Duration::from_secs(3)));
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_not_shown() {
        for endpoint in
            ["https://ada:geheim@hub.example", "https://hub.example?key=geheim@x", "//a:b?geheim@c"]
        {
            let settings = settings(&[("HF_ENDPOINT", endpoint)]);
            assert!(!format!("{settings:?} {}", settings.shown_endpoint()).contains("geheim"), "{endpoint}");
        }
        let plain = settings(&[("HF_ENDPOINT", "https://hub.example")]);
        assert!(format!("{plain:?}").contains("https://hub.example"));
    }

    #[test]
    fn the_token_of_the_variable_comes_before_the_one_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), "hf_stored\n").unwrap();
        let home = folder.path().to_str().unwrap();
        assert_eq!(settings(&[("HF_HOME", home)]).token, Token::new("hf_stored"));
        assert_eq!(settings(&[("HF_HOME", home), ("HF_TOKEN", "hf_set")]).token, Token::new("hf_set"));
        assert_eq!(settings(&[("HF_TOKEN_PATH", "/nowhere")]).token, None);
    }
}
