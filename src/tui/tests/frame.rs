//! The frame under the cursor, large.

use super::*;
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
    for means in pixels.into_iter().chain([Rendering::HalfBlocks, Rendering::Outline]) {
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
