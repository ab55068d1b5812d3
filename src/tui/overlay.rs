//! What lies over the screen and takes the keys.

use std::path::PathBuf;

use tui_input::Input;

use crate::tui::command::Command;

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
    /// Whether to leave without saving.
    Leave,
}

/// The command palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What is looked for.
    pub input: Input,
    /// What was found, best first.
    pub found: Vec<Command>,
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
    /// Why the last answer was refused.
    pub refused: Option<String>,
}

/// What a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The text that listed candidates match.
    Filter,
    /// A template.
    Template,
    /// Alpha and beta.
    Calibration,
    /// Frames per second.
    Sampling,
}

impl Ask {
    /// The question.
    pub fn question(self) -> &'static str {
        match self {
            Self::Filter => "List candidates that match",
            Self::Template => "Template with {step}, {action}, {domain}",
            Self::Calibration => "alpha and beta (empty: the checkpoint's)",
            Self::Sampling => "Frames per second, or native",
        }
    }
}

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

/// A file or a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileEntry {
    /// Files come after folders.
    pub is_file: bool,
    /// Its name.
    pub name: String,
}

impl Files {
    /// Entries that match what is typed.
    pub fn matching(&self) -> Vec<&FileEntry> {
        let typed = self.input.value().to_lowercase();
        self.entries.iter().flatten().filter(|entry| entry.name.to_lowercase().contains(&typed)).collect()
    }
}
