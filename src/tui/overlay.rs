//! What lies over the screen and takes the keys.

use std::path::PathBuf;
use std::sync::LazyLock;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use crate::align::Calibration;
use crate::script::{ClassId, library};
use crate::tui::fuzzy::Match;
use crate::tui::models::Proposal;
use crate::tui::results::ResultList;

/// One thing at a time.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The help, scrolled down by so many rows.
    Help(u16),
    /// The command palette.
    Palette(Palette),
    /// A question that is answered with a line of text.
    Prompt(Prompt),
    /// The file picker.
    Files(Files),
    /// A script to take or to leave.
    Proposal(Proposal),
    /// The results of an evaluation.
    Results(ResultList),
    /// Whether to leave without saving.
    Leave,
}

/// Most characters of an answer to a prompt: far more than a model reads, and few enough to be drawn at every key.
pub const LONGEST_ANSWER: usize = 10_000;
/// Most characters of what is looked for in a list.
pub const LONGEST_SEARCH: usize = 500;

/// Takes a key into a line of at most `most` characters; why not, where it is full.
pub fn type_key(input: &mut Input, key: KeyEvent, most: usize) -> Option<String> {
    let is_letter = matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty();
    if is_letter && input.value().chars().count() >= most {
        return Some(format!("No more than {most} characters can be typed here."));
    }
    input.handle_event(&Event::Key(key));
    None
}

/// Inserts pasted text into a line of at most `most` characters, as one edit. Lines are joined by spaces; control
/// characters and those that turn the direction of text are dropped. What the user should know of that comes back.
pub fn paste_into(input: &mut Input, pasted: &str, most: usize) -> Option<String> {
    let is_break =
        |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines: Vec<&str> = pasted.split(is_break).filter(|line| !line.trim().is_empty()).collect();
    let joined = match &lines[..] {
        [only] => (*only).to_owned(),
        lines => lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
    };
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = joined.chars().map(|c| if c == '\t' { ' ' } else { c });
    let mut text: String = shown.filter(|&c| !c.is_control() && !turns(c)).collect();
    let length = text.chars().count();
    let room = most.saturating_sub(input.value().chars().count());
    if let Some((end, _)) = text.char_indices().nth(room) {
        text.truncate(end);
    }
    let cursor = input.cursor() + length.min(room);
    let mut value: String = input.value().to_owned();
    let at = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
    value.insert_str(at, &text);
    *input = std::mem::take(input).with_value(value).with_cursor(cursor);
    if length > room {
        let out = length - room;
        return Some(format!(
            "The end of the paste, {out} characters, is left out: {most} can be typed here."
        ));
    }
    (lines.len() > 1).then(|| format!("{} pasted lines are joined into one.", lines.len()))
}

/// The command palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What is looked for.
    pub input: Input,
    /// What was found, best first.
    pub found: Vec<Match>,
    /// The selected one.
    pub at: usize,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What is asked.
    pub ask: Ask,
    /// The answer so far.
    pub input: Input,
    /// Why the last answer was refused, or what became of a paste.
    pub refused: Option<String>,
}

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The text that listed candidates match.
    Filter,
    /// A template.
    Template,
    /// The aligner with its knobs.
    Aligner,
    /// Alpha and beta.
    Calibration,
    /// Frames per second.
    Sampling,
    /// The text of a step.
    Step {
        /// Its class.
        class: ClassId,
        /// Its place, from 0.
        step: usize,
    },
    /// The text of a new step.
    NewStep {
        /// Its class.
        class: ClassId,
        /// The place that it will have, from 0.
        at: usize,
        /// Whether the step after it is asked for next, until an answer is empty.
        goes_on: bool,
    },
    /// Name and domain of a class.
    ClassName(ClassId),
    /// Name and domain of a new class.
    NewClass,
    /// The first step of a new class.
    FirstStep {
        /// Its name.
        name: String,
        /// Its domain.
        domain: String,
    },
    /// Where to save the scripts.
    ScriptsFile {
        /// Whether to quit once they are saved.
        quits: bool,
    },
}

