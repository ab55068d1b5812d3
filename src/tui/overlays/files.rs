//! The file picker.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::plot::text::{fit, width as columns_of};
use crate::script::library;
use crate::tui::action::{Effect, EntryKind, FileEntry};
use crate::tui::overlays::list::SearchList;
use crate::tui::overlays::{below, row_of, window};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};

/// The library among folders: to choose it is to type its prefix.
static LIBRARY: LazyLock<FileEntry> =
    LazyLock::new(|| FileEntry { kind: EntryKind::Library, name: library::PREFIX.to_owned() });

/// The scripts in the library.
static IN_LIBRARY: LazyLock<Vec<FileEntry>> =
    LazyLock::new(|| library::names().map(|name| FileEntry { kind: EntryKind::InLibrary, name }).collect());

const LIBRARY_NAME: &str = "scripts that come with the program";

struct Files {
    /// The folder, as it was asked for.
    asked: PathBuf,
    list: SearchList,
}

/// Opens the picker in the folder of the clip on the screen.
pub fn open(state: &mut State) {
    let clip = Path::new(&state.clip().sources.clip);
    let folder = clip.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let asked = folder.to_owned();
    state.open(Files { asked: asked.clone(), list: SearchList::default() });
    state.effects.push(Effect::List(asked));
}

impl Files {
    /// Lists another folder.
    fn list(&mut self, state: &mut State, folder: PathBuf) -> After {
        *self = Self { asked: folder.clone(), list: SearchList::default() };
        state.effects.push(Effect::List(folder));
        After::Stays
    }

    fn list_parent(&mut self, state: &mut State) -> After {
        match self.folder(state).parent().map(Path::to_owned) {
            Some(parent) => self.list(state, parent),
            None => After::Stays,
        }
    }

    /// What is in the folder; `None` while it is read.
    fn entries<'a>(&self, state: &'a State) -> Option<&'a [FileEntry]> {
        let listing = state.listing.as_ref().filter(|listing| listing.asked == self.asked)?;
        Some(&listing.entries)
    }

    /// The folder, from the root once it is read.
    fn folder<'a>(&'a self, state: &'a State) -> &'a Path {
        let listing = state.listing.as_ref().filter(|listing| listing.asked == self.asked);
        listing.map_or(&self.asked, |listing| &listing.folder)
    }

    fn is_in_library(&self) -> bool {
        self.list.input.value().starts_with(library::PREFIX)
    }

    /// Entries that match what is typed: of the library where that begins with its prefix, else of the folder and the
    /// library as a whole, which is listed only until a file name is typed.
    fn matching<'a>(&self, state: &'a State) -> Vec<&'a FileEntry> {
        let typed = self.list.input.value().to_lowercase();
        let entries: &[FileEntry] =
            if self.is_in_library() { &IN_LIBRARY } else { self.entries(state).unwrap_or_default() };
        let part = typed.strip_prefix(library::PREFIX).unwrap_or(&typed);
        let mut matching: Vec<&FileEntry> =
            entries.iter().filter(|entry| entry.name.to_lowercase().contains(part)).collect();
        if !self.is_in_library() && library::PREFIX.starts_with(&typed) {
            matching.insert(if typed.is_empty() { 0 } else { matching.len() }, &LIBRARY);
        }
        matching
    }

    fn choose(&mut self, state: &mut State) -> After {
        let Some(FileEntry { kind, name }) = self.matching(state).get(self.list.at).copied().cloned() else {
            return After::Stays;
        };
        let path = self.folder(state).join(&name);
        state.effects.push(match kind {
            EntryKind::Library => {
                self.list.input.set(name);
                self.list.at = 0;
                return After::Stays;
            }
            EntryKind::Folder => return self.list(state, path),
            EntryKind::InLibrary => Effect::OpenScripts(name.into()),
            EntryKind::File if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) => {
                Effect::OpenScripts(path)
            }
            EntryKind::File => Effect::OpenClip(path),
        });
        After::Closes
    }
}

impl Overlay for Files {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        match key.code {
            KeyCode::Left if self.is_in_library() => self.list.input.set(String::new()),
            KeyCode::Left => return self.list_parent(state),
            KeyCode::Backspace if self.list.input.value().is_empty() => return self.list_parent(state),
            KeyCode::Enter | KeyCode::Right => return self.choose(state),
            _ => {
                let lines = self.matching(state).len();
                self.list.key(state, key, lines);
            }
        }
        After::Stays
    }

    fn paste(&mut self, state: &mut State, text: &str) {
        self.list.paste(state, text);
    }

    fn wheel(&mut self, state: &State, clicks: isize) {
        let lines = self.matching(state).len();
        self.list.move_by(clicks, lines);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let title = "Open a clip or a script file · Enter opens · ← up · Esc closes";
        let inside = window(title, (90, 20), frame, area);
        let path = self.folder(state).display().to_string();
        let folder = fit(if self.is_in_library() { LIBRARY_NAME } else { &path }, inside.width.into());
        frame.render_widget(Line::styled(folder, state.theme.accent()), row_of(inside, 0));
        self.list.input.draw(frame, row_of(inside, 1));
        let width = usize::from(inside.width);
        let matching = self.matching(state);
        let is_cut = !self.is_in_library()
            && (columns_of(&path) > width
                || matching.iter().any(|entry| columns_of(&entry.name) + 3 > width));
        let chosen = matching.get(self.list.at).filter(|entry| is_cut && entry.kind != EntryKind::Library);
        let in_full = chosen.map(|entry| self.folder(state).join(&entry.name).display().to_string());
        let lines: Vec<Line> = matching.into_iter().map(|entry| line(entry, width)).collect();
        let note = match self.entries(state) {
            _ if self.is_in_library() && !lines.is_empty() => None,
            None => Some("reading the folder"),
            Some([]) => Some("nothing is in this folder"),
            Some(_) if lines.is_empty() => Some("nothing matches"),
            Some(_) => None,
        };
        if let Some(note) = note {
            frame.render_widget(Line::styled(note, dim()), row_of(inside, 2 + lines.len() as u16));
        }
        self.list.draw(lines, in_full, state, frame, below(inside, 2));
    }
}

fn line(entry: &FileEntry, width: usize) -> Line<'static> {
    // A mark before it, and a slash behind.
    let name = fit(&entry.name, width.saturating_sub(3));
    match entry.kind {
        EntryKind::File | EntryKind::InLibrary => Line::from(vec![Span::raw("  "), Span::raw(name)]),
        EntryKind::Folder => Line::from(vec![Span::raw("▸ "), Span::styled(format!("{name}/"), bold())]),
        EntryKind::Library => Line::from(vec![
            Span::raw("▸ "),
            Span::styled(name, bold()),
            Span::styled(format!("  {LIBRARY_NAME}"), dim()),
        ]),
    }
}
