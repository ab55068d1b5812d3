//! Maps of the frame under the cursor.

use std::sync::Arc;

use ndarray::Array2;

use super::*;
use crate::explain::{FramePatches, Grid};
use crate::snapshot::Snapshot;
use crate::tui::frame_picture::{FramePicture, FramePlace};
use crate::tui::patches::{self, EmbeddedPatches, FrameMap, NoMap, PatchKind, StepPlace};
use crate::tui::theme::Palette;

/// Row and column of the window with what stands, and of the one that hides it; of 4 × 4.
const FOR: (usize, usize) = (1, 2);
const AGAINST: (usize, usize) = (3, 0);

/// A frame of an athlete who stands, seen in one window and hidden by another.
fn standing() -> FramePatches {
    let grid = Grid::new(40, 40, 10);
    let mut rows = Array2::from_elem((17, KINDS.len()), 0.5);
    for (place, window) in grid.windows().enumerate() {
        rows[(1 + place, 0)] = match window {
            FOR => 0.1,
            AGAINST => 0.7,
            _ => 0.5,
        };
    }
    FramePatches::of(grid, rows.view())
}

/// The frame whose patches are to be embedded, if one is.
fn asked(state: &mut State) -> Option<FramePlace> {
    refresh(state).into_iter().find_map(|effect| match effect {
        Effect::EmbedPatches(place) => Some(place),
        _ => None,
    })
}

fn answer(state: &mut State, place: FramePlace, patches: Result<FramePatches, &str>) {
    let patches = patches.map_err(str::to_owned);
    update(state, Action::PatchesEmbedded(EmbeddedPatches { place, patches }), 0.0);
}

/// Presses a letter; what the screen then needs is not asked for yet.
fn press(state: &mut State, letter: char) {
    update(state, Action::Key(KeyEvent::from(KeyCode::Char(letter))), 0.0);
}

/// The third frame, with its map.
fn mapped_state() -> State {
    let mut state = full_state();
    type_keys(&mut state, "ll");
    press(&mut state, 'F');
    let place = asked(&mut state).expect("the patches are asked for");
    answer(&mut state, place, Ok(standing()));
    state
}

fn found(state: &State) -> Result<FrameMap, NoMap> {
    patches::shown(state).expect("a map is shown")
}

#[test]
fn the_map_at_80_by_24() {
    insta::assert_snapshot!(screen(&mut mapped_state()));
}

