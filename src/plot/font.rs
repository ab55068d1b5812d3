//! The font of the figures, and how much room text takes in it.

use std::sync::LazyLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use crate::plot::colour::Rgb;
use crate::plot::text::{fit_by, wrap_by};

/// Name of the family.
pub const FAMILY: &str = "DejaVu Sans";
/// Its files, regular and bold: `assets/fonts` says what they hold.
pub const FILES: [&[u8]; 2] = [
    include_bytes!("../../assets/fonts/DejaVuSans.ttf"),
    include_bytes!("../../assets/fonts/DejaVuSans-Bold.ttf"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// The point of a line of text that its place names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStyle {
    pub size: f64,
    pub weight: Weight,
    pub colour: Rgb,
    pub anchor: Anchor,
}

impl TextStyle {
    /// Regular text that begins at its place.
    pub const fn new(size: f64, colour: Rgb) -> Self {
        Self { size, weight: Weight::Regular, colour, anchor: Anchor::Start }
    }

    pub const fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    /// Text around its place.
    pub const fn centred(self) -> Self {
        Self { anchor: Anchor::Middle, ..self }
    }

    /// Text that ends at its place.
    pub const fn right(self) -> Self {
        Self { anchor: Anchor::End, ..self }
    }

    /// Length of a line of text.
    pub fn width(&self, text: &str) -> f64 {
        let face = &FACES[self.weight as usize];
        let advance = |character| {
            // Letters of other fonts are seldom wider than high.
            face.glyphs.map(character).and_then(|glyph| face.metrics.advance_width(glyph)).unwrap_or(1.0)
        };
        text.chars().map(|character| f64::from(advance(character))).sum::<f64>() * self.size
    }

    /// A text on one line, cut to a length, with an ellipsis where it was longer.
    pub fn fit(&self, text: &str, room: f64) -> String {
        fit_by(text, room, |line| self.width(line))
    }

    /// A text in at most `most` lines of a length; the last one ends in an ellipsis where there is more.
    pub fn wrap(&self, text: &str, room: f64, most: usize) -> Vec<String> {
        wrap_by(text, room, most, |line| self.width(line))
    }
}

struct Face {
    glyphs: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

static FACES: LazyLock<[Face; 2]> = LazyLock::new(|| {
    FILES.map(|file| {
        let font = FontRef::new(file).expect("a font that comes with the program");
        Face { glyphs: font.charmap(), metrics: font.glyph_metrics(Size::new(1.0), LocationRef::default()) }
    })
});

/// Whether the font has every character of a text.
pub fn has(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || FACES[0].glyphs.map(character).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::colour::INK;

    #[test]
    fn bold_letters_are_wider_and_cut_text_fits() {
        let regular = TextStyle::new(12.0, INK);
        let bold = regular.bold();
        let text = "the athlete runs with long strides towards the board";
        assert!(bold.width(text) > regular.width(text));
        let short = regular.fit(text, 100.0);
        assert!(short.ends_with('…') && regular.width(&short) <= 100.0, "{short}");
        assert_eq!(regular.fit("abc", 100.0), "abc");
    }

    #[test]
    fn the_font_has_the_characters_of_figures() {
        assert!(has("Sprung — „weit“ áčű ñ øß Ωμ Жизнь σ(α·A + β) 5.07×10⁻⁴ −0.5 … · → ▲ ⚠ ✓"));
        assert!(!has("跳远"));
    }
}
