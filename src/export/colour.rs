//! The colours of figures.

use crate::colour::{MUTED, VIRIDIS, between};

pub use crate::colour::{Rgb, contrast};

/// Colour of a shade from 0 to 1.
pub fn heat(shade: f32) -> Rgb {
    between(&VIRIDIS, shade)
}

/// Colour of a step, by its place in the script.
pub fn step_colour(step: usize) -> Rgb {
    MUTED[step % MUTED.len()]
}

/// As SVG has it.
pub fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
