//! Colours that survive colour blindness and grey print.

/// An 8-bit RGB colour.
pub type Rgb = [u8; 3];

/// Points of the viridis map at even distances, dark to bright: even steps look even.
pub const VIRIDIS: [Rgb; 9] = [
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

/// Colour of a shade from 0 to 1.
pub fn heat(shade: f32) -> Rgb {
    let at = shade.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f32;
    let low = (at as usize).min(VIRIDIS.len() - 2);
    let part = at - low as f32;
    std::array::from_fn(|i| {
        let (a, b) = (f32::from(VIRIDIS[low][i]), f32::from(VIRIDIS[low + 1][i]));
        (a + (b - a) * part).round() as u8
    })
}

/// Colour of a step, by its place in the script: Paul Tol's muted scheme.
pub fn step_colour(step: usize) -> Rgb {
    const STEPS: [Rgb; 9] = [
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
    STEPS[step % STEPS.len()]
}

/// Black or white, whichever is read better on `background`.
pub fn contrast(background: Rgb) -> Rgb {
    let [r, g, b] = background.map(f32::from);
    if 0.299 * r + 0.587 * g + 0.114 * b > 140.0 { [0, 0, 0] } else { [255, 255, 255] }
}

/// As SVG has it.
pub fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
