//! Pictures on the screen, by the best rendering that the terminal has.

mod blocks;
mod encoding;
mod mosaic;
mod protocol;

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;
use ratatui::Frame;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::widgets::{Block, Widget};
use ratatui_image::picker::cap_parser::Parser;
use ratatui_image::protocol::Protocol;
use ratatui_image::{FontSize, Image};

use crate::background::Worker;
use crate::tui::state::State;
use crate::tui::theme::{Theme, dim};

pub use encoding::ENCODED_AT_ONCE;
use encoding::{Encoding, is_large, kitty_id};
pub use mosaic::Mosaic;
pub use protocol::{Graphics, ImageProtocol, Rendering, glyphs};

/// Pictures kept at least: a film strip and those just before.
const KEPT: usize = 32;

/// Size of a cell in pixels if the terminal does not report it.
const USUAL_CELL: FontSize = FontSize::new(10, 20);

/// Identifies a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureKey {
    clip: usize,
    job: Option<u64>,
    microsecond: i64,
    version: u32,
}

impl PictureKey {
    /// The picture of the clip that is shown at `microsecond`.
    pub fn of(state: &State, microsecond: i64) -> Self {
        Self { clip: state.shown, job: state.clip().job, microsecond, version: 0 }
    }

    /// The picture of a clip, given by its index, that is shown at `microsecond`.
    pub fn new(clip: usize, microsecond: i64) -> Self {
        Self { clip, job: None, microsecond, version: 0 }
    }

    /// Another picture of the same frame, such as a larger one.
    pub fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }
}

/// Draws pictures and keeps the last ones.
///
/// A picture is first painted in glyphs. When the whole screen is drawn, [`Images::finish`] replaces each by the
/// terminal's own, unless something was drawn over it. So a picture under an overlay stays in glyphs, which text
/// covers cleanly. The terminal's own would not: Sixels and iTerm2's pictures are sent with their first cell and lie over
/// the others, and kitty's is sent only once. A large picture is encoded in the background, and not drawn before that is done.
pub struct Images {
    encoding: Encoding,
    screen: Rect,
    encoder: Worker<Encoded>,
    /// What the encoder brings.
    encoded: Receiver<Encoded>,
    wake: Wake,
    /// Drawn pictures, the latest last.
    kept: Vec<Kept>,
    /// Pictures of this screen that the terminal can draw itself.
    painted: Vec<Painted>,
}

struct Kept {
    key: PictureKey,
    area: Size,
    /// One pixel for each part of a cell.
    small: RgbImage,
    pixels: Option<Pixels>,
    is_shown: bool,
}

/// A picture in pixels.
struct Pixels {
    /// None while it is being encoded.
    protocol: Option<Protocol>,
    /// Identifies it within the terminal.
    number: u8,
}

/// A picture encoded in the background. None if that failed.
struct Encoded {
    key: PictureKey,
    area: Size,
    protocol: Option<Protocol>,
}

/// Called when a picture is encoded, so that it is drawn.
type Wake = Arc<Mutex<Box<dyn Fn() + Send>>>;

struct Painted {
    key: PictureKey,
    area: Size,
    place: Rect,
    cells: Vec<Cell>,
}

impl Images {
    /// `cell` is the width and height of a cell in pixels; only Sixels need it exactly.
    pub fn new(rendering: Rendering, cell: Option<(u16, u16)>, in_tmux: bool) -> Self {
        let (sender, encoded) = channel();
        let wake: Wake = Arc::new(Mutex::new(Box::new(|| {})));
        let wake_up = wake.clone();
        let send = move |picture| {
            // Nobody draws any more if this fails.
            let _ = sender.send(picture);
            wake_up.lock().unwrap_or_else(PoisonError::into_inner)();
        };
        Self {
            encoding: Encoding { rendering, cell: cell.map_or(USUAL_CELL, FontSize::from), in_tmux },
            screen: Rect::default(),
            encoder: Worker::new("encoding a picture", Arc::new(send)),
            encoded,
            wake,
            kept: Vec::new(),
            painted: Vec::new(),
        }
    }

    /// `wake` is called when a large picture is encoded: it is drawn with the next screen.
    pub fn wake_by(&mut self, wake: impl Fn() + Send + 'static) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(wake);
    }

