//! The map of a frame in a figure: its picture with every window tinted, and what the tints mean beside it.

use image::{DynamicImage, imageops};

use crate::explore::Picture;
use crate::export::panel::{SMALL, aspect};
use crate::plot::colour::{INK, Rgb, colours, hex};
use crate::plot::font::TextStyle;
use crate::plot::format::{plain, signed, typeset};
use crate::plot::svg::{Area, Page};
use crate::snapshot::{ShownPatches, Snapshot};

const HEIGHT: f64 = 200.0;
const TEXT: TextStyle = TextStyle::new(13.0, INK);
const LINE: f64 = 18.0;
/// Okabe and Ito's blue and vermilion: windows that add, and windows that take away.
const COLOURS: [Rgb; 2] = colours([0x0072b2, 0xd55e00]);
/// Opacity of the tint of the largest value.
const OPACITY: f64 = 0.75;

/// Draws the frame with its map, and a caption at its right. Returns where it ends.
pub fn draw(page: &mut Page, area: Area, snapshot: &Snapshot, patches: &ShownPatches) -> f64 {
    let known = aspect(&patches.picture);
    let aspect = known.unwrap_or(16.0 / 9.0);
    let width = (HEIGHT * aspect).min(area.width * 0.6);
    let picture = Area { width, height: width / aspect, ..area };
    if let Some(grey) = known.and_then(|_| grey(&patches.picture)) {
        page.picture(picture, &grey.jpeg);
    }
    page.veil(picture, "#ffffff", 0.35);
    let values = || patches.values.iter().flatten().copied();
    let largest = f64::from(values().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs())));
    let seen = Area {
        x: picture.x + picture.width * patches.region.left,
        y: picture.y + picture.height * patches.region.top,
        width: picture.width * patches.region.width,
        height: picture.height * patches.region.height,
    };
    let rows = patches.values.len() as f64;
    for (row, values) in patches.values.iter().enumerate() {
        let columns = values.len() as f64;
        for (column, &value) in values.iter().enumerate() {
            let window = Area {
                x: seen.x + seen.width * column as f64 / columns,
                y: seen.y + seen.height * row as f64 / rows,
                width: seen.width / columns,
                height: seen.height / rows,
            };
            page.veil(window, &hex(tint(value)), OPACITY * f64::from(value.abs()) / largest);
        }
    }
    page.frame(picture, INK);

    let left = picture.x + picture.width + 16.0;
    let room = area.x + area.width - left;
    let lines = TEXT.wrap(&caption(snapshot, patches), room, 6);
    let mut y = page.lines((left, area.y + LINE - 4.0), TEXT, LINE, &lines) + 4.0;
    let (low, high) = values()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |ends, value| (ends.0.min(value), ends.1.max(value)));
    for (value, what) in [(high, "most that a window adds"), (low, "least, or most that one takes away")] {
        let key = Area { x: left, y: y - 10.0, width: 14.0, height: 12.0 };
        page.veil(key, &hex(tint(value)), OPACITY * f64::from(value.abs()) / largest);
        page.frame(key, INK);
        page.text((left + 22.0, y), SMALL, &format!("{what}: {}", typeset(&signed(value.into()))));
        y += LINE;
    }
    y.max(picture.y + picture.height)
}

/// The picture without its colours, which would be taken for tints. None where it is damaged.
fn grey(picture: &Picture) -> Option<Picture> {
    let grey = imageops::grayscale(&picture.decode()?);
    Picture::new(picture.ordinal, picture.time, &DynamicImage::from(grey).into_rgb8())
}

fn tint(value: f32) -> Rgb {
    COLOURS[usize::from(value < 0.0)]
}

fn caption(snapshot: &Snapshot, patches: &ShownPatches) -> String {
    let step = |(class, step): (usize, usize)| {
        let candidate = &snapshot.candidates[class];
        format!("step {} of {} (\u{201c}{}\u{201d})", step + 1, candidate.name, candidate.steps[step])
    };
    let cosine = typeset(&plain(patches.cosine.into()));
    let what = match patches.less {
        None => format!("to its cosine {cosine} with {}", step(patches.of)),
        Some(less) => {
            format!("to the difference {cosine} of its cosines with {} and {}", step(patches.of), step(less))
        }
    };
    format!("What each part of the frame at {:.2} s adds {what}", patches.picture.time)
}
