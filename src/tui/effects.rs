//! Runs effects: background jobs, files, the terminal's mouse. Their answers come back as actions.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use color_eyre::eyre::{Result, eyre};
use tracing::{error, warn};

use crate::background::Worker;
use crate::error_chain::error_chain;
use crate::explore::{EvidenceUpdate, Job, Model, Pipeline, Update};
use crate::export;
use crate::files::atomic_write::write_new;
use crate::log_file::printable;
use crate::script::ScriptFile;
use crate::snapshot::{self, Hashes, Snapshot};
use crate::tui::action::{
    Action, ActionSender, Check, Checked, Effect, EntryKind, FileEntry, Listing, Part, SaveAs, TokenCount,
};
use crate::tui::drafts::{DraftKeeper, Drafts};
use crate::tui::frame_picture::PictureDecoder;
use crate::tui::models::{Models, ask_vlm, write_script};
use crate::tui::patches::{self, EmbeddedPatches};
use crate::tui::state::{Message, State};
use crate::tui::terminal::{Terminal, signals};
use crate::video::{Segment, VideoReader};

const OPENING: &str = "opening a file";
const FINDING: &str = "finding moments";
const WRITING: &str = "writing a script";

/// Runs the effects of the explorer. Dropping it waits for what is being saved, and cancels all else.
pub struct Effects {
    send: ActionSender,
    /// What to embed of each clip; none for a clip of which only matrices are left.
    jobs: Vec<Option<Job>>,
    /// What the files of a snapshot contained.
    hashes: Option<Hashes>,
    /// Embedding, by the index of the clip.
    pipelines: HashMap<usize, Pipeline>,
    evidence: Worker<EvidenceUpdate>,
    /// By their names in errors.
    workers: HashMap<&'static str, Worker<Action>>,
    pictures: Arc<PictureDecoder>,
    /// Decodes small pictures, while the other decodes the frame under the cursor.
    film: Arc<PictureDecoder>,
    saving: Worker<Action>,
    /// None without a data folder.
    drafts: Option<DraftKeeper>,
    pub models: Models,
    /// Compares what was opened with what it was, once.
    pub check: Option<Check>,
    folder: PathBuf,
    tour_ended: Option<PathBuf>,
}

impl Effects {
    /// `send` gets the answers; failures among them are logged.
    pub fn new(
        send: ActionSender,
        jobs: Vec<Option<Job>>,
        hashes: Option<Hashes>,
        drafts: Option<Drafts>,
        folder: PathBuf,
        tour_ended: Option<PathBuf>,
    ) -> Self {
        let send: ActionSender = Arc::new(move |action| {
            log_failure(&action);
            send(action);
        });
        let evidence = send.clone();
        Self {
            jobs,
            hashes,
            pipelines: HashMap::new(),
            evidence: Worker::new(
                "order evidence",
                Arc::new(move |update| evidence(Action::Evidence(update))),
            ),
            workers: HashMap::new(),
            pictures: Arc::default(),
            film: Arc::default(),
            saving: Worker::finishing("saving", send.clone()),
            drafts: drafts.map(|drafts| DraftKeeper::new(drafts, send.clone())),
            models: Models::default(),
            check: None,
            folder,
            tour_ended,
            send,
        }
    }

