use std::fmt;

use thiserror::Error;

/// What replaces a secret in text.
const REDACTED: &str = "[key]";
/// This many consecutive characters of a secret are not a coincidence.
const REVEALING: usize = 8;

/// A token or an API key. It is sent in the header `Authorization` and shown nowhere, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A secret with white space inside or characters other than ASCII, which no header can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("white space or non-ASCII characters")]
pub struct InvalidSecret;

impl Secret {
    /// Trims the text of a variable or a file; `None` if nothing is left.
    ///
    /// # Errors
    /// Characters that no header can hold.
    pub fn new(text: &str) -> Result<Option<Self>, InvalidSecret> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidSecret);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// `text` with the secret, and every revealing part of it, replaced by `[key]`.
    pub fn redact(&self, text: &str) -> String {
        let secret = self.0.as_bytes();
        let length = REVEALING.min(secret.len());
        let bytes = text.as_bytes();
        let mut is_secret = vec![false; bytes.len()];
        for (at, window) in bytes.windows(length).enumerate() {
            if secret.windows(length).any(|part| part == window) {
                is_secret[at..at + length].fill(true);
            }
        }
        let mut redacted = String::new();
        let mut before = false;
        // A secret is ASCII, so no character is cut in two.
        for (at, character) in text.char_indices() {
            match is_secret[at] {
                true if !before => redacted.push_str(REDACTED),
                true => {}
                false => redacted.push(character),
            }
            before = is_secret[at];
        }
        redacted
    }

    /// As [`Secret::redact`] for the answer of a model. Words such as `none` or `1`, which local servers accept as a key,
    /// stay: they may belong to the answer.
    pub fn redact_answer(&self, text: &str) -> String {
        if self.0.len() < REVEALING { text.to_owned() } else { self.redact(text) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "sk-quite-secret-0123456789";

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap().unwrap()
    }

    #[test]
    fn a_secret_is_trimmed_and_never_shown() {
        let key = secret(&format!(" {SECRET}\n"));
        assert_eq!(format!("{key:?}"), "[key]");
        assert_eq!(key.authorization(), format!("Bearer {SECRET}"));
        for (text, redacted) in [
            (format!("Bearer {SECRET} is wrong — \"{SECRET}\""), "Bearer [key] is wrong — \"[key]\""),
            ("the key sk-quite-s… is wrong".to_owned(), "the key [key]… is wrong"),
            ("quite a secret".to_owned(), "quite a secret"),
        ] {
            assert_eq!(key.redact(&text), redacted);
        }
        assert_eq!(secret("abc").redact("abc and ab"), "[key] and ab");
    }

    #[test]
    fn a_secret_that_no_header_can_hold_is_refused() {
        assert_eq!(Secret::new(" \n"), Ok(None));
        for text in ["hf_one\r\nX-Other: two", "two words", "schlüssel"] {
            assert_eq!(Secret::new(text), Err(InvalidSecret));
        }
    }

    proptest! {
        #[test]
        fn no_revealing_part_of_a_secret_stays_in_any_text(
            before in ".{0,40}", after in ".{0,40}", start in 0..SECRET.len() - REVEALING, length in REVEALING..40,
        ) {
            let part = &SECRET[start..(start + length).min(SECRET.len())];
            let redacted = secret(SECRET).redact(&format!("{before}{part}{after}"));
            let is_revealed = SECRET.as_bytes().windows(REVEALING).any(|part| {
                redacted.as_bytes().windows(REVEALING).any(|shown| shown == part)
            });
            prop_assert!(!is_revealed, "{}", redacted);
            prop_assert!(redacted.contains(REDACTED));
        }
    }
}
