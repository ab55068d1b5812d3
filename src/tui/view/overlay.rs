//! What lies over the screen.

mod files;
mod help;
mod palette;
mod prompt;
mod proposal;
mod results;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use tui_input::Input;

use crate::tui::overlay::Overlay;
use crate::tui::state::State;
use crate::tui::theme::{Theme, bold};
use crate::visible::visible_line;

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    match &state.overlay {
        None => {}
        Some(Overlay::Help(scroll)) => help::draw(state, *scroll, frame, area),
        Some(Overlay::Palette(palette)) => palette::draw(state, palette, frame, area),
        Some(Overlay::Prompt(prompt)) => prompt::draw(state, prompt, frame, area),
        Some(Overlay::Files(files)) => files::draw(state, files, frame, area),
        Some(Overlay::Proposal(proposal)) => proposal::draw(state, proposal, frame, area),
        Some(Overlay::Results(list)) => {
            if let Some(results) = &state.results {
                results::draw(state, results, list, frame, area);
            }
        }
        Some(Overlay::Leave) => draw_leave(frame, area),
    }
}

/// A box in the middle of the screen; its inside comes back.
fn open(title: &str, (columns, rows): (u16, u16), frame: &mut Frame, area: Rect) -> Rect {
    let over = area.centered(
        Constraint::Length(columns.min(area.width)),
        Constraint::Length(rows.saturating_add(2).min(area.height)),
    );
    frame.render_widget(Clear, over);
    let block = Block::bordered().title(format!(" {title} "));
    let inside = block.inner(over);
    frame.render_widget(block, over);
    inside
}

/// A line of text that is being typed, with its cursor.
fn draw_input(input: &Input, frame: &mut Frame, area: Rect) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width).saturating_sub(1);
    // What a terminal would obey is shown, and longer than it is.
    let input = match visible_line(input.value()) {
        Cow::Borrowed(_) => Cow::Borrowed(input),
        Cow::Owned(shown) => {
            let before: String = input.value().chars().take(input.cursor()).collect();
            Cow::Owned(Input::new(shown).with_cursor(visible_line(&before).chars().count()))
        }
    };
    let scroll = input.visual_scroll(columns);
    // Only what is seen is drawn: the line may be long.
    let line = Span::raw(input.value());
    let mut column = 0;
    let seen: String = line
        .styled_graphemes(Style::new())
        .filter(|letter| {
            column += Span::raw(letter.symbol).width();
            column > scroll && column <= scroll + columns + 1
        })
        .map(|letter| letter.symbol)
        .collect();
    frame.render_widget(Paragraph::new(seen), Rect { height: 1, ..area });
    let column = input.visual_cursor().saturating_sub(scroll).min(columns) as u16;
    frame.set_cursor_position((area.x + column, area.y));
}

/// A list of which one line is selected, scrolled so that it is seen.
fn draw_list(lines: Vec<Line>, at: usize, theme: &Theme, frame: &mut Frame, area: Rect) {
    let rows = usize::from(area.height);
    let first = at.saturating_sub(rows.saturating_sub(1));
    for (row, (index, line)) in lines.into_iter().enumerate().skip(first).take(rows).enumerate() {
        let place = Rect { y: area.y + row as u16, height: 1, ..area };
        let style = if index == at { theme.selected() } else { Style::new() };
        frame.render_widget(Paragraph::new(line).style(style), place);
    }
}

fn draw_leave(frame: &mut Frame, area: Rect) {
    let key = |key: &'static str, what: &'static str| {
        Line::from(vec![Span::styled(format!("{key:>5}  "), bold()), Span::raw(what)])
    };
    let lines = vec![
        Line::raw("The scripts have changes that are not saved."),
        Line::default(),
        key("s", "save them and quit"),
        key("d", "discard them and quit"),
        key("Esc", "stay"),
    ];
    let inside = open("Quit", (50, lines.len() as u16), frame, area);
    frame.render_widget(Paragraph::new(lines), inside);
}
