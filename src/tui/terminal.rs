//! The terminal: taken over at the start, given back however the program ends.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::sync::Once;
use std::thread;

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::backend::CrosstermBackend;

use crate::tui::state::State;
use crate::tui::view;

/// The terminal while the explorer owns it. Dropping it gives it back.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Stdout>>,
}

impl Terminal {
    /// Takes the terminal over: raw mode and the alternate screen.
    ///
    /// # Errors
    /// If the terminal does not take part.
    pub fn take_over() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
            .and_then(|()| ratatui::Terminal::new(CrosstermBackend::new(stdout())))
            .map(|inner| Self { inner })
            .inspect_err(|_| restore())
    }

    /// Takes the mouse from the terminal, or leaves it to it.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn capture_mouse(capture: bool) -> io::Result<()> {
        if capture { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
    }

    /// Draws the state. The terminal shows the frame all at once, if it knows how.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        execute!(stdout(), BeginSynchronizedUpdate)?;
        self.inner.draw(|frame| view::draw(state, frame))?;
        execute!(stdout(), EndSynchronizedUpdate)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Leaves the alternate screen and raw mode. Does no harm when done twice.
fn restore() {
    // There is nothing better to do where the terminal is gone.
    let _ = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}

/// Restores the terminal before a panic of this thread is reported. Panics of other threads are caught where they
/// were started and shown as errors, so their report must not be printed over the screen.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let interface = thread::current().id();
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == interface {
                restore();
                report(info);
            }
        }));
    });
}
