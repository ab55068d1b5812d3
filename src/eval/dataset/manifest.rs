//! Reads a manifest in any of the [`FORMATS`].

use std::collections::HashMap;
use std::path::Path;

use color_eyre::eyre::{Result, bail, ensure, eyre};
use serde_json::Value;

use super::format::{Context, Format, Listed, Location, Object};
use super::formats::FORMATS;
use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::files::text_file;

const EMPTY: &str = "lists no clip\nhelp: write one JSON object per line";
const UNKNOWN_FORMAT: &str = "it has neither \"subactions\", as generated_subactions.json has, nor \"choices_str\", as \
    rows of ActionAtlas have\nhelp: in a manifest of your own, write one JSON object per line, without brackets around them";

/// The clips of a manifest, at least one.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(super) is_foreign: bool,
    pub(super) brings_scripts: bool,
    pub(super) benchmark: Option<&'static str>,
    pub clips: Vec<Listed>,
    /// BLAKE3 digest of the file.
    pub digest: String,
}

/// Reads and checks a manifest.
///
/// # Errors
/// If it cannot be read, lists no clip, or a clip breaks a rule.
pub fn read<'a>(path: &Path, context: impl Into<Context<'a>>) -> Result<Manifest> {
    let bytes = read_bounded(path, MOST_TEXT)
        .map_err(|error| eyre!("cannot read the manifest {}: {error}", path.display()))?;
    parse(path, &bytes, &context.into())
}

/// [`read`] from the bytes of a file.
pub fn parse(path: &Path, bytes: &[u8], context: &Context) -> Result<Manifest> {
    let shown = path.display();
    let text = text_file::text(bytes).map_err(|error| eyre!("cannot read the manifest {shown}: {error}"))?;
    let at = |location: Location, fault: String| eyre!("{shown}, {location}: {fault}");
    let (format, objects) = if begins_list(text) {
        let items: Vec<Value> =
            serde_json::from_str(text).map_err(|error| eyre!("{shown} is not valid JSON: {error}"))?;
        let Some(first) = items.first() else { bail!("{shown} {EMPTY}") };
        let format = format_of(first);
        if !format.allows_list {
            return Err(at(Location::Item(1), UNKNOWN_FORMAT.to_owned()));
        }
        (format, (1..).map(Location::Item).zip(items.into_iter().map(Object::Item)).collect())
    } else {
        let lines = (1..).map(Location::Line).zip(text_file::lines(text));
        let lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
        let first = lines.iter().find_map(|(_, line)| serde_json::from_str(line).ok());
        let format = format_of(&first.unwrap_or_default());
        (format, lines.into_iter().map(|(location, line)| (location, Object::Line(line))).collect::<Vec<_>>())
    };
    let mut clips: Vec<Listed> = Vec::new();
    let mut ids = HashMap::new();
    for (location, object) in objects {
        let listed = (format.read)(object, context).map_err(|fault| at(location, fault))?;
        let id = listed.entry.id.clone();
        if let Some(first) = ids.insert(id.clone(), location) {
            let fault = format!("the id \"{id}\" is taken by {first}\nhelp: give each clip its own");
            return Err(at(location, fault));
        }
        clips.push(Listed { location, ..listed });
    }
    ensure!(!clips.is_empty(), "{shown} {EMPTY}");
    let Format { is_foreign, brings_scripts, benchmark, .. } = *format;
    Ok(Manifest { is_foreign, brings_scripts, benchmark, clips, digest: blake3::hash(bytes).to_string() })
}

fn format_of(object: &Value) -> &'static Format {
    FORMATS.into_iter().find(|format| (format.recognizes)(object)).unwrap_or(FORMATS[FORMATS.len() - 1])
}

/// Whether a file is a list, which script files are not.
pub fn is_list(bytes: &[u8]) -> bool {
    text_file::text(bytes).is_ok_and(begins_list)
}

fn begins_list(text: &str) -> bool {
    text.trim_start().starts_with('[')
}
