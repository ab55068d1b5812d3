//! What models are told: texts in files, with placeholders.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::input_file::MOST_CONFIG;
use crate::script::Strategy;
use crate::store::Folder;
use crate::text_file;

/// The folder in that of the configuration whose files replace the prompts that come with the program.
const FOLDER: &str = "prompts";

const CONTEXT_RICH: &str = include_str!("../../assets/prompts/context-rich.md");
const SHORT_FIXED: &str = include_str!("../../assets/prompts/short-fixed.md");
const VISION: &str = include_str!("../../assets/prompts/vlm.md");

impl Strategy {
    /// Its prompt: that in a file, else that of the configuration, else the one that comes with the program. It has
    /// `{classes}` and `{domain}`.
    ///
    /// # Errors
    /// If a file cannot be read, or names no classes.
    pub fn prompt(self, file: Option<&Path>) -> Result<Prompt, PromptError> {
        let bundled = match self {
            Self::ContextRich => CONTEXT_RICH,
            Self::ShortFixed => SHORT_FIXED,
        };
        Prompt::load(self.name(), bundled, file, "{classes}")
    }
}

/// The prompt for a vision-language model: that of the configuration (`vlm.md`), else the one that comes with the program. It
/// has `{choices}`, `{domain}` and `{frames}`.
///
/// # Errors
/// If the configuration's file cannot be read, or names no choices.
pub fn vision_prompt() -> Result<Prompt, PromptError> {
    Prompt::load("vlm", VISION, None, "{choices}")
}

/// A text with placeholders in braces.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    text: String,
}

/// Why a file is no prompt.
#[derive(Debug, Error)]
pub enum PromptError {
    /// It cannot be read.
    #[error("cannot read the prompt {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It says everything but what the question is.
    #[error("the prompt {} has no {placeholder}; write it where they belong", path.display())]
    Lacks {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        placeholder: &'static str,
    },
}

impl Prompt {
    fn load(
        name: &str,
        bundled: &str,
        file: Option<&Path>,
        needs: &'static str,
    ) -> Result<Self, PromptError> {
        let of_config = || {
            // Where the system names no folder there is no file in it.
            let path = Folder::Config.path().ok()?.join(FOLDER).join(format!("{name}.md"));
            path.exists().then_some(path)
        };
        let Some(path) = file.map(Path::to_owned).or_else(of_config) else {
            return Ok(Self { text: bundled.to_owned() });
        };
        let text = match text_file::read(&path, MOST_CONFIG) {
            Ok(text) => text,
            Err(source) => return Err(PromptError::Read { path, source }),
        };
        if !text.contains(needs) {
            return Err(PromptError::Lacks { path, placeholder: needs });
        }
        Ok(Self { text })
    }

    /// What tells it from others: the BLAKE3 digest of its text with its placeholders.
    pub fn digest(&self) -> String {
        blake3::hash(self.text.as_bytes()).to_string()
    }

    /// The text with values in the place of `{name}`. Other braces, and those in the values, are left alone.
    pub fn fill(&self, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = &self.text[..];
        while let Some(at) = rest.find('{') {
            filled += &rest[..at];
            rest = &rest[at..];
            let value = values.iter().find_map(|(name, value)| {
                let after = rest[1..].strip_prefix(name)?.strip_prefix('}')?;
                Some((value, after))
            });
            match value {
                Some((value, after)) => {
                    filled += value;
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = &rest[1..];
                }
            }
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_other_braces_stay() {
        let prompt = Prompt { text: "{domain}: {classes} {\"classes\": [{}]} {other} {".into() };
        let filled = prompt.fill(&[("domain", "{classes}"), ("classes", "- é")]);
        assert_eq!(filled, "{classes}: - é {\"classes\": [{}]} {other} {");
    }

    #[test]
    fn a_file_replaces_the_prompt_and_must_ask_for_something() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.md");
        fs::write(&path, "Scripts of {classes}, please").unwrap();
        let mine = Strategy::ShortFixed.prompt(Some(&path)).unwrap();
        assert_eq!(mine.fill(&[("classes", "a")]), "Scripts of a, please");
        let bundled = Prompt { text: SHORT_FIXED.to_owned() };
        assert_ne!(mine.digest(), bundled.digest());
        fs::write(&path, "Scripts, please").unwrap();
        let error = Strategy::ShortFixed.prompt(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("mine.md has no {classes}"), "{error}");
        let error = Strategy::ShortFixed.prompt(Some(folder.path())).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the prompt"), "{error}");
    }

    #[test]
    fn bundled_prompts_have_their_placeholders() {
        for text in [CONTEXT_RICH, SHORT_FIXED] {
            assert!(text.contains("{classes}") && text.contains("{domain}"));
        }
        assert!(["{choices}", "{domain}", "{frames}"].iter().all(|name| VISION.contains(name)));
    }
}
