//! Pictures on the screen, by the best rendering that the terminal has.

mod blocks;
mod protocol;

use std::process;

use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};
use ratatui::Frame;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};
use ratatui::widgets::{Block, Widget};
use ratatui_image::picker::cap_parser::Parser;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::kitty::Kitty;
use ratatui_image::protocol::sixel::Sixel;
use ratatui_image::{FontSize, Image, Resize};

use crate::tui::state::State;
use crate::tui::theme::{Theme, dim};

pub use protocol::{Graphics, ImageProtocol, Rendering};

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
}

impl PictureKey {
    /// The picture of the clip that is shown at `microsecond`.
    pub fn of(state: &State, microsecond: i64) -> Self {
        Self { clip: state.shown, job: state.clip().job, microsecond }
    }
}

/// Draws pictures and keeps the last ones.
///
/// A picture is first painted in half blocks. When the whole screen is drawn, [`Images::finish`] replaces each by the
/// terminal's own, unless something was drawn over it. So a picture under an overlay stays in half blocks, which text
/// covers cleanly. The terminal's own would not: Sixels and iTerm2's pictures are sent with their first cell and lie over
/// the others, and kitty's is sent only once.
pub struct Images {
    rendering: Rendering,
    cell: FontSize,
    in_tmux: bool,
    screen: Rect,
    /// Drawn pictures, the latest last.
    kept: Vec<Kept>,
    /// Pictures of this screen that the terminal can draw itself.
    painted: Vec<Painted>,
}

struct Kept {
    key: PictureKey,
    area: Size,
    /// One pixel for each half of a cell.
    small: RgbImage,
    pixels: Option<Pixels>,
    is_shown: bool,
}

/// A picture encoded for the terminal.
struct Pixels {
    protocol: Protocol,
    /// Identifies it within the terminal.
    number: u8,
}

struct Painted {
    key: PictureKey,
    area: Size,
    place: Rect,
    cells: Vec<Cell>,
}

impl Images {
    /// `cell` is the width and height of a cell in pixels; only Sixels need it exactly.
    pub fn new(rendering: Rendering, cell: Option<(u16, u16)>, in_tmux: bool) -> Self {
        Self {
            rendering,
            cell: cell.map_or(USUAL_CELL, FontSize::from),
            in_tmux,
            screen: Rect::default(),
            kept: Vec::new(),
            painted: Vec::new(),
        }
    }

    /// Sets the width and height of a cell in pixels, which change with the font.
    pub fn set_cell(&mut self, cell: (u16, u16)) {
        self.cell = cell.into();
        self.kept.clear();
    }

    /// Draws a picture as large as fits, in the middle of the area. `picture` is only called if none is kept of this size.
    /// [`Images::finish`] must follow when all else is drawn.
    pub fn draw(
        &mut self,
        key: PictureKey,
        picture: impl FnOnce() -> Option<RgbImage>,
        theme: &Theme,
        frame: &mut Frame,
        area: Rect,
    ) {
        self.notice_size(frame.area());
        let mut area = area.intersection(frame.area());
        if self.rendering == Rendering::Outline {
            outline(key, frame, area);
            return;
        }
        if matches!(self.rendering, Rendering::Pixels(_)) {
            // A picture in the last row makes the terminal scroll.
            area.height = area.height.min(self.screen.bottom().saturating_sub(area.y + 1));
        }
        if area.is_empty() {
            return;
        }
        let Some(kept) = self.keep(key, picture, area.as_size()) else { return };
        kept.is_shown = true;
        let place = blocks::place(&kept.small, area);
        let buffer = frame.buffer_mut();
        blocks::paint(&kept.small, theme, buffer, place);
        if kept.pixels.is_some() {
            let cells = place.positions().map(|at| buffer[at].clone()).collect();
            self.painted.push(Painted { key, area: area.as_size(), place, cells });
        }
    }

