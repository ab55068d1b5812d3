//! The event loop.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use color_eyre::eyre::{Result, WrapErr, bail};
use crossterm::event::{Event as TerminalEvent, KeyEventKind};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::explore::{EvidenceWorker, Exploration, Job, Pipeline, Sources, Update};
use crate::script::{Document, ScriptFile, Template};
use crate::store::{self, DraftError, Drafts, Hashes, Unsaved};
use crate::tui::action::{Action, Effect, SaveAs};
use crate::tui::clip::Clip;
use crate::tui::command::Command;
use crate::tui::config::Config;
use crate::tui::counter::Counter;
use crate::tui::drafts::DraftKeeper;
use crate::tui::overlay::FileEntry;
use crate::tui::state::State;
use crate::tui::terminal::{Input, Terminal};
use crate::tui::theme::{ColourDepth, Theme};
use crate::tui::update::{self, next_tick, refresh, update};
use crate::video::{Segment, VideoReader};

/// What the explorer opens.
pub struct Explorer {
    /// The clips to turn among, at least one.
    pub clips: Vec<ClipToExplore>,
    /// The scripts that the candidates are from.
    pub scripts: Document,
    /// Templates that can be turned to.
    pub templates: Vec<Template>,
    /// Keys, colours and mouse.
    pub config: Config,
    /// Where snapshots go.
    pub folder: PathBuf,
    /// The file that remembers that the guided tour has ended; none where there is no tour.
    pub tour_ended: Option<PathBuf>,
}

/// A clip that the explorer opens.
pub struct ClipToExplore {
    /// Its name among the clips.
    pub id: String,
    /// Index of the candidate that it shows, where that is known.
    pub answer: Option<usize>,
    /// What kind of clip it is, such as `late-start`.
    pub groups: Vec<String>,
    /// The candidates and the first settings.
    pub exploration: Exploration,
    /// What to embed.
    pub job: Job,
    /// Where everything comes from.
    pub sources: Sources,
}

impl Explorer {
    /// The first state, and the background work of each clip.
    fn open(self, tell: impl Fn(Action) + Clone + Send + 'static) -> (State, Outside) {
        let scripts = self.scripts;
        let (clips, jobs) = self
            .clips
            .into_iter()
            .map(|clip| {
                let sampling = clip.job.sampling;
                let ClipToExplore { id, answer, groups, exploration, job, sources } = clip;
                let mut clip = Clip::new(id, answer, groups, exploration, sources, sampling);
                clip.find_scripts(&scripts);
                (clip, job)
            })
            .unzip();
        let Config { keymap, palette, palettes, mouse, .. } = self.config;
        let theme = Theme { depth: ColourDepth::detect(), palette };
        let mut state = State::new(clips, scripts, self.templates, keymap, theme);
        state.themes = palettes;
        state.mouse = mouse;
        if let Some(file) = &self.tour_ended {
            state.has_tour = true;
            state.tour = (!file.exists()).then_some(0);
        }
        // Without a data folder, edits are not kept for the case of a crash.
        let drafts = Drafts::open().ok().map(|mut drafts| {
            recover(&mut state, &mut drafts).unwrap_or_else(|error| state.complain(error.to_string()));
            DraftKeeper::start(drafts, tell)
        });
        let outside = Outside {
            jobs,
            pipelines: HashMap::new(),
            evidence: None,
            counter: None,
            drafts,
            folder: self.folder,
            tour_ended: self.tour_ended,
        };
        (state, outside)
    }
}

/// Takes up changes that an explorer before did not come to save.
fn recover(state: &mut State, drafts: &mut Drafts) -> Result<(), DraftError> {
    let path = state.scripts.path().map(Path::to_owned);
    let Some(draft) = drafts.recover(path.as_deref(), Some(state.scripts.saved()))? else { return Ok(()) };
    if state.scripts.replace(draft.file.clone()).is_err() {
        return Ok(());
    }
    for clip in &mut state.clips {
        update::candidates(clip, &state.scripts);
    }
    let undo = state.keymap.key(Command::Undo);
    let outdated = if draft.is_outdated { ", but the file has changed since" } else { "" };
    state.say(format!("Changes that were not saved are back{outdated}. {undo} takes them out."));
    drafts.keep(&Unsaved::new(&state.scripts))?;
    drafts.remove(&draft)
}

/// What effects reach.
struct Outside {
    jobs: Vec<Job>,
    /// The background work, by the index of its clip.
    pipelines: HashMap<usize, Pipeline>,
    evidence: Option<EvidenceWorker>,
    counter: Option<Counter>,
    /// None where there is no data folder.
    drafts: Option<DraftKeeper>,
    folder: PathBuf,
    tour_ended: Option<PathBuf>,
}

/// Something that the loop waits for.
enum Event {
    Terminal(TerminalEvent),
    Signal(i32),
    Background(u64, Update),
    /// What came of an effect.
    Answer(Action),
    /// The terminal cannot be read any more.
    Closed,
}

