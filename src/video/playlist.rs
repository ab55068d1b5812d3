//! Files that are lists of other files: HLS playlists and lists for FFmpeg's `concat`.
//!
//! A list may name files in its own folder and below only: a clip from elsewhere must not open other files, and all files
//! must be known, or a clip whose parts changed would be taken for the old one.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Problem, VideoError};
use crate::files::input_file::open_regular;

/// Bytes that a list may have.
const MAX_BYTES: u64 = 16 << 20;
/// Bytes of a line that FFmpeg reads.
const MAX_LINE: usize = 4000;
/// Bytes by which a list is recognised.
const HEAD: usize = 4096;

/// ListKinds of lists, by the name of FFmpeg's demuxer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    Hls,
    Concat,
}

impl ListKind {
    pub(super) fn demuxer(self) -> &'static str {
        match self {
            Self::Hls => "hls",
            Self::Concat => "concat",
        }
    }
}

/// The files that a clip is made of where it is a list, those of nested lists included.
#[derive(Debug)]
pub(super) struct Playlist {
    pub(super) kind: ListKind,
    /// Canonical paths.
    pub(super) files: BTreeSet<PathBuf>,
}

impl Playlist {
    /// Reads a clip that is a list; `None` for every other file. `name` is the path for messages.
    ///
    /// # Errors
    /// A list that names a file that is missing or outside its folder, or one that cannot be read in full.
    pub(super) fn read(path: &Path, name: &Path) -> Result<Option<Self>, VideoError> {
        let unreadable = |source| VideoError::new(name, Problem::Unreadable(source));
        let bad = |reason: String| VideoError::new(name, Problem::BadPlaylist(reason));
        let head = head(path).map_err(unreadable)?;
        let Some(kind) = kind(&head) else {
            return match foreign_list(&head) {
                Some(what) => Err(bad(format!("{what} is not supported"))),
                None => Ok(None),
            };
        };
        if path.starts_with("/dev/fd") {
            return Err(bad("a list of files cannot come through a pipe".to_owned()));
        }
        let path = path.canonicalize().map_err(unreadable)?;
        let root = path.parent().unwrap_or(&path).to_owned();
        let (mut files, mut lists) = (BTreeSet::new(), vec![path]);
        while let Some(list) = lists.pop() {
            let text = read(&list).map_err(unreadable)?;
            let text = text.ok_or_else(|| bad(format!("{} is too long for a list", list.display())))?;
            for named in names(kind, &text).map_err(bad)? {
                let folder = list.parent().unwrap_or(&root);
                let file = find(&named, folder, &root).map_err(bad)?;
                if !files.insert(file.clone()) {
                    continue;
                }
                let head = self::head(&file).map_err(|error| bad(format!("entry {named}: {error}")))?;
                match self::kind(&head) {
                    // FFmpeg would look for what a linked list names beside the link.
                    Some(nested) if nested == kind && !is_linked(&folder.join(&named), &file) => {
                        lists.push(file)
                    }
                    None if foreign_list(&head).is_none() => {}
                    _ => {
                        return Err(bad(format!("entry {named} is a list of another kind or a link to one")));
                    }
                }
            }
        }
        Ok(Some(Self { kind, files }))
    }
}

/// Other files that decide what a clip shows, by canonical path: none unless it is a list.
pub fn named_files(clip: &Path) -> Result<Vec<PathBuf>, VideoError> {
    if !clip.is_file() {
        return Ok(Vec::new());
    }
    let list = Playlist::read(clip, clip)?;
    Ok(list.map_or_else(Vec::new, |list| list.files.into_iter().collect()))
}

/// The file that a list in `folder` names, if it is one below `root`.
fn find(named: &str, folder: &Path, root: &Path) -> Result<PathBuf, String> {
    let first = named.split('/').next().unwrap_or_default();
    if first.contains(':') || named.starts_with("//") {
        return Err(format!("entry {named} is not a file in its folder"));
    }
    let file = folder.join(named).canonicalize().map_err(|error| format!("entry {named}: {error}"))?;
    if !file.starts_with(root) {
        return Err(format!("entry {named} is outside its folder"));
    }
    if file.is_file() { Ok(file) } else { Err(format!("entry {named} is not a file")) }
}

/// Whether a path leads to a file of another folder.
fn is_linked(path: &Path, file: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    folder.as_deref() != file.parent()
}

