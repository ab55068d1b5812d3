//! The terminal: taken over at the start, given back however the program ends.

mod ask;
mod input;
pub mod signals;

use std::env;
use std::io::{self, IsTerminal, Stdout, Write, stdin, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::thread;

use crossterm::event::{DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, disable_raw_mode,
    enable_raw_mode, window_size,
};
use ratatui::backend::CrosstermBackend;
use ratatui_image::picker::Picker;

use crate::log_file;
use crate::tui::images::{Graphics, ImageProtocol, Images, Means};
use crate::tui::state::State;
use crate::tui::terminal::ask::{Answer, ask};
use crate::tui::theme::ColourDepth;
use crate::tui::view;

pub use input::Input;

/// The terminal while the explorer owns it. Dropping it gives it back.
pub struct Terminal {
    /// Never dropped: it would print, and thereby panic, where the terminal is gone.
    inner: ManuallyDrop<ratatui::Terminal<CrosstermBackend<Stdout>>>,
    images: Images,
    /// Width and height of a cell in pixels as the system told them last.
    cell: Option<(u16, u16)>,
}

impl Terminal {
    /// Takes the terminal over: raw mode and the alternate screen. Learns how to draw pictures. What the user does is
    /// then to be read from the input alone.
    ///
    /// # Errors
    /// If the terminal does not take part.
    pub fn take_over(protocol: ImageProtocol, depth: ColourDepth) -> io::Result<(Self, Input)> {
        restore_on_panic();
        enter()
            .and_then(|()| {
                let cell = cell();
                let (images, input) = learn(protocol, depth, cell);
                Ok((Self { inner: ManuallyDrop::new(whole_screen()?), images, cell }, input))
            })
            .inspect_err(|_| restore())
    }

    /// Gives the terminal back until [`Terminal::retake`].
    pub fn release(&mut self) {
        let _ = execute!(stdout(), Print(self.images.farewell()));
        restore();
    }

    /// Takes the terminal over again, after [`Terminal::release`] or after another program had it. The next drawing is
    /// of everything, pictures included.
    ///
    /// # Errors
    /// If the terminal does not take part.
    pub fn retake(&mut self, mouse: bool) -> io::Result<()> {
        // What crossterm knows of the modes is out of date where the shell has changed them.
        let _ = disable_raw_mode();
        enter()?;
        if mouse {
            let _ = Self::capture_mouse(true);
        }
        execute!(stdout(), Clear(ClearType::All))?;
        self.images.forget();
        self.inner = ManuallyDrop::new(whole_screen()?);
        Ok(())
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
        let cell = cell();
        if self.cell != cell {
            self.cell = cell;
            if let Some(cell) = cell {
                self.images.set_cell(cell);
            }
        }
        execute!(stdout(), BeginSynchronizedUpdate)?;
        self.inner.draw(|frame| view::draw(state, &mut self.images, frame))?;
        execute!(stdout(), EndSynchronizedUpdate)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.release();
    }
}

/// Raw mode and the alternate screen.
fn enter() -> io::Result<()> {
    signals::take();
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

fn whole_screen() -> io::Result<ratatui::Terminal<CrosstermBackend<Stdout>>> {
    ratatui::Terminal::new(CrosstermBackend::new(stdout()))
}

/// Learns how to draw pictures. Asks the terminal where neither the user nor the environment decides.
fn learn(protocol: ImageProtocol, depth: ColourDepth, cell: Option<(u16, u16)>) -> (Images, Input) {
    // This also has tmux let pictures through.
    let in_tmux = protocol.may_be_pixels(depth) && Picker::halfblocks().tmux_detected();
    let means = protocol.means(depth, in_tmux, |name| env::var(name).unwrap_or_default());
    let is_known = match means {
        Some(Means::Pixels(Graphics::Sixel)) => cell.is_some(),
        means => means.is_some(),
    };
    let mut answer = Answer { is_whole: true, ..Answer::default() };
    if !is_known && stdin().is_terminal() {
        answer = ask(in_tmux).unwrap_or_default();
        // Where the terminal has written a part of the question on the screen.
        let _ = execute!(stdout(), Clear(ClearType::All));
    }
    let cell = answer.cell.or(cell);
    let means = means.unwrap_or(if answer.kitty {
        Means::Pixels(Graphics::Kitty)
    } else if answer.sixel && cell.is_some() {
        Means::Pixels(Graphics::Sixel)
    } else {
        Means::HalfBlocks
    });
    (Images::new(means, cell, in_tmux), Input::new(answer.keys, !answer.is_whole))
}

/// Width and height of a cell in pixels, where the system knows them.
fn cell() -> Option<(u16, u16)> {
    let window = window_size().ok()?;
    let cell = (window.width.checked_div(window.columns)?, window.height.checked_div(window.rows)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}

/// Leaves the alternate screen and raw mode. Does no harm when done twice.
fn restore() {
    // Modes first: what is typed once the shell's screen is back must reach the shell as its lines.
    let _ = disable_raw_mode();
    // There is nothing better to do where the terminal is gone.
    let mut out = stdout();
    let _ = out.write_all(signals::RESTORE).and_then(|()| out.flush());
    signals::leave();
}

/// Restores the terminal before a panic of this thread is reported. Panics of other threads are caught where they were
/// started and shown as errors: they are logged, not printed over the screen.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let interface = thread::current().id();
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == interface {
                restore();
                // To report to a closed terminal is to panic again, which aborts.
                if !signals::is_hung_up() {
                    report(info);
                }
            } else {
                log_file::panicked(info);
            }
        }));
    });
}
