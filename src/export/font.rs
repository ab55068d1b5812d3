//! The font of the figures, and how much room text takes in it.

use std::sync::LazyLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// Name of the family.
pub const FAMILY: &str = "DejaVu Sans";
/// The files that come with the program: `assets/fonts` says what they hold.
pub const FILES: [&[u8]; 2] = [
    include_bytes!("../../assets/fonts/DejaVuSans.ttf"),
    include_bytes!("../../assets/fonts/DejaVuSans-Bold.ttf"),
];

/// How heavy text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
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

/// Length of a line of text in letters of this size.
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let face = &FACES[weight as usize];
    let advance = |character| {
        // Letters of other fonts are seldom wider than high.
        face.glyphs.map(character).and_then(|glyph| face.metrics.advance_width(glyph)).unwrap_or(1.0)
    };
    text.chars().map(|character| f64::from(advance(character))).sum::<f64>() * size
}

/// A text cut to a length, with an ellipsis where it was longer.
pub fn fit(text: &str, size: f64, weight: Weight, room: f64) -> String {
    wrap(text, size, weight, room, 1).pop().unwrap_or_default()
}

/// A text in lines of a length, `most` at most; an ellipsis ends the last one where there is more.
pub fn wrap(text: &str, size: f64, weight: Weight, room: f64, most: usize) -> Vec<String> {
    crate::export::wrap::wrap(text, room, most, |line| width(line, size, weight))
}

#[cfg(test)]
mod tests {
    use super::Weight::{Bold, Regular};
    use super::*;

    #[test]
    fn bold_letters_are_wider_and_cut_text_fits() {
        let text = "the athlete runs with long strides towards the board";
        assert!(width(text, 12.0, Bold) > width(text, 12.0, Regular));
        let short = fit(text, 12.0, Regular, 100.0);
        assert!(short.ends_with('…') && width(&short, 12.0, Regular) <= 100.0, "{short}");
        assert_eq!(fit("abc", 12.0, Regular, 100.0), "abc");
    }

    #[test]
    fn the_font_has_what_the_figures_say() {
        assert!(has("Sprung — „weit“ áčű ñ øß Ωμ Жизнь σ(α·A + β) 5.07×10⁻⁴ −0.5 … · → ▲ ⚠ ✓"));
        assert!(!has("跳远"));
    }
}