    /// Completes a screen when all else is drawn.
    pub fn finish(&mut self, frame: &mut Frame) {
        self.notice_size(frame.area());
        let buffer = frame.buffer_mut();
        for painted in std::mem::take(&mut self.painted) {
            let kept = self.kept.iter().find(|kept| (kept.key, kept.area) == (painted.key, painted.area));
            let pixels = kept.and_then(|kept| kept.pixels.as_ref());
            if let Some(pixels) = pixels.filter(|_| painted.is_untouched(buffer)) {
                pixels.draw(buffer, painted.place);
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
        let (start, escape, end) = Parser::tmux_start_escape_end(self.in_tmux);
        let numbers = self.kept.iter().filter_map(|kept| match &kept.pixels {
            Some(Pixels { protocol: Protocol::Kitty(_), number }) => Some(kitty_id(*number)),
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

    fn make(&self, key: PictureKey, picture: RgbImage, area: Size) -> Kept {
        let graphics = match self.rendering {
            Rendering::Pixels(graphics) => Some(graphics),
            _ => None,
        };
        let cell = graphics.map_or(FontSize::new(1, 2), |_| self.cell);
        let small = blocks::shrink(&picture, area, cell);
        let size = Size::new(small.width() as u16, small.height().div_ceil(2) as u16);
        // A picture moves the terminal's cursor, which ratatui expects only after skipped cells.
        let graphics = graphics.filter(|_| size.width > 1);
        let pixels = graphics.and_then(|graphics| self.encode(graphics, picture, size));
        Kept { key, area, small, pixels, is_shown: false }
    }

    /// Encodes a picture to fill `size` cells. None if that fails.
    fn encode(&self, graphics: Graphics, picture: RgbImage, size: Size) -> Option<Pixels> {
        let number = (0..=u8::MAX).find(|number| self.pixels().all(|pixels| pixels.number != *number))?;
        let picture = DynamicImage::from(picture);
        let protocol = match graphics {
            Graphics::Kitty => {
                Protocol::Kitty(Kitty::new(picture, size, kitty_id(number), self.in_tmux, false).ok()?)
            }
            Graphics::Iterm2 => {
                // The terminal scales it, as kitty does.
                let pixels = format!("width={}px;height={}px;", picture.width(), picture.height());
                let cells = format!("width={};height={};", size.width, size.height);
                let mut iterm2 = Iterm2::new(picture, size, self.in_tmux).ok()?;
                iterm2.data = iterm2.data.replacen(&pixels, &cells, 1);
                Protocol::ITerm2(iterm2)
            }
            Graphics::Sixel => {
                let picture =
                    Resize::Scale(Some(FilterType::Triangle)).resize(&picture, self.cell, size, None);
                let mut sixel = Sixel::new(picture, size, self.in_tmux).ok()?;
                if let Some(unended) = sixel.data.strip_suffix("\x1b\\\x1b\\").filter(|_| self.in_tmux) {
                    // The end must pass through tmux, too; otherwise xterm drops the Sixels.
                    sixel.data = format!("{unended}\x1b\x1b\\\x1b\\");
                }
                Protocol::Sixel(sixel)
            }
        };
        Some(Pixels { protocol, number })
    }

    fn pixels(&self) -> impl Iterator<Item = &Pixels> {
        self.kept.iter().filter_map(|kept| kept.pixels.as_ref())
    }
}

impl Painted {
    fn is_untouched(&self, buffer: &Buffer) -> bool {
        self.place.positions().zip(&self.cells).all(|(at, cell)| buffer[at] == *cell)
    }
}

impl Pixels {
    fn draw(&self, buffer: &mut Buffer, place: Rect) {
        for at in place.positions() {
            buffer[at].reset();
        }
        Image::new(&self.protocol).render(place, buffer);
        if let Protocol::Kitty(_) = self.protocol {
            // With the number of cells to fill, kitty scales the picture: the small one is sent.
            let first = &mut buffer[place];
            let scaled = format!(",U=1,c={},r={},", place.width, place.height);
            let symbol = first.symbol().replacen(",U=1,", &scaled, 1);
            first.set_symbol(&symbol);
        }
    }
}

/// Number of a picture within the terminal, which other programs may share.
fn kitty_id(number: u8) -> u32 {
    process::id() << 8 | u32::from(number)
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
