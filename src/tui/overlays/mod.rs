//! The boxes that open over the screen. Each file has an overlay with its state, its keys and its drawing.

pub mod asks;
pub mod files;
pub mod help;
pub mod leave;
mod line_input;
mod list;
pub mod moments;
pub mod palette;
pub mod prompt;
pub mod proposal;
pub mod results;

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::widgets::{Block, Clear};

use crate::plot::text::fit;

/// Clears a box in the middle of the screen and draws its border. Returns the inside.
fn window(title: &str, (columns, rows): (u16, u16), frame: &mut Frame, area: Rect) -> Rect {
    let over = area.centered(
        Constraint::Length(columns.min(area.width)),
        Constraint::Length(rows.saturating_add(2).min(area.height)),
    );
    frame.render_widget(Clear, over);
    let title = fit(&format!(" {title} "), usize::from(over.width.saturating_sub(2)));
    let block = Block::bordered().title(title);
    let inside = block.inner(over);
    frame.render_widget(block, over);
    inside
}

/// A row of an area, counted from 0; empty below its end.
fn row_of(area: Rect, row: u16) -> Rect {
    Rect { y: area.y + row, height: 1.min(area.height.saturating_sub(row)), ..area }
}

/// An area without its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    Rect { y: area.y + rows, height: area.height.saturating_sub(rows), ..area }
}
