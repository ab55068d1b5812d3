//! The frame under the cursor, large.

use std::sync::Arc;

use super::*;
use crate::tui::frame_picture::{FramePicture, FrameRequest};
use crate::tui::images::Graphics;

fn frame_state() -> State {
    let mut state = full_state();
    type_keys(&mut state, "fllllllllllll");
    state
}

#[test]
fn the_frame_at_80_by_24() {
    insta::assert_snapshot!(screen(&mut frame_state()));
}

#[test]
fn the_frame_at_200_by_60() {
    insta::assert_snapshot!(text(&draw(&mut frame_state(), ColourDepth::True, 200, 60)));
}

#[test]
fn the_frame_without_colours() {
    let buffer = draw(&mut frame_state(), ColourDepth::None, 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    insta::assert_snapshot!(text(&buffer));
}

#[test]
fn the_frame_before_anything_is_embedded() {
    let mut state = empty_state();
    act(&mut state, Action::Do(Command::ShowFrame));
    insta::assert_snapshot!(screen(&mut state));
}

#[test]
fn no_image_protocol_and_no_size_panics() {
    let pixels = [Graphics::Kitty, Graphics::Iterm2, Graphics::Sixel].map(Rendering::Pixels);
    let mut state = frame_state();
    for means in pixels.into_iter().chain([Rendering::Mosaic(Mosaic::Sextants), Rendering::Outline]) {
        let mut images = Images::new(means, None, false);
        for (width, height) in SIZES {
            for command in [Command::ShowFrame, Command::ShowScript, Command::Help, Command::Dismiss] {
                act(&mut state, Action::Do(command));
                let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                terminal.draw(|frame| view::draw(&state, &mut images, frame)).unwrap();
            }
        }
    }
}

#[test]
fn the_frame_marks_the_path_and_the_highest_step() {
    let mut state = frame_state();
    let marks = |state: &mut State| {
        let screen = screen(state);
        let step = |mark: &str| {
            let lines = screen.lines().filter(|line| line.contains("the athlete") && line.contains(mark));
            lines.map(|line| line.split_whitespace().rev().nth(3).unwrap().to_owned()).collect::<Vec<_>>()
        };
        (step("━"), step("▲"))
    };
    assert_eq!(marks(&mut state), (vec!["2".to_owned()], vec!["2".to_owned()]));
    // The path of the reversed script is not where the frame fits best.
    act(&mut state, Action::Do(Command::NextCandidate));
    let (path, highest) = marks(&mut state);
    assert_eq!(highest, ["3"], "it runs");
    assert_ne!(path, highest);
    let screen = screen(&mut state);
    assert!(screen.contains("best path here: long jump · affinity 0.2989 · step 2"), "{screen}");
}

/// Presses a letter; what the screen then needs is not asked for yet.
fn press(state: &mut State, letter: char) {
    update(state, Action::Key(KeyEvent::from(KeyCode::Char(letter))), 0.0);
}

/// The frame that is to be decoded, if one is.
fn request(state: &mut State) -> Option<FrameRequest> {
    refresh(state).into_iter().find_map(|effect| match effect {
        Effect::DecodeFrame(request) => Some(request),
        _ => None,
    })
}

fn answer(state: &mut State, request: FrameRequest, picture: Result<RgbImage, &str>) {
    let picture = picture.map(Arc::new).map_err(str::to_owned);
    act(state, Action::FrameDecoded(FramePicture { request, picture }));
}

/// Whether the picture's middle on the screen has a colour.
fn shows(state: &mut State, colour: [u8; 3]) -> bool {
    let [r, g, b] = colour;
    draw(state, ColourDepth::True, 80, 24)[(10, 15)].fg == Color::Rgb(r, g, b)
}

const GREEN: [u8; 3] = [10, 200, 30];

fn green() -> RgbImage {
    RgbImage::from_pixel(160, 90, Rgb(GREEN))
}

/// The frame view on a terminal of 80 × 24 with two pixels in a cell.
fn asking_state() -> State {
    let mut state = full_state();
    state.resolution = (1, 2);
    update(&mut state, Action::Resize(80, 24), 0.0);
    assert_eq!(request(&mut state), None, "only the frame view asks");
    type_keys(&mut state, "fl");
    press(&mut state, 'l');
    state
}

#[test]
fn the_frame_under_the_cursor_is_decoded_anew_at_the_size_it_is_shown() {
    let mut state = asking_state();
    let wanted = request(&mut state).expect("it is asked for");
    assert_eq!((wanted.place.clip, wanted.place.ordinal, wanted.place.first), (0, 6, 0));
    assert!((wanted.place.time - 0.2).abs() < 1e-9);
    assert_eq!(request(&mut state), None, "once");
    assert!(!shows(&mut state, GREEN), "the thumbnail stands until then");
    answer(&mut state, wanted, Ok(green()));
    assert!(shows(&mut state, GREEN));
    press(&mut state, 'l');
    assert!(!shows(&mut state, GREEN), "of another frame");
    assert_eq!(request(&mut state).map(|wanted| wanted.place.ordinal), Some(9));

    update(&mut state, Action::Resize(200, 60), 0.0);
    let larger = request(&mut state).expect("another size");
    assert!(larger.most > wanted.most, "{larger:?}");
    state.resolution = (12, 24);
    assert_eq!(
        request(&mut state).map(|wanted| wanted.most),
        Some((1280, 720)),
        "no larger than can be sent"
    );
    state.resolution = (0, 0);
    press(&mut state, 'l');
    assert_eq!(request(&mut state), None, "where no pictures are drawn");
}

#[test]
fn a_picture_that_comes_too_late_is_dropped() {
    let mut state = asking_state();
    let first = request(&mut state).unwrap();
    press(&mut state, 'l');
    let second = request(&mut state).unwrap();
    answer(&mut state, first, Ok(green()));
    assert!(!shows(&mut state, GREEN));
    answer(&mut state, second, Ok(green()));
    assert!(shows(&mut state, GREEN));
    press(&mut state, 'h');
    assert!(!shows(&mut state, GREEN));
}

#[test]
fn a_playing_clip_asks_only_where_the_thumbnail_is_of_another_frame() {
    let mut state = asking_state();
    request(&mut state);
    press(&mut state, ' ');
    update(&mut state, Action::Tick, 0.5);
    assert_eq!(request(&mut state), None, "each frame has its thumbnail");
    state.clip_mut().thumbnails.retain(|ordinal| ordinal < 12);
    update(&mut state, Action::Tick, 0.6);
    assert!(request(&mut state).is_some_and(|wanted| wanted.place.ordinal >= 12));
    press(&mut state, ' ');
}

#[test]
fn why_there_is_no_better_picture_is_said() {
    let mut state = asking_state();
    let wanted = request(&mut state).unwrap();
    answer(&mut state, wanted, Err("the snapshot is open without its clip"));
    let shown = screen(&mut state);
    assert!(shown.contains("a small picture: the snapshot is open without its clip"), "{shown}");
    state.clip_mut().thumbnails.retain(|_| false);
    let shown = screen(&mut state);
    assert!(shown.contains("no picture: the snapshot is open without its clip"), "{shown}");
}
