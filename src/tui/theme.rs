//! The colours of a theme and the built-in themes, for terminals with 24-bit colours, with 256, and without.

#[cfg(test)]
mod tests;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::plot::colour::{MUTED, Rgb, VIRIDIS, between, colours, contrast};
use crate::plot::heatmap::shade_glyph;

/// Colours that the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourDepth {
    True,
    Indexed,
    /// None: shades are glyphs.
    None,
}

impl ColourDepth {
    /// By the environment: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn detect() -> Self {
        Self::of(|name| std::env::var(name).unwrap_or_default())
    }

    fn of(variable: impl Fn(&str) -> String) -> Self {
        // SSH often drops `COLORTERM`, but neither these names nor iTerm2's variable.
        const TRUE: [&str; 6] = ["direct", "kitty", "ghostty", "foot", "wezterm", "alacritty"];
        let term = variable("TERM");
        if !variable("NO_COLOR").is_empty() || term == "dumb" {
            Self::None
        } else if matches!(variable("COLORTERM").as_str(), "truecolor" | "24bit")
            || TRUE.iter().any(|name| term.contains(name))
            || variable("LC_TERMINAL") == "iTerm2"
        {
            Self::True
        } else {
            Self::Indexed
        }
    }
}

/// The nearest of the 256 colours: the 6×6×6 cube and 24 greys.
fn indexed(rgb: Rgb) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |x: u8| (0..6).min_by_key(|&i: &usize| LEVELS[i].abs_diff(x)).unwrap_or(0);
    let distance = |a: Rgb| (0..3).map(|i| u32::from(a[i].abs_diff(rgb[i])).pow(2)).sum::<u32>();
    let cube = rgb.map(level);
    let mean = rgb.iter().map(|&x| u32::from(x)).sum::<u32>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey_rgb = [8 + 10 * grey; 3];
    if distance(grey_rgb) < distance(cube.map(|i| LEVELS[i])) {
        232 + grey
    } else {
        16 + 36 * cube[0] as u8 + 6 * cube[1] as u8 + cube[2] as u8
    }
}

/// The colours of a theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    pub name: String,
    /// Colours of the heatmap from the lowest shade to the highest, at least two.
    pub heat: Vec<Rgb>,
    /// Colours of steps and classes by index, at least one.
    pub steps: Vec<Rgb>,
    /// Colours of a difference: the first larger, both the same, the second larger.
    pub difference: [Rgb; 3],
    /// Titles, the pinned class, the cursor's values.
    pub accent: Rgb,
    /// Background of the selection.
    pub selected: Rgb,
    /// Improvements.
    pub good: Rgb,
    /// Errors, and what is worse.
    pub bad: Rgb,
}

/// Points of the cividis map, dark to bright, made for red-green colour blindness.
const CIVIDIS: [Rgb; 9] =
    colours([0x00224e, 0x1a386f, 0x434e6c, 0x61656f, 0x7d7c78, 0x9b9476, 0xbcae6c, 0xdec958, 0xfee838]);

/// Points of ColorBrewer's YlGnBu map, bright to dark, for bright backgrounds.
const YELLOW_GREEN_BLUE: [Rgb; 9] =
    colours([0xffffd9, 0xedf8b1, 0xc6e9b4, 0x7ecdbb, 0x40b5c4, 0x1d90c0, 0x225da8, 0x243392, 0x081d58]);

/// Okabe and Ito's colours without black, for dark backgrounds.
const OKABE_ITO: [Rgb; 7] = colours([0xe69f00, 0x56b4e9, 0x009e73, 0xf0e442, 0x0072b2, 0xd55e00, 0xcc79a7]);

impl Palette {
    /// The built-in themes.
    pub fn built_in() -> [Self; 3] {
        [Self::dark(), Self::light(), Self::colour_blind()]
    }

