//! State and action in, changed state and effects out. Nothing here touches the terminal, the disk or a thread.

mod clips;
mod edit;
mod knobs;
mod models;
mod mouse;
mod news;
mod overlays;
mod results;
mod saving;
mod selection;
mod time;
mod tour;
mod views;

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Rect;

use crate::tui::action::{Action, Effect, SaveAs};
use crate::tui::command::{Command, Group};
use crate::tui::keymap::Chord;
use crate::tui::overlay::{Ask, Overlay};
use crate::tui::state::{State, View};
use crate::tui::tour::TOUR;

pub use edit::candidates;
pub use results::{in_words as results_in_words, list as list_results};
pub use selection::select_place;
pub use time::{go_to, next_tick};
pub use views::refresh;
pub use views::show as show_view;

/// Begins the background work on the clip that is shown first.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = clips::show(state, state.shown);
    if state.is_checking {
        effects.push(Effect::Check);
    }
    effects
}

/// Applies one action. `now` is the time since the start, in seconds.
pub fn update(state: &mut State, action: Action, now: f64) -> Vec<Effect> {
    match action {
        Action::Key(key) => {
            let command = state.keymap.command(Chord::of(key));
            // To go back to the shell works everywhere, unless its key is one that a prompt takes.
            let is_typed =
                matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty();
            if state.overlay.is_some() && (command != Some(Command::Suspend) || is_typed) {
                return overlays::key(state, key, now);
            }
            command.map_or_else(Vec::new, |command| update(state, Action::Do(command), now))
        }
        Action::Paste(text) => overlays::paste(state, &text),
        Action::Mouse(mouse) => mouse::hear(state, mouse, now),
        Action::Resize(columns, rows) => {
            state.area = Rect::new(0, 0, columns, rows);
            Vec::new()
        }
        Action::Tick => {
            time::play_on(state, now);
            Vec::new()
        }
        Action::Do(command) => {
            // What has been read makes room for the hints at the next key; an error stays until it is dismissed.
            state.message.take_if(|message| !message.is_error);
            let tour_goes_on = state.tour.is_some_and(|step| (TOUR[step].asks_for)(command));
            let mut effects = obey(state, command, now);
            if tour_goes_on {
                effects.extend(tour::next(state));
            }
            effects
        }
        Action::Background(job, news) => news::hear(state, job, news, now),
        Action::Mapped(clip, maps) => {
            news::hear_maps(state, clip, maps);
            Vec::new()
        }
        Action::Evidence(evidence) => {
            news::hear_evidence(state, evidence);
            Vec::new()
        }
        Action::Listed { asked, folder, entries } => {
            overlays::listed(state, &asked, folder, entries);
            Vec::new()
        }
        Action::ClipFound { path, like } => clips::add(state, path, like),
        Action::ScriptsSaved { path, file, quits } => edit::saved(state, path, *file, quits),
        Action::ScriptsRead(path, file) => edit::open(state, *file, path),
        Action::Tokens(tokens) => {
            state.tokens = Some(tokens);
            Vec::new()
        }
        Action::ScriptsNotSaved { path, quits, reason } => {
            overlays::refuse_file(state, &path, quits, reason);
            Vec::new()
        }
        Action::Written(wanted, script) => models::written(state, wanted, script),
        Action::Seen { clip, model, answer } => {
            models::seen(state, clip, &model, answer);
            Vec::new()
        }
        Action::Checked(checked) => clips::take_checked(state, *checked),
        Action::Saved(path) => {
            let what = if path.extension().is_some_and(|extension| extension == "png") {
                "Saved as PNG, with an SVG beside it: "
            } else {
                "Saved "
            };
            state.say(format!("{what}{}", path.display()));
            Vec::new()
        }
        Action::Failed(text) => {
            state.complain(text);
            Vec::new()
        }
    }
}

