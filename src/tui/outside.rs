//! What lies outside the state: background work, files, the terminal's mouse.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use color_eyre::eyre::Result;

use crate::atomic_write::write_new;
use crate::error_chain::error_chain;
use crate::error_chain::panic_message;
use crate::explore::{EvidenceWorker, Job, Pipeline};
use crate::export;
use crate::script::ScriptFile;
use crate::store::{self, Hashes, Snapshot};
use crate::tui::action::{Action, Check, Checked, Effect, EntryKind, FileEntry, Listing, SaveAs, Tell};
use crate::tui::counter::Counter;
use crate::tui::drafts::DraftKeeper;
use crate::tui::models::Models;
use crate::tui::state::{Message, State};
use crate::tui::terminal::{Terminal, signals};
use crate::video::{Segment, VideoReader};

/// What effects reach.
pub struct Outside {
    tell: Tell,
    /// What each clip embeds, if it does.
    jobs: Vec<Option<Job>>,
    /// What the files of a snapshot contained.
    hashes: Option<Hashes>,
    /// The background work, by the index of its clip.
    pipelines: HashMap<usize, Pipeline>,
    evidence: Option<EvidenceWorker>,
    counter: Option<Counter>,
    /// None where there is no data folder.
    drafts: Option<DraftKeeper>,
    /// Language models that may be asked.
    pub models: Models,
    /// Compares what was opened with what it was, once.
    pub check: Option<Check>,
    /// Set to stop the script that is being written.
    stop_writing: Arc<AtomicBool>,
    /// What is being saved.
    saves: Vec<JoinHandle<()>>,
    folder: PathBuf,
    tour_ended: Option<PathBuf>,
}

impl Drop for Outside {
    /// Who leaves right after saving finds the file all the same.
    fn drop(&mut self) {
        for save in self.saves.drain(..) {
            let _ = save.join();
        }
    }
}

impl Outside {
    /// Nothing has begun.
    pub fn new(
        tell: Tell,
        jobs: Vec<Option<Job>>,
        hashes: Option<Hashes>,
        drafts: Option<DraftKeeper>,
        folder: PathBuf,
        tour_ended: Option<PathBuf>,
    ) -> Self {
        let pipelines = HashMap::new();
        let saves = Vec::new();
        Self {
            tell,
            jobs,
            hashes,
            pipelines,
            evidence: None,
            counter: None,
            drafts,
            models: Models::default(),
            check: None,
            stop_writing: Arc::default(),
            saves,
            folder,
            tour_ended,
        }
    }

