//! The mouse: clicks select candidates and steps, clicks and drags move the cursor, the wheel scrolls the part under it.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::tui::action::Effect;
use crate::tui::commands::Command;
use crate::tui::state::State;
use crate::tui::update::{cursor, moments, zoom};
use crate::tui::view::layout::Screen;
use crate::tui::view::{border_at, class_at, moment_at, time_at, timeline};

/// Gives the mouse to the terminal or to the explorer.
pub fn turn(state: &mut State) {
    state.mouse = !state.mouse;
    let does = if state.mouse { "controls the explorer" } else { "selects text" };
    state.say(format!("The mouse now {does}."));
    state.effects.push(Effect::CaptureMouse(state.mouse));
}

/// Handles a mouse event. Returns the command that it stands for, if it does.
pub fn handle(state: &mut State, mouse: MouseEvent) -> Option<Command> {
    let screen = Screen::of(state, state.area)?;
    let at = Position::new(mouse.column, mouse.row);
    let wheel = match mouse.kind {
        MouseEventKind::ScrollDown => 1,
        MouseEventKind::ScrollUp => -1,
        _ => 0,
    };
    if let Some(mut overlay) = state.overlay.take() {
        overlay.wheel(state, wheel);
        state.overlay = Some(overlay);
        return None;
    }
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            state.message.take_if(|message| !message.is_error);
            if screen.candidates.contains(at) {
                if let Some(class) = class_at(state, screen.candidates, at.y) {
                    cursor::select(state, class);
                }
            } else if let Some(step) = step_at(&screen, at).or_else(|| border_at(state, screen.borders, at)) {
                cursor::select_step(state, step);
            } else if let Some(moment) = moment_at(state, screen.overview, at) {
                moments::go(state, moment);
            } else {
                go_to(state, &screen, at);
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => go_to(state, &screen, at),
        MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
            if screen.candidates.contains(at) {
                cursor::select_by(state, wheel);
            } else if step_at(&screen, at).is_some() {
                if wheel > 0 { cursor::next_step(state) } else { cursor::previous_step(state) }
            } else if screen.overview.contains(at) || zooms(mouse.modifiers) {
                zoom::by(state, if wheel > 0 { 2.0 } else { 0.5 });
            } else if screen.knobs.contains(at) {
                return Some(if wheel > 0 { Command::SmoothLess } else { Command::SmoothMore });
            } else {
                cursor::move_cursor(state, wheel);
            }
        }
        _ => {}
    }
    None
}

/// The step of the selected class at a place of the screen.
fn step_at(screen: &Screen, at: Position) -> Option<usize> {
    let panel = screen.panels.last().filter(|panel| panel.script.contains(at))?;
    panel.step_at(at.y)
}

/// Whether the wheel zooms with these keys. Some terminals keep Ctrl and the wheel for the size of the text.
fn zooms(held: KeyModifiers) -> bool {
    held.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

fn go_to(state: &mut State, screen: &Screen, at: Position) {
    if screen.overview.contains(at) {
        return cursor::go_to(state, time_at(state, screen.overview, at));
    }
    if screen.is_on_time(at) {
        let column = at.x.saturating_sub(screen.axis.x);
        let time = timeline(state, screen).time_of_column(usize::from(column));
        cursor::go_to(state, time);
    }
}
