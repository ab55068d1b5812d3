//! Colours that survive colour blindness and grey print, on the screen and in figures.

/// An 8-bit RGB colour.
pub type Rgb = [u8; 3];

/// Lines and text of figures, their small print, and the rules between rows.
pub const INK: Rgb = [0, 0, 0];
pub const GREY: Rgb = [85, 85, 85];
pub const RULE: Rgb = [221, 221, 221];

/// Points of the viridis map, dark to bright: even steps look even, and it survives colour blindness and grey print.
pub const VIRIDIS: [Rgb; 9] =
    colours([0x440154, 0x472c7a, 0x3b518b, 0x2c718e, 0x21908d, 0x27ad81, 0x5cc863, 0xaadc32, 0xfde725]);

/// Paul Tol's muted scheme.
pub const MUTED: [Rgb; 9] =
    colours([0xcc6677, 0x88ccee, 0xddcc77, 0x117733, 0xaa4499, 0x44aa99, 0x999933, 0x882255, 0x332288]);

/// The colours of numbers such as `0xrrggbb`.
pub const fn colours<const N: usize>(numbers: [u32; N]) -> [Rgb; N] {
    let mut colours = [[0; 3]; N];
    let mut at = 0;
    while at < N {
        let [_, r, g, b] = numbers[at].to_be_bytes();
        colours[at] = [r, g, b];
        at += 1;
    }
    colours
}

/// The colour at a place from 0 to 1 between evenly spaced points.
pub fn between(points: &[Rgb], place: f32) -> Rgb {
    let at = place.clamp(0.0, 1.0) * (points.len() - 1) as f32;
    let low = (at as usize).min(points.len() - 2);
    let part = at - low as f32;
    std::array::from_fn(|i| {
        let (a, b) = (f32::from(points[low][i]), f32::from(points[low + 1][i]));
        (a + (b - a) * part).round() as u8
    })
}

/// Colour of a shade from 0 to 1 in a figure.
pub fn heat(shade: f32) -> Rgb {
    between(&VIRIDIS, shade)
}

/// Colour of a step in a figure, by its place in the script.
pub fn step_colour(step: usize) -> Rgb {
    MUTED[step % MUTED.len()]
}

/// `#rrggbb`, as SVG writes it.
pub fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Black or white, whichever is read better on `background`.
pub fn contrast(background: Rgb) -> Rgb {
    let [black, white] = [[0; 3], [255; 3]];
    if contrast_ratio(black, background) > contrast_ratio(white, background) { black } else { white }
}

/// Contrast ratio of the Web Content Accessibility Guidelines, from 1 to 21; they ask for 4.5 where text is read.
pub fn contrast_ratio(a: Rgb, b: Rgb) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance of an sRGB colour, from 0 to 1.
fn luminance(colour: Rgb) -> f32 {
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Linear light of an sRGB value, from 0 to 1.
pub fn linear(value: u8) -> f32 {
    let value = f32::from(value) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}