    /// Runs an effect; the answer is sent when it is there.
    pub fn run(&mut self, state: &State, effect: Effect) {
        match effect {
            Effect::Quit => {}
            // The signal comes back through the event loop, which gives the terminal back before it stops.
            Effect::Suspend => {
                if !signals::stop_group() {
                    self.fail("No shell could resume this program: it ignores Ctrl-Z.");
                }
            }
            Effect::Start { clip, job: number, sampling, texts, known } => {
                let Some(job) = &mut self.jobs[clip] else { return };
                job.sampling = sampling;
                let job = Job { texts, known, ..job.clone() };
                let send = self.send.clone();
                let pipeline = Pipeline::start(job, move |news| send(Action::Background(number, news)));
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
                self.worker("the step map")
                    .queue(Action::Failed, move |_| Action::Mapped(clip, Box::new(request.compute())));
            }
            Effect::EmbedNext { clip, ordinals } => {
                if let Some(pipeline) = self.pipelines.get(&clip) {
                    pipeline.embed_next(ordinals);
                }
            }
            Effect::LookAhead { clip, asked, so_far } => {
                self.worker("looking ahead")
                    .queue(Action::Failed, move |_| Action::Looked(clip, asked, so_far.look()));
            }
            Effect::FindEvidence(request) => self
                .evidence
                .replace(|panic| EvidenceUpdate::Failed(eyre!(panic)), move |context| request.find(context)),
            Effect::FindWithout(request) => self
                .worker("scores without steps")
                .replace(Action::Failed, move |_| Action::Without(request.find())),
            Effect::FindMoments { clip, number, search } => {
                self.worker(FINDING).replace(
                    move |panic| Action::MomentsFound(clip, number, Err(panic)),
                    move |context| {
                        let found = search.run(|| context.is_cancelled()).transpose()?;
                        let found = found.map(Box::new).map_err(|error| error.to_string());
                        Some(Action::MomentsFound(clip, number, found))
                    },
                );
            }
            Effect::StopFinding => self.worker(FINDING).stop(),
            Effect::DecodeFrame(request) => {
                let (decoder, job) = (self.pictures.clone(), self.jobs[request.place.clip].clone());
                self.worker("decoding a frame").replace(Action::Failed, move |context| {
                    let picture = decoder.decode(job.as_ref(), request, || !context.is_cancelled());
                    picture.map(Action::FrameDecoded)
                });
            }
            Effect::DecodeFilm(places) => {
                let Some(job) = places.first().and_then(|place| self.jobs[place.clip].clone()) else {
                    return;
                };
                let decoder = self.film.clone();
                self.worker("decoding the film").replace(Action::Failed, move |context| {
                    for place in places {
                        let small = decoder.small(&job, place, || !context.is_cancelled())?;
                        context.send(Action::FilmDecoded(place.clip, Box::new(small)));
                    }
                    None::<Action>
                });
            }
            Effect::EmbedPatches(place) => {
                let (decoder, job) = (self.pictures.clone(), self.jobs[place.clip].clone());
                let failed =
                    move |panic| Action::PatchesEmbedded(EmbeddedPatches { place, patches: Err(panic) });
                self.worker("embedding patches").replace(failed, move |context| {
                    let is_wanted = || !context.is_cancelled();
                    let tell = |done, of| context.send(Action::PatchesEmbedding(place, done, of));
                    let embedded = patches::embed(&decoder, job.as_ref(), place, is_wanted, tell);
                    embedded.map(Action::PatchesEmbedded)
                });
            }
            Effect::CaptureMouse(capture) => {
                if let Err(error) = Terminal::capture_mouse(capture) {
                    self.fail(format!("The terminal has no mouse: {error}"));
                }
            }
            Effect::List(asked) => self.worker("listing a folder").replace(Action::Failed, move |context| {
                let (folder, entries) = list(&asked).unwrap_or_else(|error| {
                    context.send(Action::Failed(format!("{}: {error}", asked.display())));
                    (asked.clone(), Vec::new())
                });
                Action::Listed(Listing { asked, folder, entries })
            }),
            Effect::OpenClip(path) => {
                let (like, sampling) = (state.shown, state.clip().sampling);
                if self.jobs[like].is_none() {
                    return self.fail("This snapshot is open without its model.");
                }
                self.worker(OPENING).queue(Action::Failed, move |_| {
                    match VideoReader::open(&path, sampling, Segment::default()) {
                        Ok(_) => Action::ClipFound { path, like },
                        Err(error) => Action::Failed(error.to_string()),
                    }
                });
            }
            Effect::AddClip { path, like, part } => {
                let job = self.jobs[like].clone();
                self.jobs.push(job.map(|job| match part {
                    Some(Part { segment, skipped }) => {
                        let masks = Arc::new(job.masks.of_part(skipped));
                        Job { segment, masks, ..job }
                    }
                    None => {
                        let (segment, masks) = (Segment::default(), Arc::default());
                        Job { clip: path, rows_per_second: None, segment, masks, ..job }
                    }
                }));
            }
            Effect::Check => {
                let Some(check) = self.check.take() else { return };
                let failed = |text| {
                    let message = Some(Message { text, is_error: true });
                    Action::Checked(Box::new(Checked { live: None, message }))
                };
                self.worker("the check").queue(failed, move |_| Action::Checked(Box::new(check())));
            }
            Effect::SetJob(clip, job) => self.jobs[clip] = Some(*job),
            Effect::OpenScripts(path) => {
                self.worker(OPENING).queue(Action::Failed, move |_| open_scripts(path));
            }
            Effect::CountTokens(sentence) => {
                let Some(job) = &self.jobs[state.shown] else { return };
                let model = job.model.clone();
                self.worker("counting tokens")
                    .replace(Action::Failed, move |_| count_tokens(&model, sentence));
            }
            Effect::SaveScripts { path, file, quits } => {
                let known = (state.scripts.path() == Some(&path)).then(|| state.scripts.saved().clone());
                let of_panic = path.clone();
                self.saving.queue(
                    move |reason| Action::ScriptsNotSaved { path: of_panic, quits, reason },
                    move |_| match save_scripts(&path, &file, known.as_ref()) {
                        Ok(()) => Action::ScriptsSaved { path, file, quits },
                        Err(reason) => Action::ScriptsNotSaved { path, quits, reason },
                    },
                );
            }
            Effect::WriteScript(wanted) => {
                let Some(writer) = self.models.writer.clone() else { return };
                let of_panic = wanted.clone();
                self.worker(WRITING).queue(
                    |panic| Action::Written(of_panic, Err(panic)),
                    move |context| {
                        let script = write_script(&writer, &wanted, || context.is_cancelled());
                        Action::Written(wanted, script.map(Box::new))
                    },
                );
            }
            Effect::StopWriting => self.worker(WRITING).stop(),
            Effect::Look { clip, classes, ordinals, domain } => {
                let Some(vlm) = self.models.vlm.clone() else { return };
                let (model, job) = (vlm.name.clone(), self.jobs[clip].clone());
                let of_panic = model.clone();
                self.worker("asking the vision-language model").queue(
                    move |panic| Action::Seen { clip, model: of_panic, answer: Err(panic) },
                    move |_| {
                        let answer = job
                            .ok_or_else(|| "this snapshot is open without its clip".to_owned())
                            .and_then(|job| ask_vlm(&vlm.viewer, &job, &classes, &ordinals, &domain));
                        Action::Seen { clip, model, answer }
                    },
                );
            }
            Effect::KeepDraft(unsaved) => self.drafts.iter().for_each(|drafts| drafts.keep(unsaved.clone())),
            Effect::DiscardDraft(path) => self.drafts.iter().for_each(|drafts| drafts.discard(path.clone())),
            Effect::EndTour => {
                if let Some(file) = &self.tour_ended
                    && let Err(error) = fs::write(file, "")
                {
                    self.fail(format!("The tour will begin again: {}: {error}", file.display()));
                }
            }
            Effect::Save { clip, snapshot, form } => {
                let (job, folder, hashes) =
                    (self.jobs[clip].clone(), self.folder.clone(), self.hashes.clone());
                let scripts = PathBuf::from(&state.clips[clip].sources.scripts);
                self.saving.queue(Action::Failed, move |_| {
                    let hashes = job.map_or(hashes, |job| {
                        let model = &job.model;
                        Some(Hashes::of(&job.clip, &scripts, model.checkpoint(), model.cache()))
                    });
                    let snapshot = snapshot.stamped(SystemTime::now(), hashes.unwrap_or_default());
                    save(&snapshot, form, &folder).map_or_else(
                        |error| {
                            let folder = folder.display();
                            Action::Failed(format!("Nothing saved in {folder}: {}", error_chain(&error)))
                        },
                        Action::Saved,
                    )
                });
            }
        }
    }

