//! A recording of minutes: its moments, their list, and the overview.

use ratatui::layout::Rect;

use super::*;
use crate::find::{ClipMoment, ClipMoments};
use crate::tui::update::moments;
use crate::tui::view::layout::Screen;

/// Frames of five minutes, two a second.
pub(super) const ALL: usize = 600;
pub(super) const RATE: f64 = 2.0;
/// Class and first frame of what the recording shows; a step takes four frames.
const SHOWN: [(usize, usize); 3] = [(1, 120), (2, 300), (1, 480)];
const STEP: usize = 4;

/// Between the actions the picture is noise.
pub(super) fn frame_of(index: usize) -> EmbeddedFrame {
    let shown = SHOWN.iter().find(|(_, first)| (*first..first + 4 * STEP).contains(&index));
    let kind = shown.map(|&(class, first)| {
        let step = (index - first) / STEP;
        if class == 1 { step } else { 3 - step }
    });
    let noise = |axis: usize| {
        let mixed = (index * 8 + axis + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as f32 / (1 << 24) as f32
    };
    let value = |axis: usize| match kind {
        Some(kind) if axis == kind => 1.0,
        Some(_) => 0.1 * noise(axis),
        None => 0.3 + 0.4 * noise(axis),
    };
    let time = index as f64 / RATE;
    let shown = Shown { until: time + 1.0 / RATE, rows: vec![time] };
    EmbeddedFrame { ordinal: index as u64 * 3, time, shown, embedding: (0..KINDS.len()).map(value).collect() }
}

fn decode_recording(state: &mut State) {
    for index in (0..ALL).step_by(10) {
        let picture = RgbImage::from_pixel(16, 9, Rgb([(index * 255 / ALL) as u8, 128, 90]));
        let EmbeddedFrame { ordinal, time, .. } = frame_of(index);
        let thumbnail = Thumbnail::new(ordinal, time, &picture);
        send(state, Update::Decoded { ordinal, time, thumbnail });
    }
    let info = VideoInfo {
        width: 64,
        height: 36,
        pixel_aspect: 1.0,
        rotation: 0,
        codec: "h264".into(),
        duration: Some(300.0),
        frame_rate: Some(25.0),
        tolerance: 0.0,
    };
    send(state, Update::Opened { info, expected_frames: Some(ALL) });
}

pub(super) fn recording_state() -> State {
    let mut clip = clip("match", None, &[]);
    clip.sampling = Sampling::Fps(RATE);
    clip.sources.clip = "clips/match.mp4".to_owned();
    let mut state = state_of(vec![clip]);
    start(&mut state);
    decode_recording(&mut state);
    embed_missing(&mut state);
    send(&mut state, Update::Frames((0..ALL).map(frame_of).collect()));
    send(&mut state, Update::AllDecoded { frames: ALL, faults: Faults::default() });
    send(&mut state, Update::Idle);
    state.area = Rect::new(0, 0, 120, 40);
    state
}

/// Runs an action, and returns what it and the drawing after it ask for.
pub(super) fn effects_of(state: &mut State, action: Action) -> Vec<Effect> {
    let mut effects = update(state, action, 0.0);
    effects.extend(refresh(state));
    effects
}

/// The searches among effects, with their numbers.
fn searches(effects: Vec<Effect>) -> Vec<(u64, ClipMoments)> {
    let search = |effect| match effect {
        Effect::FindMoments { number, search, .. } => Some((number, search.run(|| false).unwrap().unwrap())),
        _ => None,
    };
    effects.into_iter().filter_map(search).collect()
}

/// Looks for moments, and answers.
fn look(state: &mut State) {
    let effects = effects_of(state, Action::Do(Command::FindMoments));
    for (number, found) in searches(effects) {
        act(state, Action::MomentsFound(state.shown, number, Ok(Box::new(found))));
    }
}

/// A recording whose moments are found, without the list.
pub(super) fn searched_state() -> State {
    let mut state = recording_state();
    look(&mut state);
    type_keys(&mut state, "⎋");
    state
}

/// Goes to the moment that begins with this frame.
pub(super) fn go(state: &mut State, frame: usize) {
    let moment = place_of(state, frame);
    moments::go(state, moment);
    refresh(state);
}

/// Place in the list of the moment that begins with this frame.
pub(super) fn place_of(state: &State, frame: usize) -> usize {
    let moments = state.clip().moments.as_ref().unwrap().list();
    // Smoothing widens the first and the last step.
    let begins = |time: f64| (time - frame as f64 / RATE).abs() < 2.0;
    moments.iter().position(|moment| begins(moment.found.start)).unwrap()
}

#[test]
fn the_moments_of_all_candidates_are_found() {
    let state = searched_state();
    let moments = state.clip().moments.as_ref().unwrap().list();
    for (class, first) in SHOWN {
        let moment = &moments[place_of(&state, first)];
        assert_eq!(moment.class, class, "at frame {first}");
        let end = (first + 4 * STEP) as f64 / RATE;
        assert!((moment.found.end - end).abs() < 2.0, "{moment:?}");
    }
    let best: Vec<usize> = moments[..3].iter().map(|moment| moment.class).collect();
    assert_eq!(best.iter().filter(|&&class| class == 1).count(), 2, "{best:?}");
}

#[test]
fn the_overview_shows_the_whole_recording_with_its_moments() {
    let mut state = searched_state();
    let shown = draw(&mut state, ColourDepth::True, 120, 40);
    insta::assert_snapshot!("overview_at_120_by_40", text(&shown));
    let overview = Screen::of(&state, state.area).unwrap().overview;
    assert_eq!((overview.width, overview.height), (120, 3));
    for (class, first) in SHOWN {
        // A column is two and a half seconds.
        let column = ((first + 2 * STEP) as f64 / RATE / 2.5) as u16;
        let colour = |step: usize| state.theme.colour(state.theme.step(step));
        assert_eq!(shown[(column, overview.y)].fg, colour(class), "the bar at frame {first}");
        assert_eq!(shown[(column, overview.y + 1)].bg, colour(class), "the moment at frame {first}");
    }
    // The rank in the list of candidates has the colour of its class.
    let candidates = Screen::of(&state, state.area).unwrap().candidates;
    let leader = state.clip().listed()[0];
    let rank = &shown[(2, candidates.y + 1)];
    assert_eq!((rank.symbol(), rank.bg), ("1", state.theme.colour(state.theme.step(leader))));
}

#[test]
fn a_small_screen_has_two_rows_of_overview() {
    let mut state = searched_state();
    go(&mut state, 120);
    insta::assert_snapshot!("overview_at_80_by_24", text(&draw(&mut state, ColourDepth::True, 80, 24)));
}

#[test]
fn the_overview_reads_without_colours() {
    let mut state = searched_state();
    go(&mut state, 120);
    let shown = draw(&mut state, ColourDepth::None, 120, 40);
    assert!(shown.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    insta::assert_snapshot!("overview_without_colours", text(&shown));
}

#[test]
fn the_list_of_moments() {
    let mut state = recording_state();
    let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
    assert!(screen(&mut state).contains("looking for moments"));
    let (number, found) = searches(effects).pop().unwrap();
    act(&mut state, Action::MomentsFound(0, number, Ok(Box::new(found))));
    let list = draw(&mut state, ColourDepth::True, 120, 40);
    insta::assert_snapshot!("moments_at_120_by_40", text(&list));
    let row = text(&list).lines().position(|line| line.contains("│  1 long jump")).unwrap() as u16;
    let badge = &list[(4, row)];
    let colour = state.theme.colour(state.theme.step(state.clip().moments.as_ref().unwrap().list()[0].class));
    assert_eq!((badge.symbol(), badge.bg), ("1", colour));

    type_keys(&mut state, "backw");
    assert!(screen(&mut state).contains("1 of "), "{}", screen(&mut state));
    type_keys(&mut state, "⏎");
    assert!(state.overlay.is_none());
    assert_eq!(state.clip().selected, 2);
    assert!((state.clip().cursor - 150.0).abs() < 2.0);
}

#[test]
fn the_best_of_moments_that_overlap_can_stand_alone() {
    let mut state = recording_state();
    let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
    let (number, mut found) = searches(effects).pop().unwrap();
    let (first, last) = (found.moments[0].clone(), found.moments.len());
    let weaker = |class: usize, later: f64| {
        let mut moment = ClipMoment { class, ..first.clone() };
        (moment.found.start, moment.found.end) = (first.found.start + later, first.found.end + later);
        moment
    };
    // The second overlaps the first weaker one, which does not stand.
    found.moments.extend([weaker(2, 4.0), weaker(0, 10.0)]);
    act(&mut state, Action::MomentsFound(0, number, Ok(Box::new(found))));
    let backtab = || Action::Key(KeyEvent::from(KeyCode::BackTab));
    act(&mut state, backtab());
    let shown = |state: &State| -> Vec<usize> {
        state.clip().moments.as_ref().unwrap().shown().iter().map(|&(index, _)| index).collect()
    };
    let expected: Vec<usize> = (0..last).chain([last + 1]).collect();
    assert_eq!(shown(&state), expected);
    assert!(screen(&mut state).contains("the best where several overlap"), "{}", screen(&mut state));
    act(&mut state, backtab());
    assert_eq!(shown(&state).len(), last + 2);
}

#[test]
fn a_moment_is_shown_with_some_time_around_it() {
    let mut state = searched_state();
    go(&mut state, 120);
    let clip = state.clip();
    assert_eq!(clip.selected, 1);
    assert!((clip.cursor - 60.0).abs() < 1.5, "{}", clip.cursor);
    let (start, end) = clip.window();
    let moment = clip.moment_of(1).unwrap();
    assert!(start < moment.found.start - 2.0 && moment.found.end + 2.0 < end, "{start}–{end}");
    assert!(end - start < 30.0, "{start}–{end}");
    // Its steps are those of the moment, not of a path through all five minutes.
    let starts: Vec<f64> = moment.found.steps.iter().map(|step| step[0]).collect();
    for (step, start) in starts.into_iter().enumerate().skip(1) {
        type_keys(&mut state, "n");
        assert_eq!((state.clip().focus_step(), state.clip().cursor), (Some(step), start));
    }
}

#[test]
fn keys_go_from_moment_to_moment_in_time() {
    let mut state = searched_state();
    let count = state.clip().moments.as_ref().unwrap().list().len();
    let mut starts = Vec::new();
    for _ in 0..count {
        type_keys(&mut state, ";");
        starts.push(state.clip().cursor);
    }
    assert!(starts.is_sorted(), "{starts:?}");
    type_keys(&mut state, ";");
    assert!(state.message.as_ref().unwrap().text.contains("no later moment"));
    for start in starts.iter().rev().skip(1) {
        type_keys(&mut state, ",");
        assert_eq!(state.clip().cursor, *start);
    }
    type_keys(&mut state, ",");
    assert!(state.message.as_ref().unwrap().text.contains("no earlier moment"));
    // Only those of the candidates that are listed.
    type_keys(&mut state, "g/backwards⏎;");
    assert_eq!(state.clip().selected, 2);

    let mut state = recording_state();
    type_keys(&mut state, ";");
    assert!(state.message.as_ref().unwrap().text.contains("Ctrl-f"));
}

#[test]
fn the_search_begins_anew_with_a_quarter_more_frames() {
    let mut state = empty_state();
    state.clip_mut().sampling = Sampling::Fps(RATE);
    embed_missing(&mut state);
    let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
    assert_eq!(searches(effects).len(), 0, "nothing is embedded");
    let job = state.clip().job.unwrap();
    let frames = |state: &mut State, range: std::ops::Range<usize>| {
        effects_of(state, Action::Background(job, Update::Frames(range.map(frame_of).collect())))
    };
    assert_eq!(searches(frames(&mut state, 0..40)).len(), 0);
    let (first, found) = searches(frames(&mut state, 40..100)).pop().unwrap();
    assert_eq!(searches(frames(&mut state, 100..300)).len(), 0, "one search at a time");
    let answer = Action::MomentsFound(0, first, Ok(Box::new(found)));
    let (second, found) = searches(effects_of(&mut state, answer)).pop().unwrap();
    assert_eq!(found.frames, 300);
    let effects = effects_of(&mut state, Action::MomentsFound(0, second, Ok(Box::new(found))));
    assert_eq!(searches(effects).len(), 0);
    assert_eq!(searches(frames(&mut state, 300..374)).len(), 0, "not a quarter more");
    let third = searches(frames(&mut state, 374..400)).pop().unwrap();
    act(&mut state, Action::MomentsFound(0, third.0, Ok(Box::new(third.1))));
    frames(&mut state, 400..410);
    let effects = effects_of(&mut state, Action::Background(job, Update::Idle));
    assert_eq!(searches(effects).pop().unwrap().1.frames, 410, "and once all are there");
}

#[test]
fn other_knobs_ask_anew_and_stale_answers_are_dropped() {
    let mut state = recording_state();
    let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
    let (number, found) = searches(effects).pop().unwrap();
    type_keys(&mut state, "⎋");
    let effects = effects_of(&mut state, Action::Do(Command::SmoothMore));
    let (next, again) = searches(effects).pop().expect("a search in place of the one under way");
    let effects = effects_of(&mut state, Action::MomentsFound(0, number, Ok(Box::new(found))));
    assert!(state.clip().moments.as_ref().unwrap().found.is_none(), "it is of other knobs");
    assert!(searches(effects).is_empty(), "the next search is under way");
    act(&mut state, Action::MomentsFound(0, next, Ok(Box::new(again.clone()))));
    assert_eq!(state.clip().moments.as_ref().unwrap().found, Some(again));
    // Cell and aligner are none of its business.
    let effects = effects_of(&mut state, Action::Do(Command::NextCell));
    assert!(searches(effects).is_empty());
}

#[test]
fn a_search_that_another_clip_takes_the_place_of_is_asked_for_again() {
    let mut state = recording_state();
    let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
    let (number, found) = searches(effects).pop().unwrap();
    type_keys(&mut state, "⎋");
    act(&mut state, Action::ClipFound { path: "other.mp4".into(), like: 0 });
    assert_eq!(state.shown, 1);
    act(&mut state, Action::MomentsFound(0, number, Ok(Box::new(found))));
    assert!(state.clips[0].moments.as_ref().unwrap().found.is_none());
    assert_eq!(searches(effects_of(&mut state, Action::Do(Command::PreviousClip))).len(), 1);
}

#[test]
fn moments_follow_their_classes_through_edits() {
    let mut state = searched_state();
    let of_backwards = place_of(&state, 300);
    let list = |state: &State| state.clip().moments.as_ref().unwrap().list().to_vec();
    let before = list(&state);
    assert_eq!(before[of_backwards].class, 2);
    // The nap, which is the first of the candidates.
    state.clip_mut().select(0);
    act(&mut state, Action::Do(Command::DeleteClass));
    assert_eq!(state.clip().exploration.candidates().len(), 2);
    let expected: Vec<_> = before
        .iter()
        .filter(|moment| moment.class != 0)
        .map(|moment| (moment.class - 1, moment.found.start))
        .collect();
    let after: Vec<_> = list(&state).iter().map(|moment| (moment.class, moment.found.start)).collect();
    assert_eq!(after, expected);
}

#[test]
fn hiding_moments_ends_their_search() {
    let mut state = recording_state();
    effects_of(&mut state, Action::Do(Command::FindMoments));
    let effects = type_keys(&mut state, "⎋⌫");
    assert!(matches!(effects[..], [Effect::StopFinding]), "{effects:?}");
}

#[test]
fn hidden_moments_are_looked_for_no_more() {
    let mut state = searched_state();
    type_keys(&mut state, "⌫");
    assert!(state.clip().moments.is_none());
    assert_eq!(Screen::of(&state, state.area).unwrap().overview.height, 0);
    assert!(searches(effects_of(&mut state, Action::Do(Command::SmoothMore))).is_empty());
}

#[test]
fn why_a_search_fails_is_said() {
    let mut state = recording_state();
    let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
    let (number, _) = searches(effects).pop().unwrap();
    act(&mut state, Action::MomentsFound(0, number, Err("a frame is not finite".to_owned())));
    assert!(state.message.as_ref().unwrap().text.contains("a frame is not finite"));
    assert!(screen(&mut state).contains("cannot look for moments: a frame is not finite"));
}

#[test]
fn a_clip_that_is_too_short_for_moments_is_told_apart_from_one_without_any() {
    for (seconds, is_short) in [(20.0, true), (300.0, false)] {
        let mut state = recording_state();
        let effects = effects_of(&mut state, Action::Do(Command::FindMoments));
        let (number, _) = searches(effects).pop().unwrap();
        let found = ClipMoments { frames: ALL, span: [0.0, seconds], ..ClipMoments::default() };
        act(&mut state, Action::MomentsFound(0, number, Ok(Box::new(found))));
        let screen = screen(&mut state);
        assert!(screen.contains("0 moments, best first"), "{screen}");
        assert_eq!(screen.contains("in a clip this short"), is_short, "{screen}");
    }
}
