//! Which key does what.

use crossterm::event::{KeyCode, KeyModifiers};

pub use crate::tui::chord::Chord;
use crate::tui::command::Command;
use Command as C;

/// The keymap in force: chords in the order in which they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    bindings: Vec<(Chord, Command)>,
}

impl Keymap {
    /// What a chord asks for.
    pub fn command(&self, chord: Chord) -> Option<Command> {
        self.bindings.iter().find(|(bound, _)| *bound == chord).map(|&(_, command)| command)
    }

    /// The chords that ask for a command.
    pub fn chords(&self, command: Command) -> impl Iterator<Item = Chord> {
        self.bindings.iter().filter(move |(_, bound)| *bound == command).map(|&(chord, _)| chord)
    }

    /// The first chord of a command, in words; empty where it has none.
    pub fn key(&self, command: Command) -> String {
        self.chords(command).next().map_or_else(String::new, |chord| chord.to_string())
    }

    /// Gives a command these chords in place of those that it had, and takes them from whatever had them.
    pub fn bind(&mut self, command: Command, chords: &[Chord]) {
        self.bindings.retain(|(chord, bound)| *bound != command && !chords.contains(chord));
        self.bindings.extend(chords.iter().map(|&chord| (chord, command)));
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let plain = |code, command| (Chord { code, modifiers: KeyModifiers::NONE }, command);
        let letter = |letter, command| plain(KeyCode::Char(letter), command);
        let with = |modifiers, code, command| (Chord { code, modifiers }, command);
        let (shift, control, alt) = (KeyModifiers::SHIFT, KeyModifiers::CONTROL, KeyModifiers::ALT);
        let mut bindings = vec![
            letter('j', C::NextCandidate),
            plain(KeyCode::Down, C::NextCandidate),
            letter('k', C::PreviousCandidate),
            plain(KeyCode::Up, C::PreviousCandidate),
            letter('/', C::FilterCandidates),
            letter('n', C::NextStep),
            letter('p', C::PreviousStep),
            plain(KeyCode::Right, C::FrameForward),
            letter('l', C::FrameForward),
            plain(KeyCode::Left, C::FrameBack),
            letter('h', C::FrameBack),
            with(shift, KeyCode::Right, C::TenFramesForward),
            letter('L', C::TenFramesForward),
            with(shift, KeyCode::Left, C::TenFramesBack),
            letter('H', C::TenFramesBack),
            letter('g', C::FirstFrame),
            plain(KeyCode::Home, C::FirstFrame),
            letter('G', C::LastFrame),
            plain(KeyCode::End, C::LastFrame),
            letter('.', C::WhereTheyPart),
            letter(' ', C::Play),
            plain(KeyCode::F(2), C::ShowScript),
            letter('c', C::Compare),
            letter('b', C::ShowSmoothing),
            letter('f', C::ShowFrame),
            letter('m', C::ShowMap),
            letter('M', C::MapColours),
            plain(KeyCode::Tab, C::NextView),
            plain(KeyCode::BackTab, C::PreviousView),
            letter('w', C::Pin),
            letter('[', C::SmoothLess),
            letter(']', C::SmoothMore),
            letter('{', C::SmoothMuchLess),
            letter('}', C::SmoothMuchMore),
            letter('t', C::NextTemplate),
            letter('T', C::PreviousTemplate),
            letter('y', C::EditTemplate),
            letter('a', C::NextAligner),
            letter('A', C::EditAligner),
            letter('(', C::OpenStart),
            letter(')', C::OpenEnd),
            letter('x', C::NextCell),
            letter('z', C::NextPreset),
            letter('v', C::NextScale),
            letter('=', C::EditCalibration),
            letter('r', C::EditSampling),
            letter('e', C::EditStep),
            letter('o', C::AddStep),
            letter('O', C::AddStepBefore),
            letter('d', C::DeleteStep),
            with(alt, KeyCode::Up, C::StepUp),
            letter('K', C::StepUp),
            with(alt, KeyCode::Down, C::StepDown),
            letter('J', C::StepDown),
            letter('+', C::AddClass),
            letter('E', C::RenameClass),
            letter('D', C::DeleteClass),
            letter('I', C::WriteScript),
            letter('V', C::Look),
            letter('u', C::Undo),
            letter('U', C::Redo),
            with(control, KeyCode::Char('r'), C::Redo),
            letter('W', C::SaveScripts),
            letter('N', C::NextClip),
            letter('P', C::PreviousClip),
            letter('R', C::ShowResults),
            letter('>', C::NextWrong),
            letter('<', C::PreviousWrong),
            with(control, KeyCode::Char('o'), C::Open),
            letter('s', C::SaveSnapshot),
            letter('S', C::SaveFigure),
            letter(':', C::Palette),
            with(control, KeyCode::Char('p'), C::Palette),
            letter('?', C::Help),
            plain(KeyCode::F(1), C::Help),
            with(control, KeyCode::Char('t'), C::NextTheme),
            letter('i', C::Tour),
            plain(KeyCode::Enter, C::TourNext),
            with(control, KeyCode::Char('z'), C::Suspend),
            plain(KeyCode::Esc, C::Dismiss),
            letter('q', C::Quit),
            with(control, KeyCode::Char('c'), C::Quit),
        ];
        bindings.extend((1..=9).map(|place| letter((b'0' + place) as char, C::Candidate(place))));
        Self { bindings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::command::COMMANDS;

    #[test]
    fn every_command_has_a_chord_and_no_chord_two_commands() {
        let keymap = Keymap::default();
        for about in COMMANDS {
            let mut chords = keymap.chords(about.command).peekable();
            // Without a key these are found in the palette alone.
            assert!(chords.peek().is_some() || matches!(about.command, C::Mouse), "{}", about.name);
            assert!(chords.all(|chord| keymap.command(chord) == Some(about.command)), "{}", about.name);
        }
    }

    #[test]
    fn a_bound_chord_is_taken_from_whatever_had_it() {
        let mut keymap = Keymap::default();
        let chords = ["p", "alt-n"].map(|text| text.parse().unwrap());
        keymap.bind(C::NextStep, &chords);
        assert_eq!(keymap.chords(C::NextStep).collect::<Vec<_>>(), chords);
        assert_eq!(keymap.command(chords[0]), Some(C::NextStep));
        assert_eq!(keymap.command("n".parse().unwrap()), None);
        assert_eq!(keymap.key(C::PreviousStep), "");
    }
}
