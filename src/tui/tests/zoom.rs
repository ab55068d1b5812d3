//! The part of a recording that is shown, and moments as clips of their own.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::long::{ALL, RATE, effects_of, frame_of, go, place_of, recording_state, searched_state};
use super::*;
use crate::tui::frame_picture::FramePlace;
use crate::tui::update::moments;
use crate::tui::view::layout::Screen;

fn mouse(state: &mut State, kind: MouseEventKind, modifiers: KeyModifiers, column: u16, row: u16) {
    act(state, Action::Mouse(MouseEvent { kind, column, row, modifiers }));
}

#[test]
fn zooming_keeps_the_cursor_in_its_place_and_the_window_follows_it() {
    let mut state = recording_state();
    let column = |state: &State| {
        let (start, end) = state.clip().window();
        (state.clip().cursor - start) / (end - start)
    };
    act(&mut state, Action::Do(Command::TenFramesForward));
    crate::tui::update::go_to(&mut state, 100.0);
    let before = column(&state);
    for seconds in [150.0, 75.0, 37.5] {
        type_keys(&mut state, "Z");
        let (start, end) = state.clip().window();
        assert!((end - start - seconds).abs() < 1e-6, "{start}–{end}");
        assert!((column(&state) - before).abs() < 1e-6);
    }
    assert!(screen(&mut state).contains("▲100.00s"), "{}", screen(&mut state));
    act(&mut state, Action::Do(Command::LastFrame));
    let is_window = |state: &State, wanted: (f64, f64)| {
        let (start, end) = state.clip().window();
        assert!((start - wanted.0).abs() + (end - wanted.1).abs() < 1e-6, "{start}–{end}");
    };
    is_window(&state, (300.0 - 37.5, 300.0));
    type_keys(&mut state, "g");
    is_window(&state, (0.0, 37.5));
    type_keys(&mut state, "---");
    assert_eq!((state.clip().zoom, state.clip().window()), (None, (0.0, 300.0)));
    type_keys(&mut state, "ZZ0");
    assert_eq!(state.clip().zoom, None);
    type_keys(&mut state, "ZZZZZZZZZZZZ");
    let (start, end) = state.clip().window();
    assert!((end - start - 2.0).abs() < 1e-6, "four frames are the least: {start}–{end}");
}

#[test]
fn a_zoomed_matrix_has_the_columns_of_its_window() {
    let mut state = searched_state();
    go(&mut state, 120);
    let shown = draw(&mut state, ColourDepth::True, 120, 40);
    let screen = Screen::of(&state, state.area).unwrap();
    let Rect { x, width, .. } = screen.panels[0].matrix;
    let bright = |step: usize| {
        let row = screen.panels[0].top_of(step).unwrap();
        let is_bright = |at: u16| match shown[(x + at, row)].bg {
            Color::Rgb(red, green, _) => red > 180 && green > 180,
            _ => false,
        };
        (0..width).filter(|&at| is_bright(at)).collect::<Vec<_>>()
    };
    for step in 0..4 {
        let columns = bright(step);
        assert!(columns.len() > usize::from(width / 16), "step {step} is wide: {columns:?}");
    }
    assert!(bright(0)[0] < bright(3)[0]);
}

#[test]
fn the_wheel_zooms_with_ctrl_or_alt_and_on_the_overview() {
    let mut state = searched_state();
    let screen = Screen::of(&state, state.area).unwrap();
    let matrix = screen.panels[0].matrix;
    let seconds = |state: &State| state.clip().window().1 - state.clip().window().0;
    mouse(&mut state, MouseEventKind::ScrollUp, KeyModifiers::CONTROL, matrix.x, matrix.y);
    assert_eq!(seconds(&state), 150.0);
    mouse(&mut state, MouseEventKind::ScrollUp, KeyModifiers::ALT, matrix.x, matrix.y);
    assert_eq!(seconds(&state), 75.0);
    mouse(&mut state, MouseEventKind::ScrollDown, KeyModifiers::NONE, 50, screen.overview.y);
    assert_eq!(seconds(&state), 150.0);
    mouse(&mut state, MouseEventKind::ScrollDown, KeyModifiers::NONE, matrix.x, matrix.y);
    assert_eq!((seconds(&state), state.clip().cursor_frame()), (150.0, Some(1)), "else it moves in time");
}

