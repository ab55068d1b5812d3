//! Painting in body heights: x to the right, y up, the ground at 0.

use image::RgbImage;
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

/// A point or a distance, in body heights.
pub type Point = [f32; 2];

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// The part of the scene that is seen.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// The point in the middle of the picture.
    pub centre: Point,
    /// Height of the picture in body heights.
    pub height: f32,
    /// Rotation in degrees.
    pub roll: f32,
}

/// The colour at a fraction of the way to another.
pub fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|i| (f32::from(from[i]) + (f32::from(to[i]) - f32::from(from[i])) * share) as u8)
}

/// A picture that is painted through a camera.
pub struct Canvas {
    pixels: Pixmap,
    /// From the scene to the picture.
    view: Transform,
    /// What is being painted, if its place matters.
    thing: Option<Thing>,
    /// Around what was painted of each thing, in pixels.
    bounds: [Option<Rect>; 2],
}

/// Something whose place in the picture is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Athlete,
    /// A ball, a racket or a bar.
    Prop,
}

/// Where athlete and prop are in a picture: left, top, right and bottom in shares of its width and height. None where it is
/// not in the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Boxes {
    pub athlete: Option<[f32; 4]>,
    pub prop: Option<[f32; 4]>,
}

/// A colour moved towards white (positive) or black (negative) by a fraction.
pub fn shade(colour: Rgb, amount: f32) -> Rgb {
    mix(colour, if amount > 0.0 { [255; 3] } else { [0; 3] }, amount.abs())
}

impl Canvas {
    /// A picture of `width`×`height` pixels, at least one each.
    pub fn new(width: u32, height: u32) -> Self {
        // The library refuses only a picture without pixels.
        let pixels = Pixmap::new(width.max(1), height.max(1)).expect("a picture with pixels");
        Self { pixels, view: Transform::identity(), thing: None, bounds: [None; 2] }
    }

    /// What is painted from now on, if its place is to be kept.
    pub fn begin(&mut self, thing: Option<Thing>) {
        self.thing = thing;
    }

    /// Forgets the places of everything so far.
    pub fn forget_places(&mut self) {
        self.bounds = [None; 2];
    }

    /// The places of athlete and prop.
    pub fn boxes(&self) -> Boxes {
        let (width, height) = (self.pixels.width() as f32, self.pixels.height() as f32);
        let share = |thing: Thing| {
            let bounds = self.bounds[thing as usize]?;
            let [left, right] = [bounds.left(), bounds.right()].map(|x| x.clamp(0.0, width) / width);
            let [top, bottom] = [bounds.top(), bounds.bottom()].map(|y| y.clamp(0.0, height) / height);
            (left < right && top < bottom).then_some([left, top, right, bottom])
        };
        Boxes { athlete: share(Thing::Athlete), prop: share(Thing::Prop) }
    }

    /// Adds what is painted within `bounds`, and `margin` around it, to its thing's place.
    fn keep_place(&mut self, bounds: Rect, margin: f32) {
        let Some(thing) = self.thing else { return };
        let outset = bounds.outset(margin, margin);
        let Some(bounds) = outset.and_then(|bounds| bounds.transform(self.view)) else { return };
        let kept = &mut self.bounds[thing as usize];
        *kept = kept.and_then(|kept| kept.join(&bounds)).or(Some(bounds));
    }

    /// Looks through a camera from now on.
    pub fn look_through(&mut self, camera: &Camera) {
        let (width, height) = (self.pixels.width() as f32, self.pixels.height() as f32);
        let scale = height / camera.height;
        self.view = Transform::from_translate(-camera.centre[0], -camera.centre[1])
            .post_scale(scale, -scale)
            .post_rotate(camera.roll)
            .post_translate(width / 2.0, height / 2.0);
    }

    /// Width of the picture over its height.
    pub fn aspect(&self) -> f32 {
        self.pixels.width() as f32 / self.pixels.height() as f32
    }

    /// An axis-parallel rectangle from its lower left corner to its upper right one.
    pub fn rectangle(&mut self, low: Point, high: Point, colour: Rgb) {
        self.veil(low, high, colour, 1.0);
    }

