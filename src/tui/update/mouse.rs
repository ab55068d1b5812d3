//! The mouse: a click selects a candidate or a step and moves the cursor, dragging moves it on, the wheel turns what is
//! under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::tui::action::Effect;
use crate::tui::command::Command;
use crate::tui::overlay::Overlay;
use crate::tui::state::State;
use crate::tui::update::{overlays, selection, time};
use crate::tui::view::layout::Screen;
use crate::tui::view::{class_at, timeline};

/// Takes what the mouse did.
pub fn hear(state: &mut State, mouse: MouseEvent, now: f64) -> Vec<Effect> {
    let Some(screen) = Screen::of(state, state.area) else { return Vec::new() };
    let at = Position::new(mouse.column, mouse.row);
    let wheel = match mouse.kind {
        MouseEventKind::ScrollDown => 1,
        MouseEventKind::ScrollUp => -1,
        _ => 0,
    };
    if let Some(overlay) = &mut state.overlay {
        if let Overlay::Help(scroll) = overlay {
            *scroll = scroll.saturating_add_signed(3 * wheel as i16);
        } else if wheel != 0 {
            overlays::move_by(state, wheel);
        }
        return Vec::new();
    }
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            state.message.take_if(|message| !message.is_error);
            if screen.candidates.contains(at) {
                if let Some(class) = class_at(state, screen.candidates, at.y) {
                    selection::select(state, class);
                }
            } else if let Some(step) = step_at(&screen, at) {
                time::select_step(state, step);
            } else {
                go_to(state, &screen, at);
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => go_to(state, &screen, at),
        MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
            if screen.candidates.contains(at) {
                selection::select_by(state, wheel);
            } else if step_at(&screen, at).is_some() {
                if wheel > 0 { time::next_step(state) } else { time::previous_step(state) }
            } else if screen.knobs.contains(at) {
                let command = if wheel > 0 { Command::SmoothLess } else { Command::SmoothMore };
                return super::update(state, crate::tui::action::Action::Do(command), now);
            } else {
                time::move_cursor(state, wheel);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The step of the selected class whose text is there.
fn step_at(screen: &Screen, at: Position) -> Option<usize> {
    let panel = screen.panels.last().filter(|panel| panel.script.contains(at))?;
    panel.step_at(at.y)
}

fn go_to(state: &mut State, screen: &Screen, at: Position) {
    if screen.is_on_time(at) {
        let column = at.x.saturating_sub(screen.axis.x);
        let time = timeline(state, screen).time_of_column(usize::from(column));
        time::go_to(state, time);
    }
}
