//! The screen, tested on a terminal in memory.

/// The screen as it is in two terminals, against their snapshots.
macro_rules! assert_screens {
    ($name:literal, $state:expr) => {
        let (small, large) = $crate::tui::tests::both($state);
        insta::assert_snapshot!(concat!($name, "_at_80_by_24"), small);
        insta::assert_snapshot!(concat!($name, "_at_120_by_40"), large);
    };
}

mod demo;
mod early;
mod edit;
mod film;
mod frame;
mod fuzz;
mod long;
mod models;
mod mouse;
mod patches;
mod prefetch;
mod results;
mod sampling;
mod text;
mod twins;
mod views;
mod whole;
mod zoom;

use crossterm::event::{KeyCode, KeyEvent};
use image::{Rgb, RgbImage};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::align::Calibration;
use crate::explore::{Candidate, EmbeddedFrame, Exploration, Settings, Sources, Thumbnail, Update};
use crate::script::{Class, Document, ScriptFile, Template};
use crate::tui::action::{Action, Effect};
use crate::tui::clip::Clip;
use crate::tui::commands::{COMMANDS, Command};
use crate::tui::images::{Images, Mosaic, Rendering};
use crate::tui::keymap::Keymap;
use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, Theme};
use crate::tui::update::{refresh, start, update};
use crate::tui::view;
use crate::video::{Faults, Sampling, Shown, VideoInfo};

const FRAMES: usize = 40;
/// Axes of the embedding space: four kinds of pictures, and one that nothing shows.
const KINDS: [&str; 5] = ["stands", "runs", "jumps", "lands", "sleeps"];

fn candidate(name: &str, steps: &[&str]) -> Candidate {
    Candidate {
        domain: "athletics".to_owned(),
        name: name.to_owned(),
        steps: steps.iter().map(|step| format!("the athlete {step}")).collect(),
    }
}

/// A text points along the axis of the word it ends with; other texts are in between.
fn text_embedding(text: &str) -> Vec<f32> {
    KINDS.iter().map(|kind| if text.contains(kind) { 1.0 } else { 0.1 }).collect()
}

/// Frames show the four kinds one after the other, a little mixed with the next.
fn frame(index: usize) -> EmbeddedFrame {
    let phase = index as f32 * 4.0 / FRAMES as f32;
    let embedding =
        (0..KINDS.len()).map(|axis| (1.0 - (phase - 0.5 - axis as f32).abs()).max(0.05)).collect();
    let (time, until) = (index as f64 / 10.0, (index + 1) as f64 / 10.0);
    EmbeddedFrame { ordinal: index as u64 * 3, time, shown: Shown { until, rows: vec![time] }, embedding }
}

/// A clip of which nothing is embedded.
fn clip(id: &str, answer: Option<usize>, groups: &[&str]) -> Clip {
    let candidates = vec![
        candidate("nap", &["sleeps", "sleeps on"]),
        candidate("long jump", &["stands", "runs", "jumps", "lands"]),
        candidate("long jump backwards", &["lands", "jumps", "runs", "stands"]),
    ];
    let calibration = Calibration { alpha: 10.0, beta: -10.0 };
    let exploration = Exploration::new(candidates, calibration, KINDS.len(), Settings::default());
    let sources = Sources {
        clip: "clips/jump.mp4".to_owned(),
        device: "cpu".to_owned(),
        sampling: "10 fps".to_owned(),
        ..Sources::default()
    };
    let groups = groups.iter().map(|&group| group.to_owned()).collect();
    Clip::new(id.to_owned(), answer, groups, exploration, sources, Sampling::Fps(10.0))
}

fn class(name: &str, steps: &[impl ToString]) -> Class {
    let steps = steps.iter().map(ToString::to_string).collect();
    Class { name: name.to_owned(), domain: None, steps, other: Default::default() }
}

fn script_file(domain: &str, classes: Vec<Class>) -> ScriptFile {
    ScriptFile { domain: Some(domain.to_owned()), classes, other: Default::default() }
}

