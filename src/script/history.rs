use std::collections::VecDeque;

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

    pub fn apply(&self, content: &mut Content) {
        match self {
            Self::Class { place, before, after } => put(content, *place, before.as_deref(), after.as_deref()),
            Self::All { after, .. } => content.clone_from(after),
        }
    }

    pub fn revert(&self, content: &mut Content) {
        match self {
            Self::Class { place, before, after } => put(content, *place, after.as_deref(), before.as_deref()),
            Self::All { before, .. } => content.clone_from(before),
        }
    }
}

/// Puts a class, or none, in the place of another, or of none.
fn put(content: &mut Content, place: usize, old: Option<&(ClassId, Class)>, new: Option<&(ClassId, Class)>) {
    let range = place..place + usize::from(old.is_some());
    content.ids.splice(range.clone(), new.map(|(id, _)| *id));
    content.file.classes.splice(range, new.map(|(_, class)| class.clone()));
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
        let edit = self.done.pop_back()?;
        edit.change.revert(content);
        self.undone.push(edit);
        self.undone.last().map(|edit| edit.what.as_str())
    }

    pub fn redo(&mut self, content: &mut Content) -> Option<&str> {
        let edit = self.undone.pop()?;
        edit.change.apply(content);
        self.done.push_back(edit);
        self.done.back().map(|edit| edit.what.as_str())
    }
}
