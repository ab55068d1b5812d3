//! The map of a frame over its picture: windows tinted, or without colours the strongest outlined.

use image::RgbImage;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::explain::PatchMap;
use crate::plot::colour::between;
use crate::plot::format::{plain, signed};
use crate::plot::text::{fit, width};
use crate::tui::patches::{FrameMap, NoMap};
use crate::tui::state::State;
use crate::tui::theme::{Theme, bold, dim};

/// Opacity of the tint of the largest value.
const OPACITY: f32 = 0.7;
/// Windows that are outlined where there are no colours.
const OUTLINED: usize = 3;

/// Tints each window of a picture by a map, if there is one: windows that add in the colour of what is good, the others in
/// that of what is bad, the more the larger their value is beside the largest. The picture itself turns grey, lest its colours
/// are taken for tints.
pub fn tinted(mut picture: RgbImage, map: Option<&PatchMap>, theme: &Theme) -> RgbImage {
    let Some(map) = map else { return picture };
    let (width, height) = picture.dimensions();
    let largest = map.largest().max(f32::MIN_POSITIVE);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let share = |at: u32, of: u32| (f64::from(at) + 0.5) / f64::from(of);
        // The model does not see what it crops.
        let value = map.at(share(x, width), share(y, height)).unwrap_or(0.0) / largest;
        let colour = if value > 0.0 { theme.palette.good } else { theme.palette.bad };
        let [r, g, b] = pixel.0.map(u32::from);
        let grey = [((299 * r + 587 * g + 114 * b) / 1000) as u8; 3];
        pixel.0 = between(&[grey, colour], OPACITY * value.abs());
    }
    picture
}

/// Tells pictures with different tints apart; 0 without a map.
pub fn fingerprint(map: Option<&PatchMap>, theme: &Theme) -> u32 {
    let Some(map) = map else { return 0 };
    let colours = [theme.palette.good, theme.palette.bad].into_iter().flatten().map(u32::from);
    let values = map.values.iter().map(|value| value.to_bits());
    let values = values.chain([map.region.left.to_bits() as u32, map.region.top.to_bits() as u32]);
    // Fowler, Noll and Vo's hash.
    values.chain(colours).fold(0x811c_9dc5, |hash, value| (hash ^ value).wrapping_mul(0x0100_0193))
}

/// Outlines the strongest windows of a picture at `place`, each with its rank.
pub fn outline(map: &PatchMap, frame: &mut Frame, place: Rect) {
    let buffer = frame.buffer_mut();
    let edge = |start: u16, length: u16, share: f64| start + (f64::from(length) * share).round() as u16;
    let strongest = map.strongest(OUTLINED).into_iter().filter(|(_, value)| *value > 0.0);
    // The strongest last, over the others.
    for (rank, (window, _)) in strongest.enumerate().collect::<Vec<_>>().into_iter().rev() {
        let part = map.part(window);
        let (left, right) =
            (edge(place.x, place.width, part.left), edge(place.x, place.width, part.left + part.width));
        let (top, bottom) =
            (edge(place.y, place.height, part.top), edge(place.y, place.height, part.top + part.height));
        let (right, bottom) = (right.max(left + 1) - 1, bottom.max(top + 1) - 1);
        if right > left && bottom > top {
            for x in left..=right {
                buffer[(x, top)].set_symbol("─").set_style(bold());
                buffer[(x, bottom)].set_symbol("─").set_style(bold());
            }
            for y in top..=bottom {
                buffer[(left, y)].set_symbol("│").set_style(bold());
                buffer[(right, y)].set_symbol("│").set_style(bold());
            }
            for (at, corner) in
                [((left, top), "┌"), ((right, top), "┐"), ((left, bottom), "└"), ((right, bottom), "┘")]
            {
                buffer[at].set_symbol(corner);
            }
        }
        let middle = left + (right - left) / 2;
        buffer[(middle, top)].set_char(char::from(b'1' + rank as u8)).set_style(bold());
    }
}

/// What the map shows and the range of its values, or why there is none.
pub fn caption(state: &State, shown: &Result<FrameMap, NoMap>, columns: usize) -> Line<'static> {
    let found = match shown {
        Ok(found) => found,
        Err(reason) => {
            return Line::styled(fit(&format!("patches: {reason}"), columns), dim());
        }
    };
    let (low, high) = found.map.range();
    let mut what = format!("step {}", found.of.step + 1);
    let mut cosine = plain(found.map.cosine.into());
    if let Some(less) = found.less {
        let name = &state.clip().exploration.candidates()[less.class].name;
        what += &format!(" less step {} of {name}", less.step + 1);
        cosine = signed(found.map.cosine.into());
    }
    let values =
        format!(" · cosine {cosine} · a patch adds {} to {}", signed(low.into()), signed(high.into()));
    let legend = if state.theme.is_plain() {
        vec![Span::styled("  1–3 strongest", dim())]
    } else {
        let Theme { palette, .. } = &state.theme;
        vec![
            Span::raw("  "),
            Span::styled("■", state.theme.in_colour(palette.good)),
            Span::styled(" adds  ", dim()),
            Span::styled("■", state.theme.in_colour(palette.bad)),
            Span::styled(" takes away", dim()),
        ]
    };
    let needed: usize = legend.iter().map(Span::width).sum();
    let what = fit(&what, columns.saturating_sub(width(&values)).max(20));
    let has_room = width(&what) + width(&values) + needed <= columns;
    let text = fit(&format!("{what}{values}"), columns);
    Line::from_iter([Span::raw(text)].into_iter().chain(legend.into_iter().filter(|_| has_room)))
}
