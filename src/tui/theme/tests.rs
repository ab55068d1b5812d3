use super::*;
use crate::plot::colour::{contrast_ratio, linear};

/// Backgrounds that terminals are given, for each built-in theme, and the text on them.
const BACKGROUNDS: [([Rgb; 2], Rgb); 3] = [
    ([[0, 0, 0], [30, 30, 30]], [204, 204, 204]),
    ([[255, 255, 255], [253, 246, 227]], [0, 0, 0]),
    ([[0, 0, 0], [30, 30, 30]], [204, 204, 204]),
];

/// Least contrast of readable text (Web Content Accessibility Guidelines).
const READABLE: f32 = 4.5;

/// What people without working cones of one kind see of linear RGB light, from Machado, Oliveira and Fernandes, "A
/// Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1.
const ALL_CONES: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PROTANOPIA: [[f32; 3]; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const DEUTERANOPIA: [[f32; 3]; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];

/// CIELAB coordinates of what is seen of a colour.
fn seen(colour: Rgb, eyes: &[[f32; 3]; 3]) -> [f32; 3] {
    let times = |matrix: &[[f32; 3]; 3], light: [f32; 3]| {
        matrix.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f32>())
    };
    // sRGB to XYZ, each row over the white point D65.
    const XYZ: [[f32; 3]; 3] =
        [[0.433_95, 0.376_22, 0.189_83], [0.212_67, 0.715_15, 0.072_18], [0.017_76, 0.109_47, 0.872_77]];
    let light = times(eyes, colour.map(linear)).map(|value| value.clamp(0.0, 1.0));
    let [x, y, z] = times(&XYZ, light)
        .map(|value| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Distance of two colours in CIELAB; 2 can just be noticed side by side, 10 at a glance.
fn distance(a: Rgb, b: Rgb, eyes: &[[f32; 3]; 3]) -> f32 {
    let (a, b) = (seen(a, eyes), seen(b, eyes));
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f32>().sqrt()
}

/// The colour of one of the upper 240 indexed colours.
fn of_index(index: u8) -> Rgb {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        232.. => [8 + 10 * (index - 232); 3],
        _ => [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6]
            .map(|level| LEVELS[usize::from(level)]),
    }
}

/// A colour as terminals with 16 million colours and with 256 show it.
fn at_each_depth(colour: Rgb) -> [Rgb; 2] {
    [colour, of_index(indexed(colour))]
}

fn pairs<T: Copy>(of: &[T]) -> impl Iterator<Item = (T, T)> {
    of.iter().enumerate().flat_map(|(i, &a)| of[i + 1..].iter().map(move |&b| (a, b)))
}

#[test]
fn indexed_colours_are_the_nearest_ones() {
    assert_eq!(indexed([0, 0, 0]), 16);
    assert_eq!(indexed([255, 0, 0]), 196);
    assert_eq!(indexed([128, 128, 128]), 244);
    assert_eq!(indexed([255, 255, 255]), 231);
}

#[test]
fn contrast_is_that_of_the_guidelines() {
    assert!((contrast_ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-3);
    assert!((contrast_ratio([255; 3], [119; 3]) - 4.48).abs() < 0.01);
    assert_eq!(contrast([255, 255, 0]), [0; 3]);
    assert_eq!(contrast([0, 0, 255]), [255; 3]);
}

#[test]
fn text_is_readable_in_every_theme_at_every_depth() {
    for (palette, (backgrounds, text)) in Palette::built_in().into_iter().zip(BACKGROUNDS) {
        let Palette { name, accent, good, bad, selected, steps, heat, .. } = palette;
        for depth in 0..2 {
            let shown = |colour| at_each_depth(colour)[depth];
            for background in backgrounds.into_iter().chain([shown(selected)]) {
                for colour in [accent, good, bad].map(shown).into_iter().chain([text]) {
                    let ratio = contrast_ratio(colour, background);
                    assert!(ratio >= READABLE, "{name}: {colour:?} on {background:?}: {ratio}");
                }
            }
            for background in steps.iter().chain(&heat).copied() {
                let ratio = contrast_ratio(shown(contrast(background)), shown(background));
                assert!(ratio >= 4.0, "{name}: on {background:?}: {ratio}");
            }
        }
    }
}

#[test]
fn shades_are_ordered_by_lightness_also_for_colour_blind_eyes() {
    for palette in Palette::built_in() {
        for eyes in [ALL_CONES, PROTANOPIA, DEUTERANOPIA] {
            let mut lightness: Vec<f32> = palette.heat.iter().map(|&colour| seen(colour, &eyes)[0]).collect();
            if palette.name == "light" {
                lightness.reverse();
            }
            assert!(
                lightness.windows(2).all(|pair| pair[0] + 2.0 < pair[1]),
                "{}: {lightness:?}",
                palette.name
            );
        }
        let indices: std::collections::HashSet<u8> =
            palette.heat.iter().map(|&colour| indexed(colour)).collect();
        assert_eq!(indices.len(), palette.heat.len(), "{}", palette.name);
    }
}

#[test]
fn colours_of_steps_and_differences_are_distinguishable() {
    for palette in Palette::built_in() {
        let eyes: &[_] = match palette.name.as_str() {
            "colour-blind" => &[ALL_CONES, PROTANOPIA, DEUTERANOPIA],
            _ => &[ALL_CONES],
        };
        for eyes in eyes {
            for depth in 0..2 {
                let marks = vec![palette.good, palette.bad];
                for colours in [palette.steps.clone(), palette.difference.into(), marks] {
                    for (a, b) in pairs(&colours) {
                        let distance = distance(at_each_depth(a)[depth], at_each_depth(b)[depth], eyes);
                        assert!(distance >= 10.0, "{}: {a:?} and {b:?}: {distance}", palette.name);
                    }
                }
            }
        }
    }
}

#[test]
fn without_colours_glyphs_and_modifiers_take_their_place() {
    for palette in Palette::built_in() {
        let theme = Theme { depth: ColourDepth::None, palette };
        let glyphs = [0.0, 0.3, 0.5, 0.7, 1.0].map(|shade| theme.shade(shade).content.into_owned());
        assert_eq!(glyphs, [" ", "░", "▒", "▓", "█"]);
        for style in [theme.selected(), theme.badge(3), theme.accent()] {
            assert!(!style.add_modifier.is_empty());
        }
        let styles = [theme.selected(), theme.badge(3), theme.accent(), theme.good(), theme.bad()];
        for colour in styles.iter().flat_map(|style| [style.fg, style.bg]).flatten() {
            assert_eq!(colour, Color::Reset);
        }
    }
}

#[test]
fn shades_are_interpolated_between_the_points() {
    let theme = Theme::new(ColourDepth::True);
    assert_eq!(theme.heat(0.0), theme.palette.heat[0]);
    assert_eq!(theme.heat(1.0), theme.palette.heat[8]);
    assert_eq!(theme.heat(0.5), theme.palette.heat[4]);
    assert_eq!(theme.difference(0.5), [77, 59, 108]);
}

#[test]
fn the_environment_decides_the_colour_depth() {
    let depth = |set: &[(&str, &str)]| {
        let of =
            |name: &str| set.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        ColourDepth::of(|name| of(name).unwrap_or_default())
    };
    assert_eq!(depth(&[("TERM", "xterm-256color")]), ColourDepth::Indexed);
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColourDepth::True);
    for term in ["xterm-kitty", "xterm-ghostty", "foot-extra", "wezterm", "alacritty", "xterm-direct"] {
        assert_eq!(depth(&[("TERM", term)]), ColourDepth::True, "{term} over SSH");
    }
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")]), ColourDepth::True);
    assert_eq!(depth(&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")]), ColourDepth::None);
    assert_eq!(depth(&[("TERM", "dumb"), ("COLORTERM", "truecolor")]), ColourDepth::None);
}
