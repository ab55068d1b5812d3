//! The colours of a theme, and the built-in themes.

use crate::plot::colour::{MUTED, Rgb, VIRIDIS};

/// The colours of a theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// Name of the theme.
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
const CIVIDIS: [Rgb; 9] = [
    [0, 34, 78],
    [26, 56, 111],
    [67, 78, 108],
    [97, 101, 111],
    [125, 124, 120],
    [155, 148, 118],
    [188, 174, 108],
    [222, 201, 88],
    [254, 232, 56],
];

/// Points of ColorBrewer's YlGnBu map, bright to dark, for bright backgrounds.
const YELLOW_GREEN_BLUE: [Rgb; 9] = [
    [255, 255, 217],
    [237, 248, 177],
    [198, 233, 180],
    [126, 205, 187],
    [64, 181, 196],
    [29, 144, 192],
    [34, 93, 168],
    [36, 51, 146],
    [8, 29, 88],
];

/// Okabe and Ito's colours without black, for dark backgrounds.
const OKABE_ITO: [Rgb; 7] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
];

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
