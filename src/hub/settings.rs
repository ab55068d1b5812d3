use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use directories::BaseDirs;

use crate::files::input_file::MOST_CONFIG;
use crate::files::text_file;
use crate::net::Secret;

/// Where models come from and where they are kept: the variables that the hub's own tools read. Without `Debug`, because
/// the endpoint may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// The hub, without a slash at the end: `HF_ENDPOINT`.
    pub endpoint: String,
    /// `HF_TOKEN`, or the content of `$HF_HOME/token` (`HF_TOKEN_PATH` names another file), unless
    /// `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set.
    pub token: Option<Secret>,
    /// The cache: `HF_HUB_CACHE`, or `$HF_HOME/hub`. `None` if the system names no home.
    pub cache: Option<PathBuf>,
    /// Whether not to use the network: `HF_HUB_OFFLINE`.
    pub offline: bool,
    /// Longest silence of the hub: `HF_HUB_DOWNLOAD_TIMEOUT`, in seconds.
    pub stall: Duration,
    /// Certificates to trust instead of the public authorities', in PEM: `SSL_CERT_FILE`. Networks that inspect traffic
    /// have their own.
    pub certificates: Option<PathBuf>,
}

const STALL: Duration = Duration::from_secs(30);

impl HubSettings {
    pub fn load() -> Self {
        Self::from(|name| env::var_os(name), BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()))
    }

    /// The endpoint for messages, without a user name, password or query.
    pub fn shown_endpoint(&self) -> &str {
        if self.endpoint.contains(['@', '?', '#']) {
            "(hidden: it holds a user name, password or query)"
        } else {
            &self.endpoint
        }
    }

    /// Warnings about variables with unusable values.
    pub fn warnings(&self) -> Vec<String> {
        warnings(|name| env::var_os(name), self.token.is_some())
    }

    fn from(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        // An invalid value must not turn into the default.
        let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
        let path = |name: &str| variable(name).map(PathBuf::from).map(|path| below_home(path, home.as_ref()));
        let hub_home = path("HF_HOME").or_else(|| {
            let caches = path("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(".cache")));
            Some(caches?.join("huggingface"))
        });
        let token_file = path("HF_TOKEN_PATH").or_else(|| Some(hub_home.as_ref()?.join("token")));
        let is_explicit = text("HF_HUB_DISABLE_IMPLICIT_TOKEN").is_some_and(|value| is_true(&value));
        let stored = || text_file::read(token_file.as_ref().filter(|_| !is_explicit)?, MOST_CONFIG).ok();
        Self {
            endpoint: text("HF_ENDPOINT")
                .unwrap_or_else(|| "https://huggingface.co".into())
                .trim_end_matches('/')
                .to_owned(),
            token: text("HF_TOKEN").or_else(stored).and_then(|text| Secret::new(&text).ok().flatten()),
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

fn warnings(variable: impl Fn(&str) -> Option<OsString>, has_token: bool) -> Vec<String> {
    let text = |name: &str| variable(name).map(|value| value.to_string_lossy().trim().to_owned());
    let text = |name: &str| text(name).filter(|value| !value.is_empty());
    let mut warnings = Vec::new();
    if text("HF_TOKEN").is_some() && !has_token {
        warnings
            .push("HF_TOKEN is not a token (white space or non-ASCII characters); none is sent".to_owned());
    }
    let is_seconds = |text: &str| text.parse::<u64>().is_ok_and(|seconds| seconds > 0);
    if let Some(value) = text("HF_HUB_DOWNLOAD_TIMEOUT").filter(|value| !is_seconds(value)) {
        warnings.push(format!(
            "HF_HUB_DOWNLOAD_TIMEOUT is {value:?}, not a whole number of seconds above 0; using {}",
            STALL.as_secs()
        ));
    }
    let is_false = |value: &str| ["0", "OFF", "NO", "FALSE"].contains(&value.to_uppercase().as_str());
    if let Some(value) = text("HF_HUB_OFFLINE").filter(|value| !is_true(value) && !is_false(value)) {
        warnings.push(format!("HF_HUB_OFFLINE is {value:?}, neither 1 nor 0; the network is used"));
    }
    warnings
}

/// As in the hub's own tools.
fn is_true(value: &str) -> bool {
    ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str())
}

/// Expands `~` and `~/…`.
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

    fn token(text: &str) -> Option<Secret> {
        Secret::new(text).unwrap()
    }

    fn variable(set: &[(&str, &str)], name: &str) -> Option<OsString> {
        set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    fn settings(set: &[(&str, &str)]) -> HubSettings {
        HubSettings::from(|name| variable(set, name), Some("/home/ada".into()))
    }

    #[test]
    fn without_variables_everything_is_where_the_hubs_own_tools_have_it() {
        let plain = settings(&[("HF_ENDPOINT", ""), ("HF_HUB_OFFLINE", "0")]);
        assert_eq!(plain.endpoint, "https://huggingface.co");
        assert_eq!(plain.cache, Some("/home/ada/.cache/huggingface/hub".into()));
        assert_eq!((plain.token, plain.offline, plain.stall), (None, false, STALL));
    }

    #[test]
    fn variables_come_before_defaults() {
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
    fn unusable_values_are_warned_about() {
        let warned =
            |set: &[(&str, &str)]| warnings(|name| variable(set, name), settings(set).token.is_some());
        assert_eq!(
            warned(&[("HF_TOKEN", "hf_x"), ("HF_HUB_DOWNLOAD_TIMEOUT", "3"), ("HF_HUB_OFFLINE", "off")]),
            [] as [&str; 0]
        );
        let token = warned(&[("HF_TOKEN", "hf_gehe im")]);
        assert!(token[0].contains("none is sent") && !token[0].contains("im\""), "{token:?}");
        assert!(warned(&[("HF_HUB_DOWNLOAD_TIMEOUT", "3 s")])[0].contains("using 30"));
        assert!(warned(&[("HF_HUB_OFFLINE", "y")])[0].contains("the network is used"));
    }

    #[cfg(unix)]
    #[test]
    fn an_endpoint_that_is_not_text_is_not_the_default() {
        use std::os::unix::ffi::OsStringExt;
        let value = |name: &str| (name == "HF_ENDPOINT").then(|| OsString::from_vec(b"http://\xff".to_vec()));
        assert_ne!(HubSettings::from(value, None).endpoint, "https://huggingface.co");
    }

    #[test]
    fn secrets_in_the_endpoint_are_not_shown() {
        for endpoint in
            ["https://ada:geheim@hub.example", "https://hub.example?key=geheim@x", "//a:b?geheim@c"]
        {
            let settings = settings(&[("HF_ENDPOINT", endpoint)]);
            assert!(!settings.shown_endpoint().contains("geheim"), "{endpoint}");
        }
        let plain = settings(&[("HF_ENDPOINT", "https://hub.example")]);
        assert_eq!(plain.shown_endpoint(), "https://hub.example");
    }

    #[test]
    fn the_variable_comes_before_the_stored_token_which_can_be_switched_off() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), "hf_stored\n").unwrap();
        let home = ("HF_HOME", folder.path().to_str().unwrap());
        let (set, off) = (("HF_TOKEN", "hf_set"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"));
        assert_eq!(settings(&[home]).token, token("hf_stored"));
        assert_eq!(settings(&[home, set]).token, token("hf_set"));
        assert_eq!(settings(&[home, off]).token, None);
        assert_eq!(settings(&[home, off, set]).token, token("hf_set"));
        assert_eq!(settings(&[("HF_TOKEN_PATH", "/nowhere")]).token, None);
    }
}
