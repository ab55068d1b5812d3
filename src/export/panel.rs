//! One class of a figure: its script, its matrix with the path, and the clip below on the same time axis.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};
use ndarray::Array2;

use crate::align::{corners, runs};
use crate::explore::Picture;
use crate::export::Aligned;
use crate::plot::colour::{GREY, INK, RULE, Rgb, contrast, hex, step_colour};
use crate::plot::font::TextStyle;
use crate::plot::format::{plain, signed, typeset};
use crate::plot::heatmap;
use crate::plot::svg::{Area, Page};
use crate::plot::time_axis::TimeAxis;
use crate::snapshot::Snapshot;

pub const SMALL: TextStyle = TextStyle::new(11.0, GREY);
const TITLE: TextStyle = TextStyle::new(17.0, INK).bold();
const TITLE_LINE: f64 = 21.0;
const SUBTITLE: TextStyle = TextStyle::new(13.0, GREY);
const SUBTITLE_LINE: f64 = 18.0;
const STEP: TextStyle = TextStyle::new(12.5, INK);
const STEP_LINE: f64 = 15.0;
/// Share of a panel that the script takes.
pub const SCRIPT: f64 = 0.43;
/// Room for a step's number, and for the number of its frames.
pub const BADGE: f64 = 24.0;
const FRAMES: f64 = 46.0;
const LEAST_ROW: f64 = 24.0;
/// Space between the texts of two steps.
const LEADING: f64 = 7.0;
const LEAST_MATRIX: f64 = 200.0;
/// Height of a page's matrix; the texts of long scripts are cut to fit it.
const MATRIX_ON_A_PAGE: f64 = 1050.0;
const BAND: f64 = 15.0;
const PICTURE: f64 = 38.0;
/// Pictures that are wider or higher are taken for damaged.
const PICTURE_AT_MOST: u32 = 4096;

/// A class, fitted into the width of its part of the figure.
pub struct Panel<'a> {
    snapshot: &'a Snapshot,
    aligned: Aligned<'a>,
    /// Shades of the aligned matrix, K×T.
    shades: &'a Array2<f32>,
    width: f64,
    title: Vec<String>,
    steps: Vec<Vec<String>>,
}

impl<'a> Panel<'a> {
    pub fn new(snapshot: &'a Snapshot, aligned: Aligned<'a>, shades: &'a Array2<f32>, width: f64) -> Self {
        let candidate = aligned.candidate;
        let room = width * SCRIPT - BADGE - FRAMES - 8.0;
        let lines = (MATRIX_ON_A_PAGE / candidate.steps.len() as f64 - LEADING) / STEP_LINE;
        let lines = (lines as usize).clamp(2, 6);
        Self {
            snapshot,
            shades,
            width,
            title: TITLE.wrap(&candidate.name, width - 32.0, 2),
            steps: candidate.steps.iter().map(|step| STEP.wrap(step, room, lines)).collect(),
            aligned,
        }
    }

    /// Height of title, subtitles and the headings of the columns.
    pub fn heading_height(&self) -> f64 {
        TITLE_LINE * self.title.len() as f64 + SUBTITLE_LINE * self.subtitles().len() as f64 + 26.0
    }

    /// The height at which every step has room for its text.
    pub fn least_matrix_height(&self) -> f64 {
        let lines = self.steps.iter().map(Vec::len).max().unwrap_or(1);
        let row = (lines as f64 * STEP_LINE + LEADING).max(LEAST_ROW);
        (row * self.steps.len() as f64).max(LEAST_MATRIX)
    }

    /// Name, domain and score, from `top` down.
    pub fn draw_heading(&self, page: &mut Page, (left, top): (f64, f64), letter: Option<char>) {
        let y = top + TITLE_LINE - 5.0;
        let indent = if letter.is_some() { 32.0 } else { 0.0 };
        if let Some(letter) = letter {
            page.text((left, y), TITLE, &format!("({letter})"));
        }
        let y = page.lines((left + indent, y), TITLE, TITLE_LINE, &self.title);
        let subtitles = self.subtitles().into_iter();
        let subtitles: Vec<String> = subtitles.map(|line| SUBTITLE.fit(&line, self.width - indent)).collect();
        let y = y - TITLE_LINE + SUBTITLE_LINE;
        page.lines((left + indent, y), SUBTITLE, SUBTITLE_LINE, &subtitles);
    }

    /// Domain, rank and scores, order evidence; without those that are empty.
    fn subtitles(&self) -> Vec<String> {
        let class = self.aligned.class;
        let of = self.snapshot.ranking.len();
        let mut verdict = format!("rank {} of {of} · score {}", class.rank, typeset(&plain(class.score)));
        if let Some(margin) = class.margin {
            verdict += &format!(" · margin {}", typeset(&signed(margin)));
        }
        if class.collapsed {
            verdict += " · path collapsed";
        }
        let mut lines = vec![self.aligned.candidate.domain.clone(), verdict];
        if let Some((z, p)) = class.order_z.zip(class.order_p) {
            lines.push(format!("against shuffled orders: z {}, p {p:.2}", typeset(&format!("{z:+.1}"))));
        }
        lines.retain(|line| !line.trim().is_empty());
        lines
    }