/// The explorer of clips, before anything is embedded.
fn state_of(mut clips: Vec<Clip>) -> State {
    let classes = clips[0].exploration.candidates().iter().map(|own| class(&own.name, &own.steps)).collect();
    let scripts = Document::new(script_file("athletics", classes), Some("scripts.json".into()));
    for clip in &mut clips {
        clip.find_scripts(&scripts);
    }
    State::new(clips, scripts, Template::built_in().into(), Keymap::default(), Theme::new(ColourDepth::True))
}

fn empty_state() -> State {
    let mut state = state_of(vec![clip("jump", None, &[])]);
    start(&mut state);
    state
}

/// Sends an update of the job of the clip on the screen.
fn send(state: &mut State, update: Update) {
    let job = state.clip().job.expect("the clip has a job");
    act(state, Action::Background(job, update));
}

fn embed_missing(state: &mut State) {
    let texts = state.clip().exploration.missing_texts();
    let texts = texts.into_iter().map(|text| (text.clone(), text_embedding(&text), false)).collect();
    send(state, Update::Texts(texts));
}

/// Decodes all frames of the clip on the screen.
fn decode_all(state: &mut State) {
    for index in 0..FRAMES {
        let shade = (index * 255 / FRAMES) as u8;
        let picture = RgbImage::from_pixel(16, 9, Rgb([shade, 128, 255 - shade]));
        let (ordinal, time) = (index as u64 * 3, index as f64 / 10.0);
        let thumbnail = Thumbnail::new(ordinal, time, &picture);
        send(state, Update::Decoded { ordinal, time, thumbnail });
    }
    send(state, Update::AllDecoded { frames: FRAMES, faults: Faults::default() });
}

/// Decodes and embeds everything of the clip on the screen.
fn embed_all(state: &mut State) {
    decode_all(state);
    embed_missing(state);
    send(state, Update::Frames((0..FRAMES).map(frame).collect()));
    send(state, Update::Idle);
}

fn full_state() -> State {
    let mut state = empty_state();
    embed_all(&mut state);
    state
}

/// Types keys, one after the other: letters, and `⏎`, `⎋`, `⌫`, `→`, `←`, `↓`, `↑`, `⇥` for the keys that have none.
fn type_keys(state: &mut State, keys: &str) -> Vec<Effect> {
    let code = |key| match key {
        '⏎' => KeyCode::Enter,
        '⎋' => KeyCode::Esc,
        '⌫' => KeyCode::Backspace,
        '→' => KeyCode::Right,
        '←' => KeyCode::Left,
        '↓' => KeyCode::Down,
        '↑' => KeyCode::Up,
        '⇥' => KeyCode::Tab,
        letter => KeyCode::Char(letter),
    };
    keys.chars().flat_map(|key| act(state, Action::Key(KeyEvent::from(code(key))))).collect()
}

fn screen(state: &mut State) -> String {
    text(&draw(state, ColourDepth::True, 80, 24))
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let effects = update(state, action, 0.0);
    // What the alignments ask for is looked at where a test is about it.
    refresh(state);
    effects
}

