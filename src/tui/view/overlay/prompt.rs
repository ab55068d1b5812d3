//! A question at the foot of the screen, and what the answer so far would mean.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use crate::script::Template;
use crate::tui::overlay::{Ask, Prompt, calibration};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::overlay::draw_input;
use crate::visible::visible_line;

pub fn draw(state: &State, prompt: &Prompt, frame: &mut Frame, area: Rect) {
    let notes = notes(state, prompt);
    let rows: usize = notes
        .iter()
        .map(|note| note.width().div_ceil(usize::from(area.width.saturating_sub(4)).max(1)).max(1))
        .sum();
    let height = (rows as u16 + 3).min(area.height);
    // Above the last row, which tells the hints.
    let over = Rect { y: area.bottom().saturating_sub(height + 1), height, ..area };
    frame.render_widget(Clear, over);
    let title = format!(" {} · Enter takes it · Esc leaves it ", prompt.ask.question());
    let block = Block::bordered().title(title);
    let inside = block.inner(over).inner(ratatui::layout::Margin::new(1, 0));
    frame.render_widget(block, over);
    draw_input(&prompt.input, frame, inside);
    let below = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    frame.render_widget(Paragraph::new(notes).wrap(Wrap { trim: true }), below);
}

fn notes(state: &State, prompt: &Prompt) -> Vec<Line<'static>> {
    if let Some(refused) = &prompt.refused {
        return vec![Line::styled(visible_line(refused).into_owned(), bold().patch(state.theme.bad()))];
    }
    let value = prompt.input.value().trim();
    let mut notes = Vec::new();
    match &prompt.ask {
        Ask::Filter => notes.push(match state.clip().listed().len() {
            1 => "1 candidate matches".to_owned(),
            count => format!("{count} candidates match"),
        }),
        Ask::Template => notes.extend(Template::parse(value).err().map(|error| error.to_string())),
        Ask::Calibration => notes.extend(calibration(value).err()),
        Ask::NewClass | Ask::ClassName(_) => {
            notes.push("Name, slash, domain: camel spin / figure skating".to_owned())
        }
        Ask::FirstStep { .. } if state.has_writer => {
            notes.push("Nothing has the language model write the script.".to_owned());
        }
        Ask::ScriptsFile { .. } => {
            notes.push("Their own file is replaced; another that is there is not.".to_owned())
        }
        _ => {}
    }
    let mut notes: Vec<Line> =
        notes.into_iter().map(|note| Line::styled(visible_line(&note).into_owned(), dim())).collect();
    if let Some(sentence) = state.sentence() {
        notes.push(Line::raw(visible_line(&sentence).into_owned()));
        if let Some(tokens) = state.tokens.as_ref().filter(|tokens| tokens.sentence == sentence) {
            notes.push(if tokens.cut {
                let text = format!("✂ too long: the model reads {} tokens, the rest is cut", tokens.most);
                Line::styled(text, bold().patch(state.theme.bad()))
            } else {
                Line::styled(format!("{} of {} tokens", tokens.used, tokens.most), dim())
            });
        }
    }
    notes
}
