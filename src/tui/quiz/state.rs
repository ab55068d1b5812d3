//! The state of a quiz, as plain data: keys and pictures in, answers and requests out.

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use crate::eval::{Answer, Quiz};
use crate::tui::chord::Chord;
use crate::tui::quiz::clip::QuizClip;
use crate::tui::quiz::decode::Request;
use crate::tui::quiz::film::{Decoded, Film};
use crate::tui::quiz::keys::{self, Command};
use crate::tui::theme::Theme;

/// A key that is held repeats itself within so many seconds: it answers one clip only.
const HELD: f64 = 0.6;

/// What the state asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Record(Answer),
    Decode(Request),
    Suspend,
    Quit,
}

/// The state of a quiz.
pub struct State {
    pub quiz: Quiz,
    pub clips: Vec<QuizClip>,
    /// The last answer about each clip.
    pub given: HashMap<String, Answer>,
    /// Index of the clip on the screen.
    pub shown: usize,
    /// Whether the closing screen is shown in its place.
    pub is_over: bool,
    /// Whether skipped clips come again.
    is_second_round: bool,
    /// Candidates of the clip in the order of the screen.
    pub order: Vec<String>,
    /// Place of the selected candidate.
    pub selected: Option<usize>,
    pub film: Film,
    /// Largest width and height of a picture of the film.
    most: (u32, u32),
    /// Seconds and replays of earlier visits of the clip.
    before: HashMap<String, (f64, u32)>,
    /// When the first picture of the clip appeared.
    since: Option<f64>,
    replays: u32,
    /// The key of the last answer, and when it was pressed last.
    answered_by: Option<(Chord, f64)>,
    pub message: Option<String>,
    pub area: Rect,
    pub resolution: (u16, u16),
    pub theme: Theme,
    effects: Vec<Effect>,
}

impl State {
    /// Begins at the first clip that was not shown before.
    pub fn new(quiz: Quiz, clips: Vec<QuizClip>, given: HashMap<String, Answer>, theme: Theme) -> Self {
        let before = given.iter().map(|(clip, answer)| (clip.clone(), (answer.seconds, answer.replays)));
        let mut state = Self {
            before: before.collect(),
            quiz,
            clips,
            given,
            shown: 0,
            is_over: false,
            is_second_round: false,
            order: Vec::new(),
            selected: None,
            film: Film::new(0),
            most: (0, 0),
            since: None,
            replays: 0,
            answered_by: None,
            message: None,
            area: Rect::default(),
            resolution: (0, 0),
            theme,
            effects: Vec::new(),
        };
        match (0..state.clips.len()).find(|&clip| state.is_new(clip)) {
            Some(clip) => state.show(clip),
            None => {
                state.show(state.clips.len().saturating_sub(1));
                state.is_over = true;
            }
        }
        state
    }

    pub fn clip(&self) -> &QuizClip {
        &self.clips[self.shown]
    }

    fn answer(&self, clip: usize) -> Option<&Answer> {
        self.given.get(&self.clips[clip].id)
    }

    fn is_new(&self, clip: usize) -> bool {
        self.answer(clip).is_none()
    }

    fn is_skipped(&self, clip: usize) -> bool {
        self.answer(clip).is_some_and(|answer| answer.class.is_none())
    }

    /// Number of clips that were answered.
    pub fn answered(&self) -> usize {
        (0..self.clips.len()).filter(|&clip| !self.is_new(clip) && !self.is_skipped(clip)).count()
    }

    /// Number of clips that were skipped and not answered since.
    pub fn skipped(&self) -> usize {
        (0..self.clips.len()).filter(|&clip| self.is_skipped(clip)).count()
    }

    /// The class that was chosen for the clip on the screen.
    pub fn chosen(&self) -> Option<&str> {
        self.answer(self.shown)?.class.as_deref()
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        if !self.is_over
            && self.most != (0, 0)
            && let Some(wanted) = self.film.take_wanted()
        {
            let (clip, job, first) = (self.shown, self.film.job, self.film.first);
            self.effects.push(Effect::Decode(Request { clip, job, wanted, first, most: self.most }));
        }
        std::mem::take(&mut self.effects)
    }

    /// Sets the size of the film's pictures. What is decoded in another size is decoded again.
    pub fn set_size(&mut self, most: (u32, u32)) {
        if self.most != most {
            if self.most != (0, 0) {
                self.film.resize();
            }
            self.most = most;
        }
    }

    fn show(&mut self, clip: usize) {
        self.shown = clip;
        (self.is_over, self.since, self.replays, self.message) = (false, None, 0, None);
        let QuizClip { id, candidates, .. } = &self.clips[clip];
        self.order = self.quiz.shuffled(id, candidates);
        self.selected = self.chosen().and_then(|class| self.order.iter().position(|name| name == class));
        // Numbers of jobs are not used again: an answer may be on its way.
        self.film = Film::new(self.film.job + 1);
    }