    /// For terminals with a dark background.
    pub fn dark() -> Self {
        Self {
            name: "dark".to_owned(),
            heat: VIRIDIS.into(),
            steps: MUTED.into(),
            difference: [[230, 97, 1], [60, 60, 60], [93, 58, 155]],
            accent: [136, 204, 238],
            selected: [50, 50, 50],
            good: [92, 200, 99],
            bad: [255, 120, 120],
        }
    }

    /// For terminals with a bright background.
    pub fn light() -> Self {
        Self {
            name: "light".to_owned(),
            heat: YELLOW_GREEN_BLUE.into(),
            steps: MUTED.into(),
            difference: [[179, 88, 6], [235, 235, 235], [84, 39, 136]],
            accent: [0, 90, 158],
            selected: [215, 222, 235],
            good: [0, 100, 45],
            bad: [176, 0, 32],
        }
    }

    /// For terminals with a dark background and eyes with red-green colour blindness.
    pub fn colour_blind() -> Self {
        Self {
            name: "colour-blind".to_owned(),
            heat: CIVIDIS.into(),
            steps: OKABE_ITO.into(),
            difference: [[230, 159, 0], [60, 60, 60], [0, 114, 178]],
            accent: [240, 228, 66],
            selected: [50, 50, 50],
            good: [86, 180, 233],
            bad: [230, 159, 0],
        }
    }
}

/// A palette as the terminal can show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub depth: ColourDepth,
    pub palette: Palette,
}

impl Theme {
    /// The dark theme.
    pub fn new(depth: ColourDepth) -> Self {
        Self { depth, palette: Palette::dark() }
    }

    /// Whether there are no colours, only glyphs and modifiers.
    pub fn is_plain(&self) -> bool {
        self.depth == ColourDepth::None
    }

    /// The nearest colour of this terminal.
    pub fn colour(&self, [r, g, b]: Rgb) -> Color {
        match self.depth {
            ColourDepth::True => Color::Rgb(r, g, b),
            ColourDepth::Indexed => Color::Indexed(indexed([r, g, b])),
            ColourDepth::None => Color::Reset,
        }
    }

    /// Black or white text on `background`, whichever is more readable.
    pub fn on(&self, background: Rgb) -> Style {
        Style::new().fg(self.colour(contrast(background))).bg(self.colour(background))
    }

    pub fn in_colour(&self, colour: Rgb) -> Style {
        Style::new().fg(self.colour(colour))
    }

    /// Colour of a shade from 0 to 1.
    pub fn heat(&self, shade: f32) -> Rgb {
        between(&self.palette.heat, shade)
    }

    /// Colour of a difference from -1 (the first is larger) to 1 (the second is).
    pub fn difference(&self, difference: f32) -> Rgb {
        between(&self.palette.difference, (difference + 1.0) / 2.0)
    }

    /// One column in a shade from 0 to 1: a background, or a glyph without colours.
    pub fn shade(&self, shade: f32) -> Span<'static> {
        if self.is_plain() {
            Span::raw(shade_glyph(shade).to_string())
        } else {
            Span::styled(" ", Style::new().bg(self.colour(self.heat(shade))))
        }
    }

    /// Colour of a step or class by its index.
    pub fn step(&self, place: usize) -> Rgb {
        self.palette.steps[place % self.palette.steps.len()]
    }

    /// Style of the number of a step or class.
    pub fn badge(&self, place: usize) -> Style {
        if self.is_plain() { bold() } else { self.on(self.step(place)) }
    }

    /// Style of the selection.
    pub fn selected(&self) -> Style {
        if self.is_plain() {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            // With a text colour: the terminal's own may be as bright as this background.
            self.on(self.palette.selected).add_modifier(Modifier::BOLD)
        }
    }

    /// Style of titles and the pinned class.
    pub fn accent(&self) -> Style {
        bold().fg(self.colour(self.palette.accent))
    }

    pub fn good(&self) -> Style {
        self.in_colour(self.palette.good)
    }

    /// Style of errors and of what is worse.
    pub fn bad(&self) -> Style {
        self.in_colour(self.palette.bad)
    }
}

pub fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

pub fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}
