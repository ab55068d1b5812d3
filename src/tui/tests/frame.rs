//! The frame under the cursor, large.

use super::*;

fn frame_state() -> State {
    let mut state = full_state();
    act(&mut state, Action::Do(Command::ShowFrame));
    for _ in 0..12 {
        act(&mut state, Action::Do(Command::FrameForward));
    }
    state
}

#[test]
fn the_frame_at_80_by_24() {
    insta::assert_snapshot!(text(&draw(&mut frame_state(), ColourDepth::True, 80, 24)));
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
    insta::assert_snapshot!(text(&draw(&mut state, ColourDepth::True, 80, 24)));
}