/// Least time between two drawings that only the background asks for: a decoder alone sends hundreds of frames a second.
const BACKGROUND_PAUSE: Duration = Duration::from_millis(40);

/// Runs the explorer until the user leaves.
///
/// # Errors
/// If there is no terminal, or it goes away.
pub fn run(explorer: Explorer) -> Result<()> {
    // A clip may come through standard input: keys are then read from the terminal itself.
    let has_keys = io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
    if !io::stdout().is_terminal() || !has_keys {
        bail!("The explorer needs a terminal. Use `actalign-tui classify` where there is none.");
    }
    let (sender, events) = channel();
    // Signals first: from the moment the terminal is ours, each of them must give it back.
    watch_signals(sender.clone())?;
    let (mut terminal, input) = Terminal::take_over(explorer.config.image_protocol, ColourDepth::detect())
        .wrap_err("The terminal cannot be taken over")?;
    read_terminal(input, sender.clone());
    if explorer.config.mouse {
        // A terminal without one is no reason not to start.
        let _ = Terminal::capture_mouse(true);
    }

    let answer = sender.clone();
    let (state, outside) = explorer.open(move |action| drop(answer.send(Event::Answer(action))));
    let ended_by = event_loop(&mut terminal, state, outside, &events, &sender);
    drop(terminal);
    if let Some(signal) = ended_by? {
        // The parent learns what ended the program, as if the signal had not been caught.
        emulate_default_handler(signal)?;
    }
    Ok(())
}

fn event_loop(
    terminal: &mut Terminal,
    mut state: State,
    mut outside: Outside,
    events: &Receiver<Event>,
    sender: &Sender<Event>,
) -> Result<Option<i32>> {
    let start = Instant::now();
    let mut show = |state: &mut State| {
        let effects = refresh(state);
        terminal.draw(state).map(|()| effects)
    };
    let (columns, rows) = crossterm::terminal::size()?;
    update(&mut state, Action::Resize(columns, rows), 0.0);
    let mut effects = update::start(&mut state);
    // The first picture is there before the background takes the processor.
    effects.extend(show(&mut state)?);
    for effect in effects {
        outside.reach(&state, effect, sender);
    }
    loop {
        let tick = next_tick(&state).map(|at| start + Duration::from_secs_f64(at.max(0.0)));
        let events = next_events(events, Instant::now() + BACKGROUND_PAUSE, tick)?;
        let ticks = tick.filter(|&tick| tick <= Instant::now()).map(|_| Action::Tick);
        let mut actions: Vec<Action> = ticks.into_iter().collect();
        for event in events {
            actions.push(match event {
                Event::Terminal(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                    Action::Key(key)
                }
                Event::Terminal(TerminalEvent::Mouse(mouse)) => Action::Mouse(mouse),
                Event::Terminal(TerminalEvent::Paste(text)) => Action::Paste(text),
                Event::Terminal(TerminalEvent::Resize(columns, rows)) => Action::Resize(columns, rows),
                Event::Terminal(_) => continue,
                Event::Signal(signal) => return Ok(Some(signal)),
                Event::Background(_, Update::Failed(report)) if state.has_nothing_to_explore() => {
                    return Err(report);
                }
                Event::Background(job, news) => Action::Background(job, news),
                Event::Answer(action) => action,
                Event::Closed => bail!("The terminal was closed."),
            });
        }
        for action in actions {
            for effect in update(&mut state, action, start.elapsed().as_secs_f64()) {
                if matches!(effect, Effect::Quit) {
                    return Ok(None);
                }
                outside.reach(&state, effect, sender);
            }
        }
        for effect in show(&mut state)? {
            outside.reach(&state, effect, sender);
        }
    }
}