    /// Sets the width and height of a cell in pixels, which change with the font.
    pub fn set_cell(&mut self, cell: (u16, u16)) {
        self.encoding.cell = cell.into();
        self.kept.clear();
    }

    /// Pixels of a picture in a cell, across and down. Both are 0 where no pictures are drawn.
    pub fn resolution(&self) -> (u16, u16) {
        let Encoding { rendering, cell, .. } = self.encoding;
        match rendering {
            Rendering::Pixels(_) => (cell.width, cell.height),
            Rendering::Mosaic(Mosaic::Halves) => (1, 2),
            Rendering::Mosaic(_) => (2, 4),
            Rendering::Outline => (0, 0),
        }
    }

    /// Draws a picture as large as fits, in the middle of the area, and returns its cells. `picture` is only called if none
    /// is kept of this size. A large picture is not drawn while it is being encoded. [`Images::finish`] must follow when all
    /// else is drawn.
    pub fn draw(
        &mut self,
        key: PictureKey,
        picture: impl FnOnce() -> Option<RgbImage>,
        theme: &Theme,
        frame: &mut Frame,
        area: Rect,
    ) -> Option<Rect> {
        self.notice_size(frame.area());
        self.take_encoded();
        let mut area = area.intersection(frame.area());
        if self.encoding.rendering == Rendering::Outline {
            outline(key, frame, area);
            return None;
        }
        if matches!(self.encoding.rendering, Rendering::Pixels(_)) {
            // A picture in the last row makes the terminal scroll.
            area.height = area.height.min(self.screen.bottom().saturating_sub(area.y + 1));
        }
        if area.is_empty() {
            return None;
        }
        let mosaic = self.encoding.mosaic();
        let kept = self.keep(key, picture, area.as_size())?;
        kept.is_shown = true;
        if kept.pixels.as_ref().is_some_and(|pixels| pixels.protocol.is_none()) {
            return None;
        }
        let place = blocks::place(&kept.small, area, mosaic);
        let buffer = frame.buffer_mut();
        blocks::paint(&kept.small, mosaic, theme, buffer, place);
        if kept.protocol().is_some() {
            let cells = place.positions().map(|at| buffer[at].clone()).collect();
            self.painted.push(Painted { key, area: area.as_size(), place, cells });
        }
        Some(place)
    }

    /// Completes a screen when all else is drawn.
    pub fn finish(&mut self, frame: &mut Frame) {
        self.notice_size(frame.area());
        let buffer = frame.buffer_mut();
        for painted in std::mem::take(&mut self.painted) {
            let kept = self.kept.iter().find(|kept| (kept.key, kept.area) == (painted.key, painted.area));
            let protocol = kept.and_then(Kept::protocol);
            if let Some(protocol) = protocol.filter(|_| painted.is_untouched(buffer)) {
                draw_pixels(protocol, buffer, painted.place);
            }
        }
        // The oldest are dropped, but none that is visible.
        let mut surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.retain_mut(|kept| {
            let goes = surplus > 0 && !kept.is_shown;
            surplus -= usize::from(goes);
            kept.is_shown = false;
            !goes
        });
    }

    /// The sequence that makes the terminal delete its pictures.
    pub fn delete_all(&self) -> String {
        let (start, escape, end) = Parser::tmux_start_escape_end(self.encoding.in_tmux);
        let numbers = self.pixels().filter_map(|pixels| match pixels.protocol {
            Some(Protocol::Kitty(_)) => Some(kitty_id(pixels.number)),
            _ => None,
        });
        numbers.map(|id| format!("{start}{escape}_Ga=d,d=I,q=2,i={id}{escape}\\{end}")).collect()
    }

    /// Has every picture sent again, after another program used the screen.
    pub fn send_all_again(&mut self) {
        self.kept.clear();
    }

    /// A resized terminal may have lost its pictures.
    fn notice_size(&mut self, screen: Rect) {
        if self.screen != screen {
            self.screen = screen;
            self.kept.clear();
        }
    }

    /// The kept picture, made if it is not there.
    fn keep(
        &mut self,
        key: PictureKey,
        picture: impl FnOnce() -> Option<RgbImage>,
        area: Size,
    ) -> Option<&mut Kept> {
        let known = self.kept.iter().position(|kept| (kept.key, kept.area) == (key, area));
        let kept = match known {
            Some(at) => self.kept.remove(at),
            None => self.make(key, picture()?, area),
        };
        self.kept.push(kept);
        self.kept.last_mut()
    }

