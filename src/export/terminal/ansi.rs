//! Characters of the screen as text.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::export::terminal::width;

/// The characters alone.
pub fn without_colours(buffer: &Buffer) -> String {
    rows(buffer).map(|row| row.map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n").collect()
}

/// The characters with the escape sequences of their colours, each line on its own.
pub fn with_colours(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in rows(buffer) {
        let mut style = (Color::Reset, Color::Reset, false);
        for cell in row {
            let next = (cell.fg, cell.bg, cell.modifier.contains(Modifier::BOLD));
            if next != style {
                text.push_str("\x1b[0");
                if next.2 {
                    text.push_str(";1");
                }
                for (ground, colour) in [(38, next.0), (48, next.1)] {
                    if let Color::Rgb(r, g, b) = colour {
                        write!(text, ";{ground};2;{r};{g};{b}").expect("a string takes everything");
                    }
                }
                text.push('m');
                style = next;
            }
            text.push_str(cell.symbol());
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// The cells of each row; what a wide character covers is no cell of its own.
fn rows(buffer: &Buffer) -> impl Iterator<Item = impl Iterator<Item = &Cell>> {
    buffer.content.chunks(buffer.area.width.into()).map(|row| {
        let mut covered = 0;
        row.iter().filter(move |cell| {
            let is_covered = covered > 0;
            covered = if is_covered { covered - 1 } else { width(cell.symbol()).saturating_sub(1) };
            !is_covered
        })
    })
}
