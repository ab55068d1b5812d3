//! How a terminal draws pictures.

use clap::ValueEnum;

use super::mosaic::Mosaic;
use crate::tui::theme::ColourDepth;

/// How pictures are to be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum ImageProtocol {
    /// The best that the terminal has
    #[default]
    Auto,
    /// By kitty's graphics protocol with Unicode placeholders (kitty, Ghostty)
    Kitty,
    /// By iTerm2's inline images (iTerm2, WezTerm, mintty)
    Iterm2,
    /// In Sixels (foot, xterm, Windows Terminal)
    Sixel,
    /// In coloured half blocks, which every terminal shows
    Halfblocks,
    /// In coloured quarters of a cell, which nearly every font has
    Quadrants,
    /// In coloured sixths of a cell, for terminals that draw the glyphs of Unicode 13
    Sextants,
    /// Not at all: an outline with the time
    None,
}

/// A protocol by which a terminal draws pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphics {
    Kitty,
    Iterm2,
    Sixel,
}

/// How pictures are drawn, when it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    Pixels(Graphics),
    /// In glyphs of two colours, or shades without colours.
    Mosaic(Mosaic),
    Outline,
}

/// Terminals with iTerm2's protocol, as they name themselves. Some of them report kitty's, too, but lack its placeholders.
const ITERM2: [&str; 6] = ["iTerm", "WezTerm", "mintty", "rio", "Bobcat", "WarpTerminal"];

impl ImageProtocol {
    /// Whether pictures can be drawn in pixels.
    pub fn may_be_pixels(self, depth: ColourDepth) -> bool {
        match self {
            Self::None | Self::Halfblocks | Self::Quadrants | Self::Sextants => false,
            Self::Auto => depth == ColourDepth::True,
            // The colour of a placeholder identifies its picture.
            Self::Kitty => depth != ColourDepth::None,
            Self::Iterm2 | Self::Sixel => true,
        }
    }

    /// The rendering, if choice, colours and environment decide it; none if the terminal is to be queried. `variable` gives
    /// an environment variable, empty if it is not set.
    pub fn rendering(
        self,
        depth: ColourDepth,
        in_tmux: bool,
        variable: impl Fn(&str) -> String,
    ) -> Option<Rendering> {
        let glyphs = glyphs(&variable);
        match self {
            Self::None => Some(Rendering::Outline),
            Self::Halfblocks => Some(Rendering::Mosaic(Mosaic::Halves)),
            Self::Quadrants => Some(Rendering::Mosaic(Mosaic::Quadrants)),
            Self::Sextants => Some(Rendering::Mosaic(Mosaic::Sextants)),
            _ if !self.may_be_pixels(depth) => Some(glyphs),
            Self::Kitty => Some(Rendering::Pixels(Graphics::Kitty)),
            Self::Iterm2 => Some(Rendering::Pixels(Graphics::Iterm2)),
            Self::Sixel => Some(Rendering::Pixels(Graphics::Sixel)),
            Self::Auto => named(in_tmux, variable),
        }
    }
}

/// The rendering of a terminal that draws no pixels. The fonts of the Linux console lack quadrants.
pub fn glyphs(variable: impl Fn(&str) -> String) -> Rendering {
    Rendering::Mosaic(if variable("TERM") == "linux" { Mosaic::Halves } else { Mosaic::Quadrants })
}

fn named(in_tmux: bool, variable: impl Fn(&str) -> String) -> Option<Rendering> {
    let is_set = |name| !variable(name).is_empty();
    let term = variable("TERM");
    if term == "linux" || is_set("KONSOLE_VERSION") {
        // Konsole has kitty's protocol without the placeholders, and its Sixels tear.
        return Some(glyphs(variable));
    }
    let program = variable("TERM_PROGRAM");
    let is_iterm2 = ITERM2.iter().any(|name| program.contains(name))
        || variable("LC_TERMINAL").contains("iTerm")
        // tmux names itself, and keeps these variables of the terminal that it was started in.
        || (in_tmux && (is_set("ITERM_SESSION_ID") || is_set("WEZTERM_EXECUTABLE")));
    if is_iterm2 {
        return Some(Rendering::Pixels(Graphics::Iterm2));
    }
    // Inside another program, TERM is of the terminal around it.
    let is_nested = in_tmux || is_set("ZELLIJ") || is_set("STY");
    let is_kitty = !is_nested && (term.contains("kitty") || term.contains("ghostty"));
    is_kitty.then_some(Rendering::Pixels(Graphics::Kitty))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(depth: ColourDepth, in_tmux: bool, variables: &[(&str, &str)]) -> Option<Rendering> {
        ImageProtocol::Auto.rendering(depth, in_tmux, |name| {
            variables.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value).to_owned()
        })
    }

    #[test]
    fn terminals_that_name_themselves_are_not_queried() {
        let cases: [(&[(&str, &str)], Rendering); 6] = [
            (&[("TERM", "xterm-kitty")], Rendering::Pixels(Graphics::Kitty)),
            (&[("TERM", "xterm-ghostty")], Rendering::Pixels(Graphics::Kitty)),
            (&[("TERM_PROGRAM", "iTerm.app")], Rendering::Pixels(Graphics::Iterm2)),
            (&[("LC_TERMINAL", "iTerm2")], Rendering::Pixels(Graphics::Iterm2)),
            (&[("KONSOLE_VERSION", "220401")], Rendering::Mosaic(Mosaic::Quadrants)),
            (&[("TERM", "linux")], Rendering::Mosaic(Mosaic::Halves)),
        ];
        for (variables, rendering) in cases {
            assert_eq!(auto(ColourDepth::True, false, variables), Some(rendering), "{variables:?}");
        }
    }

    #[test]
    fn other_terminals_and_those_around_a_multiplexer_are_queried() {
        assert_eq!(auto(ColourDepth::True, false, &[("TERM", "foot")]), None);
        assert_eq!(auto(ColourDepth::True, false, &[("TERM", "xterm-kitty"), ("ZELLIJ", "0")]), None);
        let within = [("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux"), ("KITTY_WINDOW_ID", "1")];
        assert_eq!(auto(ColourDepth::True, true, &within), None, "the window may be another by now");
        let hint = [("TERM_PROGRAM", "tmux"), ("ITERM_SESSION_ID", "w0t0p0")];
        assert_eq!(auto(ColourDepth::True, true, &hint), Some(Rendering::Pixels(Graphics::Iterm2)));
    }

    #[test]
    fn without_24_bit_colours_pictures_are_in_glyphs_unless_the_user_decides() {
        let kitty = [("TERM", "xterm-kitty")];
        for depth in [ColourDepth::Indexed, ColourDepth::None] {
            assert_eq!(auto(depth, false, &kitty), Some(Rendering::Mosaic(Mosaic::Quadrants)));
            let sixel = ImageProtocol::Sixel.rendering(depth, false, |_| String::new());
            assert_eq!(sixel, Some(Rendering::Pixels(Graphics::Sixel)));
        }
        let chosen =
            ImageProtocol::Sextants.rendering(ColourDepth::True, false, |_| "xterm-kitty".to_owned());
        assert_eq!(chosen, Some(Rendering::Mosaic(Mosaic::Sextants)));
        let kitty = ImageProtocol::Kitty.rendering(ColourDepth::None, false, |_| String::new());
        assert_eq!(kitty, Some(Rendering::Mosaic(Mosaic::Quadrants)));
    }
}
