//! Where the steps of a clip's candidates come from.

use std::path::{Path, PathBuf};

use color_eyre::eyre::Result;

use super::format::{Context, Listed};
use super::manifest;
use crate::explore::Candidate;
use crate::script::{Class, ScriptFile, Strategy, plain_name, read_bytes};

/// A candidate without a script.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingScript {
    /// The prompt strategy whose scripts lack it.
    pub strategy: Strategy,
    pub candidate: String,
    pub reason: String,
}

/// Scripts of all candidates.
pub enum Scripts {
    /// A script file, the same for all clips.
    File(PathBuf, ScriptFile),
    /// A file of generated items, each with the scripts of one clip.
    Items(PathBuf, Vec<Listed>),
    /// The clips bring them.
    InClips,
    /// There are none, for this reason.
    Absent(String),
}

impl Scripts {
    /// Reads a script file or, for datasets of others, a list of generated items, and its BLAKE3 digest.
    pub fn open(path: &Path, is_foreign: bool, context: &Context) -> Result<(Self, String)> {
        let bytes = read_bytes(path)?;
        let scripts = if is_foreign && manifest::is_list(&bytes) {
            Self::Items(path.to_owned(), manifest::parse(path, &bytes, context)?.clips)
        } else {
            Self::File(path.to_owned(), ScriptFile::parse(path, &bytes)?)
        };
        Ok((scripts, blake3::hash(&bytes).to_string()))
    }

    /// The candidates of a clip with their scripts of a strategy, or those of them that have none. In datasets of others,
    /// capitals and option numbers do not count.
    pub fn candidates(
        &self,
        strategy: Strategy,
        listed: &Listed,
        is_foreign: bool,
    ) -> Result<Vec<Candidate>, Vec<MissingScript>> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in &listed.entry.candidates {
            match self.candidate(name, listed, is_foreign) {
                Ok(candidate) => found.push(candidate),
                Err(reason) => missing.push(MissingScript { strategy, candidate: name.clone(), reason }),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(missing) }
    }

    fn candidate(&self, name: &str, listed: &Listed, is_foreign: bool) -> Result<Candidate, String> {
        let Listed { entry, .. } = listed;
        let (domain, steps) = match self {
            Self::File(path, file) => {
                let class = find(&entry.domain, name, file, path, is_foreign)?;
                (file.domain_of(class).to_owned(), class.steps.clone())
            }
            Self::Items(path, items) => {
                let is_same =
                    |item: &&Listed| item.entry.id == entry.id && item.youtube_id == listed.youtube_id;
                let item = items.iter().find(is_same);
                let item =
                    item.ok_or_else(|| format!("{} has no item with its youtube_id and id", path.display()))?;
                (entry.domain.clone(), steps(item, name)?)
            }
            Self::InClips => (entry.domain.clone(), steps(listed, name)?),
            Self::Absent(reason) => return Err(reason.clone()),
        };
        Ok(Candidate { domain, name: name.to_owned(), steps })
    }
}

/// The steps that an item brings for a candidate.
fn steps(item: &Listed, name: &str) -> Result<Vec<String>, String> {
    let names = &item.entry.candidates;
    let place = names.iter().position(|other| other == name);
    let place = place.or_else(|| names.iter().position(|other| plain_name(other) == plain_name(name)));
    let steps = place.and_then(|place| item.steps.as_ref()?.get(place).cloned());
    steps.unwrap_or_else(|| Err(no_steps(name)))
}

/// The fault of an item without steps for a candidate.
pub fn no_steps(name: &str) -> String {
    format!("\"subactions\" has no steps for \"{name}\"")
}

/// The class of a name in its domain; where there is none, the only class of that name.
fn find<'a>(
    domain: &str,
    name: &str,
    file: &'a ScriptFile,
    path: &Path,
    is_foreign: bool,
) -> Result<&'a Class, String> {
    if let Some(class) = file.find(domain, name) {
        return Ok(class);
    }
    let is_alike =
        |class: &&Class| class.name == name || (is_foreign && plain_name(&class.name) == plain_name(name));
    let namesakes: Vec<&Class> = file.classes.iter().filter(is_alike).collect();
    let mut in_domain = namesakes
        .iter()
        .filter(|class| is_foreign && plain_name(file.domain_of(class)) == plain_name(domain));
    let scripts = path.display();
    match (namesakes.as_slice(), in_domain.next(), in_domain.next()) {
        ([class], ..) | (_, Some(class), None) => Ok(class),
        ([], ..) => Err(format!(
            "{scripts} has no script for \"{name}\"\nhelp: add a class of that name, or correct the candidate"
        )),
        _ => Err(format!(
            "{scripts} has several classes named \"{name}\", none of them in \"{domain}\"\nhelp: correct the clip's domain"
        )),
    }
}
