//! The guided tour of the demo: its steps, and their drawing at the foot of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::tui::clip::Clip;
use crate::tui::commands::{Command, Group};
use crate::tui::keymap::Keymap;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};

/// A step of the tour.
pub struct TourStep {
    /// Names of commands stand between backticks, for their keys.
    pub text: &'static str,
    /// Whether a command is what the step asks for. Enter ends every step.
    pub asks_for: fn(Command) -> bool,
    /// The group of the clip that it shows. The step is left out if no clip is in the group.
    pub about: Option<&'static str>,
}

/// The tour. Each text begins with what the last key has changed.
pub const TOUR: &[TourStep] = &[
    TourStep {
        text: "Which action does the film show? Left: a script of steps. Bright: step and frame agree. The line: the best way through.",
        asks_for: |_| false,
        about: None,
    },
    TourStep {
        text: "Each candidate has its own script; ✓ is the truth. Press `next-candidate`: see how the line bends where a script is wrong.",
        asks_for: |command| {
            command.is_candidate() || matches!(command, Command::NextCandidate | Command::PreviousCandidate)
        },
        about: None,
    },
    TourStep {
        text: "The score is the mean along the line. Press `frame-forward` to move in time: left of the film, how well this frame fits each step.",
        asks_for: |command| {
            command.about().group == Group::Time
                || matches!(command, Command::NextStep | Command::PreviousStep)
        },
        about: None,
    },
    TourStep {
        text: "One frame is a noisy witness: each is averaged with its neighbours. Press `smooth-less` for fewer of them: sharper, shakier.",
        asks_for: |command| command.about().name.starts_with("smooth-"),
        about: None,
    },
    TourStep {
        text: "`smooth-more` brings them back. Press `next-template` to take the context, sport and action, out of each sentence; `previous-template` puts it back.",
        asks_for: |command| matches!(command, Command::NextTemplate | Command::PreviousTemplate),
        about: None,
    },
    TourStep {
        text: "All scores moved, yet no frame was embedded again. Press `next-scale` for other shades: by logarithm, by value, by rank.",
        asks_for: |command| command == Command::NextScale,
        about: None,
    },
    TourStep {
        text: "Press `compare`: two candidates on one time axis and one scale. The bars above the film tell where they part.",
        asks_for: |command| command == Command::Compare,
        about: None,
    },
    TourStep {
        text: "`compare` goes back. `edit-step` changes a step in your words, `undo` takes it back. Press `next-clip`: there the action starts late.",
        asks_for: |command| matches!(command, Command::NextClip | Command::PreviousClip),
        about: None,
    },
    TourStep {
        text: "dtw gives every frame to a step, so its line waits where nothing fits. Press `next-aligner`: windows takes one stretch for each step.",
        asks_for: |command| command == Command::NextAligner,
        about: Some("late-start"),
    },
    TourStep {
        text: "`save-figure` saves a figure, `save-snapshot` all you see; `help` lists all keys. Your own clip: actalign-tui CLIP --scripts FILE --model DIR",
        asks_for: |command| matches!(command, Command::SaveSnapshot | Command::SaveFigure),
        about: None,
    },
];

impl TourStep {
    /// The text with the keys in force between backticks.
    pub fn text(&self, keymap: &Keymap) -> String {
        let parts = self.text.split('`').enumerate().map(|(part, text)| match Command::named(text) {
            Some(command) if part % 2 == 1 => format!("`{}`", keymap.key(command)),
            _ => text.to_owned(),
        });
        parts.collect()
    }
}

/// The step after `step` that has a clip, or needs none.
pub fn after(step: usize, clips: &[Clip]) -> Option<usize> {
    (step + 1..TOUR.len()).find(|&next| TOUR[next].about.is_none_or(|group| first_of(group, clips).is_some()))
}

/// Index of the clip that a step shows.
pub fn subject(step: usize, clips: &[Clip]) -> Option<usize> {
    TOUR[step].about.and_then(|group| first_of(group, clips))
}

fn first_of(group: &str, clips: &[Clip]) -> Option<usize> {
    clips.iter().position(|clip| clip.groups.iter().any(|its| its == group))
}

/// Columns of the step's number, left of the text.
const NUMBER: usize = 6;

/// Rows of the longest step in a terminal of this width, so that no step moves the rest of the screen.
pub fn rows(state: &State, width: u16) -> u16 {
    let tallest = (0..TOUR.len()).map(|step| lines(state, step, width).len()).max().unwrap_or(0);
    if state.tour.is_some() { tallest as u16 } else { 0 }
}

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let Some(step) = state.tour else { return };
    let badge = Span::styled(
        format!("{:^5}", format!("{}/{}", step + 1, TOUR.len())),
        Style::new().add_modifier(Modifier::REVERSED),
    );
    frame.render_widget(badge, Rect { height: 1, ..area });
    let text = Rect { x: area.x + NUMBER as u16, width: area.width - NUMBER as u16, ..area };
    for (row, line) in text.rows().zip(lines(state, step, area.width)) {
        frame.render_widget(line, row);
    }
    let hint = Line::styled(hint(step), dim());
    // No wider than it is, so that the text beside it is not dimmed too.
    let width = (hint.width() as u16).min(area.width);
    frame.render_widget(hint, Rect { x: area.right() - width, y: area.bottom() - 1, width, height: 1 });
}

fn hint(step: usize) -> &'static str {
    if step + 1 == TOUR.len() { "Enter or Esc ends" } else { "Enter next · Esc end" }
}

/// The text of a step, keys in bold, broken at spaces such that the last line leaves room for the hint.
fn lines(state: &State, step: usize, width: u16) -> Vec<Line<'static>> {
    let columns = usize::from(width).saturating_sub(NUMBER);
    let mut lines: Vec<Line> = vec![Line::default()];
    for word in TOUR[step].text(&state.keymap).split_whitespace() {
        let spans = word.split('`').enumerate().map(|(part, text)| {
            Span::styled(text.to_owned(), if part % 2 == 1 { bold() } else { Style::new() })
        });
        let word = Line::from_iter(spans);
        let line = lines.last_mut().expect("there is a first line");
        if line.spans.is_empty() {
            *line = word;
        } else if line.width() + 1 + word.width() <= columns {
            line.push_span(" ");
            line.extend(word);
        } else {
            lines.push(word);
        }
    }
    let taken = lines.last().map_or(0, Line::width);
    if taken + 2 + Line::from(hint(step)).width() > columns {
        lines.push(Line::default());
    }
    lines
}
