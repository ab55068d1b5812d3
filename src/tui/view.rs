//! Draws the state without changing it.

mod candidates;
mod footer;
mod frame;
pub mod header;
pub mod layout;
mod ledger;
mod map;
mod matrix;
mod overview;
mod patches;
mod script;
mod shown;
mod strip;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::plot::text::{fit, wrap};
use crate::plot::time_axis::TimeAxis;
use crate::tui::commands::Command;
use crate::tui::difference;
use crate::tui::images::Images;
use crate::tui::state::{State, View};
use crate::tui::theme::bold;
use crate::tui::tour;
use crate::tui::view::layout::{SMALLEST, Screen};
use crate::tui::view::shown::matrices;
use crate::visible::is_obeyed;

/// Draws the whole screen.
pub fn draw(state: &State, images: &mut Images, frame: &mut Frame) {
    let area = frame.area();
    let Some(screen) = Screen::of(state, area) else {
        let text = format!(
            "{}×{} is too small: {}×{} is needed. {} quits.",
            area.width,
            area.height,
            SMALLEST.0,
            SMALLEST.1,
            state.keymap.key(Command::Quit)
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    };
    header::draw(state, frame, screen.header);
    header::draw_knobs(state, frame, screen.knobs);
    candidates::draw(state, frame, screen.candidates);
    overview::draw(state, frame, screen.overview);
    match state.view {
        View::Script | View::Compare | View::Smoothing => draw_matrices(state, images, frame, &screen),
        View::Ledger => ledger::draw(state, frame, screen.middle),
        View::Frame => frame::draw(state, images, frame, screen.middle),
        View::Map => map::draw(state, frame, screen.middle),
    }
    tour::draw(state, frame, screen.tour);
    footer::draw(state, frame, screen.footer);
    if let Some(overlay) = &state.overlay {
        overlay.draw(state, frame, area);
    }
    replace_marks(frame.buffer_mut());
    images.finish(frame);
}

/// Replaces cells with marks of text direction, which would turn the rest of the line around. ratatui keeps control
/// characters out of cells, other than those of pictures; [`fit`] and [`wrap`] escape both.
pub fn replace_marks(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().contains(|c: char| is_obeyed(c) && !c.is_control()) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

fn draw_matrices(state: &State, images: &mut Images, frame: &mut Frame, screen: &Screen) {
    let timeline = timeline(state, screen);
    let matrices = matrices(state);
    let reports = ledger::reports(state);
    let ledger = ledger::of(state, &reports);
    if let Some(ledger) = &ledger {
        ledger::draw_sentence(ledger, frame, screen.sentence);
    }
    let compared = ledger.as_ref().filter(|_| state.view == View::Compare);
    let range = state.clip().range;
    for (at, (shown, panel)) in matrices.iter().zip(&screen.panels).enumerate() {
        matrix::draw_title(state, shown, range, frame, panel.title);
        let side = compared.and_then(|ledger| ledger.sides.get(at));
        script::draw(state, shown, side, frame, panel);
        matrix::draw(state, shown, timeline, frame, panel);
    }
    difference::draw(state, timeline, frame, screen.difference);
    strip::draw_band(state, timeline, frame, screen.band);
    strip::draw(state, timeline, images, frame, screen.strip);
    strip::draw_axis(state, timeline, frame, screen.axis);
    strip::draw_borders(state, images, frame, screen.borders);
    let free = footer::draw_cursor_facts(state, frame, screen.facts);
    if free.height >= PICTURE_ROWS {
        strip::draw_cursor_picture(state, images, frame, free);
    }
}

/// Rows from which on the frame under the cursor is drawn below its facts.
const PICTURE_ROWS: u16 = 4;

pub use candidates::class_at;
pub use frame::size as frame_size;
pub use ledger::{of as ledger_of, reports as explained};
pub use overview::{moment_at, time_at};
pub use strip::border_at;

/// The time axis of matrices and film.
pub fn timeline(state: &State, screen: &Screen) -> TimeAxis {
    let (start, end) = state.clip().window();
    TimeAxis { start, end, left: 0.0, width: screen.axis.width.into() }
}

/// A heading.
fn heading(text: impl Into<String>) -> Line<'static> {
    Line::styled(text.into(), bold())
}