#[test]
fn a_click_on_the_overview_goes_to_the_moment_or_the_time() {
    let mut state = searched_state();
    let click = MouseEventKind::Down(MouseButton::Left);
    let overview = Screen::of(&state, state.area).unwrap().overview;
    mouse(&mut state, click, KeyModifiers::NONE, 61, overview.y + 1);
    assert_eq!((state.clip().selected, state.clip().zoom.is_some()), (2, true));
    mouse(&mut state, click, KeyModifiers::NONE, 100, overview.y);
    assert!((state.clip().cursor - 250.0).abs() < 3.0, "{}", state.clip().cursor);
    let (start, end) = state.clip().window();
    assert!(start < state.clip().cursor && state.clip().cursor < end);
}

#[test]
fn a_moment_opens_as_a_clip_of_its_own_without_embedding_it_again() {
    let mut state = searched_state();
    go(&mut state, 120);
    let (start, end) = {
        let moment = state.clip().moment_of(1).unwrap();
        (moment.found.start, moment.found.end)
    };
    let effects = type_keys(&mut state, "'");
    let part = effects.iter().find_map(|effect| match effect {
        Effect::AddClip { like: 0, part, .. } => *part,
        _ => None,
    });
    let known = effects.iter().find_map(|effect| match effect {
        Effect::Start { clip: 1, known, .. } => Some(known),
        _ => None,
    });
    let (Some(part), Some(known)) = (part, known) else { panic!("{effects:?}") };
    assert_eq!((part.segment.start, part.segment.end), (Some(start), Some(end)));
    let frames = ((end - start) * RATE).round() as usize;
    assert_eq!((known.len(), part.skipped), (frames, (start * RATE) as u64 * 3));
    assert_eq!((state.shown, state.clip().exploration.frame_count()), (1, frames));
    // The ordinary views are there at once, and the moment is its class.
    let outcome = state.clip().exploration.outcome();
    assert_eq!((outcome.ranking[0], outcome.times[0]), (1, start));
    assert!(screen(&mut state).contains("long jump leads"), "{}", screen(&mut state));
    let (first, last) = state.clip().span();
    assert!((first - start).abs() < 0.6 && (last - end).abs() < 0.6, "{first}–{last}");

    let cursor = state.clips[0].cursor;
    type_keys(&mut state, "'");
    assert_eq!((state.shown, state.clip().cursor), (0, cursor));
    assert!(state.clip().zoom.is_some(), "as it was left");
    let effects = type_keys(&mut state, "'");
    assert_eq!((state.shown, state.clips.len()), (1, 2), "shown again: {effects:?}");
}

#[test]
fn what_a_part_embeds_is_known_to_the_whole() {
    let mut state = searched_state();
    type_keys(&mut state, ";'");
    let mut more = frame_of(0);
    (more.ordinal, more.time) = (1000, 65.2);
    more.shown = Shown { until: 65.3, rows: Vec::new() };
    let before = state.clips[0].exploration.embedded_frames().len();
    send(&mut state, Update::Frames(vec![more]));
    type_keys(&mut state, "'");
    assert_eq!(state.clip().exploration.embedded_frames().len(), before + 1);
    assert_eq!(state.clip().exploration.outcome().times.len(), ALL, "which takes only frames of its ticks");
}

#[test]
fn a_zoomed_film_has_pictures_of_its_own() {
    let mut state = searched_state();
    state.resolution = (1, 2);
    let film = |effects: Vec<Effect>| -> Vec<FramePlace> {
        let places = |effect| if let Effect::DecodeFilm(places) = effect { Some(places) } else { None };
        effects.into_iter().find_map(places).unwrap_or_default()
    };
    assert!(film(refresh(&mut state)).is_empty(), "the whole clip has its thumbnails");
    let moment = place_of(&state, 120);
    moments::go(&mut state, moment);
    let places = film(refresh(&mut state));
    let (start, end) = state.clip().window();
    assert!(places.len() > 20, "{}", places.len());
    assert!(places.iter().all(|place| start <= place.time && place.time < end && place.first == 0));
    assert!(film(refresh(&mut state)).is_empty(), "once");
    let shown =
        |state: &State, time: f64| state.clip().thumbnail(time).map(|(_, found)| found.picture.ordinal);
    for place in &places {
        assert_ne!(shown(&state, place.time), Some(place.ordinal));
        let picture = RgbImage::from_pixel(16, 9, Rgb([9, 200, 9]));
        let thumbnail = Thumbnail::new(place.ordinal, place.time, &picture).unwrap();
        act(&mut state, Action::FilmDecoded(0, Box::new(thumbnail)));
        assert_eq!(shown(&state, place.time), Some(place.ordinal));
    }
    // Further in, all of them are there.
    assert!(film(effects_of(&mut state, Action::Do(Command::ZoomIn))).is_empty());
    // Outside of the window the thumbnails of the whole clip stay.
    assert_eq!(shown(&state, 201.0), Some(400 * 3));
}