#[test]
fn the_map_without_colours_outlines_the_strongest_window() {
    let buffer = draw(&mut mapped_state(), ColourDepth::None, 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    insta::assert_snapshot!(text(&buffer));
}

#[test]
fn windows_are_tinted_by_what_they_add() {
    let mut state = mapped_state();
    state.resolution = (1, 2);
    update(&mut state, Action::Resize(80, 24), 0.0);
    let requested = refresh(&mut state).into_iter().find_map(|effect| match effect {
        Effect::DecodeFrame(request) => Some(request),
        _ => None,
    });
    let (request, green) = (requested.unwrap(), RgbImage::from_pixel(160, 90, Rgb([10, 200, 30])));
    let picture = FramePicture { request, picture: Ok(Arc::new(green)) };
    update(&mut state, Action::FrameDecoded(picture), 0.0);
    let buffer = draw(&mut state, ColourDepth::True, 80, 24);
    // Between the candidates and the line below, left of the steps.
    let is_picture = |at: &(u16, u16)| buffer[*at].symbol() == "▀" || buffer[*at].symbol() == "█";
    let cells: Vec<(u16, u16)> =
        (7..21).flat_map(|y| (0..48).map(move |x| (x, y))).filter(is_picture).collect();
    let [left, top] =
        [cells.iter().map(|at| at.0).min().unwrap(), cells.iter().map(|at| at.1).min().unwrap()];
    let [right, bottom] =
        [cells.iter().map(|at| at.0).max().unwrap() + 1, cells.iter().map(|at| at.1).max().unwrap() + 1];
    let colour = |(row, column): (usize, usize)| {
        let x = left + (right - left) * (2 * column as u16 + 1) / 8;
        let y = top + (bottom - top) * (2 * row as u16 + 1) / 8;
        match buffer[(x, y)].fg {
            Color::Rgb(r, g, b) => [r, g, b].map(i32::from),
            other => panic!("{other:?}"),
        }
    };
    let Palette { good, bad, .. } = Palette::dark();
    let distance = |a: [i32; 3], b: [u8; 3]| (0..3).map(|i| (a[i] - i32::from(b[i])).pow(2)).sum::<i32>();
    let other = colour((0, 0));
    for window in [(0, 3), (2, 2), (3, 3)] {
        assert_eq!(colour(window), other, "{window:?} adds nothing");
    }
    assert!(distance(colour(FOR), good) < distance(other, good) / 4, "{:?}", colour(FOR));
    assert!(distance(colour(AGAINST), bad) < distance(other, bad), "{:?}", colour(AGAINST));
    press(&mut state, 'F');
    let without = draw(&mut state, ColourDepth::True, 80, 24);
    let row = top + (bottom - top) / 2;
    let colours = |buffer: &Buffer| (left..right).map(|x| buffer[(x, row)].fg).collect::<Vec<_>>();
    assert!(colours(&without).windows(2).all(|pair| pair[0] == pair[1]), "no tint is left");
    assert_ne!(colours(&without), colours(&buffer));
}

#[test]
fn patches_are_asked_for_once_and_kept() {
    let mut state = full_state();
    assert_eq!(asked(&mut state), None);
    press(&mut state, 'F');
    let first = asked(&mut state).unwrap();
    assert_eq!((state.view.name(), first.ordinal, first.first), ("frame", 0, 0));
    assert!(screen(&mut state).contains("patches: computing …"));
    assert_eq!(asked(&mut state), None, "once");
    update(&mut state, Action::PatchesEmbedding(first, 8, 17), 0.0);
    assert!(screen(&mut state).contains("patches: computing … 8 of 17 pictures"));
    press(&mut state, 'l');
    let second = asked(&mut state).unwrap();
    assert_eq!(second.ordinal, 3);
    // The first may have been finished before it was replaced.
    answer(&mut state, first, Ok(standing()));
    assert_eq!(found(&state), Err(NoMap::Computing(0, 0)));
    answer(&mut state, second, Ok(standing()));
    assert_eq!(found(&state).unwrap().ordinal, 3);
    press(&mut state, 'h');
    assert_eq!((asked(&mut state), found(&state).unwrap().ordinal), (None, 0));
    // Neither steps nor templates need patches again.
    press(&mut state, 'j');
    assert_eq!(asked(&mut state), None);
    assert_eq!(found(&state).unwrap().of.class, 2);
    press(&mut state, 't');
    assert_eq!(asked(&mut state), None);
    assert_eq!(found(&state), Err("the candidate is not aligned yet".into()));
    state.clip_mut().step = Some(0);
    assert_eq!(found(&state), Err("the step is not embedded yet".into()));
    embed_missing(&mut state);
    assert!(found(&state).is_ok());
}

#[test]
fn the_map_of_a_step_peaks_where_it_is_seen() {
    let mut state = mapped_state();
    let FrameMap { of, less, map, .. } = found(&state).unwrap();
    assert_eq!((of, less), (StepPlace { class: 1, step: 0 }, None));
    assert_eq!(map.strongest(1)[0].0, FOR);
    assert!(map.values[AGAINST] < 0.0 && map.values[(0, 0)].abs() < 1e-6);
    // A step of another kind gains where this one is hidden.
    state.clip_mut().step = Some(1);
    assert!(found(&state).unwrap().map.values[FOR] < 0.0);
}

#[test]
fn the_difference_is_to_the_compared_class_or_else_to_the_best_other() {
    let mut state = mapped_state();
    let of_step = found(&state).unwrap().map;
    press(&mut state, 'X');
    let FrameMap { less, map, .. } = found(&state).unwrap();
    let rival = StepPlace { class: 2, step: state.clip().step_at_cursor(2).unwrap() };
    assert_eq!(less, Some(rival));
    let other = state.clip().exploration.patch_map(6, rival.class, rival.step).unwrap();
    assert_eq!(map, of_step.less(&other));
    let caption = format!("step 1 less step {} of long", rival.step + 1);
    assert!(screen(&mut state).contains(&caption), "{caption}");
    state.clip_mut().compared = Some(0);
    assert_eq!(found(&state).unwrap().less.unwrap().class, 0);
    press(&mut state, 'X');
    assert!(patches::shown(&state).is_none(), "the same key hides it");
}

#[test]
fn why_there_is_no_map_is_said_and_the_frame_is_not_asked_for_again() {
    let mut state = full_state();
    press(&mut state, 'F');
    let place = asked(&mut state).unwrap();
    answer(&mut state, place, Err("the clip is embeddings alone"));
    assert!(screen(&mut state).contains("patches: the clip is embeddings alone"));
    assert_eq!(asked(&mut state), None);
    press(&mut state, 'l');
    assert!(asked(&mut state).is_some(), "another frame may have some");
}

#[test]
fn a_playing_clip_asks_for_no_patches() {
    let mut state = mapped_state();
    press(&mut state, ' ');
    update(&mut state, Action::Tick, 0.5);
    assert_eq!(asked(&mut state), None);
    assert!(screen(&mut state).contains("patches: not while the clip plays"));
    press(&mut state, ' ');
    assert!(asked(&mut state).is_some());
}

#[test]
fn a_saved_map_is_shown_again_without_its_clip() {
    let mut state = mapped_state();
    let shown = found(&state).unwrap();
    let effects = act(&mut state, Action::Do(Command::SaveSnapshot));
    let [Effect::Save { snapshot, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let json = serde_json::to_vec(snapshot).unwrap();
    let saved = Snapshot::read(&json).unwrap().patches.expect("the map is kept");
    assert_eq!((saved.of, saved.less, saved.cosine), ((1, 0), None, shown.map.cosine));
    assert_eq!(saved.values.concat(), shown.map.values.iter().copied().collect::<Vec<_>>());
    assert_eq!((saved.picture.ordinal, saved.picture.decode().unwrap().dimensions()), (6, (16, 9)));

    let mut exploration = snapshot.exploration().unwrap();
    exploration.refresh().unwrap();
    let clip = state.clip_mut();
    (clip.exploration, clip.saved_patches) = (exploration, Some(shown.clone()));
    assert_eq!(found(&state), Ok(shown.clone()));
    assert_eq!(shown.kind(), PatchKind::Step);
    press(&mut state, 'l');
    assert_eq!(asked(&mut state), None);
    assert_eq!(found(&state), Err("the snapshot is open without its clip or model".into()));
    press(&mut state, 'F');
    let effects = act(&mut state, Action::Do(Command::SaveSnapshot));
    let [Effect::Save { snapshot, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(snapshot.patches, None, "no map is shown");
}
