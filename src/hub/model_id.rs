use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A repository of the hub at a revision, written `ORG/NAME` or `ORG/NAME@REVISION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelId {
    org: String,
    name: String,
    revision: String,
}

/// A text that is not the name of a model.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "'{0}' is not a model of the hub: write ORG/NAME or ORG/NAME@REVISION, such as google/siglip-base-patch16-224"
)]
pub struct InvalidModelId(String);

/// The revision if none is named.
const MAIN: &str = "main";

/// The hub's own limit for `ORG/NAME`.
const MAX_LENGTH: usize = 96;

impl ModelId {
    pub fn repo(&self) -> String {
        format!("{}/{}", self.org, self.name)
    }

    /// Branch, tag or commit.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The name of the repository's folder in the cache.
    pub(super) fn folder(&self) -> String {
        format!("models--{}--{}", self.org, self.name)
    }

    /// The revision as a part of a path in a URL.
    pub(super) fn revision_in_url(&self) -> String {
        self.revision.replace('/', "%2F")
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { org, name, revision } = self;
        if revision == MAIN { write!(f, "{org}/{name}") } else { write!(f, "{org}/{name}@{revision}") }
    }
}

impl FromStr for ModelId {
    type Err = InvalidModelId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || InvalidModelId(text.to_owned());
        let (repo, revision) = text.split_once('@').unwrap_or((text, MAIN));
        let (org, name) = repo.split_once('/').ok_or_else(error)?;
        // A revision becomes a path below refs/: no part of it may lead elsewhere.
        let is_valid = repo.len() <= MAX_LENGTH
            && [org, name].into_iter().chain(revision.split('/')).all(is_part)
            // The cache separates both with it.
            && !repo.contains("--");
        if !is_valid {
            return Err(error());
        }
        Ok(Self { org: org.to_owned(), name: name.to_owned(), revision: revision.to_owned() })
    }
}

/// Letters, digits, `-`, `_` and `.`, without `-` or `.` at either end.
fn is_part(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let at_ends = |c: char| "-.".contains(c);
    !text.is_empty()
        && text.chars().all(is_letter)
        && !text.contains("..")
        && !text.starts_with(at_ends)
        && !text.ends_with(at_ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_shown() {
        let id: ModelId = "google/siglip-base-patch16-224".parse().unwrap();
        assert_eq!((id.repo().as_str(), id.revision()), ("google/siglip-base-patch16-224", "main"));
        assert_eq!(id.folder(), "models--google--siglip-base-patch16-224");
        assert_eq!(id.to_string(), "google/siglip-base-patch16-224");
        let id: ModelId = "org/Name_1.5@refs/pr/3".parse().unwrap();
        assert_eq!(
            (id.revision_in_url().as_str(), id.to_string().as_str()),
            ("refs%2Fpr%2F3", "org/Name_1.5@refs/pr/3")
        );
    }

    #[test]
    fn names_that_could_lead_out_of_the_cache_are_refused() {
        let long = format!("org/{}", "x".repeat(100));
        let without_spaces = "demo ./model ../model /model a/b/c org/ /name org/name@ org/name@../../x org/name@a//b org/na--me \
                              org/.. org/.name org/name. örg/name org\\name org/name@/main C:/model";
        for text in without_spaces.split(' ').chain(["", "org/na me", "org/name@a b", &long]) {
            assert_eq!(text.parse::<ModelId>(), Err(InvalidModelId(text.to_owned())));
        }
    }
}
