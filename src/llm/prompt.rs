use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::input_file::MOST_CONFIG;
use crate::files::text_file;
use crate::script::{Strategy, fill};

const VISION: &str = include_str!("../../assets/prompts/vlm.md");

/// A text with placeholders in braces, which a model is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    text: String,
}

/// Why a file is not a prompt.
#[derive(Debug, Error)]
pub enum PromptError {
    #[error("cannot read the prompt {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the prompt {} has no {placeholder}\nhelp: write {placeholder} where they belong", path.display())]
    Lacks { path: PathBuf, placeholder: &'static str },
}

/// The prompt for scripts of a strategy, with `{classes}` and `{domain}`: that of `file`, else `NAME.md` in the user's
/// `folder` of prompts, else the bundled one.
pub fn script_prompt(
    strategy: Strategy,
    file: Option<&Path>,
    folder: Option<&Path>,
) -> Result<Prompt, PromptError> {
    let own = in_folder(folder, strategy.name());
    load(file.or(own.as_deref()), strategy.prompt(), "{classes}")
}

/// The prompt for a vision-language model, with `{choices}`, `{domain}` and `{frames}`: `vlm.md` in the user's `folder`
/// of prompts, else the bundled one.
pub fn vision_prompt(folder: Option<&Path>) -> Result<Prompt, PromptError> {
    load(in_folder(folder, "vlm").as_deref(), VISION, "{choices}")
}

fn in_folder(folder: Option<&Path>, name: &str) -> Option<PathBuf> {
    folder.map(|folder| folder.join(format!("{name}.md"))).filter(|path| path.exists())
}

fn load(file: Option<&Path>, bundled: &str, placeholder: &'static str) -> Result<Prompt, PromptError> {
    let Some(path) = file.map(Path::to_owned) else { return Ok(Prompt { text: bundled.to_owned() }) };
    match text_file::read(&path, MOST_CONFIG) {
        Ok(text) if text.contains(placeholder) => Ok(Prompt { text }),
        Ok(_) => Err(PromptError::Lacks { path, placeholder }),
        Err(source) => Err(PromptError::Read { path, source }),
    }
}

impl Prompt {
    /// BLAKE3 digest of the text with its placeholders.
    pub fn digest(&self) -> String {
        blake3::hash(self.text.as_bytes()).to_string()
    }

    /// Replaces `{name}` by its value. Other braces, and those in the values, stay.
    pub fn fill(&self, values: &[(&str, &str)]) -> String {
        fill(&self.text, values)
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
    fn a_named_file_comes_before_the_folder_and_that_before_the_bundled_prompt() {
        let folder = tempfile::tempdir().unwrap();
        let text = |file: Option<&Path>| {
            script_prompt(Strategy::SHORT_FIXED, file, Some(folder.path())).map(|prompt| prompt.text)
        };
        assert_eq!(text(None).unwrap(), Strategy::SHORT_FIXED.prompt());
        fs::write(folder.path().join("short-fixed.md"), "Short {classes}").unwrap();
        assert_eq!(text(None).unwrap(), "Short {classes}");
        let mine = folder.path().join("mine.md");
        fs::write(&mine, "Mine {classes}").unwrap();
        assert_eq!(text(Some(&mine)).unwrap(), "Mine {classes}");
        fs::write(&mine, "Mine").unwrap();
        let error = text(Some(&mine)).unwrap_err().to_string();
        assert!(error.contains("mine.md has no {classes}"), "{error}");
        let error = text(Some(folder.path())).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the prompt"), "{error}");
        let vision = vision_prompt(Some(folder.path())).unwrap().text;
        assert!(["{choices}", "{domain}", "{frames}"].iter().all(|name| vision.contains(name)));
    }
}