/// By the same bytes that FFmpeg goes by.
fn kind(head: &[u8]) -> Option<ListKind> {
    let is_hls = head.starts_with(b"#EXTM3U");
    let is_concat = head.starts_with(b"ffconcat version");
    if is_hls { Some(ListKind::Hls) } else { is_concat.then_some(ListKind::Concat) }
}

/// The name of a kind of list that FFmpeg may know, but that is not read here.
fn foreign_list(head: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_xml = |element: &str| text.starts_with('<') && text.contains(element);
    if is_xml("<MPD") {
        Some("a DASH manifest")
    } else if is_xml("CompositionPlaylist") {
        Some("an IMF composition")
    } else if is_xml("<SmoothStreamingMedia") {
        Some("a Smooth Streaming manifest")
    } else if text.starts_with("v=0") && text.contains("m=") {
        Some("an SDP session")
    } else {
        None
    }
}

/// The names in a list, in order.
fn names(kind: ListKind, text: &str) -> Result<Vec<String>, String> {
    // FFmpeg ends a line at each of these.
    let lines = || text.split(['\n', '\r', '\0']).map(str::trim);
    if lines().any(|line| line.len() > MAX_LINE) {
        return Err("a line is too long".to_owned());
    }
    match kind {
        ListKind::Hls => hls_names(lines),
        ListKind::Concat => {
            let files = lines().filter_map(|line| line.strip_prefix("file"));
            Ok(files.filter(|name| name.starts_with([' ', '\t'])).map(|name| unquote(name.trim())).collect())
        }
    }
}

fn hls_names<'a, L: Iterator<Item = &'a str>>(lines: impl Fn() -> L) -> Result<Vec<String>, String> {
    let has = |tag: &str| lines().any(|line| line.starts_with(tag));
    if has("#EXTINF") && !has("#EXT-X-ENDLIST") {
        // FFmpeg would begin near the end, and wait for more.
        return Err("no #EXT-X-ENDLIST: the recording goes on".to_owned());
    }
    if lines().any(|line| line.starts_with("#EXT-X-KEY") && !line.contains("METHOD=NONE")) {
        return Err("an encrypted list".to_owned());
    }
    let named = lines().filter(|line| !line.starts_with("#EXT-X-I-FRAME-STREAM-INF")).filter_map(|line| {
        if line.starts_with('#') {
            line.split_once("URI=\"").and_then(|(_, uri)| uri.split('"').next())
        } else {
            Some(line)
        }
    });
    Ok(named.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// A word in the quoting of FFmpeg's lists: `'…'` is taken as it is, `\` before one character too.
fn unquote(text: &str) -> String {
    let (mut word, mut is_quoted) = (String::new(), false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => word.extend(characters.next()),
            ' ' | '\t' if !is_quoted => break,
            _ => word.push(character),
        }
    }
    word
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(HEAD as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a list; `None` where it is too long.
fn read(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = bytes.len() as u64 <= MAX_BYTES;
    Ok(fits.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_an_hls_list_are_lines_and_addresses() {
        let text = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\r\n#EXTINF:2,\nseg 1.m4s\r/etc/passwd\0../up.ts\n\
                    #EXT-X-I-FRAME-STREAM-INF:URI=\"iframes.m3u8\"\n#EXT-X-ENDLIST\n";
        assert_eq!(names(ListKind::Hls, text).unwrap(), ["init.mp4", "seg 1.m4s", "/etc/passwd", "../up.ts"]);
        assert!(names(ListKind::Hls, "#EXTM3U\n#EXTINF:2,\na.ts\n").unwrap_err().contains("ENDLIST"));
        let key = "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n";
        assert!(names(ListKind::Hls, key).unwrap_err().contains("encrypted"));
    }

    #[test]
    fn names_of_a_concat_list_are_unquoted() {
        let text = "ffconcat version 1.0\nfile a.ts\n  file 'b c.ts'\nduration 2\nfile d\\ e.ts\n\
                    file 'it'\\''s.ts'\n# file no.ts\nfiles no.ts\nfile x.ts y\n";
        assert_eq!(names(ListKind::Concat, text).unwrap(), ["a.ts", "b c.ts", "d e.ts", "it's.ts", "x.ts"]);
    }
}