    /// Everything from the matrix down. `top` is the matrix' upper edge, and `height` its height. Returns where the
    /// panel ends.
    pub fn draw(&self, page: &mut Page, (left, top): (f64, f64), height: f64) -> f64 {
        let script = self.width * SCRIPT;
        let matrix = Area { x: left + script, y: top, width: self.width - script, height };
        let times = &self.snapshot.frames.times;
        let axis = TimeAxis::of_frames(times, matrix.x, matrix.width);
        self.draw_script(page, left, matrix);

        let pixels = ((2.0 * matrix.width) as usize, (2.0 * matrix.height) as usize);
        page.pixels(matrix, &heatmap::png(self.shades.view(), times, axis, pixels));
        page.frame(matrix, INK);
        let row = height / self.steps.len() as f64;
        for piece in corners(&self.aligned.class.path) {
            // Its ends stay within the matrix.
            let (left, right) = (matrix.x + 2.5, matrix.x + matrix.width - 2.5);
            let place = |&(step, frame): &(usize, usize)| {
                let middle = axis.edge(times, frame).midpoint(axis.edge(times, frame + 1));
                (middle.clamp(left, right), matrix.y + (step as f64 + 0.5) * row)
            };
            draw_path(page, &piece.iter().map(place).collect::<Vec<_>>());
        }

        let bottom = matrix.y + height;
        draw_axis(page, axis, bottom);
        let band = Area { y: bottom + 26.0, height: BAND, ..matrix };
        self.draw_band(page, axis, band);
        let mut pictures: Vec<&Picture> = self.snapshot.thumbnails.iter().collect();
        pictures.retain(|picture| aspect(picture).is_some());
        pictures.sort_by(|a, b| a.time.total_cmp(&b.time));
        let strip = Area { y: band.y + BAND + 3.0, height: PICTURE, ..matrix };
        draw_strip(page, axis, strip, &pictures);
        if pictures.is_empty() { band.y + BAND } else { strip.y + PICTURE }
    }

    /// A row per step: its number, its text and how many frames the path gives to it.
    fn draw_script(&self, page: &mut Page, left: f64, matrix: Area) {
        let row = matrix.height / self.steps.len() as f64;
        page.text((matrix.x - 8.0, matrix.y - 7.0), SMALL.right(), "frames");
        for (step, lines) in self.steps.iter().enumerate() {
            let middle = matrix.y + (step as f64 + 0.5) * row;
            let badge = Area { x: left, y: middle - 8.0, width: 18.0, height: 16.0 };
            draw_number(page, badge, step);
            let first = middle - lines.len() as f64 * STEP_LINE / 2.0 + STEP_LINE - 3.5;
            page.lines((left + BADGE, first), STEP, STEP_LINE, lines);
            let frames = self.aligned.class.frames_per_step[step].to_string();
            page.text((matrix.x - 8.0, middle + 4.5), STEP.right(), &frames);
            if step > 0 {
                let y = matrix.y + step as f64 * row;
                page.line(&[(left, y), (matrix.x - 6.0, y)], RULE, 0.75);
            }
        }
    }

    /// The frames in the colours of the steps that the path gives them to.
    fn draw_band(&self, page: &mut Page, axis: TimeAxis, band: Area) {
        let times = &self.snapshot.frames.times;
        page.text((band.x - 8.0, band.y + 11.5), SMALL.right(), "step");
        for (step, frames) in runs(&self.aligned.class.path, times.len()) {
            let (from, to) = (axis.edge(times, frames.start), axis.edge(times, frames.end));
            draw_number(page, Area { x: from, width: to - from, ..band }, step);
        }
    }
}

/// A step's colour, and its number where there is room for it.
pub fn draw_number(page: &mut Page, area: Area, step: usize) {
    let colour = step_colour(step);
    page.rect(area, &hex(colour));
    let number = (step + 1).to_string();
    let style = TextStyle::new(SMALL.size, contrast(colour)).bold().centred();
    if style.width(&number) <= area.width {
        page.text((area.x + area.width / 2.0, area.y + area.height / 2.0 + 4.0), style, &number);
    }
}

/// White with a dark edge, so that the path stands out from every shade.
pub fn draw_path(page: &mut Page, points: &[(f64, f64)]) {
    const WHITE: Rgb = [255, 255, 255];
    page.line(points, INK, 4.0);
    page.line(points, WHITE, 2.0);
}

/// Seconds below the matrix.
fn draw_axis(page: &mut Page, axis: TimeAxis, top: f64) {
    page.text((axis.left - 8.0, top + 16.0), SMALL.right(), "time (s)");
    for (time, label) in axis.ticks(44.0) {
        let x = axis.x(time);
        page.line(&[(x, top), (x, top + 4.0)], INK, 1.0);
        // The first label stays within the matrix' width.
        let half = SMALL.width(&label) / 2.0;
        let style = TextStyle::new(SMALL.size, INK).centred();
        page.text((x.max(axis.left + half - 2.0), top + 16.0), style, &label);
    }
}

/// Width over height of a picture that can be drawn.
pub fn aspect(picture: &Picture) -> Option<f64> {
    let reader = ImageReader::with_format(Cursor::new(&picture.jpeg), ImageFormat::Jpeg);
    let (width, height) = reader.into_dimensions().ok()?;
    let is_sane = |side: u32| (1..=PICTURE_AT_MOST).contains(&side);
    (is_sane(width) && is_sane(height)).then(|| f64::from(width) / f64::from(height))
}

/// Pictures at even distances, each at its own time.
fn draw_strip(page: &mut Page, axis: TimeAxis, area: Area, pictures: &[&Picture]) {
    let Some(aspect) = pictures.first().and_then(|first| aspect(first)) else { return };
    page.text((area.x - 8.0, area.y + area.height / 2.0 + 4.0), SMALL.right(), "clip");
    let places = (area.width / (area.height * aspect + 2.0)) as usize;
    let places = places.clamp(1, pictures.len());
    let width = area.width / places as f64;
    for place in 0..places {
        let left = area.x + place as f64 * width;
        let time = axis.time(left + width / 2.0);
        let shown = pictures.partition_point(|picture| picture.time <= time).saturating_sub(1);
        page.picture(Area { x: left, width, ..area }, &pictures[shown].jpeg);
    }
}
