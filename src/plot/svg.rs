//! A page of SVG, and its pixels.

use std::fmt::{self, Write};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};
use thiserror::Error;

use crate::plot::colour::{Rgb, hex};
use crate::plot::font::{self, Anchor, FAMILY, TextStyle, Weight};
use crate::visible::is_obeyed;

/// A rectangle on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, width, height] = [self.x, self.y, self.width, self.height].map(n);
        write!(f, r#"x="{x}" y="{y}" width="{width}" height="{height}""#)
    }
}

/// The elements drawn so far. All lengths are in units of the page, 96 to the inch.
#[derive(Debug, Default)]
pub struct Page {
    body: String,
}

impl Page {
    pub fn rect(&mut self, area: Area, fill: &str) {
        self.add(format_args!(r#"<rect {area} fill="{fill}"/>"#));
    }

    /// A translucent rectangle.
    pub fn veil(&mut self, area: Area, fill: &str, opacity: f64) {
        self.add(format_args!(r#"<rect {area} fill="{fill}" fill-opacity="{}"/>"#, n(opacity)));
    }

    /// A rectangle's outline.
    pub fn frame(&mut self, area: Area, stroke: Rgb) {
        self.add(format_args!(r#"<rect {area} fill="none" stroke="{}"/>"#, hex(stroke)));
    }

    /// A line through points, with round joints.
    pub fn line(&mut self, points: &[(f64, f64)], stroke: Rgb, width: f64) {
        let points: Vec<String> = points.iter().map(|&(x, y)| format!("{},{}", n(x), n(y))).collect();
        self.add(format_args!(
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="round"/>"#,
            points.join(" "),
            hex(stroke),
            n(width)
        ));
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: Rgb) {
        let [x, y, radius] = [x, y, radius].map(n);
        self.add(format_args!(r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{}"/>"#, hex(fill)));
    }

    /// A line of text on its baseline.
    pub fn text(&mut self, (x, y): (f64, f64), style: TextStyle, text: &str) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if style.weight == Weight::Bold { r#" font-weight="bold""# } else { "" };
        let [x, y, size] = [x, y, style.size].map(n);
        self.add(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" fill="{}"{weight}{anchor}>{}</text>"#,
            hex(style.colour),
            escaped(text)
        ));
    }

    /// Lines of text, the baseline of the first at `y`, `height` apart. Returns the baseline of one more.
    pub fn lines(&mut self, (x, mut y): (f64, f64), style: TextStyle, height: f64, lines: &[String]) -> f64 {
        for line in lines {
            self.text((x, y), style, line);
            y += height;
        }
        y
    }

    /// A picture in the middle of an area, as large as fits.
    pub fn picture(&mut self, area: Area, jpeg: &[u8]) {
        self.image(area, "xMidYMid meet", "image/jpeg", jpeg, "");
    }

    /// Pixels that fill an area and keep their edges.
    pub fn pixels(&mut self, area: Area, png: &[u8]) {
        self.image(area, "none", "image/png", png, r#" style="image-rendering:pixelated""#);
    }

    fn image(&mut self, area: Area, aspect: &str, kind: &str, bytes: &[u8], style: &str) {
        self.add(format_args!(
            r#"<image {area} preserveAspectRatio="{aspect}"{style} xlink:href="data:{kind};base64,{}"/>"#,
            STANDARD.encode(bytes)
        ));
    }

    /// A gradient from left to right through colours at even distances, to fill with as `url(#id)`.
    pub fn gradient(&mut self, id: &str, colours: &[Rgb]) {
        let last = (colours.len() - 1) as f64;
        let stops = colours.iter().enumerate().map(|(place, &colour)| {
            format!(r#"<stop offset="{}%" stop-color="{}"/>"#, n(100.0 * place as f64 / last), hex(colour))
        });
        self.add(format_args!(r#"<linearGradient id="{id}">{}</linearGradient>"#, stops.collect::<String>()));
    }

    fn add(&mut self, element: std::fmt::Arguments) {
        writeln!(self.body, "{element}").expect("a string takes everything");
    }

    /// The document: a white page of this size, and its title.
    pub fn finish(self, width: f64, height: f64, title: &str) -> String {
        let (width, height) = (n(width), n(height));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="'{FAMILY}', Verdana, sans-serif">
<title>{}</title>
<rect width="{width}" height="{height}" fill="#ffffff"/>
{}</svg>
"##,
            escaped(title),
            self.body
        )
    }
}

/// A number with two decimals at most.
fn n(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text in XML: characters that XML forbids are replaced, and those that a viewer would obey are shown.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character if is_obeyed(character) => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Why a page cannot be drawn as PNG.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot draw the figure as PNG: {0}\nhelp: export it as SVG")]
pub struct PixelError(String);

/// An SVG document as PNG, at twice its size. Text is set in the font that comes with the program, and in the system's where
/// that lacks a character.
///
/// # Errors
/// If the SVG is invalid or too large.
pub fn png(svg: &str) -> Result<Vec<u8>, PixelError> {
    const SCALE: f32 = 2.0;
    let too_large = || PixelError("it is too large".to_owned());
    let tree = tree(svg)?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(too_large)?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(too_large)?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PixelError(error.to_string()))
}

/// The elements of an SVG document, with their places.
pub fn tree(svg: &str) -> Result<Tree, PixelError> {
    let mut fonts = Database::new();
    for file in font::FILES {
        fonts.load_font_data(file.to_vec());
    }
    if !font::has(svg) {
        fonts.load_system_fonts();
    }
    let options = Options { font_family: FAMILY.to_owned(), fontdb: Arc::new(fonts), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|error| PixelError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_decimals_at_most() {
        assert_eq!([1.0, 2.5, 1.23456, -0.001, 100.0].map(n), ["1", "2.5", "1.23", "0", "100"]);
    }

    #[test]
    fn any_text_is_valid_xml() {
        assert_eq!(escaped("<a & \"b\">\u{0}\n"), "&lt;a &amp; &quot;b&quot;&gt;\u{fffd} ");
        assert_eq!(escaped("\u{9b}\u{7f}\u{202e}\u{2028}"), "\\u{9b}\\u{7f}\\u{202e}\\u{2028}");
    }
}