    /// Keeps the time for which the clip was on the screen.
    fn leave(&mut self, now: f64) {
        let spent = self.spent(now);
        self.before.insert(self.clip().id.clone(), spent);
    }

    /// Seconds and replays of the clip on the screen, all visits together.
    fn spent(&self, now: f64) -> (f64, u32) {
        let (seconds, replays) = self.before.get(&self.clip().id).copied().unwrap_or_default();
        (seconds + self.since.map_or(0.0, |since| now - since), replays + self.replays)
    }

    /// Goes to the next clip that is new, or in the second round was skipped.
    fn next(&mut self, now: f64) {
        self.leave(now);
        let is_next = |clip: &usize| {
            if self.is_second_round { self.is_skipped(*clip) } else { self.is_new(*clip) }
        };
        let count = self.clips.len();
        let after = (self.shown + 1..count).find(is_next);
        // In the second round a clip that is skipped again does not come back by itself.
        let next = after.or_else(|| (0..self.shown).find(|clip| !self.is_second_round && is_next(clip)));
        match next {
            Some(clip) => self.show(clip),
            None => (self.is_over, self.film) = (true, Film::new(self.film.job + 1)),
        }
    }

    /// Takes an answer of the decoder.
    pub fn decoded(&mut self, job: u64, answer: Decoded, now: f64) {
        if job == self.film.job && !self.is_over {
            self.film.add(answer, now);
            if self.film.shot().is_some() {
                self.since.get_or_insert(now);
            }
        }
    }

    pub fn press(&mut self, key: KeyEvent, now: f64) {
        let chord = Chord::of(key);
        let is_held = self.answered_by.is_some_and(|(by, at)| by == chord && now - at < HELD);
        if is_held {
            self.answered_by = Some((chord, now));
            return;
        }
        self.answered_by = None;
        let Some(command) = keys::command(chord) else { return };
        self.message = None;
        match command {
            Command::Suspend => self.effects.push(Effect::Suspend),
            Command::Quit => self.effects.push(Effect::Quit),
            _ if self.is_over => self.close(command),
            Command::Number => {
                if let KeyCode::Char(digit) = chord.code {
                    let place = digit.to_digit(10).unwrap_or(0) as usize;
                    self.choose(place.wrapping_sub(1), chord, now);
                }
            }
            Command::Choose => match self.selected {
                Some(place) => self.choose(place, chord, now),
                None => self.message = Some("Select a candidate first, or press its number.".to_owned()),
            },
            Command::Down => self.select(1),
            Command::Up => self.select(-1),
            Command::Pause => self.replays += u32::from(self.film.pause(now)),
            Command::Replay => {
                self.film.replay(now);
                self.replays += 1;
            }
            Command::Forward => self.film.forward(),
            Command::Backward => self.film.backward(),
            Command::Skip => self.skip(chord, now),
            Command::Previous if self.shown == 0 => {
                self.message = Some("This is the first clip.".to_owned());
            }
            Command::Previous => {
                self.leave(now);
                self.show(self.shown - 1);
            }
        }
    }

    /// A key on the closing screen.
    fn close(&mut self, command: Command) {
        match command {
            Command::Previous => self.show(self.shown),
            Command::Choose => match (0..self.clips.len()).find(|&clip| self.is_skipped(clip)) {
                Some(clip) => {
                    self.is_second_round = true;
                    self.show(clip);
                }
                None => self.effects.push(Effect::Quit),
            },
            _ => {}
        }
    }

    fn select(&mut self, places: isize) {
        let last = self.order.len() - 1;
        self.selected = Some(match self.selected {
            Some(place) => place.saturating_add_signed(places).min(last),
            None if places > 0 => 0,
            None => last,
        });
    }

    /// Answers with the candidate at a place, once a picture was seen.
    fn choose(&mut self, place: usize, by: Chord, now: f64) {
        let Some(class) = self.order.get(place).cloned() else {
            self.message = Some(format!("There are {} candidates.", self.order.len()));
            return;
        };
        let was_seen = self.before.get(&self.clip().id).is_some_and(|&(seconds, _)| seconds > 0.0);
        if self.since.is_none() && !was_seen {
            self.message = Some(match self.film.fault {
                Some(_) => format!("Nothing was seen: {} skips this clip.", keys::key(Command::Skip)),
                None => "Wait for the first picture.".to_owned(),
            });
            return;
        }
        self.record(Some(class), now);
        self.answered_by = Some((by, now));
        self.next(now);
    }

    fn skip(&mut self, by: Chord, now: f64) {
        if self.chosen().is_none() {
            self.record(None, now);
        }
        self.answered_by = Some((by, now));
        self.next(now);
    }

    fn record(&mut self, class: Option<String>, now: f64) {
        let (seconds, replays) = self.spent(now);
        let seconds = (seconds * 1000.0).round() / 1000.0;
        let clip = self.clip().id.clone();
        let answer = Answer { clip: clip.clone(), class, shown: self.order.clone(), seconds, replays };
        self.given.insert(clip, answer.clone());
        self.effects.push(Effect::Record(answer));
    }
}
