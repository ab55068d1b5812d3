//! A script that a language model has written, beside the one that is there.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::script::check::warnings_of_step;
use crate::script::{Class, Strategy};
use crate::tui::models::Proposal;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::overlay::open;
use crate::tui::view::{fit, wrap};

pub fn draw(state: &State, proposal: &Proposal, frame: &mut Frame, area: Rect) {
    let inside = open("A new script · Enter takes it · ↑ ↓ scroll · Esc leaves it", (120, 40), frame, area);
    let name = format!("{} · {}", proposal.wanted.name, proposal.wanted.domain);
    let title = Rect { height: 1.min(inside.height), ..inside };
    frame.render_widget(Line::styled(fit(&name, inside.width.into()), state.theme.accent()), title);
    let below = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let columns = if proposal.old.is_empty() {
        vec![("new", &proposal.new.steps, below)]
    } else {
        let [left, _, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)])
                .areas(below);
        vec![("now", &proposal.old, left), ("new", &proposal.new.steps, right)]
    };
    let strategy = Strategy::of(state.scripts.file());
    for (heading, steps, column) in columns {
        let class = Class { steps: steps.clone(), ..(*proposal.new).clone() };
        let mut lines = vec![Line::styled(format!("{heading}: {} steps", steps.len()), dim())];
        for (at, step) in steps.iter().enumerate() {
            let is_known = heading == "new" && proposal.old.contains(step);
            let style = if heading == "new" && !is_known { bold() } else { Style::new() };
            let width = usize::from(column.width).saturating_sub(4);
            for (row, text) in wrap(step, width, 4).into_iter().enumerate() {
                let number = if row == 0 { format!("{:>2}  ", at + 1) } else { "    ".to_owned() };
                lines.push(Line::from(vec![Span::styled(number, dim()), Span::styled(text, style)]));
            }
            for warning in warnings_of_step(&class, at, strategy) {
                let text = fit(&format!("    ? {warning}"), column.width.into());
                lines.push(Line::styled(text, state.theme.bad()));
            }
        }
        let shown = lines.into_iter().skip(proposal.scroll.into()).take(column.height.into());
        for (row, line) in shown.enumerate() {
            frame.render_widget(line, Rect { y: column.y + row as u16, height: 1, ..column });
        }
    }
}
