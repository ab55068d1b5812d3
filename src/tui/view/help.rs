//! The help, made from the keymap, and what the marks on the screen mean.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use crate::tui::keymap::KEYMAP;
use crate::tui::theme::bold;

const MARKS: [(&str, &str); 5] = [
    ("━┓┗", "the path: which frames are given to which step"),
    ("⚠", "the path has collapsed: most steps hold one frame"),
    ("✓", "what the clip really shows, where that is known"),
    ("✂", "the sentence is longer than the model reads"),
    ("pool", "rank by the mean frame and the class name alone"),
];

pub fn draw(frame: &mut Frame, area: Rect) {
    let entry = |(keys, text): (&str, &str)| {
        Line::from(vec![Span::styled(format!("{keys:>6}  "), bold()), Span::raw(text.to_owned())])
    };
    let lines: Vec<Line> =
        KEYMAP.iter().map(|binding| (binding.keys, binding.help)).chain(MARKS).map(entry).collect();
    let height = lines.len() as u16 + 2;
    let over =
        area.centered(Constraint::Length(76.min(area.width)), Constraint::Length(height.min(area.height)));
    frame.render_widget(Clear, over);
    let help = Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .block(Block::bordered().title(" Keys · ? or Esc closes "));
    frame.render_widget(help, over);
}
