//! A question at the foot of the screen that is answered with a line of text. The questions are in `asks`.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use crate::error_chain::on_one_line;
use crate::tui::action::Effect;
use crate::tui::overlays::line_input::LineInput;
use crate::tui::overlays::{below, row_of};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};
use crate::visible::visible_line;

/// Most characters of an answer: far more than a model reads.
pub const LONGEST_ANSWER: usize = 10_000;

/// A question: one implementation each.
pub trait Ask {
    fn title(&self) -> String;

    /// The present value, to be changed.
    fn present(&self, _state: &State) -> String {
        String::new()
    }

    /// Whether the cursor begins before the present value.
    fn begins_at_start(&self) -> bool {
        false
    }

    /// A note below the answer: what is wrong with it so far, or what it is about.
    fn note(&self, _state: &State, _value: &str) -> Option<String> {
        None
    }

    /// The sentence that the answer so far would make, for answers that make one.
    fn sentence(&self, _state: &State, _value: &str) -> Option<String> {
        None
    }

    /// Follows the answer while it is typed.
    fn typed(&self, _state: &mut State, _value: &str) {}

    /// Takes back what typing did.
    fn cancel(&self, _state: &mut State) {}

    /// What an empty answer does instead of closing the prompt of plain text.
    fn empty_answer(&self, _state: &State) -> Option<&'static str> {
        None
    }

    /// Takes the answer, without spaces around it. A question that follows is opened in the state.
    ///
    /// # Errors
    /// In words, if the answer cannot be used. The prompt stays.
    fn answer(&self, state: &mut State, value: &str) -> Result<Vec<Effect>, String>;
}

struct Prompt {
    ask: Box<dyn Ask>,
    input: LineInput,
    /// Why the last answer was refused, or what became of a paste.
    notice: Option<String>,
}

/// Asks a question, the present value filled in.
pub fn ask(state: &mut State, ask: impl Ask + 'static) -> Vec<Effect> {
    let present = ask.present(state);
    open(state, ask, present, None)
}

/// Asks a question with this answer filled in, and a notice below it.
pub fn open(
    state: &mut State,
    ask: impl Ask + 'static,
    answer: String,
    notice: Option<String>,
) -> Vec<Effect> {
    let begins_at_start = ask.begins_at_start();
    let input = LineInput::new(answer, LONGEST_ANSWER);
    let input = if begins_at_start { input.from_the_start() } else { input };
    let prompt = Prompt { ask: Box::new(ask), input, notice };
    let effects = prompt.typed(state);
    state.open(prompt);
    effects
}

impl Prompt {
    fn typed(&self, state: &mut State) -> Vec<Effect> {
        self.ask.typed(state, self.input.value());
        self.sentence(state).map(Effect::CountTokens).into_iter().collect()
    }

    fn sentence(&self, state: &State) -> Option<String> {
        self.ask.sentence(state, self.input.value().trim())
    }

    fn answer(&mut self, state: &mut State) -> After {
        let value = self.input.value().trim().to_owned();
        match self.ask.answer(state, &value) {
            Ok(effects) => After::Closes(effects),
            Err(reason) => {
                self.notice = Some(on_one_line(&reason));
                After::Stays(Vec::new())
            }
        }
    }

    fn notes(&self, state: &State) -> Vec<Line<'static>> {
        let shown = |text: &str| visible_line(text).into_owned();
        let emphasis = bold().patch(state.theme.bad());
        if let Some(notice) = &self.notice {
            return vec![Line::styled(shown(notice), emphasis)];
        }
        let note = self.ask.note(state, self.input.value().trim());
        let mut notes: Vec<Line> = note.iter().map(|note| Line::styled(shown(note), dim())).collect();
        if let Some(sentence) = self.sentence(state) {
            notes.push(Line::raw(shown(&sentence)));
            if let Some(tokens) = state.tokens.as_ref().filter(|tokens| tokens.sentence == sentence) {
                notes.push(if tokens.cut {
                    let text = format!("✂ too long: the model reads {} tokens, the rest is cut", tokens.most);
                    Line::styled(text, emphasis)
                } else {
                    Line::styled(format!("{} of {} tokens", tokens.used, tokens.most), dim())
                });
            }
        }
        notes
    }
}

impl Overlay for Prompt {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        if key.code == KeyCode::Enter {
            return self.answer(state);
        }
        self.notice = self.input.key(key).err();
        After::Stays(self.typed(state))
    }

    fn paste(&mut self, state: &mut State, text: &str) -> Vec<Effect> {
        self.notice = self.input.paste(text);
        self.typed(state)
    }

    fn cancel(&mut self, state: &mut State) {
        self.ask.cancel(state);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let notes = self.notes(state);
        let columns = usize::from(area.width.saturating_sub(4)).max(1);
        let rows: usize = notes.iter().map(|note| note.width().div_ceil(columns).max(1)).sum();
        let height = (rows as u16 + 3).min(area.height);
        // Above the footer.
        let over = Rect { y: area.bottom().saturating_sub(height + 1), height, ..area };
        frame.render_widget(Clear, over);
        let block =
            Block::bordered().title(format!(" {} · Enter takes it · Esc leaves it ", self.ask.title()));
        let inside = block.inner(over).inner(Margin::new(1, 0));
        frame.render_widget(block, over);
        self.input.draw(frame, row_of(inside, 0));
        frame.render_widget(Paragraph::new(notes).wrap(Wrap { trim: true }), below(inside, 1));
    }

    fn question(&self, state: &State) -> Option<String> {
        let present = match self.input.value() {
            "" => String::new(),
            present => format!(" Now: {present}"),
        };
        let empty = self.ask.empty_answer(state).unwrap_or("leaves it");
        Some(format!("{}? An empty line {empty}.{present}", self.ask.title()))
    }

    /// An answer that is refused closes the prompt, so that the next line is a command again.
    fn line(&mut self, state: &mut State, line: &str) -> Option<After> {
        if line.chars().count() > LONGEST_ANSWER {
            state.say(format!("That is more than {LONGEST_ANSWER} characters: write less."));
            return Some(After::Stays(Vec::new()));
        }
        self.input.set(line.to_owned());
        let is_answer = !line.trim().is_empty() || self.ask.empty_answer(state).is_some();
        let after = if is_answer { self.answer(state) } else { After::Stays(Vec::new()) };
        Some(match after {
            After::Stays(effects) => {
                self.cancel(state);
                if let Some(refused) = self.notice.take() {
                    state.complain(refused);
                }
                After::Closes(effects)
            }
            after => after,
        })
    }
}
