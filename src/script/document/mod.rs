use std::path::{Path, PathBuf};

use serde_json::Map;
use thiserror::Error;

use crate::script::history::{Change, ClassId, Content, Edit, History};
use crate::script::{Class, Fault, ScriptFile};

/// A script file that is being edited, with undo and redo.
///
/// Steps count from 0. Operations trim names, domains and steps, and return whether they changed anything, which makes one
/// version to undo. One that would break a rule of [`ScriptFile::check`], leave no class or step, or has no class or step
/// to change is refused.
#[derive(Clone, Debug)]
pub struct Document {
    content: Content,
    history: History,
    /// The file on disk.
    saved: ScriptFile,
    path: Option<PathBuf>,
    /// Ids are never reused.
    next_id: u32,
}

/// Why an operation was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EditError {
    #[error("no change: {0}")]
    Fault(#[from] Fault),
    #[error("this is the only step of \"{name}\"\nhelp: change it, or delete the class")]
    LastStep { name: String },
    #[error("\"{name}\" is the only class\nhelp: add another before you delete it")]
    LastClass { name: String },
    #[error("this class was deleted\nhelp: choose another, or undo")]
    NoClass,
    #[error("\"{name}\" has {last} steps, no step {step}", step = step + 1)]
    NoStep { step: usize, name: String, last: usize },
}

impl Document {
    /// A file as read from `path`, or a new one. It has passed [`ScriptFile::check`].
    pub fn new(file: ScriptFile, path: Option<PathBuf>) -> Self {
        let mut next_id = 0;
        let ids = file.classes.iter().map(|_| fresh(&mut next_id)).collect();
        let saved = file.clone();
        Self { content: Content { file, ids }, history: History::default(), saved, path, next_id }
    }

    pub fn classes(&self) -> impl ExactSizeIterator<Item = (ClassId, &Class)> {
        self.content.ids.iter().copied().zip(&self.content.file.classes)
    }

    pub fn ids(&self) -> &[ClassId] {
        &self.content.ids
    }

