use std::collections::VecDeque;
use std::mem;

use crate::script::{Class, ScriptFile};

/// Operations that can be undone.
pub const MAX_UNDO: usize = 200;

/// Identifies a class while its document is open: renamed, edited, deleted and restored, it keeps its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub(super) u32);

/// A script file and the ids of its classes, in the same order.
#[derive(Clone, Debug)]
pub struct Content {
    pub file: ScriptFile,
    pub ids: Vec<ClassId>,
}

/// One operation, with its description for the user.
#[derive(Clone, Debug)]
pub struct Edit {
    pub what: String,
    pub change: Change,
}

/// The difference between two versions.
#[derive(Clone, Debug)]
pub enum Change {
    /// One class; `before` is missing if it was added, `after` if it was deleted.
    Class {
        place: usize,
        before: Option<Box<(ClassId, Class)>>,
        after: Option<Box<(ClassId, Class)>>,
    },
    All {
        before: Box<Content>,
        after: Box<Content>,
    },
}

/// Operations done, and those undone since.
#[derive(Clone, Debug, Default)]
pub struct History {
    done: VecDeque<Edit>,
    /// The last undone at the end.
    undone: Vec<Edit>,
}

impl Change {
    pub fn is_none(&self) -> bool {
        match self {
            Self::Class { before, after, .. } => before == after,
            Self::All { before, after } => before.file == after.file,
        }
    }

    /// Puts `after` in the place of `before` and swaps them, so that the next call reverts this one.
    pub fn apply(&mut self, content: &mut Content) {
        match self {
            Self::Class { place, before, after } => {
                let range = *place..*place + usize::from(before.is_some());
                let (id, class) = after.as_deref().cloned().unzip();
                content.ids.splice(range.clone(), id);
                content.file.classes.splice(range, class);
                mem::swap(before, after);
            }
            Self::All { before, after } => {
                content.clone_from(after);
                mem::swap(before, after);
            }
        }
    }
}

impl History {
    /// Records an operation. What was undone before can no longer be redone.
    pub fn push(&mut self, edit: Edit) {
        self.undone.clear();
        self.done.push_back(edit);
        if self.done.len() > MAX_UNDO {
            self.done.pop_front();
        }
    }

    pub fn undo(&mut self, content: &mut Content) -> Option<&str> {
        let mut edit = self.done.pop_back()?;
        edit.change.apply(content);
        self.undone.push(edit);
        self.undone.last().map(|edit| edit.what.as_str())
    }

    pub fn redo(&mut self, content: &mut Content) -> Option<&str> {
        let mut edit = self.undone.pop()?;
        edit.change.apply(content);
        self.done.push_back(edit);
        self.done.back().map(|edit| edit.what.as_str())
    }
}
