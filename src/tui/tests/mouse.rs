//! Clicks, drags and the wheel.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::*;
use crate::tui::view::layout::Screen;

fn state_and_screen() -> (State, Screen) {
    let mut state = full_state();
    state.area = Rect::new(0, 0, 80, 24);
    let screen = Screen::of(&state, state.area).unwrap();
    (state, screen)
}

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) {
    act(state, Action::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);

#[test]
fn a_click_selects_the_candidate_or_the_step() {
    let (mut state, screen) = state_and_screen();
    mouse(&mut state, CLICK, 10, screen.candidates.y + 3);
    assert_eq!(state.clip().selected, 0, "the third in the ranking");
    mouse(&mut state, CLICK, 10, screen.candidates.y);
    assert_eq!(state.clip().selected, 0, "the heading selects nothing");
    mouse(&mut state, CLICK, 10, screen.candidates.y + 1);
    let panel = &Screen::of(&state, state.area).unwrap().panels[0];
    mouse(&mut state, CLICK, 5, panel.top_of(2).unwrap());
    assert_eq!(state.clip().focus_step(), Some(2));
    assert_eq!(state.clip().cursor_frame(), state.clip().entry_of(2), "the cursor goes where it begins");
}

#[test]
fn clicks_and_drags_on_matrix_or_film_move_the_cursor() {
    let (mut state, screen) = state_and_screen();
    let matrix = screen.panels[0].matrix;
    mouse(&mut state, CLICK, matrix.right() - 1, matrix.y);
    assert_eq!(state.clip().cursor_frame(), Some(FRAMES - 1));
    mouse(&mut state, DRAG, matrix.x + matrix.width / 2, matrix.y);
    let middle = state.clip().cursor_frame().unwrap();
    assert!(middle.abs_diff(FRAMES / 2) <= 1, "{middle}");
    mouse(&mut state, DRAG, screen.strip.x, screen.strip.y);
    assert_eq!(state.clip().cursor_frame(), Some(0));
    mouse(&mut state, CLICK, 0, screen.header.y);
    assert_eq!(state.clip().cursor_frame(), Some(0), "elsewhere nothing happens");
}

#[test]
fn a_click_on_the_picture_of_a_step_selects_it() {
    let (mut state, _) = state_and_screen();
    state.area = Rect::new(0, 0, 160, 50);
    let screen = Screen::of(&state, state.area).unwrap();
    let Rect { x, width, .. } = screen.borders;
    mouse(&mut state, CLICK, x + width * 5 / 8, screen.borders.bottom() - 1);
    assert_eq!(state.clip().focus_step(), Some(2));
    assert_eq!(state.clip().cursor_frame(), state.clip().entry_of(2));
}

#[test]
fn the_wheel_acts_on_the_part_under_it() {
    let (mut state, screen) = state_and_screen();
    let matrix = screen.panels[0].matrix;
    mouse(&mut state, MouseEventKind::ScrollDown, matrix.x, matrix.y);
    assert_eq!(state.clip().cursor_frame(), Some(1));
    mouse(&mut state, MouseEventKind::ScrollDown, 5, screen.candidates.y + 1);
    assert_eq!(state.clip().selected, 2);
    mouse(&mut state, MouseEventKind::ScrollUp, 5, screen.candidates.y + 1);
    let width = state.clip().exploration.outcome().width;
    mouse(&mut state, MouseEventKind::ScrollUp, 5, screen.knobs.y);
    assert_eq!(state.clip().exploration.outcome().width, width + 1);
    mouse(&mut state, MouseEventKind::ScrollDown, 5, screen.panels[0].script.y);
    assert_eq!(state.clip().focus_step(), Some(1));
}

#[test]
fn an_overlay_takes_the_mouse() {
    let (mut state, screen) = state_and_screen();
    type_keys(&mut state, ":");
    mouse(&mut state, MouseEventKind::ScrollDown, 5, screen.candidates.y + 1);
    mouse(&mut state, CLICK, 10, screen.candidates.y + 3);
    assert_eq!(state.clip().selected, 1);
    assert!(state.overlay.is_some());
    type_keys(&mut state, "↓↓⏎");
    assert_eq!(state.clip().selected, 2, "the wheel and two keys lead to the fourth command, candidate-2");
}

#[test]
fn the_mouse_command_toggles_capture() {
    let mut state = full_state();
    let effects = act(&mut state, Action::Do(Command::Mouse));
    assert!(matches!(&effects[..], [Effect::CaptureMouse(true)]));
    let effects = act(&mut state, Action::Do(Command::Mouse));
    assert!(matches!(&effects[..], [Effect::CaptureMouse(false)]));
}
