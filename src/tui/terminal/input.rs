//! Keys and other events of the terminal.

use std::collections::VecDeque;
use std::io;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};

/// Longest answer about kitty's protocol, in keys.
const ANSWER: usize = 64;

/// Reads events, without the pieces of a late answer.
#[derive(Debug, Default)]
pub struct Input {
    /// Keys that were pressed during the query.
    pressed: VecDeque<KeyEvent>,
    /// Whether the answer to the query is still to come.
    is_awaiting: bool,
    /// Most keys that the rest of an answer can have.
    answering: usize,
}

impl Input {
    /// Begins with the keys of `pressed`.
    pub fn new(pressed: Vec<KeyEvent>, is_awaiting: bool) -> Self {
        Self { pressed: pressed.into(), is_awaiting, answering: 0 }
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn read(&mut self) -> io::Result<Event> {
        if let Some(key) = self.pressed.pop_front() {
            return Ok(Event::Key(key));
        }
        loop {
            let event = event::read()?;
            if !self.is_late_answer(&event) {
                return Ok(event);
            }
        }
    }

    /// Whether an event is a piece of a late answer. crossterm reports the one about kitty's protocol as the keys
    /// Alt-_ G i = 3 1 ; O K Alt-\ and drops the others.
    fn is_late_answer(&mut self, event: &Event) -> bool {
        let Event::Key(key) = event else { return false };
        if self.is_awaiting && key.code == KeyCode::Char('_') && key.modifiers == KeyModifiers::ALT {
            self.is_awaiting = false;
            self.answering = ANSWER;
            return true;
        }
        let is_answer = self.answering > 0;
        self.answering = if key.code == KeyCode::Char('\\') { 0 } else { self.answering.saturating_sub(1) };
        is_answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(input: &mut Input, keys: &[(char, KeyModifiers)]) -> String {
        let event = |&(letter, modifiers)| Event::Key(KeyEvent::new(KeyCode::Char(letter), modifiers));
        keys.iter().filter(|key| !input.is_late_answer(&event(key))).map(|(letter, _)| letter).collect()
    }

    /// As crossterm reads it.
    fn late_answer() -> Vec<(char, KeyModifiers)> {
        let plain = "Gi=31;OK".chars().map(|letter| (letter, KeyModifiers::NONE));
        [('j', KeyModifiers::NONE), ('_', KeyModifiers::ALT)]
            .into_iter()
            .chain(plain)
            .chain([('\\', KeyModifiers::ALT), ('q', KeyModifiers::NONE)])
            .collect()
    }

    #[test]
    fn a_late_answer_is_no_key() {
        assert_eq!(keys(&mut Input::new(Vec::new(), true), &late_answer()), "jq");
        let mut twice = Input::new(Vec::new(), true);
        keys(&mut twice, &late_answer());
        assert_eq!(keys(&mut twice, &late_answer()), "j_Gi=31;OK\\q", "it comes once");
        assert_eq!(
            keys(&mut Input::new(Vec::new(), false), &late_answer()),
            "j_Gi=31;OK\\q",
            "none is awaited"
        );
    }

    #[test]
    fn keys_that_were_pressed_before_come_first() {
        let pressed = ['a', 'b'].map(|letter| KeyEvent::from(KeyCode::Char(letter)));
        let mut input = Input::new(pressed.to_vec(), false);
        for key in pressed {
            assert_eq!(input.read().unwrap(), Event::Key(key));
        }
    }
}