    /// Whether answers other than those of embedding are to come. When it is false, all have been sent.
    pub fn is_busy(&self) -> bool {
        self.evidence.is_busy() || self.saving.is_busy() || self.workers.values().any(Worker::is_busy)
    }

    fn worker(&mut self, name: &'static str) -> &Worker<Action> {
        self.workers.entry(name).or_insert_with(|| Worker::new(name, self.send.clone()))
    }

    fn fail(&self, reason: impl Into<String>) {
        (self.send)(Action::Failed(reason.into()));
    }
}

fn log_failure(action: &Action) {
    match action {
        Action::Failed(reason)
        | Action::ScriptsNotSaved { reason, .. }
        | Action::Written(_, Err(reason))
        | Action::MomentsFound(_, _, Err(reason))
        | Action::Seen { answer: Err(reason), .. } => warn!("{}", printable(reason)),
        Action::Background(_, Update::Failed(report)) | Action::Evidence(EvidenceUpdate::Failed(report)) => {
            error!("{}", printable(&error_chain(report)));
        }
        Action::Background(_, Update::Notice(notice)) => warn!("{}", printable(notice)),
        _ => {}
    }
}

fn open_scripts(path: PathBuf) -> Action {
    if Snapshot::is_at(&path) {
        let path = path.display();
        return Action::Failed(format!("{path} is a snapshot: leave, and open it by actalign-tui {path}"));
    }
    match ScriptFile::load(&path) {
        Ok(file) => Action::ScriptsRead(path, Box::new(file)),
        Err(error) => Action::Failed(error.to_string()),
    }
}

/// None if the tokenizer fails, which whoever embeds the sentence reports.
fn count_tokens(model: &Model, sentence: String) -> Option<Action> {
    let tokenizer = model.checkpoint().tokenizer().ok()?;
    let tokens = tokenizer.encode(&sentence).ok()?;
    let most = tokenizer.length() - 1;
    Some(Action::Tokens(TokenCount { sentence, used: tokens.used, most, cut: tokens.cut }))
}

/// Writes scripts to a new file, or over one that still holds what is `known`.
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

/// Writes a snapshot, or a figure of it as SVG and PNG, and returns the path to name.
fn save(snapshot: &Snapshot, form: SaveAs, folder: &Path) -> Result<PathBuf> {
    if form == SaveAs::Snapshot {
        return Ok(snapshot::save(snapshot, folder)?);
    }
    let (svg, png) = export::figure(snapshot)?;
    let stem = snapshot.stem();
    let name = |number| format!("{stem}.actalign-{number}.svg");
    let svg = write_new(folder, svg.as_bytes(), name)?;
    let stem = svg.file_stem().map_or_else(|| stem.clone(), |stem| stem.to_string_lossy().into_owned());
    Ok(write_new(folder, &png, |number| match number {
        // Beside the SVG under the same name, unless that is taken.
        1 => format!("{stem}.png"),
        number => format!("{stem}-{number}.png"),
    })?)
}

/// The absolute path of a folder and its entries without hidden files.
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
