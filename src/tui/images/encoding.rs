//! Encodes pictures for a terminal that draws pixels.

use std::process;

use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};
use ratatui::layout::Size;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::kitty::Kitty;
use ratatui_image::protocol::sixel::Sixel;
use ratatui_image::{FontSize, Resize};

use super::mosaic::Mosaic;
use super::protocol::{Graphics, Rendering};

/// Most pixels of a picture that is encoded at once; a larger one takes longer than a key may.
pub const ENCODED_AT_ONCE: u32 = 320 * 320;

/// How pictures are encoded for the terminal.
#[derive(Clone, Copy)]
pub struct Encoding {
    pub rendering: Rendering,
    pub cell: FontSize,
    pub in_tmux: bool,
}

impl Encoding {
    /// The glyphs of pictures that are not in pixels.
    pub fn mosaic(self) -> Mosaic {
        match self.rendering {
            Rendering::Mosaic(mosaic) => mosaic,
            Rendering::Pixels(_) | Rendering::Outline => Mosaic::Halves,
        }
    }

    /// Encodes a picture to fill `size` cells. None if that fails.
    pub fn encode(self, graphics: Graphics, picture: RgbImage, size: Size, number: u8) -> Option<Protocol> {
        let is_large = is_large(&picture);
        let picture = DynamicImage::from(picture);
        Some(match graphics {
            Graphics::Kitty => {
                Protocol::Kitty(Kitty::new(picture, size, kitty_id(number), self.in_tmux, is_large).ok()?)
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
        })
    }
}

/// Whether a picture is encoded in the background, and compressed.
pub fn is_large(picture: &RgbImage) -> bool {
    picture.width() * picture.height() > ENCODED_AT_ONCE
}

/// Number of a picture within the terminal, which other programs may share.
pub fn kitty_id(number: u8) -> u32 {
    process::id() << 8 | u32::from(number)
}
