//! Reading snapshots back.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::error::Category;
use thiserror::Error;

use crate::backbone::Region;
use crate::explore::{ClassReport, ReportSettings};
use crate::files::input_file::read_bounded;
use crate::files::text_file;
use crate::script::Template;
use crate::snapshot::{Matrices, NAME, SNAPSHOT_FORMAT, ShownPatches, Snapshot, VERSION};

/// Bytes of the largest file that is read: more than a thousand steps by ten thousand frames need.
const MOST: u64 = 256 << 20;

/// A file that cannot be loaded as a snapshot.
#[derive(Debug, Error)]
#[error("cannot read {}: {reason}", path.display())]
pub struct SnapshotError {
    path: PathBuf,
    reason: String,
}

/// Seconds in a hundred years: longer than any clip, and figures can still divide such an axis.
const LONGEST: f64 = 3.2e9;

/// Windows of a frame across and down: more than any model's patches.
const WINDOWS_AT_MOST: usize = 256;

#[derive(Deserialize)]
struct Header {
    format: String,
}

impl Snapshot {
    /// Reads a snapshot from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no snapshot, is one of another version of the format, or contradicts itself.
    pub fn load(path: &Path) -> Result<Self, SnapshotError> {
        let snapshot = match read_bounded(path, MOST) {
            Ok(bytes) => Self::read(&bytes),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(too_large()),
            Err(error) => Err(error.to_string()),
        };
        snapshot.map_err(|reason| SnapshotError { path: path.to_owned(), reason })
    }

    /// Reads a snapshot from a file's bytes.
    ///
    /// # Errors
    /// As [`Snapshot::load`]: why not.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > MOST {
            return Err(too_large());
        }
        let bytes = text_file::without_mark(bytes).map_err(|error| error.to_string())?;
        let no_snapshot = || {
            format!(
                "JSON, but no snapshot: its \"format\" is not \"{SNAPSHOT_FORMAT}\"\nhelp: give a file that the explorer saved"
            )
        };
        let header: Header = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
            Category::Data => no_snapshot(),
            _ => format!("not JSON: {error}\nhelp: give a snapshot, as the explorer saves it"),
        })?;
        let version = header.format.strip_prefix(NAME).and_then(|version| version.parse::<u32>().ok());
        let version = version.ok_or_else(no_snapshot)?;
        if version != VERSION {
            let help = if version > VERSION {
                "update actalign-tui"
            } else {
                "open the clip and save it again, or read it with the version that wrote it"
            };
            return Err(format!(
                "a snapshot of format {version}, but this program reads {VERSION}\nhelp: {help}"
            ));
        }
        let snapshot: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("an incomplete snapshot: {error}"))?;
        snapshot.check().map_err(|fault| format!("an inconsistent snapshot: {fault}"))?;
        Ok(snapshot)
    }

    /// Checks that sizes and indices agree. Numbers are finite: JSON has no others, and those out of range were refused
    /// before.
    fn check(&self) -> Result<(), String> {
        let (times, columns) = (&self.frames.times, self.frames.times.len());
        same("frames.ordinals", self.frames.ordinals.len(), columns, "times")?;
        ensure(times.is_sorted(), || "frames.times go back".to_owned())?;
        let last = times.iter().copied().fold(0.0, |last: f64, time| last.max(time.abs()));
        ensure(last < LONGEST, || format!("frames.times reach {last} s"))?;
        ensure(!self.candidates.is_empty(), || "there are no candidates".to_owned())?;
        for (index, candidate) in self.candidates.iter().enumerate() {
            candidate.check(columns).map_err(|fault| format!("candidates[{index}].{fault}"))?;
        }

        let mut aligned = HashSet::new();
        for (place, class) in self.classes.iter().enumerate() {
            let candidate = self.candidates.get(class.index);
            check_class(class, candidate, columns).map_err(|fault| format!("classes[{place}].{fault}"))?;
            ensure(aligned.insert(class.index), || format!("classes[{place}] comes twice"))?;
        }
        ensure(aligned == self.ranking.iter().copied().collect(), || {
            "ranking does not name the classes".to_owned()
        })?;
        same("ranking", self.ranking.len(), self.classes.len(), "classes")?;

        check_settings(&self.settings).map_err(|fault| format!("settings.{fault}"))?;
        self.check_view()?;
        if let Some(patches) = &self.patches {
            self.check_patches(patches).map_err(|fault| format!("patches.{fault}"))?;
        }
        if let Some(pinned) = &self.pinned {
            check_settings(&pinned.settings).map_err(|fault| format!("pinned.settings.{fault}"))?;
            same("pinned.scores", pinned.scores.len(), self.candidates.len(), "candidates")?;
            for &index in &pinned.ranking {
                self.check_index("pinned.ranking", index)?;
            }
        }
        Ok(())
    }

    fn check_view(&self) -> Result<(), String> {
        self.check_index("view.selected", self.view.selected)?;
        if let Some(compared) = self.view.compared {
            self.check_index("view.compared", compared)?;
        }
        let steps = self.candidates[self.view.selected].steps.len();
        ensure(self.view.step.is_none_or(|step| step < steps), || {
            format!("view.step is beyond the {steps} steps of the selected class")
        })
    }

    fn check_patches(&self, patches: &ShownPatches) -> Result<(), String> {
        for (name, place) in [("of", Some(patches.of)), ("less", patches.less)] {
            let Some((class, step)) = place else { continue };
            let steps = self.candidates.get(class).map_or(0, |candidate| candidate.steps.len());
            ensure(step < steps, || format!("{name} is step {step} of class {class}, which is not there"))?;
        }
        let Region { left, top, width, height } = patches.region;
        let is_part = |start: f64, length: f64| start >= 0.0 && length > 0.0 && start + length <= 1.0 + 1e-9;
        ensure(is_part(left, width) && is_part(top, height), || "region is no part of the frame".to_owned())?;
        let columns = patches.values.first().map_or(0, Vec::len);
        ensure((1..=WINDOWS_AT_MOST).contains(&columns) && patches.values.len() <= WINDOWS_AT_MOST, || {
            format!("values are not 1 to {WINDOWS_AT_MOST} rows of as many windows")
        })?;
        patches
            .values
            .iter()
            .enumerate()
            .try_for_each(|(row, values)| same(&format!("values[{row}]"), values.len(), columns, "windows"))
    }

    fn check_index(&self, name: &str, index: usize) -> Result<(), String> {
        let count = self.candidates.len();
        ensure(index < count, || format!("{name} is {index}, beyond the {count} candidates"))
    }
}

