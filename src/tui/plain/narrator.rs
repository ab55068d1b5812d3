//! Sentences about what has changed since the last time.

use crate::explain::Confidence;
use crate::plot::confidence;
use crate::plot::format::plain;
use crate::tui::moments::Moments;
use crate::tui::plain::words::{self, Knob};
use crate::tui::state::{Message, State, View};

/// What was said last.
#[derive(Default)]
pub struct Narrator {
    clip: Option<(usize, Option<u64>)>,
    /// How many quarters of the frames were embedded.
    quarters: usize,
    knobs: Vec<Knob>,
    leader: Option<String>,
    /// The class that was said to be settled.
    settled: Option<String>,
    /// Names and scores, best first; by name, since classes may come and go.
    ranking: Vec<(String, f64)>,
    confidence: Option<Confidence>,
    is_complete: bool,
    selected: Option<(String, Vec<String>)>,
    frame: Option<u64>,
    patches: Vec<String>,
    moments: Vec<String>,
    message: Option<Message>,
    question: Option<String>,
    is_playing: bool,
    step: Option<usize>,
    view: View,
    filter: String,
    /// The maps were described since their view was opened.
    has_said_maps: bool,
}

impl Narrator {
    /// The sentences to say now.
    pub fn news(&mut self, state: &State) -> Vec<String> {
        let mut news = Vec::new();
        let clip = state.clip();
        let shown = (state.shown, clip.job);
        if self.clip.replace(shown).is_some_and(|before| before.0 != shown.0) {
            news.push(words::which_clip(state));
            *self = Self { clip: self.clip, knobs: std::mem::take(&mut self.knobs), ..Self::default() };
        }
        self.say_message(state, &mut news);
        self.say_knobs(state, &mut news);
        self.say_progress(state, &mut news);
        self.say_ranking(state, &mut news);
        self.say_confidence(state, &mut news);
        self.say_selected(state, &mut news);
        self.say_frame(state, &mut news);
        self.say_view(state, &mut news);
        self.say_patches(state, &mut news);
        self.say_moments(state, &mut news);
        self.say_question(state, &mut news);
        news
    }

    /// Has the next message said even if it is the same as the last one.
    pub fn forget_message(&mut self) {
        self.message = None;
    }

    fn say_view(&mut self, state: &State, news: &mut Vec<String>) {
        let clip = state.clip();
        if self.view != state.view {
            self.view = state.view;
            self.has_said_maps = false;
            news.push(format!("View: {}.", state.view.name()));
        }
        if self.filter != clip.filter {
            self.filter.clone_from(&clip.filter);
            let count = words::count(clip.listed().len(), "candidate");
            news.push(match clip.filter.as_str() {
                "" => format!("All candidates are listed: {count}."),
                filter => format!("Listed candidates that match {filter}: {count}."),
            });
        }
        if let Some(maps) = clip.maps.as_ref().filter(|maps| maps.are_of(&clip.exploration))
            && state.view == View::Map
            && !self.has_said_maps
        {
            self.has_said_maps = true;
            news.extend(words::map(maps));
        }
    }

    fn say_message(&mut self, state: &State, news: &mut Vec<String>) {
        if self.message == state.message {
            return;
        }
        self.message.clone_from(&state.message);
        if let Some(Message { text, is_error }) = &state.message {
            let text = text.replace('\n', " ");
            news.push(if *is_error { format!("Error: {text}") } else { text });
        }
    }

    fn say_knobs(&mut self, state: &State, news: &mut Vec<String>) {
        // The smoothing width in frames depends on the frames, and is said when all are there.
        if state.clip().exploration.frame_count() == 0 {
            return;
        }
        let knobs = words::knobs(state);
        let is_first = self.knobs.is_empty();
        for (knob, before) in knobs.iter().zip(&self.knobs) {
            let in_progress = knob.0 == "Smoothing" && !self.is_complete;
            if knob != before && !in_progress {
                news.push(format!("{}: {}.", knob.0, knob.1));
            }
        }
        if is_first || self.knobs != knobs {
            self.knobs = knobs;
        }
    }

    fn say_progress(&mut self, state: &State, news: &mut Vec<String>) {
        let clip = state.clip();
        let embedded = clip.exploration.frame_count();
        let expected = clip.progress.expected_frames.unwrap_or(0).max(embedded);
        if expected == 0 || clip.exploration.is_frozen() {
            return;
        }
        let is_all = clip.progress.all_decoded && embedded >= expected;
        // The header of a clip may promise too few frames: all are there once the last is decoded.
        let quarters = match 4 * embedded / expected {
            _ if is_all => 4,
            quarters @ 0..=3 => quarters,
            _ => self.quarters,
        };
        if quarters > self.quarters {
            self.quarters = quarters;
            news.push(match quarters {
                4 => format!("All frames are embedded: {embedded}."),
                quarters => {
                    format!("{} percent of the frames are embedded: {embedded} of {expected}.", 25 * quarters)
                }
            });
        }
    }

