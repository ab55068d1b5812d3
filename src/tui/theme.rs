//! Colours, for terminals with 16 million of them, with 256, and with none.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// An 8-bit RGB colour.
pub type Rgb = [u8; 3];

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourDepth {
    /// 24-bit colours.
    True,
    /// The 256 indexed colours.
    Indexed,
    /// None: shades become glyphs.
    None,
}

impl ColourDepth {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn detect() -> Self {
        let set = |name: &str| std::env::var(name).unwrap_or_default();
        if !set("NO_COLOR").is_empty() || set("TERM") == "dumb" {
            Self::None
        } else if matches!(set("COLORTERM").as_str(), "truecolor" | "24bit") || set("TERM").contains("direct")
        {
            Self::True
        } else {
            Self::Indexed
        }
    }
}

/// Nearest of the 6×6×6 cube and the 24 greys of the 256 colours.
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
    /// Name of the theme.
    pub name: String,
    /// Points of the heatmap's colours, from the lowest shade to the highest, at least two.
    pub heat: Vec<Rgb>,
    /// Colours of steps and classes, by their place; at least one.
    pub steps: Vec<Rgb>,
    /// Colours of a difference: where the first is larger, where both are the same, where the second is larger.
    pub difference: [Rgb; 3],
    /// What draws the eye: titles, the pinned class, the cursor's figures.
    pub accent: Rgb,
    /// Background of what is selected.
    pub selected: Rgb,
    /// What has improved.
    pub good: Rgb,
    /// What is worse, and errors.
    pub bad: Rgb,
}

/// Points of the viridis map, dark to bright: even steps look even, and it survives colour blindness and grey print.
const VIRIDIS: [Rgb; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// Paul Tol's muted scheme, which colour-blind people can tell apart.
const MUTED: [Rgb; 9] = [
    [204, 102, 119],
    [136, 204, 238],
    [221, 204, 119],
    [17, 119, 51],
    [170, 68, 153],
    [68, 170, 153],
    [153, 153, 51],
    [136, 34, 85],
    [51, 34, 136],
];

impl Palette {
    /// For terminals with a dark background.
    pub fn dark() -> Self {
        Self {
            name: "dark".to_owned(),
            heat: VIRIDIS.into(),
            steps: MUTED.into(),
            difference: [[230, 97, 1], [60, 60, 60], [93, 58, 155]],
            accent: [136, 204, 238],
            selected: [58, 58, 58],
            good: [92, 200, 99],
            bad: [255, 110, 110],
        }
    }
}

/// Colours as the terminal can show them.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// How many colours the terminal shows.
    pub depth: ColourDepth,
    /// Which ones are used.
    pub palette: Palette,
}

impl Theme {
    /// The dark theme.
    pub fn new(depth: ColourDepth) -> Self {
        Self { depth, palette: Palette::dark() }
    }

    /// Whether there are no colours, so that glyphs and modifiers must tell everything.
    pub fn is_plain(&self) -> bool {
        self.depth == ColourDepth::None
    }

    /// A colour as this terminal can show it.
    pub fn colour(&self, [r, g, b]: Rgb) -> Color {
        match self.depth {
            ColourDepth::True => Color::Rgb(r, g, b),
            ColourDepth::Indexed => Color::Indexed(indexed([r, g, b])),
            ColourDepth::None => Color::Reset,
        }
    }

    /// A style that writes in black or white, whichever is read better, on `background`.
    pub fn on(&self, background: Rgb) -> Style {
        Style::new().fg(self.colour(contrast(background))).bg(self.colour(background))
    }

    /// A style that writes in a colour.
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

    /// A column of a shade from 0 to 1: a background, or a glyph where there are no colours.
    pub fn shade(&self, shade: f32) -> Span<'static> {
        if self.is_plain() {
            Span::raw(heat_glyph(shade).to_string())
        } else {
            Span::styled(" ", Style::new().bg(self.colour(self.heat(shade))))
        }
    }

    /// Colour of a step or a class, by its place.
    pub fn step(&self, place: usize) -> Rgb {
        self.palette.steps[place % self.palette.steps.len()]
    }

    /// The number of a step or a class, on its colour.
    pub fn badge(&self, place: usize) -> Style {
        if self.is_plain() { bold() } else { self.on(self.step(place)) }
    }

    /// What is selected.
    pub fn selected(&self) -> Style {
        if self.is_plain() {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new().bg(self.colour(self.palette.selected)).add_modifier(Modifier::BOLD)
        }
    }

    /// What draws the eye.
    pub fn accent(&self) -> Style {
        bold().fg(self.colour(self.palette.accent))
    }

    /// What has improved.
    pub fn good(&self) -> Style {
        self.in_colour(self.palette.good)
    }

    /// What is worse, and errors.
    pub fn bad(&self) -> Style {
        self.in_colour(self.palette.bad)
    }
}

/// The colour at a place from 0 to 1 between evenly spaced points.
fn between(points: &[Rgb], place: f32) -> Rgb {
    let at = place.clamp(0.0, 1.0) * (points.len() - 1) as f32;
    let low = (at as usize).min(points.len() - 2);
    let part = at - low as f32;
    std::array::from_fn(|i| {
        let (a, b) = (f32::from(points[low][i]), f32::from(points[low + 1][i]));
        (a + (b - a) * part).round() as u8
    })
}

/// Glyph of a shade from 0 to 1, where there are no colours.
pub fn heat_glyph(shade: f32) -> char {
    const GLYPHS: [char; 5] = [' ', '░', '▒', '▓', '█'];
    GLYPHS[((shade.clamp(0.0, 1.0) * 5.0) as usize).min(4)]
}

/// Black or white, whichever is read better on `background`.
pub fn contrast(background: Rgb) -> Rgb {
    let [r, g, b] = background.map(f32::from);
    if 0.299 * r + 0.587 * g + 0.114 * b > 140.0 { [0, 0, 0] } else { [255, 255, 255] }
}

/// Text of lesser weight.
pub fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// Text of greater weight.
pub fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexed_colours_are_the_nearest_ones() {
        assert_eq!(indexed([0, 0, 0]), 16);
        assert_eq!(indexed([255, 0, 0]), 196);
        assert_eq!(indexed([128, 128, 128]), 244);
        assert_eq!(indexed([255, 255, 255]), 231);
    }

    #[test]
    fn heat_runs_from_dark_to_bright() {
        let theme = Theme::new(ColourDepth::True);
        let brightness = |shade: f32| theme.heat(shade).iter().map(|&x| u32::from(x)).sum::<u32>();
        assert_eq!(theme.heat(0.0), VIRIDIS[0]);
        assert_eq!(theme.heat(1.0), VIRIDIS[8]);
        assert!(brightness(0.1) < brightness(0.9));
        assert_eq!(heat_glyph(0.0), ' ');
        assert_eq!(heat_glyph(1.0), '█');
    }
}
