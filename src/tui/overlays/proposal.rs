//! A script that a language model has written, beside the present one, to accept or discard.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::plot::text::wrap;
use crate::script::check::warnings_of_step;
use crate::script::{Class, Strategy};
use crate::tui::commands::Command;
use crate::tui::models::Wanted;
use crate::tui::overlays::{below, row_of, window};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};
use crate::tui::update::{edit, views};

struct Proposal {
    wanted: Wanted,
    /// The present steps; none of a new class.
    old: Vec<String>,
    new: Class,
    /// Rows scrolled down.
    scroll: u16,
}

/// Proposes a script that was written, once no other overlay is open.
pub fn propose(state: &mut State, wanted: Wanted, script: Result<Box<Class>, String>) {
    state.writing = None;
    let new = match script {
        Ok(new) => *new,
        Err(reason) => return state.complain(format!("No script of {}: {reason}", wanted.name)),
    };
    if !is_unchanged(state, &wanted) {
        return complain_of_deleted(state, &wanted);
    }
    let class = wanted.class.and_then(|class| state.scripts.class(class));
    let old = class.map_or_else(Vec::new, |class| class.steps.clone());
    if state.overlay.is_some() {
        state.say(format!("A script of {} is ready, and opens once this is closed.", wanted.name));
    }
    state.next_overlay = Some(Box::new(Proposal { wanted, old, new, scroll: 0 }));
}

/// Whether the class still has the name and domain that its script was written for.
fn is_unchanged(state: &State, wanted: &Wanted) -> bool {
    wanted.class.is_none_or(|id| {
        let class = state.scripts.class(id);
        class.is_some_and(|class| class.name == wanted.name && state.scripts.domain_of(id) == wanted.domain)
    })
}

fn complain_of_deleted(state: &mut State, wanted: &Wanted) {
    state.complain(format!("{} was deleted or renamed; its new script is discarded.", wanted.name));
}

impl Proposal {
    /// Takes the script. The ranking before is pinned, to show which classes move.
    fn accept(&self, state: &mut State) -> After {
        if !is_unchanged(state, &self.wanted) {
            complain_of_deleted(state, &self.wanted);
            return After::Closes;
        }
        if state.clip().pinned.is_none() && !state.clip().exploration.outcome().ranking.is_empty() {
            views::pin(state);
        }
        let taken = match self.wanted.class {
            Some(class) => edit::try_change(state, |scripts| scripts.replace_script(class, &self.new)),
            None => edit::add_class(state, |scripts| scripts.add(self.new.clone())).map(drop),
        };
        match taken {
            Ok(()) => {
                let (undo, pin) = (state.keymap.key(Command::Undo), state.keymap.key(Command::Pin));
                state.say(format!("Accepted; the ranking before is pinned. {undo} undoes it, {pin} unpins."));
            }
            Err(reason) => state.complain(reason),
        }
        After::Closes
    }

    /// One of the two scripts, with warnings about doubtful steps.
    fn lines(&self, heading: &str, steps: &[String], state: &State, width: usize) -> Vec<Line<'static>> {
        let strategy = Strategy::of(state.scripts.file());
        let class = Class { steps: steps.to_vec(), ..self.new.clone() };
        let mut lines = vec![Line::styled(format!("{heading}: {} steps", steps.len()), dim())];
        for (at, step) in steps.iter().enumerate() {
            let style = if self.old.contains(step) || heading == "now" { Style::new() } else { bold() };
            for (row, text) in wrap(step, width.saturating_sub(4), usize::MAX).into_iter().enumerate() {
                let number = if row == 0 { format!("{:>2}  ", at + 1) } else { "    ".to_owned() };
                lines.push(Line::from(vec![Span::styled(number, dim()), Span::styled(text, style)]));
            }
            for warning in warnings_of_step(&class, at, strategy) {
                for text in wrap(&format!("? {warning}"), width.saturating_sub(4), usize::MAX) {
                    lines.push(Line::styled(format!("    {text}"), state.theme.bad()));
                }
            }
        }
        lines
    }
}

impl Overlay for Proposal {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        match key.code {
            KeyCode::Down => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::Enter => return self.accept(state),
            _ => {}
        }
        After::Stays
    }

    fn wheel(&mut self, _state: &State, clicks: isize) {
        self.scroll = self.scroll.saturating_add_signed(clicks as i16);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let title = "A new script · Enter accepts · ↑ ↓ scroll · Esc discards";
        let inside = window(title, (120, 40), frame, area);
        let name = format!("{} · {}", self.wanted.name, self.wanted.domain);
        let name = wrap(&name, inside.width.into(), usize::MAX);
        let rest = below(inside, name.len() as u16);
        for (row, line) in (0..).zip(name) {
            frame.render_widget(Line::styled(line, state.theme.accent()), row_of(inside, row));
        }
        let new = &self.new.steps;
        let columns = if self.old.is_empty() {
            vec![("new", new, rest)]
        } else {
            let widths = [Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)];
            let [left, _, right] = Layout::horizontal(widths).areas(rest);
            vec![("now", &self.old, left), ("new", new, right)]
        };
        for (heading, steps, column) in columns {
            let lines = self.lines(heading, steps, state, column.width.into());
            let shown = lines.into_iter().skip(self.scroll.into()).take(column.height.into());
            for (row, line) in (0..).zip(shown) {
                frame.render_widget(line, row_of(column, row));
            }
        }
    }

    fn question(&self, _state: &State) -> Option<String> {
        let new = &self.new.steps;
        let steps: Vec<String> = (1..).zip(new).map(|(at, step)| format!("{at}. {step}")).collect();
        Some(format!(
            "A new script of {} has {} steps: {} Accept or discard?",
            self.wanted.name,
            new.len(),
            steps.join(" ")
        ))
    }

    fn line(&mut self, state: &mut State, line: &str) -> Option<After> {
        Some(match line.trim() {
            "accept" => self.accept(state),
            _ => After::Closes,
        })
    }
}
