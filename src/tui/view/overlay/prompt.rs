//! A question at the foot of the screen, and what the answer so far would mean.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use crate::script::Template;
use crate::tui::overlay::{Ask, Prompt};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::overlay::draw_input;

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
        return vec![Line::styled(refused.clone(), bold().patch(state.theme.bad()))];
    }
    let clip = state.clip();
    let value = prompt.input.value().trim();
    match prompt.ask {
        Ask::Filter => vec![Line::styled(format!("{} candidates match", clip.listed().len()), dim())],
        Ask::Template => match (Template::parse(value), clip.exploration.candidates().get(clip.selected)) {
            (Ok(template), Some(class)) => {
                let step = class.steps.get(clip.focus_step().unwrap_or(0)).map_or("", String::as_str);
                vec![Line::raw(template.fill(&class.name, &class.domain, step))]
            }
            (Ok(_), None) => Vec::new(),
            (Err(error), _) => vec![Line::styled(error.to_string(), dim())],
        },
        Ask::Calibration | Ask::Sampling => Vec::new(),
    }
}