    /// Does what the state asks for, and tells what comes of it.
    pub fn reach(&mut self, state: &State, effect: Effect) {
        let tell = self.tell.clone();
        match effect {
            Effect::Quit => {}
            // The signal comes back through the event loop, which gives the terminal back before it stops.
            Effect::Suspend => {
                if !signals::stop_group() {
                    tell(Action::Failed("No shell could resume this program: it ignores Ctrl-Z.".to_owned()));
                }
            }
            Effect::Start { clip, job: number, sampling, texts, known } => {
                let Some(job) = &mut self.jobs[clip] else { return };
                job.sampling = sampling;
                let job = Job { texts, known, ..job.clone() };
                let pipeline = Pipeline::start(job, move |news| tell(Action::Background(number, news)));
                self.pipelines.insert(clip, pipeline);
            }
            Effect::Stop(clip) => drop(self.pipelines.remove(&clip)),
            Effect::EmbedTexts(texts) => {
                if let Some(pipeline) = self.pipelines.get(&state.shown) {
                    pipeline.embed_texts(texts);
                }
            }
            Effect::PrefetchTexts { clip, texts } => {
                if let Some(pipeline) = self.pipelines.get(&clip) {
                    pipeline.prefetch_texts(texts);
                }
            }
            Effect::Map(clip, request) => {
                spawn(tell, move || Action::Mapped(clip, Box::new(request.compute())));
            }
            Effect::FindEvidence(request) => {
                let tell = move |news| tell(Action::Evidence(news));
                self.evidence.get_or_insert_with(|| EvidenceWorker::start(tell)).find(request);
            }
            Effect::CaptureMouse(capture) => {
                if let Err(error) = Terminal::capture_mouse(capture) {
                    tell(Action::Failed(format!("The terminal has no mouse: {error}")));
                }
            }
            Effect::List(asked) => {
                spawn(tell.clone(), move || {
                    let (folder, entries) = list(&asked).unwrap_or_else(|error| {
                        tell(Action::Failed(format!("{}: {error}", asked.display())));
                        (asked.clone(), Vec::new())
                    });
                    Action::Listed(Listing { asked, folder, entries })
                });
            }
            Effect::OpenClip(path) => {
                let (like, sampling) = (state.shown, state.clip().sampling);
                if self.jobs[like].is_none() {
                    return tell(Action::Failed("This snapshot is open without its model.".to_owned()));
                }
                spawn(tell, move || match VideoReader::open(&path, sampling, Segment::default()) {
                    Ok(_) => Action::ClipFound { path, like },
                    Err(error) => Action::Failed(error.to_string()),
                });
            }
            Effect::AddClip { path, like } => {
                let job = self.jobs[like].clone();
                let (segment, masks) = (Segment::default(), Arc::default());
                self.jobs.push(job.map(|job| Job {
                    clip: path,
                    rows_per_second: None,
                    segment,
                    masks,
                    ..job
                }));
            }
            Effect::Check => {
                let Some(check) = self.check.take() else { return };
                spawn(tell, move || {
                    let checked = catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|panic| {
                        let text = format!("The check stopped unexpectedly: {}", panic_message(&*panic));
                        Checked { live: None, message: Some(Message { text, is_error: true }) }
                    });
                    Action::Checked(Box::new(checked))
                });
            }
            Effect::SetJob(clip, job) => self.jobs[clip] = Some(*job),
            Effect::OpenScripts(path) => {
                spawn(tell, move || {
                    if Snapshot::is_at(&path) {
                        let path = path.display();
                        return Action::Failed(format!(
                            "{path} is a snapshot: leave, and open it by actalign-tui {path}"
                        ));
                    }
                    match ScriptFile::load(&path) {
                        Ok(file) => Action::ScriptsRead(path, Box::new(file)),
                        Err(error) => Action::Failed(error.to_string()),
                    }
                });
            }
            Effect::CountTokens(sentence) => {
                let Some(job) = &self.jobs[state.shown] else { return };
                let model = job.model.clone();
                self.counter.get_or_insert_with(|| Counter::start(tell)).count(model, sentence);
            }
            Effect::SaveScripts { path, file, quits } => {
                let known = (state.scripts.path() == Some(&path)).then(|| state.scripts.saved().clone());
                self.saves.retain(|save| !save.is_finished());
                self.saves.push(spawn(tell, move || match save_scripts(&path, &file, known.as_ref()) {
                    Ok(()) => Action::ScriptsSaved { path, file, quits },
                    Err(reason) => Action::ScriptsNotSaved { path, quits, reason },
                }));
            }
            Effect::WriteScript(wanted) => {
                self.stop_writing = Arc::default();
                self.models.write(wanted, self.stop_writing.clone(), tell);
            }
            Effect::StopWriting => self.stop_writing.store(true, Ordering::Relaxed),
            Effect::Look { clip, classes, ordinals, domain } => match self.jobs[clip].clone() {
                Some(job) => self.models.look(clip, job, classes, ordinals, domain, tell),
                None => {
                    let answer = Err("this snapshot is open without its clip".to_owned());
                    tell(Action::Seen { clip, model: "the vision-language model".to_owned(), answer });
                }
            },
            Effect::KeepDraft(unsaved) => self.drafts.iter().for_each(|drafts| drafts.keep(unsaved.clone())),
            Effect::DiscardDraft(path) => self.drafts.iter().for_each(|drafts| drafts.discard(path.clone())),
            Effect::EndTour => {
                if let Some(file) = &self.tour_ended
                    && let Err(error) = fs::write(file, "")
                {
                    let text = format!("The tour will begin again: {}: {error}", file.display());
                    tell(Action::Failed(text));
                }
            }
            Effect::Save { clip, snapshot, form } => {
                let (job, folder, hashes) =
                    (self.jobs[clip].clone(), self.folder.clone(), self.hashes.clone());
                let scripts = PathBuf::from(&state.clips[clip].sources.scripts);
                self.saves.retain(|save| !save.is_finished());
                self.saves.push(spawn(tell, move || {
                    let hashes = job.map_or(hashes, |job| {
                        let model = &job.model;
                        Some(Hashes::of(&job.clip, &scripts, model.checkpoint(), model.cache()))
                    });
                    let snapshot = snapshot.stamped(SystemTime::now(), hashes.unwrap_or_default());
                    match save(&snapshot, form, &folder) {
                        Ok(path) => Action::Saved(path),
                        Err(error) => Action::Failed(format!(
                            "Nothing saved in {}: {}",
                            folder.display(),
                            error_chain(&error)
                        )),
                    }
                }));
            }
        }
    }
}

/// Works beside the loop, and tells what came of it.
fn spawn(tell: Tell, work: impl FnOnce() -> Action + Send + 'static) -> JoinHandle<()> {
    thread::spawn(move || {
        let action = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            Action::Failed(format!("This stopped unexpectedly: {}", panic_message(&*panic)))
        });
        tell(action);
    })
}

/// Writes scripts over the file that they came from, if it is still as it was `known`, or to a new one.
fn save_scripts(path: &Path, file: &ScriptFile, known: Option<&ScriptFile>) -> Result<(), String> {
    let name = path.display();
    match known {
        None if path.exists() => return Err(format!("{name} is there already: choose another name.")),
        Some(known) if path.exists() && !ScriptFile::load(path).is_ok_and(|found| found == *known) => {
            return Err(format!("{name} was changed by another program: save under another name."));
        }
        _ => {}
    }
    file.save(path).map_err(|error| error.to_string())
}

/// Writes a snapshot, or a figure of it as SVG and as PNG; the path that is named to the user.
fn save(snapshot: &Snapshot, form: SaveAs, folder: &Path) -> Result<PathBuf> {
    if form == SaveAs::Snapshot {
        return Ok(store::save(snapshot, folder)?);
    }
    let figure = export::figure(snapshot)?;
    let stem = snapshot.stem();
    let name = |number| format!("{stem}.actalign-{number}.svg");
    let svg = write_new(folder, figure.svg.as_bytes(), name)?;
    let stem = svg.file_stem().map_or_else(|| stem.clone(), |stem| stem.to_string_lossy().into_owned());
    Ok(write_new(folder, &figure.png, |number| match number {
        // Beside the SVG under the same name, unless that is taken.
        1 => format!("{stem}.png"),
        number => format!("{stem}-{number}.png"),
    })?)
}

/// A folder from the root, and what is in it; hidden files are left out.
fn list(folder: &Path) -> io::Result<(PathBuf, Vec<FileEntry>)> {
    let folder = folder.canonicalize()?;
    let mut entries = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            // A link counts as what it leads to.
            let is_folder = fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
            let kind = if is_folder { EntryKind::Folder } else { EntryKind::File };
            entries.push(FileEntry { kind, name });
        }
    }
    Ok((folder, entries))
}
