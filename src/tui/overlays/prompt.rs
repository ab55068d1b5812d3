//! A question at the foot of the screen that is answered with a line of text. The questions are in `asks`.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::error_chain::on_one_line;
use crate::plot::text::{fit, width, wrap};
use crate::tui::action::Effect;
use crate::tui::overlays::line_input::LineInput;
use crate::tui::overlays::{below, row_of};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};

/// Most characters of an answer: far more than a model reads.
const LONGEST_ANSWER: usize = 10_000;

/// What may be said below the answer so far.
type Text = Box<dyn Fn(&State, &str) -> Option<String>>;

/// Takes an answer, or refuses it with the reason.
type Answer = Box<dyn Fn(&mut State, &str) -> Result<(), String>>;

/// A question with the answer so far.
pub struct Prompt {
    title: String,
    input: LineInput,
    answer: Answer,
    note: Text,
    sentence: Text,
    typed: fn(&mut State, &str),
    empty_answer: Option<&'static str>,
    /// Why the last answer was refused, or what became of a paste.
    notice: Option<String>,
}

impl Prompt {
    /// A question. `answer` takes the answer without the spaces around it, and may open the question that follows. If it
    /// returns an error, the prompt stays open with it.
    pub fn new(
        title: impl Into<String>,
        answer: impl Fn(&mut State, &str) -> Result<(), String> + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            input: LineInput::new(String::new(), LONGEST_ANSWER),
            answer: Box::new(answer),
            note: Box::new(|_, _| None),
            sentence: Box::new(|_, _| None),
            typed: |_, _| {},
            empty_answer: None,
            notice: None,
        }
    }

    /// Fills in the present value, to be changed.
    pub fn present(mut self, value: impl Into<String>) -> Self {
        self.input.set(value.into());
        self
    }

    pub fn with_cursor_at_start(mut self) -> Self {
        self.input.key(KeyCode::Home.into()).expect("only letters are refused");
        self
    }

    /// Adds a note below the answer: what is wrong with it so far, or what it is about.
    pub fn note(self, note: impl Fn(&State, &str) -> Option<String> + 'static) -> Self {
        Self { note: Box::new(note), ..self }
    }

    /// Shows the sentence that the answer so far would make, with its tokens.
    pub fn sentence(self, sentence: impl Fn(&State, &str) -> Option<String> + 'static) -> Self {
        Self { sentence: Box::new(sentence), ..self }
    }

    /// Follows the answer while it is typed; an empty one if the prompt is closed.
    pub fn typed(self, typed: fn(&mut State, &str)) -> Self {
        Self { typed, ..self }
    }

    /// What an empty line of plain text does, other than to close the prompt.
    pub fn empty_answer(self, does: &'static str) -> Self {
        Self { empty_answer: Some(does), ..self }
    }

    /// Adds a notice that the next key clears.
    pub fn notice(self, notice: String) -> Self {
        Self { notice: Some(notice), ..self }
    }

    pub fn open(self, state: &mut State) {
        self.follow(state);
        state.open(self);
    }

    /// Shows what the answer so far changes.
    fn follow(&self, state: &mut State) {
        (self.typed)(state, self.input.value());
        let sentence = (self.sentence)(state, self.value());
        state.effects.extend(sentence.map(Effect::CountTokens));
    }

    fn value(&self) -> &str {
        self.input.value().trim()
    }

    fn take_answer(&mut self, state: &mut State) -> After {
        (self.typed)(state, self.value());
        match (self.answer)(state, self.value()) {
            Ok(()) => After::Closes,
            Err(reason) => {
                self.notice = Some(on_one_line(&reason));
                After::Stays
            }
        }
    }

    fn notes(&self, state: &State) -> Vec<(String, Style)> {
        let emphasis = bold().patch(state.theme.bad());
        if let Some(notice) = &self.notice {
            return vec![(notice.clone(), emphasis)];
        }
        let mut notes: Vec<(String, Style)> = Vec::new();
        notes.extend((self.note)(state, self.value()).map(|note| (note, dim())));
        if let Some(sentence) = (self.sentence)(state, self.value()) {
            let tokens = state.tokens.as_ref().filter(|tokens| tokens.sentence == sentence);
            notes.push((sentence.clone(), Style::new()));
            notes.extend(tokens.map(|tokens| match tokens.cut {
                true => {
                    (format!("✂ too long: the model reads {} tokens, the rest is cut", tokens.most), emphasis)
                }
                false => (format!("{} of {} tokens", tokens.used, tokens.most), dim()),
            }));
        }
        notes
    }
}

impl Overlay for Prompt {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        if key.code == KeyCode::Enter {
            return self.take_answer(state);
        }
        self.notice = self.input.key(key).err();
        self.follow(state);
        After::Stays
    }

    fn paste(&mut self, state: &mut State, text: &str) {
        self.notice = self.input.paste(text);
        self.follow(state);
    }

    fn cancel(&mut self, state: &mut State) {
        (self.typed)(state, "");
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let columns = usize::from(area.width.saturating_sub(4)).max(1);
        let title = format!(" {} · Enter accepts · Esc cancels ", self.title);
        let mut notes = self.notes(state);
        let is_cut = width(&title) > columns + 2;
        if is_cut {
            notes.insert(0, (self.title.clone(), state.theme.accent()));
        }
        // The border, the answer and the footer.
        let mut rows = usize::from(area.height.saturating_sub(4));
        let mut lines = Vec::new();
        for (note, style) in notes {
            let texts = wrap(&note, columns, rows.max(1));
            rows = rows.saturating_sub(texts.len());
            lines.extend(texts.into_iter().map(|text| Line::styled(text, style)));
        }
        let height = (lines.len() as u16 + 3).min(area.height);
        // Above the footer.
        let over = Rect { y: area.bottom().saturating_sub(height + 1), height, ..area };
        frame.render_widget(Clear, over);
        let block = Block::bordered().title(fit(&title, columns + 2));
        let inside = block.inner(over).inner(Margin::new(1, 0));
        frame.render_widget(block, over);
        self.input.draw(frame, row_of(inside, 0));
        frame.render_widget(Paragraph::new(lines), below(inside, 1));
    }

    fn question(&self, _state: &State) -> Option<String> {
        let present = match self.input.value() {
            "" => String::new(),
            present => format!(" Now: {present}"),
        };
        let empty = self.empty_answer.unwrap_or("cancels");
        Some(format!("{}? An empty line {empty}.{present}", self.title))
    }

    /// An answer that is refused closes the prompt, so that the next line is a command again.
    fn line(&mut self, state: &mut State, line: &str) -> Option<After> {
        if line.chars().count() > LONGEST_ANSWER {
            state.say(format!("That is more than {LONGEST_ANSWER} characters: write less."));
            return Some(After::Stays);
        }
        self.input.set(line.to_owned());
        if (!line.trim().is_empty() || self.empty_answer.is_some())
            && let After::Closes = self.take_answer(state)
        {
            return Some(After::Closes);
        }
        self.cancel(state);
        if let Some(refused) = self.notice.take() {
            state.complain(refused);
        }
        Some(After::Closes)
    }
}
