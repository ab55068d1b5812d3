//! What the explorer opens, and its first state.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use color_eyre::eyre::Result;
use ratatui::Frame;

use crate::explore::{Exploration, Job, Sources, Thumbnail, Update};
use crate::plot::scale::Scale;
use crate::script::{ClassId, Document, Template};
use crate::snapshot::{Hashes, ViewState};
use crate::tui::action::{Action, ActionSender, Check, Effect};
use crate::tui::clip::{Clip, Pinned};
use crate::tui::commands::Command;
use crate::tui::config::Config;
use crate::tui::drafts::{Drafts, Recovered};
use crate::tui::effects::Effects;
use crate::tui::images::Images;
use crate::tui::models::Models;
use crate::tui::patches::FrameMap;
use crate::tui::results::Results;
use crate::tui::run::{App, TerminalAction, check_terminal, run_app};
use crate::tui::state::{State, View};
use crate::tui::theme::{ColourDepth, Theme};
use crate::tui::update;
use crate::tui::view;
use crate::video::Sampling;

/// What the explorer opens.
pub struct Explorer {
    pub clips: Vec<ClipToExplore>,
    pub scripts: Document,
    pub templates: Vec<Template>,
    pub config: Config,
    /// Where snapshots go.
    pub folder: PathBuf,
    /// What the first clip shows, where that is not its beginning.
    pub moment: Option<Moment>,
    pub models: Models,
    pub results: Option<Results>,
    /// Compares the files with what they were when saved.
    pub check: Option<Check>,
    /// The file that exists once the guided tour has ended; none without a tour.
    pub tour_ended: Option<PathBuf>,
}

/// A saved view of a clip.
pub struct Moment {
    pub view: ViewState,
    pub pinned: Option<Pinned>,
    pub pictures: Vec<Thumbnail>,
    /// The map of a frame, if one was shown.
    pub patches: Option<FrameMap>,
    pub hashes: Hashes,
    pub notice: String,
}

/// A clip to explore.
pub struct ClipToExplore {
    pub id: String,
    /// Index of the true candidate, if known.
    pub answer: Option<usize>,
    /// Kinds of clip, such as `late-start`.
    pub groups: Vec<String>,
    pub exploration: Exploration,
    pub sampling: Sampling,
    /// Which of the open models embeds it. The clips of each model come in the same order.
    pub model: usize,
    /// What to embed; none for a snapshot, of which only matrices are left.
    pub job: Option<Job>,
    /// Clip, scripts, model and device, for reports.
    pub sources: Sources,
}

/// Runs the explorer until the user leaves.
///
/// # Errors
/// If there is no terminal, or it goes away.
pub fn run(explorer: Explorer) -> Result<()> {
    check_terminal("the explorer", "without one, add --plain, or use `actalign-tui classify`")?;
    let protocol = explorer.config.image_protocol;
    run_app(protocol, |send| Running::new(explorer, send)).map(drop)
}

/// The explorer in the event loop.
struct Running {
    state: State,
    effects: Effects,
    /// Run when the screen is drawn.
    waiting: Vec<Effect>,
}

impl Running {
    fn new(explorer: Explorer, send: ActionSender) -> Self {
        let (mut state, effects) = explorer.open(send);
        if state.results.is_some() {
            update::list_results(&mut state);
        }
        let waiting = update::start(&mut state);
        Self { state, effects, waiting }
    }
}

impl From<TerminalAction> for Action {
    fn from(action: TerminalAction) -> Self {
        match action {
            TerminalAction::Key(key) => Self::Key(key),
            TerminalAction::Paste(text) => Self::Paste(text),
            TerminalAction::Mouse(mouse) => Self::Mouse(mouse),
            TerminalAction::Resize(columns, rows) => Self::Resize(columns, rows),
            TerminalAction::Tick => Self::Tick,
        }
    }
}

impl App for Running {
    type Action = Action;

    fn prepare(&mut self, resolution: (u16, u16)) {
        self.state.resolution = resolution;
        self.waiting.extend(update::refresh(&mut self.state));
    }

    fn draw(&self, images: &mut Images, frame: &mut Frame) {
        view::draw(&self.state, images, frame);
    }

    fn drawn(&mut self) {
        for effect in self.waiting.drain(..) {
            self.effects.run(&self.state, effect);
        }
    }

    fn next_tick(&self) -> Option<f64> {
        update::next_tick(&self.state)
    }

    fn takes_mouse(&self) -> bool {
        self.state.mouse
    }

    fn can_wait(action: &Action) -> bool {
        matches!(action, Action::Background(..))
    }