fn obey(state: &mut State, command: Command, now: f64) -> Vec<Effect> {
    if command.needs_embeddings() && state.clip().exploration.is_frozen() {
        state.say(if state.is_checking {
            "Whether clip and model are unchanged is still being checked: that needs their embeddings."
        } else {
            "This snapshot is open without its clip or model: that needs their embeddings."
        });
        return Vec::new();
    }
    if command.about().group == Group::Edit && state.clip().has_own_scripts {
        state.say("The steps of this clip are its own, from its dataset: edit them there.");
        return Vec::new();
    }
    match command {
        Command::NextCandidate => selection::select_by(state, 1),
        Command::PreviousCandidate => selection::select_by(state, -1),
        Command::Candidate(place) => selection::select_place(state, usize::from(place) - 1),
        Command::FilterCandidates => return overlays::ask(state, Ask::Filter),
        Command::NextStep => time::next_step(state),
        Command::PreviousStep => time::previous_step(state),
        Command::FrameForward => time::move_cursor(state, 1),
        Command::FrameBack => time::move_cursor(state, -1),
        Command::TenFramesForward => time::move_cursor(state, 10),
        Command::TenFramesBack => time::move_cursor(state, -10),
        Command::FirstFrame => time::move_cursor(state, isize::MIN),
        Command::LastFrame => time::move_cursor(state, isize::MAX),
        Command::WhereTheyPart => time::go_where_they_part(state),
        Command::Play => time::play(state, now),
        Command::ShowScript => views::show(state, View::Script),
        Command::Compare => views::compare(state),
        Command::ShowSmoothing => views::toggle(state, View::Smoothing),
        Command::ShowFrame => views::toggle(state, View::Frame),
        Command::ShowMap => views::toggle(state, View::Map),
        Command::MapColours => state.map_by_domain = !state.map_by_domain,
        Command::NextView => views::turn(state, 1),
        Command::PreviousView => views::turn(state, -1),
        Command::Pin => views::pin(state),
        Command::SmoothLess => knobs::smooth(state, -1),
        Command::SmoothMore => knobs::smooth(state, 1),
        Command::SmoothMuchLess => knobs::smooth(state, -10),
        Command::SmoothMuchMore => knobs::smooth(state, 10),
        Command::NextTemplate => return knobs::turn_template(state, 1),
        Command::PreviousTemplate => return knobs::turn_template(state, -1),
        Command::EditTemplate => return overlays::ask(state, Ask::Template),
        Command::NextAligner => knobs::turn_aligner(state),
        Command::OpenStart => knobs::turn_end(state, |method| &mut method.open_start),
        Command::OpenEnd => knobs::turn_end(state, |method| &mut method.open_end),
        Command::EditAligner => return overlays::ask(state, Ask::Aligner),
        Command::NextCell => knobs::turn(state, |method| method.cell = knobs::next(method.cell)),
        Command::NextPreset => knobs::turn(state, |method| method.preset = knobs::next(method.preset)),
        Command::NextScale => views::turn_scale(state),
        Command::EditCalibration => return overlays::ask(state, Ask::Calibration),
        Command::EditSampling => return overlays::ask(state, Ask::Sampling),
        Command::EditStep => return edit::ask_step(state),
        Command::AddStep => return edit::ask_new_step(state, 1),
        Command::AddStepBefore => return edit::ask_new_step(state, 0),
        Command::DeleteStep => return edit::delete_step(state),
        Command::StepUp => return edit::move_step(state, -1),
        Command::StepDown => return edit::move_step(state, 1),
        Command::AddClass => return overlays::ask(state, Ask::NewClass),
        Command::RenameClass => return edit::ask_class_name(state),
        Command::DeleteClass => return edit::delete_class(state),
        Command::WriteScript => return models::write_selected(state),
        Command::Look => return models::look(state),
        Command::Undo => return edit::travel(state, true),
        Command::Redo => return edit::travel(state, false),
        Command::SaveScripts => return overlays::ask(state, Ask::ScriptsFile { quits: false }),
        Command::NextClip => return clips::turn(state, 1),
        Command::PreviousClip => return clips::turn(state, -1),
        Command::ShowResults => results::list(state),
        Command::NextWrong => return results::turn(state, true),
        Command::PreviousWrong => return results::turn(state, false),
        Command::Open => return overlays::pick_file(state),
        Command::SaveSnapshot => return saving::save(state, SaveAs::Snapshot),
        Command::SaveFigure => return saving::save(state, SaveAs::Figure),
        Command::Palette => overlays::open_palette(state),
        Command::Help => state.overlay = Some(Overlay::Help(0)),
        Command::NextTheme => views::turn_theme(state),
        Command::Mouse => {
            state.mouse = !state.mouse;
            let whose = if state.mouse { "the explorer's" } else { "the terminal's, to select text" };
            state.say(format!("The mouse is {whose}."));
            return vec![Effect::CaptureMouse(state.mouse)];
        }
        Command::Tour => tour::begin(state),
        Command::TourNext => return tour::next(state),
        Command::Suspend => return vec![Effect::Suspend],
        Command::Dismiss => {
            if state.message.take().is_none() {
                return views::leave_or_end_tour(state);
            }
        }
        Command::Quit if state.scripts.is_changed() => state.overlay = Some(Overlay::Leave),
        Command::Quit => return vec![Effect::Quit],
    }
    Vec::new()
}