    pub fn position(&self, id: ClassId) -> Option<usize> {
        self.content.ids.iter().position(|other| *other == id)
    }

    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.position(id).map(|place| &self.content.file.classes[place])
    }

    /// The domain of a class: its own, else the file's; empty if the class was deleted.
    pub fn domain_of(&self, id: ClassId) -> &str {
        self.class(id).map_or("", |class| self.content.file.domain_of(class))
    }

    pub fn file(&self) -> &ScriptFile {
        &self.content.file
    }

    /// The file on disk, as last read or saved.
    pub fn saved(&self) -> &ScriptFile {
        &self.saved
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub fn is_changed(&self) -> bool {
        self.content.file != self.saved
    }

    /// Records that `file` is on disk at `path`. The document may have been edited since it was written or read.
    pub fn mark_saved(&mut self, path: PathBuf, file: ScriptFile) {
        self.path = Some(path);
        self.saved = file;
    }

    /// Undoes the last operation and returns its description.
    pub fn undo(&mut self) -> Option<&str> {
        self.history.undo(&mut self.content)
    }

    /// Redoes the operation undone last and returns its description.
    pub fn redo(&mut self) -> Option<&str> {
        self.history.redo(&mut self.content)
    }

    pub fn set_step(&mut self, id: ClassId, step: usize, text: &str) -> Result<bool, EditError> {
        let place = self.place_of_step(id, step)?;
        let what = format!("step {} of {} changed", step + 1, self.name(place));
        self.change(place, what, |class| class.steps[step] = text.trim().to_owned())
    }

    /// Inserts a step before step `at`, or after the last.
    pub fn insert_step(&mut self, id: ClassId, at: usize, text: &str) -> Result<bool, EditError> {
        let place = match at.checked_sub(1) {
            Some(previous) => self.place_of_step(id, previous)?,
            None => self.place(id)?,
        };
        let what = format!("step {} of {} added", at + 1, self.name(place));
        self.change(place, what, |class| class.steps.insert(at, text.trim().to_owned()))
    }

    pub fn delete_step(&mut self, id: ClassId, step: usize) -> Result<bool, EditError> {
        let place = self.place_of_step(id, step)?;
        if self.content.file.classes[place].steps.len() == 1 {
            return Err(EditError::LastStep { name: self.name(place).to_owned() });
        }
        let what = format!("step {} of {} deleted", step + 1, self.name(place));
        self.change(place, what, |class| _ = class.steps.remove(step))
    }

    /// Moves a step to the place of step `to`; those between move by one.
    pub fn move_step(&mut self, id: ClassId, from: usize, to: usize) -> Result<bool, EditError> {
        self.place_of_step(id, to)?;
        let place = self.place_of_step(id, from)?;
        let what = format!("step {} of {} moved to {}", from + 1, self.name(place), to + 1);
        self.change(place, what, |class| {
            let step = class.steps.remove(from);
            class.steps.insert(to, step);
        })
    }

    /// Adds a class after the last. An empty domain is the file's.
    pub fn add_class<S: AsRef<str>>(
        &mut self,
        name: &str,
        domain: &str,
        steps: &[S],
    ) -> Result<ClassId, EditError> {
        let steps = steps.iter().map(|step| step.as_ref().trim().to_owned()).collect();
        let (name, domain) = (name.trim().to_owned(), Some(domain.to_owned()));
        self.add(Class { name, domain, steps, other: Map::new() })
    }

    /// Adds a class with its other fields. An empty domain, or none, is the file's.
    pub fn add(&mut self, class: Class) -> Result<ClassId, EditError> {
        let domain = self.own_domain(class.domain.as_deref().unwrap_or_default());
        let class = Class { domain, ..class };
        let id = fresh(&mut self.next_id);
        let what = format!("{} added", class.name);
        let place = self.content.ids.len();
        self.commit(what, Change::Class { place, before: None, after: Some(Box::new((id, class))) })?;
        Ok(id)
    }

    /// Renames a class or moves it to another domain. An empty domain is the file's.
    pub fn rename_class(&mut self, id: ClassId, name: &str, domain: &str) -> Result<bool, EditError> {
        let place = self.place(id)?;
        let own = self.own_domain(domain);
        let domain = own.as_deref().or(self.file().domain.as_deref()).unwrap_or_default();
        let (old, name) = (self.name(place), name.trim());
        let what = match (name == old, domain == self.domain_of(id)) {
            // Naming the file's own domain explicitly changes nothing.
            (true, true) => return Ok(false),
            (false, true) => format!("{old} renamed to {name}"),
            (true, false) => format!("{old} moved to {domain}"),
            (false, false) => format!("{old} renamed to {name} in {domain}"),
        };
        self.change(place, what, |class| {
            class.name = name.to_owned();
            class.domain = own;
        })
    }

    /// Gives a class the steps and other fields of another.
    pub fn replace_script(&mut self, id: ClassId, by: &Class) -> Result<bool, EditError> {
        let place = self.place(id)?;
        let what = format!("{} written anew", self.name(place));
        self.change(place, what, |class| {
            class.steps.clone_from(&by.steps);
            class.other.extend(by.other.clone());
        })
    }

    pub fn delete_class(&mut self, id: ClassId) -> Result<bool, EditError> {
        let place = self.place(id)?;
        let class = self.content.file.classes[place].clone();
        if self.content.ids.len() == 1 {
            return Err(EditError::LastClass { name: class.name });
        }
        let what = format!("{} deleted", class.name);
        self.commit(what, Change::Class { place, before: Some(Box::new((id, class))), after: None })
    }

    /// Replaces everything, for example by a recovered draft, or by the file after another program changed it (then
    /// [`Document::mark_saved`] follows). Classes with the same name and domain keep their ids, and so do renamed ones at the
    /// same index.
    pub fn replace(&mut self, file: ScriptFile) -> Result<bool, EditError> {
        let name = |file: &ScriptFile, place: usize| {
            let class = &file.classes[place];
            (class.name.clone(), file.domain_of(class).to_owned())
        };
        let old = &self.content;
        let names: Vec<_> = (0..old.ids.len()).map(|place| name(&old.file, place)).collect();
        let mut same: Vec<Option<usize>> = (0..file.classes.len())
            .map(|place| names.iter().position(|other| *other == name(&file, place)))
            .collect();
        // A new name at the index of a missing class is that class, renamed.
        for place in 0..same.len().min(names.len()) {
            if same[place].is_none() && !same.contains(&Some(place)) {
                same[place] = Some(place);
            }
        }
        let ids = same.into_iter().map(|place| match place {
            Some(place) => old.ids[place],
            None => fresh(&mut self.next_id),
        });
        let ids = ids.collect();
        let (before, after) = (Box::new(self.content.clone()), Box::new(Content { file, ids }));
        self.commit("all scripts replaced".to_owned(), Change::All { before, after })
    }

    fn place(&self, id: ClassId) -> Result<usize, EditError> {
        self.position(id).ok_or(EditError::NoClass)
    }

    /// The index of a class, if it has that step.
    fn place_of_step(&self, id: ClassId, step: usize) -> Result<usize, EditError> {
        let place = self.place(id)?;
        let last = self.content.file.classes[place].steps.len();
        if step < last {
            Ok(place)
        } else {
            Err(EditError::NoStep { step, name: self.name(place).to_owned(), last })
        }
    }

    fn name(&self, place: usize) -> &str {
        &self.content.file.classes[place].name
    }

    /// The domain, if it is not the file's.
    fn own_domain(&self, domain: &str) -> Option<String> {
        let domain = domain.trim();
        let is_own = !domain.is_empty() && self.content.file.domain.as_deref() != Some(domain);
        is_own.then(|| domain.to_owned())
    }

    fn change(
        &mut self,
        place: usize,
        what: String,
        change: impl FnOnce(&mut Class),
    ) -> Result<bool, EditError> {
        let before = Box::new((self.content.ids[place], self.content.file.classes[place].clone()));
        let mut after = before.clone();
        change(&mut after.1);
        self.commit(what, Change::Class { place, before: Some(before), after: Some(after) })
    }

    fn commit(&mut self, what: String, mut change: Change) -> Result<bool, EditError> {
        if change.is_none() {
            return Ok(false);
        }
        change.apply(&mut self.content);
        if let Err(fault) = self.content.file.check() {
            change.apply(&mut self.content);
            return Err(fault.into());
        }
        self.history.push(Edit { what, change });
        Ok(true)
    }
}

fn fresh(next_id: &mut u32) -> ClassId {
    let id = ClassId(*next_id);
    *next_id += 1;
    id
}

#[cfg(test)]
mod tests;