fn draw(state: &mut State, depth: ColourDepth, width: u16, height: u16) -> Buffer {
    state.theme.depth = depth;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut images = Images::new(Rendering::Mosaic(Mosaic::Halves), None, false);
    terminal.draw(|frame| view::draw(state, &mut images, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(buffer.area.width.into());
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n")
        .collect()
}

/// The job sends cached frames before it decodes the clip.
#[test]
fn a_cached_clip_looks_like_one_that_was_embedded() {
    let mut state = empty_state();
    send(&mut state, Update::Frames((0..FRAMES).map(frame).collect()));
    embed_missing(&mut state);
    assert!(!state.clip().exploration.outcome().ranking.is_empty(), "before any picture is decoded");
    decode_all(&mut state);
    send(&mut state, Update::Idle);
    let cached = draw(&mut state, ColourDepth::True, 80, 24);
    assert_eq!(cached, draw(&mut full_state(), ColourDepth::True, 80, 24));
}

#[test]
fn the_screen_is_drawn_at_two_sizes() {
    assert_screens!("the_screen", &mut full_state());
}

#[test]
fn the_screen_before_anything_is_embedded() {
    insta::assert_snapshot!(screen(&mut empty_state()));
}

#[test]
fn the_help_over_the_screen() {
    let mut state = full_state();
    act(&mut state, Action::Do(Command::Help));
    insta::assert_snapshot!(screen(&mut state));
}

#[test]
fn the_screen_without_colours_keeps_matrix_and_path() {
    let buffer = draw(&mut full_state(), ColourDepth::None, 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    insta::assert_snapshot!(text(&buffer));
}

/// Where the matrix of the selected class begins, read off the screen: right of the script's first step.
fn matrix_origin(buffer: &Buffer) -> (u16, u16) {
    let row = text(buffer).lines().position(|line| line.starts_with(" 1 ")).unwrap() as u16;
    let column =
        (0..buffer.area.width).find(|&x| matches!(buffer[(x, row)].bg, Color::Rgb(..)) && x > 10).unwrap();
    (column, row)
}

#[test]
fn heat_is_bright_where_step_and_frame_agree() {
    let mut state = full_state();
    let buffer = draw(&mut state, ColourDepth::True, 80, 24);
    let (x, y) = matrix_origin(&buffer);
    let colour = |shade: f32| {
        let [r, g, b] = Theme::new(ColourDepth::True).heat(shade);
        Color::Rgb(r, g, b)
    };
    let shades = state.clip().shades.as_ref().unwrap();
    let brightest = shades.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(*brightest.1, 1.0);
    let column = x + brightest.0.1 as u16 * (80 - x) / FRAMES as u16;
    let is_bright = |row: u16| buffer[(column, row)].bg == colour(1.0);
    assert!((y..24).any(is_bright), "the brightest cell is on the screen at its time");
    assert!(buffer.content.iter().any(|cell| cell.bg == colour(0.0)), "and the darkest is somewhere");
}

#[test]
fn the_path_is_bold_contrasts_and_runs_from_corner_to_corner() {
    let buffer = draw(&mut full_state(), ColourDepth::True, 80, 24);
    let (left, top) = matrix_origin(&buffer);
    let path: Vec<(u16, u16)> = (top..24)
        .flat_map(|y| (left..80).map(move |x| (x, y)))
        .filter(|&at| matches!(buffer[at].symbol(), "━" | "┃" | "┓" | "┗"))
        .collect();
    for &at in &path {
        let cell = &buffer[at];
        assert!(cell.modifier.contains(Modifier::BOLD));
        assert!(matches!(cell.fg, Color::Rgb(0, 0, 0) | Color::Rgb(255, 255, 255)), "{at:?}: {:?}", cell.fg);
        assert_ne!(cell.fg, cell.bg);
    }
    let rows: Vec<u16> =
        (left..80).filter_map(|x| path.iter().filter(|at| at.0 == x).map(|at| at.1).max()).collect();
    assert_eq!(rows.len(), usize::from(80 - left), "every column is crossed");
    assert!(rows.is_sorted(), "the path never goes back");
    assert!(rows[0] <= top + 2 && *rows.last().unwrap() >= top + 6, "{rows:?}");
}

#[test]
fn the_best_candidate_is_selected_until_the_user_chooses() {
    let mut state = full_state();
    assert_eq!(state.clip().listed(), [1, 2, 0], "the right order wins, the nap loses");
    assert_eq!(state.clip().selected, 1);
    for (keys, selected) in [("j", 2), ("jjjjjjjjj", 0), ("1", 1), ("8", 1)] {
        type_keys(&mut state, keys);
        assert_eq!(state.clip().selected, selected, "{keys}");
    }
}

#[test]
fn smoothing_moves_by_frames_and_turns_off() {
    let mut state = full_state();
    assert_eq!(state.clip().exploration.outcome().width, 10);
    type_keys(&mut state, "[");
    assert_eq!(state.clip().exploration.outcome().width, 9);
    let score = state.clip().exploration.outcome().score(1);
    act(&mut state, Action::Do(Command::SmoothMuchLess));
    assert_eq!(state.clip().exploration.settings().smoothing_seconds, 0.0);
    assert_ne!(state.clip().exploration.outcome().score(1), score);
    assert!(screen(&mut state).contains("smoothing off"));
    type_keys(&mut state, "]]");
    assert_eq!(state.clip().exploration.outcome().width, 3);
}

#[test]
fn the_cursor_moves_by_frames_and_by_steps() {
    let mut state = full_state();
    type_keys(&mut state, "lll");
    assert_eq!(state.clip().cursor_frame(), Some(3));
    act(&mut state, Action::Do(Command::NextStep));
    assert_eq!(state.clip().focus_step(), Some(1));
    act(&mut state, Action::Do(Command::LastFrame));
    assert_eq!((state.clip().cursor_frame(), state.clip().focus_step()), (Some(FRAMES - 1), Some(3)));
    for keys in ["pg", "H"] {
        type_keys(&mut state, keys);
        assert_eq!(state.clip().cursor_frame(), Some(0), "{keys}");
    }
}

#[test]
fn saving_needs_an_alignment_and_carries_it() {
    assert!(act(&mut empty_state(), Action::Do(Command::SaveSnapshot)).is_empty());
    let mut state = full_state();
    let effects = act(&mut state, Action::Do(Command::SaveSnapshot));
    let [Effect::Save { snapshot, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let folder = tempfile::tempdir().unwrap();
    let first = crate::snapshot::save(snapshot, folder.path()).unwrap();
    let second = crate::snapshot::save(snapshot, folder.path()).unwrap();
    assert_ne!(first, second, "a snapshot never replaces another");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(first).unwrap()).unwrap();
    assert_eq!(json["ranking"], serde_json::json!([1, 2, 0]));
    assert_eq!(json["classes"][1]["path"][0], serde_json::json!([0, 0]));
    let matrix = json["candidates"][1]["cells"].as_array().unwrap();
    assert_eq!((matrix.len(), matrix[0].as_array().unwrap().len()), (4, FRAMES));
}

#[test]
fn the_next_command_clears_a_message_but_not_an_error() {
    let mut state = full_state();
    let notice = Update::Notice("nothing is cached".to_owned());
    for (said, job) in [("nothing is cached\n", Some(notice)), ("Saved jump.actalign-1.json\n", None)] {
        match job {
            Some(update) => send(&mut state, update),
            None => drop(act(&mut state, Action::Saved("jump.actalign-1.json".into()))),
        }
        assert!(screen(&mut state).ends_with(said));
        send(&mut state, Update::Idle);
        assert!(screen(&mut state).ends_with(said), "an update of the job clears nothing");
        act(&mut state, Action::Do(Command::FrameForward));
        assert_eq!(state.message, None);
    }
    act(&mut state, Action::Failed("the disk is full".into()));
    act(&mut state, Action::Do(Command::FrameForward));
    assert!(screen(&mut state).ends_with("the disk is full\n"));
    send(&mut state, Update::Failed(color_eyre::eyre::eyre!("the disk\nis gone")));
    assert!(screen(&mut state).ends_with("the disk is gone\n"), "on one line");
    act(&mut state, Action::Do(Command::Dismiss));
    assert!(screen(&mut state).ends_with("quit\n"));
}

#[test]
fn the_rate_of_a_folder_of_images_is_named_once() {
    let mut state = empty_state();
    let info = VideoInfo {
        width: 64,
        height: 48,
        pixel_aspect: 1.0,
        rotation: 0,
        codec: "images".into(),
        duration: Some(2.0),
        frame_rate: Some(25.0),
        tolerance: 0.0,
    };
    let sampling = state.clip().sources.sampling.clone();
    for _ in 0..2 {
        send(&mut state, Update::Opened { info: info.clone(), expected_frames: None });
    }
    assert_eq!(state.clip().sources.sampling, sampling + " of images at 25 fps");
}

const SIZES: [(u16, u16); 7] = [(1, 1), (3, 2), (59, 17), (60, 18), (80, 24), (200, 60), (400, 120)];

fn both(state: &mut State) -> (String, String) {
    let at = |state: &mut State, width, height| text(&draw(state, ColourDepth::True, width, height));
    (at(state, 80, 24), at(state, 120, 40))
}