impl Matrices {
    fn check(&self, columns: usize) -> Result<(), String> {
        ensure(!self.steps.is_empty(), || "there are no steps".to_owned())?;
        same("sentences", self.sentences.len(), self.steps.len(), "steps")?;
        for (name, rows) in [("cosines", &self.cosines), ("cells", &self.cells)] {
            let Some(rows) = rows else { continue };
            same(name, rows.len(), self.steps.len(), "steps")?;
            for (step, row) in rows.iter().enumerate() {
                same(&format!("{name}[{step}]"), row.len(), columns, "frames")?;
            }
        }
        ensure(self.cosines.is_some() == self.cells.is_some(), || {
            "cosines and cells are not both there".to_owned()
        })
    }
}

fn check_class(class: &ClassReport, candidate: Option<&Matrices>, columns: usize) -> Result<(), String> {
    let candidate = candidate.filter(|candidate| candidate.cells.is_some());
    let candidate =
        candidate.ok_or_else(|| format!("index {} is of no candidate with cells", class.index))?;
    let steps = candidate.steps.len();
    same("frames_per_step", class.frames_per_step.len(), steps, "steps")?;
    for (name, found) in
        [("contributions", class.contributions.len()), ("without_step", class.without_step.len())]
    {
        // Older versions have none.
        ensure(found == 0 || found == steps, || format!("{name} has {found} entries for {steps} steps"))?;
    }
    ensure(!class.path.is_empty(), || "path is empty".to_owned())?;
    let outside = class.path.iter().find(|&&(step, frame)| step >= steps || frame >= columns);
    ensure(outside.is_none(), || format!("path leaves the matrix of {steps} steps and {columns} frames"))
}

fn check_settings(settings: &ReportSettings) -> Result<(), String> {
    let clip = settings.clip.as_ref().ok_or("clip, smoothing_seconds or template is missing or odd")?;
    ensure(clip.smoothing_seconds >= 0.0, || "smoothing_seconds is below 0".to_owned())?;
    Template::of_text(&clip.template_text).map(|_| ()).map_err(|error| format!("template_text: {error}"))
}

fn too_large() -> String {
    format!("larger than {} MiB, as no snapshot is", MOST >> 20)
}

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}

fn same(name: &str, found: usize, expected: usize, of: &str) -> Result<(), String> {
    ensure(found == expected, || format!("{name} has {found} entries for {expected} {of}"))
}
