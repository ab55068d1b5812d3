//! The film strip, and the larger pictures below it.

use ratatui::layout::Rect;

use super::*;
use crate::tui::view::layout::Screen;

/// The colour of a frame's picture.
fn colour_of(frame: usize) -> Color {
    let shade = (frame * 255 / FRAMES) as u8;
    Color::Rgb(shade, 128, 255 - shade)
}

fn film_state() -> (State, Screen) {
    let mut state = full_state();
    state.area = Rect::new(0, 0, 160, 50);
    // The cursor is in the third step.
    type_keys(&mut state, "nnl");
    let screen = Screen::of(&state, state.area).unwrap();
    (state, screen)
}

/// The frame whose picture is drawn at a place.
fn frame_at(buffer: &Buffer, x: u16, y: u16) -> Option<usize> {
    (0..FRAMES).find(|&frame| buffer[(x, y)].fg == colour_of(frame))
}

#[test]
fn the_first_frame_of_each_step_is_drawn_below_the_axis() {
    let (mut state, screen) = film_state();
    let buffer = draw(&mut state, ColourDepth::True, 160, 50);
    let Rect { x, y, width, height } = screen.borders;
    assert!(height > screen.strip.height, "larger than in the film");
    let place = (width + 1) / 4;
    for step in 0..4 {
        let middle = x + step * place + 3;
        let entry = state.clip().entry_of(step.into());
        assert_eq!(frame_at(&buffer, middle, y + height / 2), entry, "{step}");
    }
    let shown = text(&buffer);
    assert!(shown.contains("3 from 2.00 s"), "{shown}");
}

#[test]
fn the_frame_under_the_cursor_is_in_the_film_and_larger_below_its_facts() {
    let (mut state, screen) = film_state();
    let cursor = state.clip().cursor_frame();
    let buffer = draw(&mut state, ColourDepth::True, 160, 50);
    let pictures = |area: Rect| area.positions().filter(|at| frame_at(&buffer, at.x, at.y) == cursor).count();
    assert!(pictures(screen.strip) > 0);
    assert!(pictures(screen.facts) > pictures(screen.strip));
    let columns: Vec<u16> = screen
        .strip
        .positions()
        .filter(|at| frame_at(&buffer, at.x, at.y) == cursor)
        .map(|at| at.x)
        .collect();
    let column = screen.axis.x + (state.clip().cursor / 4.0 * f64::from(screen.axis.width)) as u16;
    let (first, last) = (columns.iter().min().unwrap(), columns.iter().max().unwrap());
    assert!((first - 2..=last + 2).contains(&column), "{first} {column} {last}");
}

#[test]
fn a_place_of_the_film_without_the_cursor_shows_where_a_step_begins() {
    let (mut state, screen) = film_state();
    let buffer = draw(&mut state, ColourDepth::True, 160, 50);
    let shown: Vec<usize> = screen.strip.positions().filter_map(|at| frame_at(&buffer, at.x, at.y)).collect();
    for step in [0, 1, 3] {
        let entry = state.clip().entry_of(step).unwrap();
        assert!(shown.contains(&entry), "step {step} begins at frame {entry}");
    }
}

#[test]
fn a_small_screen_has_the_film_alone() {
    let state = full_state();
    let screen = Screen::of(&state, Rect::new(0, 0, 80, 24)).unwrap();
    assert_eq!((screen.strip.height >= 3, screen.borders.height), (true, 0));
    assert_eq!(screen.panels[0].rows_per_step, 2, "the script keeps its rows");
}