    fn act(&mut self, action: Action, now: f64) -> Result<ControlFlow<()>> {
        match action {
            Action::Background(_, Update::Failed(report)) if self.state.has_nothing_to_explore() => {
                return Err(report);
            }
            action => {
                for effect in update::update(&mut self.state, action, now) {
                    if matches!(effect, Effect::Quit) {
                        return Ok(ControlFlow::Break(()));
                    }
                    self.effects.run(&self.state, effect);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Explorer {
    /// The first state, and what runs its effects.
    pub(super) fn open(self, send: ActionSender) -> (State, Effects) {
        let scripts = self.scripts;
        let (mut clips, jobs): (Vec<Clip>, _) = self
            .clips
            .into_iter()
            .map(|clip| {
                let ClipToExplore { id, answer, groups, exploration, sampling, model, job, sources } = clip;
                let mut clip = Clip::new(id, answer, groups, exploration, sources, sampling);
                clip.model = model;
                clip.find_scripts(&scripts);
                (clip, job)
            })
            .unzip();
        find_twins(&mut clips);
        let Config { keymap, palette, palettes, mouse, .. } = self.config;
        let theme = Theme { depth: ColourDepth::detect(), palette };
        let mut state = State::new(clips, scripts, self.templates, keymap, theme);
        state.themes = palettes;
        state.mouse = mouse;
        state.has_writer = self.models.writer.is_some();
        state.sight = self.models.vlm.as_ref().map(|vlm| vlm.frames);
        state.is_checking = self.check.is_some();
        state.results = self.results;
        let hashes = self.moment.map(|moment| show_moment(&mut state, moment));
        if let Some(file) = &self.tour_ended {
            state.has_tour = true;
            state.tour = (!file.exists()).then_some(0);
        }
        // Without a data folder, edits do not survive a crash.
        let mut drafts = Drafts::open().ok();
        drafts.iter_mut().for_each(|drafts| recover(&mut state, drafts));
        let mut effects = Effects::new(send, jobs, hashes, drafts, self.folder, self.tour_ended);
        effects.models = self.models;
        effects.check = self.check;
        (state, effects)
    }
}

/// Finds the same clip under each model.
pub(super) fn find_twins(clips: &mut [Clip]) {
    let models = clips.iter().map(|clip| clip.model + 1).max().unwrap_or(1);
    let clips_of = |model: usize| clips.iter().enumerate().filter(move |(_, clip)| clip.model == model);
    let by_model: Vec<Vec<usize>> =
        (0..models).map(|model| clips_of(model).map(|(index, _)| index).collect()).collect();
    if models == 1 {
        return;
    }
    for place in 0..by_model[0].len() {
        let twins: Vec<usize> = by_model.iter().map(|clips| clips[place]).collect();
        for &twin in &twins {
            clips[twin].twins.clone_from(&twins);
        }
    }
}

/// Takes up edits that an earlier explorer did not save.
fn recover(state: &mut State, drafts: &mut Drafts) {
    let path = state.scripts.path().map(Path::to_owned);
    let Recovered { draft, faults } = drafts.recover(path.as_deref(), state.scripts.saved());
    let mut messages = faults;
    if let Some(draft) = draft {
        let known = state.scripts.ids().to_vec();
        match state.scripts.replace(draft.file) {
            Err(error) => {
                messages.insert(0, format!("Changes that were not saved cannot be recovered: {error}"))
            }
            Ok(_) => {
                let is_new = |id: &ClassId| !known.contains(id);
                let added: Vec<_> = state.scripts.ids().iter().copied().filter(is_new).collect();
                for clip in &mut state.clips {
                    if let Some(members) = &mut clip.members {
                        members.extend(&added);
                    }
                    update::candidates(clip, &state.scripts);
                }
                let undo = state.keymap.key(Command::Undo);
                let outdated = if draft.is_outdated { ", but the file has changed since" } else { "" };
                let back = format!("Changes that were not saved are back{outdated}. {undo} takes them out.");
                if messages.is_empty() {
                    return state.say(back);
                }
                messages.insert(0, back);
            }
        }
    }
    if !messages.is_empty() {
        state.complain(messages.join("; "));
    }
}

/// Shows a saved moment, and returns the hashes of its files.
fn show_moment(state: &mut State, moment: Moment) -> Hashes {
    let Moment { view, pinned, pictures, patches, hashes, notice } = moment;
    state.patches = patches.as_ref().map(FrameMap::kind);
    state.scale = Scale::named(&view.scale).unwrap_or_default();
    let clip = state.clip_mut();
    let classes = clip.exploration.candidates().len();
    clip.selected = view.selected.min(classes.saturating_sub(1));
    clip.has_selected = true;
    clip.compared = view.compared.filter(|&class| class < classes);
    clip.cursor = view.cursor;
    clip.step = view.step;
    clip.pinned = pinned;
    clip.saved_patches = patches;
    for thumbnail in pictures {
        clip.thumbnails.push(thumbnail);
    }
    update::show_view(state, View::named(&view.view).unwrap_or_default());
    state.say(notice);
    hashes
}
