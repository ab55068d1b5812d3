//! The terminal: set up at the start, restored however the program ends.

mod input;
mod query;
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
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use ratatui_image::picker::Picker;

use crate::log_file;
use crate::tui::images::{self, Graphics, ImageProtocol, Images, Rendering};
use crate::tui::terminal::query::{Answer, query};
use crate::tui::theme::ColourDepth;

pub use input::Input;

/// The terminal in raw mode and on the alternate screen. Dropping it restores the terminal.
pub struct Terminal {
    /// Never dropped: if the terminal is gone, it would print and panic.
    inner: ManuallyDrop<ratatui::Terminal<CrosstermBackend<Stdout>>>,
    images: Images,
    /// Width and height of a cell in pixels, when it was drawn last.
    cell: Option<(u16, u16)>,
}

impl Terminal {
    /// Sets up the terminal and finds out how it draws pictures. Keys are then to be read from the input alone.
    ///
    /// # Errors
    /// If the terminal cannot be set up.
    pub fn set_up(protocol: ImageProtocol, depth: ColourDepth) -> io::Result<(Self, Input)> {
        restore_on_panic();
        enter()
            .and_then(|()| {
                let cell = cell();
                let (images, input) = detect(protocol, depth, cell);
                Ok((Self { inner: ManuallyDrop::new(whole_screen()?), images, cell }, input))
            })
            .inspect_err(|_| restore())
    }

    /// See [`Images::wake_by`].
    pub fn wake_by(&mut self, wake: impl Fn() + Send + 'static) {
        self.images.wake_by(wake);
    }

    /// See [`Images::resolution`].
    pub fn resolution(&self) -> (u16, u16) {
        self.images.resolution()
    }

    /// Restores the terminal until [`Terminal::resume`].
    pub fn suspend(&mut self) {
        let _ = execute!(stdout(), Print(self.images.delete_all()));
        restore();
    }

    /// Sets up the terminal again, after [`Terminal::suspend`] or after another program used it. The next drawing is
    /// complete, pictures included.
    ///
    /// # Errors
    /// If the terminal cannot be set up.
    pub fn resume(&mut self, mouse: bool) -> io::Result<()> {
        // The shell may have changed the modes that crossterm remembers.
        let _ = disable_raw_mode();
        enter()?;
        if mouse {
            let _ = Self::capture_mouse(true);
        }
        execute!(stdout(), Clear(ClearType::All))?;
        self.images.send_all_again();
        self.inner = ManuallyDrop::new(whole_screen()?);
        Ok(())
    }

    /// Has the terminal report the mouse, or not.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn capture_mouse(capture: bool) -> io::Result<()> {
        if capture { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
    }

    /// Draws a screen, in one synchronised update where the terminal has them.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Images, &mut Frame)) -> io::Result<()> {
        let cell = cell();
        if self.cell != cell {
            self.cell = cell;
            if let Some(cell) = cell {
                self.images.set_cell(cell);
            }
        }
        execute!(stdout(), BeginSynchronizedUpdate)?;
        self.inner.draw(|frame| draw(&mut self.images, frame))?;
        execute!(stdout(), EndSynchronizedUpdate)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.suspend();
    }
}

/// Enters raw mode and the alternate screen.
fn enter() -> io::Result<()> {
    signals::mark_set_up();
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

fn whole_screen() -> io::Result<ratatui::Terminal<CrosstermBackend<Stdout>>> {
    ratatui::Terminal::new(CrosstermBackend::new(stdout()))
}

/// Finds out how to draw pictures. Queries the terminal if neither the user nor the environment decides.
fn detect(protocol: ImageProtocol, depth: ColourDepth, cell: Option<(u16, u16)>) -> (Images, Input) {
    // This also makes tmux pass pictures through.
    let in_tmux = protocol.may_be_pixels(depth) && Picker::halfblocks().tmux_detected();
    let rendering = protocol.rendering(depth, in_tmux, |name| env::var(name).unwrap_or_default());
    let is_known = match rendering {
        Some(Rendering::Pixels(Graphics::Sixel)) => cell.is_some(),
        rendering => rendering.is_some(),
    };
    let mut answer = Answer { is_whole: true, ..Answer::default() };
    if !is_known && stdin().is_terminal() {
        answer = query(in_tmux).unwrap_or_default();
        // Some terminals print a part of the query.
        let _ = execute!(stdout(), Clear(ClearType::All));
    }
    let cell = answer.cell.or(cell);
    let rendering = rendering.unwrap_or(if answer.kitty {
        Rendering::Pixels(Graphics::Kitty)
    } else if answer.sixel && cell.is_some() {
        Rendering::Pixels(Graphics::Sixel)
    } else {
        images::glyphs(|name| env::var(name).unwrap_or_default())
    });
    (Images::new(rendering, cell, in_tmux), Input::new(answer.keys, !answer.is_whole))
}

/// Width and height of a cell in pixels, if the system knows them.
fn cell() -> Option<(u16, u16)> {
    let window = window_size().ok()?;
    let cell = (window.width.checked_div(window.columns)?, window.height.checked_div(window.rows)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}

/// Leaves the alternate screen and raw mode; may be repeated.
fn restore() {
    // Modes first: what is typed on the shell's screen must reach the shell as lines.
    let _ = disable_raw_mode();
    // If the terminal is gone there is nothing to restore.
    let mut out = stdout();
    let _ = out.write_all(signals::RESTORE).and_then(|()| out.flush());
    signals::mark_restored();
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
                // Printing to a closed terminal would panic again, which aborts.
                if !signals::is_hung_up() {
                    report(info);
                }
            } else {
                log_file::panicked(info);
            }
        }));
    });
}