    fn say_settled(&mut self, state: &State, news: &mut Vec<String>) {
        let settled = state.clip().settled().zip(self.leader.clone());
        if let Some((seen, name)) = settled.as_ref().filter(|(_, name)| self.settled.as_ref() != Some(name)) {
            news.push(words::settled(*seen, name));
        }
        self.settled = settled.map(|(_, name)| name);
    }

    fn say_ranking(&mut self, state: &State, news: &mut Vec<String>) {
        let clip = state.clip();
        let outcome = clip.exploration.outcome();
        let name = |class: usize| clip.exploration.candidates()[class].name.clone();
        let ranking: Vec<(String, f64)> = outcome
            .ranking
            .iter()
            .map(|&class| (name(class), outcome.score(class).unwrap_or_default()))
            .collect();
        self.is_complete = clip.progress.idle && clip.progress.texts_missing == 0;
        let leader = ranking.first().map(|(name, _)| name.clone());
        if !self.is_complete {
            // Before that, only the leader: the ranking changes too often.
            if let Some((name, score)) =
                ranking.first().filter(|_| leader != self.leader && clip.progress.texts_missing == 0)
            {
                news.push(format!("{name} leads, score {}.", plain(*score)));
                self.leader = leader;
            }
            self.say_settled(state, news);
            return;
        }
        if ranking == self.ranking {
            return;
        }
        self.leader = leader;
        for (place, (name, score)) in ranking.iter().enumerate() {
            let before = self.ranking.iter().position(|(other, _)| other == name);
            let moved = match before {
                Some(before) if before != place => format!(", was {}", before + 1),
                _ => String::new(),
            };
            news.push(format!("{}. {name}, score {}{moved}.", place + 1, plain(*score)));
        }
        self.ranking = ranking;
    }

    fn say_confidence(&mut self, state: &State, news: &mut Vec<String>) {
        let found = state.clip().exploration.outcome().confidence;
        if found != self.confidence && self.is_complete {
            news.extend(found.as_ref().map(confidence::sentence));
            self.confidence = found;
        }
    }

    fn say_selected(&mut self, state: &State, news: &mut Vec<String>) {
        let clip = state.clip();
        let Some(class) = clip.exploration.candidates().get(clip.selected) else { return };
        // Until the user has chosen, the leader is selected, which the ranking says.
        if !clip.has_selected {
            return;
        }
        let is_aligned = clip.selected_outcome().is_some();
        let was_said = self
            .selected
            .as_ref()
            .is_some_and(|(name, steps)| *name == class.name && (!is_aligned || *steps == class.steps));
        if was_said {
            return;
        }
        news.extend(words::candidate(state));
        if is_aligned {
            news.extend(words::script(state));
        }
        // The steps are said once they are aligned.
        let steps = if is_aligned { class.steps.clone() } else { Vec::new() };
        self.selected = Some((class.name.clone(), steps));
    }

    fn say_frame(&mut self, state: &State, news: &mut Vec<String>) {
        let clip = state.clip();
        let Some(at) = clip.cursor_frame() else { return };
        let frame = clip.exploration.outcome().ordinals.get(at).copied();
        let step = clip.step_at_cursor(clip.selected);
        let is_playing = state.playing.is_some();
        if self.is_playing && !is_playing {
            news.push("Stopped.".to_owned());
        }
        let is_new = frame != self.frame && self.frame.is_some();
        // While the clip plays, only changes of the step are said.
        let is_due = if is_playing { step != self.step } else { is_new || self.is_playing };
        self.frame = frame;
        self.step = step;
        self.is_playing = is_playing;
        if is_due {
            news.extend(words::frame(state));
        }
    }

    fn say_patches(&mut self, state: &State, news: &mut Vec<String>) {
        let found = words::patches(state);
        if found != self.patches {
            news.extend(found.clone());
            self.patches = found;
        }
    }

    /// The moments, once all frames are searched.
    fn say_moments(&mut self, state: &State, news: &mut Vec<String>) {
        let found = words::moments(state);
        let is_running = state.clip().moments.as_ref().is_some_and(Moments::is_running);
        if found != self.moments && self.is_complete && !is_running {
            news.extend(found.clone());
            self.moments = found;
        }
    }

    fn say_question(&mut self, state: &State, news: &mut Vec<String>) {
        let question = state.overlay.as_ref().and_then(|overlay| overlay.question(state));
        if question != self.question {
            news.extend(question.clone());
            self.question = question;
        }
    }
}