impl Ask {
    /// The question.
    pub fn question(&self) -> String {
        match self {
            Self::Step { step, .. } => return format!("Step {}", step + 1),
            Self::NewStep { at, goes_on: false, .. } => return format!("New step {}", at + 1),
            Self::NewStep { at, .. } => return format!("Step {}, or nothing to end", at + 1),
            Self::FirstStep { name, .. } => return format!("First step of {name}"),
            Self::ClassName(_) => "Class / domain",
            Self::NewClass => "New class / domain",
            Self::ScriptsFile { .. } => "Save the scripts as",
            Self::Filter => "List candidates that match",
            Self::Template => "Template with {step}, {action}, {domain}",
            Self::Aligner => "Aligner, such as segment:open-start:background=p75:band=0.2",
            Self::Calibration => "alpha and beta (empty: the checkpoint's)",
            Self::Sampling => "Frames per second, or native",
        }
        .to_owned()
    }
}

/// The library among folders: to choose it is to type its prefix.
static WHOLE_LIBRARY: LazyLock<FileEntry> =
    LazyLock::new(|| FileEntry { kind: EntryKind::Library, name: library::PREFIX.to_owned() });

/// The scripts in the library.
static LIBRARY: LazyLock<Vec<FileEntry>> =
    LazyLock::new(|| library::names().map(|name| FileEntry { kind: EntryKind::InLibrary, name }).collect());

/// The file picker.
#[derive(Clone, Debug)]
pub struct Files {
    /// The folder that is shown.
    pub folder: PathBuf,
    /// What is in it; none while it is read.
    pub entries: Option<Vec<FileEntry>>,
    /// What names must contain.
    pub input: Input,
    /// The selected one of those that match.
    pub at: usize,
}

/// What an entry of the file picker is, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// The scripts that come with the program.
    Library,
    /// A script file of the library.
    InLibrary,
    /// A folder.
    Folder,
    /// A file.
    File,
}

/// An entry of the file picker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileEntry {
    /// What it is.
    pub kind: EntryKind,
    /// Its name.
    pub name: String,
}

impl Files {
    /// Entries that match what is typed: of the library where that begins with its prefix, else of the folder and the
    /// library as a whole, which is in the way of no file that is looked for.
    pub fn matching(&self) -> Vec<&FileEntry> {
        let typed = self.input.value().to_lowercase();
        let entries: &[FileEntry] = match &self.entries {
            _ if self.is_in_library() => &LIBRARY,
            Some(entries) => entries,
            None => &[],
        };
        let part = typed.strip_prefix(library::PREFIX).unwrap_or(&typed);
        let is_alike = |entry: &&FileEntry| entry.name.to_lowercase().contains(part);
        let mut matching: Vec<&FileEntry> = entries.iter().filter(is_alike).collect();
        if !self.is_in_library() && library::PREFIX.starts_with(&typed) {
            matching.insert(if typed.is_empty() { 0 } else { matching.len() }, &WHOLE_LIBRARY);
        }
        matching
    }

    /// Whether the scripts that come with the program are listed.
    pub fn is_in_library(&self) -> bool {
        self.input.value().starts_with(library::PREFIX)
    }
}

/// How many tokens a sentence has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCount {
    /// The sentence.
    pub sentence: String,
    /// Its tokens that the model reads, the end token not counted.
    pub used: usize,
    /// How many the model reads at most.
    pub most: usize,
    /// Whether it has more.
    pub cut: bool,
}

/// Alpha and beta from two numbers; none stands for the checkpoint's.
pub fn calibration(text: &str) -> Result<Option<Calibration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let numbers: Result<Vec<f32>, _> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect();
    match numbers.as_deref() {
        Ok(&[alpha, beta]) if alpha.is_finite() && beta.is_finite() => Ok(Some(Calibration { alpha, beta })),
        _ => Err("Give two numbers, alpha and beta, such as 117.3 -12.9; or nothing for the checkpoint's."
            .to_owned()),
    }
}
