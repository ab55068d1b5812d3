//! The quiz on a terminal in memory.

use std::collections::HashMap;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use image::{Rgb, RgbImage};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use super::film::{Decoded, Shot, Wanted};
use super::state::{Effect, State};
use super::{QuizClip, view};
use crate::eval::{Answer, Quiz};
use crate::tui::images::{Images, Mosaic, Rendering};
use crate::tui::theme::{ColourDepth, Theme};
use crate::video::Segment;

const NAMES: [&str; 5] = ["castling", "fork", "pin", "a quite long name of a discovered attack", "skewer"];
/// A clip's pictures, ten a second.
const PICTURES: u64 = 20;

/// A quiz, its clock, and what was recorded.
struct Session {
    state: State,
    now: f64,
    recorded: Vec<Answer>,
    has_quit: bool,
    /// Whether no clip can be read.
    is_broken: bool,
}

fn clip(number: usize, candidates: &[&str]) -> QuizClip {
    QuizClip {
        id: format!("clip {number}"),
        domain: "chess".to_owned(),
        candidates: candidates.iter().map(|&name| name.to_owned()).collect(),
        video: "clip.mp4".into(),
        segment: Segment::default(),
        masks: Arc::default(),
    }
}

impl Session {
    fn new(clips: Vec<QuizClip>, given: Vec<Answer>) -> Self {
        Self::open(clips, given, false)
    }

    fn broken(clips: usize) -> Self {
        Self::open((0..clips).map(|number| clip(number, &NAMES)).collect(), Vec::new(), true)
    }

    fn open(clips: Vec<QuizClip>, given: Vec<Answer>, is_broken: bool) -> Self {
        let quiz = Quiz { name: "ana".into(), seed: 4, manifest: "m.jsonl".into(), digest: "5e".into() };
        let given = given.into_iter().map(|answer| (answer.clip.clone(), answer));
        let mut state =
            State::new(quiz, clips, given.collect::<HashMap<_, _>>(), Theme::new(ColourDepth::True));
        state.area = Rect::new(0, 0, 80, 24);
        state.resolution = (1, 2);
        let mut session = Self { state, now: 0.0, recorded: Vec::new(), has_quit: false, is_broken };
        session.run();
        session
    }

    fn of(clips: usize) -> Self {
        Self::new((0..clips).map(|number| clip(number, &NAMES)).collect(), Vec::new())
    }

