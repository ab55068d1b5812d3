//! The secret that a server knows its user by.

use std::env;
use std::fmt;

use thiserror::Error;

/// The environment variable that holds the key where no other is named.
pub const DEFAULT_VARIABLE: &str = "OPENAI_API_KEY";

/// What stands for it in texts that held it.
const REDACTED: &str = "[key]";

/// So many characters of a key in a row are told from chance.
const TELLTALE: usize = 8;

/// A key. It goes into the header of requests and nowhere else: nothing that is printed or written shows it.
#[derive(Clone)]
pub struct Key(String);

/// Why a variable holds no key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A variable that the user has named.
    #[error(
        "the environment variable {variable} is not set; set it to the server's key, or leave --key-env out"
    )]
    NotSet {
        /// The variable.
        variable: String,
    },
    /// What no header can hold. The value is not told.
    #[error(
        "the environment variable {variable} holds what no key can: white space within, or other than ASCII"
    )]
    NotAKey {
        /// The variable.
        variable: String,
    },
}

impl Key {
    /// A key, without the white space around it; none where nothing is left.
    ///
    /// # Errors
    /// If no header can hold it. `variable` is what the error calls it by.
    pub fn new(text: &str, variable: &str) -> Result<Option<Self>, KeyError> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::NotAKey { variable: variable.to_owned() });
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The key in an environment variable: the one that is named, which must then be set, else [`DEFAULT_VARIABLE`], which
    /// need not be. Local servers ask for none.
    ///
    /// # Errors
    /// If the named variable is not set, or holds no key.
    pub fn from_env(named: Option<&str>) -> Result<Option<Self>, KeyError> {
        let variable = named.unwrap_or(DEFAULT_VARIABLE);
        let key = match env::var_os(variable) {
            Some(value) => Self::new(&value.to_string_lossy(), variable)?,
            None => None,
        };
        match (key, named) {
            (None, Some(variable)) => Err(KeyError::NotSet { variable: variable.to_owned() }),
            (key, _) => Ok(key),
        }
    }

    /// The value of the header `Authorization`.
    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// A text of the server's without the key, or a telling part of it.
    pub fn scrub(&self, text: &str) -> String {
        let key = self.0.as_bytes();
        let length = TELLTALE.min(key.len());
        let bytes = text.as_bytes();
        let mut is_secret = vec![false; bytes.len()];
        for (at, window) in bytes.windows(length).enumerate() {
            if key.windows(length).any(|part| part == window) {
                is_secret[at..at + length].fill(true);
            }
        }
        let mut scrubbed = String::new();
        let mut before = false;
        // A key is ASCII, so that no character is cut.
        for (at, character) in text.char_indices() {
            match is_secret[at] {
                true if !before => scrubbed.push_str(REDACTED),
                true => {}
                false => scrubbed.push(character),
            }
            before = is_secret[at];
        }
        scrubbed
    }

    /// The same for what a model says, where a word that local servers take for a key, such as `none` or `1`, may stand with
    /// every right: a key so short is no secret.
    pub fn scrub_answer(&self, text: &str) -> String {
        if self.0.len() < TELLTALE { text.to_owned() } else { self.scrub(text) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "sk-quite-secret-0123456789";

    #[test]
    fn nothing_shows_a_key() {
        let key = Key::new(&format!(" {SECRET}\n"), "KEY").unwrap().unwrap();
        assert_eq!((format!("{key:?}"), format!("{key}")), ("[key]".into(), "[key]".into()));
        assert_eq!(key.authorization(), format!("Bearer {SECRET}"));
        for (said, scrubbed) in [
            (format!("Bearer {SECRET} is wrong — \"{SECRET}\""), "Bearer [key] is wrong — \"[key]\""),
            ("the key sk-quite-s… is wrong".to_owned(), "the key [key]… is wrong"),
            ("quite a secret".to_owned(), "quite a secret"),
        ] {
            assert_eq!(key.scrub(&said), scrubbed);
        }
        let short = Key::new("abc", "KEY").unwrap().unwrap();
        assert_eq!(short.scrub("abc and ab"), "[key] and ab");
    }

    proptest! {
        #[test]
        fn no_telling_part_of_a_key_stays_in_any_text(
            before in ".{0,40}", after in ".{0,40}", start in 0..SECRET.len() - TELLTALE, length in TELLTALE..40,
        ) {
            let key = Key::new(SECRET, "KEY").unwrap().unwrap();
            let part = &SECRET[start..(start + length).min(SECRET.len())];
            let scrubbed = key.scrub(&format!("{before}{part}{after}"));
            let is_told = SECRET.as_bytes().windows(TELLTALE).any(|part| {
                scrubbed.as_bytes().windows(TELLTALE).any(|told| told == part)
            });
            prop_assert!(!is_told, "{}", scrubbed);
            prop_assert!(scrubbed.contains(REDACTED));
        }
    }

    #[test]
    fn what_no_header_can_hold_is_refused_and_not_told() {
        assert!(Key::new(" ", "KEY").unwrap().is_none());
        let error = Key::new("two\nlines", "KEY").unwrap_err();
        assert_eq!(error, KeyError::NotAKey { variable: "KEY".into() });
        assert!(!error.to_string().contains("lines"));
        assert!(Key::new("schlüssel", "KEY").is_err());
    }
}