    /// A translucent rectangle.
    pub fn veil(&mut self, low: Point, high: Point, colour: Rgb, opacity: f32) {
        if let Some(rectangle) = Rect::from_ltrb(low[0], low[1], high[0], high[1]) {
            let mut paint = paint(colour);
            paint.set_color(with_opacity(colour, opacity));
            self.pixels.fill_rect(rectangle, &paint, self.view, None);
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, corners: &[Point], colour: Rgb) {
        let mut path = PathBuilder::new();
        for (i, &[x, y]) in corners.iter().enumerate() {
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        if let Some(path) = path.finish() {
            self.keep_place(path.bounds(), 0.0);
            self.pixels.fill_path(&path, &paint(colour), FillRule::Winding, self.view, None);
        }
    }

    /// A line through points with round ends.
    pub fn line(&mut self, points: &[Point], thickness: f32, colour: Rgb) {
        let mut path = PathBuilder::new();
        for (i, &[x, y]) in points.iter().enumerate() {
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if let Some(path) = path.finish() {
            self.keep_place(path.bounds(), thickness / 2.0);
            let stroke = Stroke {
                width: thickness,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            self.pixels.stroke_path(&path, &paint(colour), &stroke, self.view, None);
        }
    }

    /// A filled ellipse.
    pub fn ellipse(&mut self, centre: Point, radii: Point, colour: Rgb) {
        let [x, y] = centre;
        let bounds = Rect::from_ltrb(x - radii[0], y - radii[1], x + radii[0], y + radii[1]);
        bounds.into_iter().for_each(|bounds| self.keep_place(bounds, 0.0));
        self.haze(centre, radii, colour, 1.0);
    }

    /// A translucent ellipse.
    pub fn haze(&mut self, centre: Point, radii: Point, colour: Rgb, opacity: f32) {
        let [x, y] = centre;
        let oval = Rect::from_ltrb(x - radii[0], y - radii[1], x + radii[0], y + radii[1]);
        if let Some(path) = oval.and_then(PathBuilder::from_oval) {
            let mut paint = paint(colour);
            paint.set_color(with_opacity(colour, opacity));
            self.pixels.fill_path(&path, &paint, FillRule::Winding, self.view, None);
        }
    }

    /// The outline of an ellipse.
    pub fn ring(&mut self, centre: Point, radii: Point, thickness: f32, colour: Rgb) {
        let [x, y] = centre;
        let oval = Rect::from_ltrb(x - radii[0], y - radii[1], x + radii[0], y + radii[1]);
        if let Some(path) = oval.and_then(PathBuilder::from_oval) {
            let stroke = Stroke { width: thickness, ..Stroke::default() };
            self.pixels.stroke_path(&path, &paint(colour), &stroke, self.view, None);
        }
    }

    /// Multiplies every pixel by a colour of light; 1 leaves it unchanged.
    pub fn light(&mut self, light: [f32; 3]) {
        let levels = light.map(|l| (l * 256.0) as u32);
        for pixel in self.pixels.data_mut().chunks_exact_mut(4) {
            for (value, level) in pixel.iter_mut().zip(levels) {
                *value = (u32::from(*value) * level / 256).min(255) as u8;
            }
        }
    }

    pub fn into_image(self) -> RgbImage {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let rgb = self.pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        RgbImage::from_raw(width, height, rgb).expect("three values a pixel")
    }
}

fn with_opacity([r, g, b]: Rgb, opacity: f32) -> Color {
    Color::from_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0) as u8)
}

fn paint(colour: Rgb) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(with_opacity(colour, 1.0));
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    type Painter = fn(&mut Canvas);

    /// What is painted, by name.
    const PAINTED: [(&str, Painter); 4] = [
        ("a line", |canvas| canvas.line(&[[-0.3, 0.1], [0.2, 0.5], [0.25, 0.2]], 0.1, [255; 3])),
        ("a polygon", |canvas| canvas.polygon(&[[-0.2, 0.0], [0.3, 0.1], [0.0, 0.6]], [255; 3])),
        ("an ellipse", |canvas| canvas.ellipse([0.1, 0.2], [0.3, 0.15], [255; 3])),
        ("half outside", |canvas| canvas.ellipse([0.9, 0.2], [0.4, 0.2], [255; 3])),
    ];

    #[test]
    fn boxes_surround_what_is_painted() {
        for (name, paint) in PAINTED {
            let mut canvas = Canvas::new(160, 120);
            canvas.look_through(&Camera { centre: [0.1, 0.3], height: 1.2, roll: 0.0 });
            canvas.ellipse([-0.5, 0.5], [0.1; 2], [0, 0, 255]);
            canvas.begin(Some(Thing::Prop));
            paint(&mut canvas);
            canvas.begin(None);
            canvas.ellipse([0.5, -0.2], [0.1; 2], [0, 0, 255]);
            let Boxes { athlete, prop } = canvas.boxes();
            assert_eq!(athlete, None);
            let picture = canvas.into_image();
            let lit: Vec<_> = picture.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] > 0).collect();
            let ends = |place: fn(&(u32, u32, &image::Rgb<u8>)) -> u32, length: f32| {
                let places = || lit.iter().map(place);
                [places().min().unwrap() as f32 / length, (places().max().unwrap() + 1) as f32 / length]
            };
            let [[left, right], [top, bottom]] = [ends(|pixel| pixel.0, 160.0), ends(|pixel| pixel.1, 120.0)];
            for (found, expected) in prop.unwrap().into_iter().zip([left, top, right, bottom]) {
                assert!((found - expected).abs() < 1.5 / 120.0, "{name}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn what_is_outside_the_picture_has_no_box() {
        let mut canvas = Canvas::new(40, 30);
        canvas.look_through(&Camera { centre: [0.0, 0.0], height: 1.0, roll: 0.0 });
        canvas.begin(Some(Thing::Athlete));
        canvas.ellipse([5.0, 0.0], [0.1; 2], [255; 3]);
        assert_eq!(canvas.boxes(), Boxes::default());
        canvas.ellipse([0.0, 0.0], [0.1; 2], [255; 3]);
        assert!(canvas.boxes().athlete.is_some());
        canvas.forget_places();
        assert_eq!(canvas.boxes(), Boxes::default());
    }
}