    fn make(&mut self, key: PictureKey, picture: RgbImage, area: Size) -> Kept {
        let graphics = match self.encoding.rendering {
            Rendering::Pixels(graphics) => Some(graphics),
            _ => None,
        };
        let cell = graphics.map_or(FontSize::new(1, 2), |_| self.encoding.cell);
        let mosaic = self.encoding.mosaic();
        let small = blocks::shrink(&picture, area, cell, mosaic);
        let size = blocks::place(&small, Rect::from((Position::ORIGIN, area)), mosaic).as_size();
        // A picture moves the terminal's cursor, which ratatui expects only after skipped cells.
        let graphics = graphics.filter(|_| size.width > 1);
        let pixels = graphics.and_then(|graphics| self.start_encoding(graphics, key, area, picture, size));
        Kept { key, area, small, pixels, is_shown: false }
    }

    /// Encodes a picture to fill `size` cells, a large one in the background. None if that fails.
    fn start_encoding(
        &mut self,
        graphics: Graphics,
        key: PictureKey,
        area: Size,
        picture: RgbImage,
        size: Size,
    ) -> Option<Pixels> {
        let is_large = is_large(&picture);
        if is_large {
            // One in the background is enough: those before it are no longer looked at.
            self.kept.retain(|kept| kept.pixels.as_ref().is_none_or(|pixels| pixels.protocol.is_some()));
        }
        let number = (0..=u8::MAX).find(|number| self.pixels().all(|pixels| pixels.number != *number))?;
        let encoding = self.encoding;
        if !is_large {
            let protocol = Some(encoding.encode(graphics, picture, size, number)?);
            return Some(Pixels { protocol, number });
        }
        self.encoder.replace(
            move |_| Encoded { key, area, protocol: None },
            move |_| Encoded { key, area, protocol: encoding.encode(graphics, picture, size, number) },
        );
        Some(Pixels { protocol: None, number })
    }

    /// Takes what was encoded in the background.
    fn take_encoded(&mut self) {
        for Encoded { key, area, protocol } in self.encoded.try_iter() {
            if let Some(kept) = self.kept.iter_mut().find(|kept| (kept.key, kept.area) == (key, area)) {
                match (&mut kept.pixels, protocol) {
                    (Some(pixels), Some(protocol)) => pixels.protocol = Some(protocol),
                    (pixels, _) => *pixels = None,
                }
            }
        }
    }

    fn pixels(&self) -> impl Iterator<Item = &Pixels> {
        self.kept.iter().filter_map(|kept| kept.pixels.as_ref())
    }
}

impl Kept {
    fn protocol(&self) -> Option<&Protocol> {
        self.pixels.as_ref()?.protocol.as_ref()
    }
}

impl Painted {
    fn is_untouched(&self, buffer: &Buffer) -> bool {
        self.place.positions().zip(&self.cells).all(|(at, cell)| buffer[at] == *cell)
    }
}

fn draw_pixels(protocol: &Protocol, buffer: &mut Buffer, place: Rect) {
    for at in place.positions() {
        buffer[at].reset();
    }
    Image::new(protocol).render(place, buffer);
    if let Protocol::Kitty(_) = protocol {
        // With the number of cells to fill, kitty scales the picture: the small one is sent.
        let first = &mut buffer[place];
        let scaled = format!(",U=1,c={},r={},", place.width, place.height);
        let symbol = first.symbol().replacen(",U=1,", &scaled, 1);
        first.set_symbol(&symbol);
    }
}

/// A frame in place of a picture, with its time.
fn outline(key: PictureKey, frame: &mut Frame, area: Rect) {
    let time = format!("{:.2} s", key.microsecond as f64 / 1e6);
    if area.height < 3 || usize::from(area.width) < time.len() + 2 {
        return;
    }
    let block = Block::bordered().border_style(dim());
    let within = block.inner(area);
    frame.render_widget(block, area);
    let middle = Rect { y: within.y + within.height / 2, height: 1, ..within };
    frame.render_widget(ratatui::text::Line::raw(time).centered(), middle);
}

#[cfg(test)]
mod tests;
