//! The colours of themes, and the themes that come with the program.

use crate::plot::colour::{MUTED, Rgb, VIRIDIS};

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

/// Points of the cividis map, dark to bright: it looks the same with and without red-green colour blindness.
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

/// Points of ColorBrewer's YlGnBu map, bright to dark: on a bright background it is the low shades that fade.
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

/// Okabe and Ito's scheme without its black, which a dark background swallows.
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
    /// The themes that come with the program.
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

    /// For terminals with a dark background; with red-green colour blindness nothing looks like something else.
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
