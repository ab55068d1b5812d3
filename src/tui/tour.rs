//! The guided tour of the demo: what it says, and what each step waits for.

use crate::tui::clip::Clip;
use crate::tui::commands::{Command, Group};
use crate::tui::keymap::Keymap;

/// A step of the tour.
pub struct TourStep {
    /// What it says. Between backticks stand the names of commands, for their keys.
    pub text: &'static str,
    /// Whether a command is what the step asks for; Enter leads on from every step.
    pub asks_for: fn(Command) -> bool,
    /// The group of clips that it speaks of: the first clip of the group is shown with it. Where there is none, the
    /// step is left out.
    pub about: Option<&'static str>,
}

/// The tour. Each text begins with what the key before has brought about.
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
        asks_for: |command| command.about().group == Group::Time || is_step(command),
        about: None,
    },
    TourStep {
        text: "One frame is a noisy witness: each is averaged with its neighbours. Press `smooth-less` for fewer of them: sharper, shakier.",
        asks_for: is_smoothing,
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
        text: "`compare` goes back. `edit-step` changes a step in your words, `undo` takes it back. Press `next-clip`: there the published method goes wrong.",
        asks_for: |command| matches!(command, Command::NextClip | Command::PreviousClip),
        about: None,
    },
    TourStep {
        text: "This action starts late, but every step must take a frame. ⚠: the line has collapsed, most steps hold a single one.",
        asks_for: |_| false,
        about: Some("late-start"),
    },
    TourStep {
        text: "`save-figure` saves a figure, `save-snapshot` all you see; `help` lists all keys. Your own clip: actalign-tui CLIP --scripts FILE --model DIR",
        asks_for: |command| matches!(command, Command::SaveSnapshot | Command::SaveFigure),
        about: None,
    },
];

fn is_step(command: Command) -> bool {
    matches!(command, Command::NextStep | Command::PreviousStep)
}

fn is_smoothing(command: Command) -> bool {
    matches!(
        command,
        Command::SmoothLess | Command::SmoothMore | Command::SmoothMuchLess | Command::SmoothMuchMore
    )
}

impl TourStep {
    /// What it says with the keys in force, between backticks.
    pub fn text(&self, keymap: &Keymap) -> String {
        let parts = self.text.split('`').enumerate().map(|(part, text)| match Command::named(text) {
            Some(command) if part % 2 == 1 => format!("`{}`", keymap.key(command)),
            _ => text.to_owned(),
        });
        parts.collect()
    }
}

/// The step after `step` that has something to speak of.
pub fn after(step: usize, clips: &[Clip]) -> Option<usize> {
    (step + 1..TOUR.len()).find(|&next| TOUR[next].about.is_none_or(|group| first_of(group, clips).is_some()))
}

/// Index of the clip that a step speaks of.
pub fn subject(step: usize, clips: &[Clip]) -> Option<usize> {
    TOUR[step].about.and_then(|group| first_of(group, clips))
}

fn first_of(group: &str, clips: &[Clip]) -> Option<usize> {
    clips.iter().position(|clip| clip.groups.iter().any(|its| its == group))
}