impl Outside {
    /// Does what the state asks for. What comes of it is sent as an event.
    fn reach(&mut self, state: &State, effect: Effect, sender: &Sender<Event>) {
        let sender = sender.clone();
        // Nobody listens only after the loop has ended.
        let tell = move |event| drop(sender.send(event));
        match effect {
            Effect::Quit => {}
            Effect::Start { clip, job: number, sampling, texts } => {
                self.jobs[clip].sampling = sampling;
                let job = Job { texts, ..self.jobs[clip].clone() };
                let pipeline = Pipeline::start(job, move |news| tell(Event::Background(number, news)));
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
                thread::spawn(move || {
                    let compute = || request.compute(&AtomicBool::new(false)).map(Box::new);
                    // A panic leaves the view without maps, no more.
                    let maps = catch_unwind(AssertUnwindSafe(compute)).unwrap_or(None);
                    tell(Event::Answer(Action::Mapped(clip, maps)));
                });
            }
            Effect::FindEvidence(request) => {
                let tell = move |news| tell(Event::Answer(Action::Evidence(news)));
                self.evidence.get_or_insert_with(|| EvidenceWorker::start(tell)).find(request);
            }
            Effect::CaptureMouse(capture) => {
                if let Err(error) = Terminal::capture_mouse(capture) {
                    tell(Event::Answer(Action::Failed(format!("The terminal has no mouse: {error}"))));
                }
            }
            Effect::List(asked) => {
                thread::spawn(move || {
                    tell(Event::Answer(match list(&asked) {
                        Ok((folder, entries)) => Action::Listed { asked, folder, entries },
                        Err(error) => Action::Failed(format!("{}: {error}", asked.display())),
                    }));
                });
            }
            Effect::OpenClip(path) => {
                let job = &self.jobs[state.shown];
                match VideoReader::check(&path, Segment::default()) {
                    Ok(()) => {
                        self.jobs.push(Job {
                            clip: path.clone(),
                            segment: Segment::default(),
                            ..job.clone()
                        });
                        tell(Event::Answer(Action::ClipFound(path)));
                    }
                    Err(error) => tell(Event::Answer(Action::Failed(error.to_string()))),
                }
            }
            Effect::OpenScripts(path) => tell(Event::Answer(match ScriptFile::load(&path) {
                Ok(file) => Action::ScriptsRead(path, Box::new(file)),
                Err(error) => Action::Failed(error.to_string()),
            })),
            Effect::CountTokens(sentence) => {
                let model = self.jobs[state.shown].model.clone();
                let tell = move |action| tell(Event::Answer(action));
                self.counter.get_or_insert_with(|| Counter::start(tell)).count(model, sentence);
            }
            Effect::SaveScripts { path, file, quits } => {
                let is_another = state.scripts.path() != Some(&path);
                let answer = if is_another && path.exists() {
                    Action::Failed(format!("{} is there already: choose another name.", path.display()))
                } else {
                    match file.save(&path) {
                        Ok(()) => Action::ScriptsSaved { path, file, quits },
                        Err(error) => Action::Failed(error.to_string()),
                    }
                };
                tell(Event::Answer(answer));
            }
            Effect::KeepDraft(unsaved) => {
                self.drafts.iter().for_each(|drafts| drafts.keep((*unsaved).clone()))
            }
            Effect::DiscardDraft(path) => self.drafts.iter().for_each(|drafts| drafts.discard(path.clone())),
            Effect::EndTour => {
                if let Some(file) = &self.tour_ended
                    && let Err(error) = fs::write(file, "")
                {
                    let text = format!("The tour will begin again: {}: {error}", file.display());
                    tell(Event::Answer(Action::Failed(text)));
                }
            }
            Effect::Save { clip, snapshot, form } => {
                let (job, folder) = (self.jobs[clip].clone(), self.folder.clone());
                let scripts = PathBuf::from(&state.clips[clip].sources.scripts);
                thread::spawn(move || {
                    let model = &job.model;
                    let hashes = Hashes::of(&job.clip, &scripts, model.checkpoint(), model.cache());
                    let snapshot = snapshot.stamped(SystemTime::now(), hashes);
                    let saved = match form {
                        SaveAs::Snapshot | SaveAs::Figure => store::save(&snapshot, &folder),
                    };
                    tell(Event::Answer(match saved {
                        Ok(path) => Action::Saved(path),
                        Err(error) => {
                            Action::Failed(format!("Nothing saved in {}: {error}", folder.display()))
                        }
                    }));
                });
            }
        }
    }
}

/// Waits for an event, or until `tick`, and takes all that came with it: a burst is drawn once. News from the background is
/// gathered until `pause` is over; anything else is answered at once.
fn next_events(events: &Receiver<Event>, pause: Instant, tick: Option<Instant>) -> Result<Vec<Event>> {
    let mut gathered = Vec::new();
    match tick {
        None => gathered.push(events.recv()?),
        Some(tick) => {
            gathered.extend(events.recv_timeout(tick.saturating_duration_since(Instant::now())).ok())
        }
    }
    let pause = tick.map_or(pause, |tick| tick.min(pause));
    while !gathered.is_empty() && gathered.iter().all(|event| matches!(event, Event::Background(..))) {
        match events.recv_timeout(pause.saturating_duration_since(Instant::now())) {
            Ok(event) => gathered.push(event),
            Err(_) => break,
        }
    }
    gathered.extend(events.try_iter());
    Ok(gathered)
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
            let is_file = !fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
            entries.push(FileEntry { is_file, name });
        }
    }
    Ok((folder, entries))
}

fn watch_signals(sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if sender.send(Event::Signal(signal)).is_err() {
                break;
            }
        }
    });
    Ok(())
}

fn read_terminal(mut input: Input, sender: Sender<Event>) {
    thread::spawn(move || {
        loop {
            let event = input.read().map_or(Event::Closed, Event::Terminal);
            let closed = matches!(event, Event::Closed);
            if sender.send(event).is_err() || closed {
                break;
            }
        }
    });
}