    /// Runs what the state asks for. A clip decodes at once.
    fn run(&mut self) {
        view::set_size(&mut self.state);
        loop {
            let effects = self.state.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Record(answer) => self.recorded.push(answer),
                    Effect::Decode(request) if self.is_broken => {
                        let failed = Decoded::Failed("moov atom not found".to_owned());
                        self.state.decoded(request.job, failed, self.now);
                    }
                    Effect::Decode(request) => {
                        assert_eq!(request.wanted, Wanted::Open { from: None });
                        for number in 0..PICTURES {
                            let time = number as f64 / 10.0;
                            let picture = Arc::new(RgbImage::from_fn(16, 9, |x, _| Rgb([x as u8 * 15; 3])));
                            let shot = Shot { ordinal: number, time, until: time + 0.1, picture };
                            self.state.decoded(request.job, Decoded::Shot(shot), self.now);
                        }
                        self.state.decoded(request.job, Decoded::Ended, self.now);
                    }
                    Effect::Suspend => {}
                    Effect::Quit => self.has_quit = true,
                }
            }
        }
    }

    /// Presses keys, one second each.
    fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.now += 1.0;
            self.press_now(key);
        }
    }

    fn press_now(&mut self, key: char) {
        let code = match key {
            '⏎' => KeyCode::Enter,
            '↓' => KeyCode::Down,
            '↑' => KeyCode::Up,
            '→' => KeyCode::Right,
            '←' => KeyCode::Left,
            key => KeyCode::Char(key),
        };
        self.state.press(KeyEvent::from(code), self.now);
        self.run();
    }

    fn draw(&mut self, width: u16, height: u16) -> String {
        self.state.area = Rect::new(0, 0, width, height);
        self.run();
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut images = Images::new(Rendering::Mosaic(Mosaic::Halves), None, false);
        terminal.draw(|frame| view::draw(&self.state, &mut images, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let rows = buffer.content.chunks(width.into());
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n")
            .collect()
    }

    /// Clip, class and seconds of what was recorded.
    fn said(&self) -> Vec<(&str, Option<&str>, f64)> {
        let said = |answer: &'_ Answer| answer.seconds;
        self.recorded.iter().map(|answer| (&answer.clip[..], answer.class.as_deref(), said(answer))).collect()
    }
}

/// The screen in two terminals.
macro_rules! assert_screens {
    ($name:literal, $session:expr) => {
        let small = $session.draw(80, 24);
        let large = $session.draw(200, 60);
        insta::assert_snapshot!(concat!($name, "_at_80_by_24"), small);
        insta::assert_snapshot!(concat!($name, "_at_200_by_60"), large);
    };
}

#[test]
fn a_clip_with_its_candidates() {
    let mut session = Session::of(12);
    session.press("1s↓↓↓");
    assert_screens!("quiz", session);
}

#[test]
fn the_end_with_and_without_skipped_clips() {
    let mut session = Session::of(3);
    session.press("1s2");
    assert_screens!("quiz_end_with_skipped", session);
    session.press("⏎");
    assert_eq!((session.state.shown, session.state.is_over), (1, false));
    session.press("3");
    assert_screens!("quiz_end", session);
    assert_eq!(session.state.answered(), 3);
    session.press("⏎");
    assert!(session.has_quit);
}

#[test]
fn an_answer_changed_when_going_back_overrides() {
    let mut session = Session::of(3);
    session.press("12");
    assert_eq!(session.state.shown, 2);
    session.press("bb");
    let first = session.state.order[0].clone();
    assert_eq!((session.state.shown, session.state.chosen()), (0, Some(&first[..])));
    assert!(session.draw(80, 24).contains(&format!("✓  1  {first}")));
    session.press("↓↓⏎");
    assert_eq!(session.state.shown, 2, "on to the next one without an answer");
    let said = session.said();
    let third = Session::of(3).state.order[2].clone();
    // One second the first time, three the second.
    assert_eq!(said[2], ("clip 0", Some(&third[..]), 4.0));
    assert_eq!(session.state.answered(), 2);
}

#[test]
fn candidates_are_shown_shuffled_and_recorded_as_shown() {
    let mut session = Session::of(6);
    let orders: Vec<Vec<String>> = (0..6)
        .map(|_| {
            let order = session.state.order.clone();
            session.press("2");
            order
        })
        .collect();
    for (order, answer) in orders.iter().zip(&session.recorded) {
        assert_eq!((order, answer.class.as_ref()), (&answer.shown, Some(&order[1])));
        let mut sorted = order.clone();
        sorted.sort();
        let mut names = NAMES;
        names.sort_unstable();
        assert_eq!(sorted, names);
    }
    assert!(orders.windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn it_resumes_at_the_first_clip_that_was_not_shown() {
    let mut before = Session::of(4);
    before.press("1s3");
    let clips = (0..4).map(|number| clip(number, &NAMES)).collect();
    let mut session = Session::new(clips, before.recorded);
    assert_eq!((session.state.shown, session.state.answered(), session.state.skipped()), (3, 2, 1));
    assert!(session.draw(80, 24).contains("clip 4 of 4 · 2 answered, 1 skipped"));
    session.press("1");
    assert!(session.state.is_over);
    session.press("⏎1");
    // Half a second's rounding aside: a second in the first session, and one in this.
    assert_eq!(session.said().last().map(|said| (said.0, said.2)), Some(("clip 1", 2.0)));
}

#[test]
fn a_skipped_clip_can_be_skipped_again_and_an_answer_is_not_lost_by_a_skip() {
    let mut session = Session::of(2);
    session.press("s1⏎s");
    assert!(session.state.is_over && session.state.skipped() == 1);
    session.press("⏎b");
    assert_eq!(session.state.message.as_deref(), Some("This is the first clip."));
    session.press("1b");
    // Clip 0 was the last one shown.
    assert!(!session.state.is_over);
    session.press("s");
    assert_eq!(session.state.answered(), 2);
}

#[test]
fn keys_that_are_no_answer_record_nothing() {
    let mut session = Session::of(2);
    session.press("x⏎");
    assert!(session.draw(80, 24).contains("Select a candidate first"));
    session.press("6");
    assert!(session.draw(80, 24).contains("There are 5 candidates."));
    assert!(session.recorded.is_empty());
    // A key that is held answers one clip.
    session.press("1");
    for _ in 0..20 {
        session.now += 0.1;
        session.press_now('1');
    }
    assert_eq!((session.recorded.len(), session.state.shown), (1, 1));
    session.press("1");
    assert_eq!(session.recorded.len(), 2);
}

#[test]
fn replays_are_counted_and_a_pause_is_none() {
    let mut session = Session::of(1);
    session.press("r  ←→r");
    session.now += 5.0;
    session.state.film.play_on(session.now);
    assert!(session.draw(80, 24).contains("at the end · r plays it again"));
    session.press(" 1");
    assert_eq!(session.recorded[0].replays, 3);
}

#[test]
fn a_clip_that_cannot_be_read_can_only_be_skipped() {
    let mut session = Session::of(2);
    let (job, reason) = (session.state.film.job, "moov atom not found".to_owned());
    session.state.decoded(job, Decoded::Failed(reason), 0.0);
    assert!(session.draw(80, 24).contains("the rest cannot be read: moov atom not found"));
    session.press("1");
    assert_eq!(session.recorded.len(), 1, "what was seen can be answered");
    let mut session = Session::broken(1);
    assert!(session.draw(80, 24).contains("cannot be read: moov atom not found · s skips this clip"));
}

#[test]
fn a_clip_that_was_never_seen_cannot_be_answered_when_it_comes_back() {
    let mut session = Session::broken(1);
    for _ in 0..2 {
        session.press("1");
        assert_eq!(session.state.message.as_deref(), Some("Nothing was seen: s skips this clip."));
        session.press("s⏎");
    }
    assert_eq!((session.state.answered(), session.state.skipped()), (0, 1));
}

#[test]
fn names_of_any_length_and_many_candidates_are_readable() {
    let names: Vec<String> =
        (0..14).map(|number| format!("{} {number}", "a very long name".repeat(6))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut session = Session::new(vec![clip(0, &names), clip(1, &names)], Vec::new());
    for (width, height) in [(40, 12), (80, 24), (100, 24), (200, 60), (39, 24), (80, 11), (1, 1)] {
        for _ in 0..3 {
            session.press("↓↓↓↓↓");
            session.draw(width, height);
        }
    }
    session.press("↑");
    let shown = session.draw(80, 24);
    assert!(shown.contains("13  "), "the selected one is seen: {shown}");
    session.press("⏎");
    assert_eq!(session.recorded[0].class.as_ref(), Some(&session.recorded[0].shown[12]));
}
