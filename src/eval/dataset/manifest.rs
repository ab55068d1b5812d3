//! Reads a manifest in any of the [`FORMATS`].

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::error::{DatasetError, Fault, Location};
use super::format::{Context, Format, Listed, Object};
use super::formats::FORMATS;
use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::files::text_file;

/// The clips of a manifest, at least one.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(super) is_foreign: bool,
    pub(super) brings_scripts: bool,
    pub clips: Vec<Listed>,
    /// BLAKE3 digest of the file.
    pub digest: String,
}

/// Reads and checks a manifest.
///
/// # Errors
/// If it cannot be read, lists no clip, or a clip breaks a rule.
pub fn read<'a>(path: &Path, context: impl Into<Context<'a>>) -> Result<Manifest, DatasetError> {
    let bytes = read_bounded(path, MOST_TEXT)
        .map_err(|source| DatasetError::Read { path: path.to_owned(), source })?;
    parse(path, &bytes, &context.into())
}

/// [`read`] from the bytes of a file.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8], context: &Context) -> Result<Manifest, DatasetError> {
    let text =
        text_file::text(bytes).map_err(|source| DatasetError::Read { path: path.to_owned(), source })?;
    let at = |location, fault| DatasetError::At { path: path.to_owned(), location, fault };
    let (format, objects) = if begins_list(text) {
        let items: Vec<Value> = serde_json::from_str(text)
            .map_err(|source| DatasetError::NotJson { path: path.to_owned(), source })?;
        let Some(first) = items.first() else { return Err(DatasetError::Empty { path: path.to_owned() }) };
        let format = format_of(first);
        if !format.allows_list {
            return Err(at(Location::Item(1), Fault::UnknownFormat));
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
            return Err(at(location, Fault::DuplicateId { id, first }));
        }
        clips.push(Listed { location, ..listed });
    }
    if clips.is_empty() {
        return Err(DatasetError::Empty { path: path.to_owned() });
    }
    let Format { is_foreign, brings_scripts, .. } = *format;
    Ok(Manifest { is_foreign, brings_scripts, clips, digest: blake3::hash(bytes).to_string() })
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
