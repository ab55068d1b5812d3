//! Results as a figure: Top-1 of every row with its interval, and the same for each group.

mod axis;
pub mod coverage;

use std::iter;

use crate::eval::Paired;
use crate::eval::results::{Results, RowResult, Share};
use crate::eval::rows::Score;
use crate::plot::colour::{GREY, INK, RULE, Rgb, hex};
use crate::plot::font::TextStyle;
use crate::plot::format::percent::number;
use crate::plot::format::{p_value, typeset};
use crate::plot::svg::{Area, Page};
use axis::{Axis, Mark};

/// Rows that align, and those that do not.
const ALIGNED: Rgb = [51, 34, 136];
const NOT_ALIGNED: Rgb = [119, 119, 119];
/// Behind the reference row.
const SHADE: Rgb = [233, 231, 243];
/// How far the shade reaches beyond the row.
const BLEED: f64 = 6.0;

const MARGIN: f64 = 20.0;
const WIDTH: f64 = 960.0;
const GAP: f64 = 22.0;
/// The names of the rows take no more.
const LABELS: f64 = 210.0;
const LABEL_LINE: f64 = 14.5;
const LEAST_ROW: f64 = 21.0;
/// Panels in a line.
const PANELS: usize = 3;
/// Room for the Top-1 in a group beside its panel.
const VALUE: f64 = 40.0;

const TITLE: TextStyle = TextStyle::new(17.0, INK).bold();
const HEADING: TextStyle = TextStyle::new(13.0, INK).bold();
const LABEL: TextStyle = TextStyle::new(12.0, INK);
const SMALL: TextStyle = TextStyle::new(11.0, GREY);
const SMALL_LINE: f64 = 15.0;

/// The figure as SVG. The same results always give the same bytes.
pub fn svg(results: &Results) -> String {
    let mut page = Page::default();
    let layout = Layout::new(results);
    let mut y = MARGIN + 14.0;
    page.text((MARGIN, y), TITLE, "Top-1 accuracy");
    y = small_print(&mut page, y + 4.0, &layout.subtitle());
    y = layout.draw_all(&mut page, y + 12.0);
    y = layout.draw_groups(&mut page, y);
    y = small_print(&mut page, y + 8.0, &layout.caption());
    page.finish(WIDTH + 2.0 * MARGIN, y + MARGIN, "Top-1 accuracy")
}

/// Lines of small print below `top`. Returns where they end.
fn small_print(page: &mut Page, top: f64, text: &str) -> f64 {
    let lines = SMALL.wrap(text, WIDTH, 4);
    page.lines((MARGIN, top + SMALL_LINE), SMALL, SMALL_LINE, &lines) - SMALL_LINE
}

/// The rows that are drawn, and where; chance is a line across them.
struct Layout<'a> {
    results: &'a Results,
    chance: Option<&'a RowResult>,
    rows: Vec<Row<'a>>,
    /// Width of the names.
    labels: f64,
    /// Height of all rows.
    height: f64,
}

struct Row<'a> {
    result: &'a RowResult,
    label: Vec<String>,
    colour: Rgb,
    is_reference: bool,
    /// Where it begins below the first row, and how high it is.
    top: f64,
    height: f64,
}

impl Row<'_> {
    fn style(&self) -> TextStyle {
        label_style(self.is_reference)
    }

    fn middle(&self) -> f64 {
        self.top + self.height / 2.0
    }
}

impl<'a> Layout<'a> {
    fn new(results: &'a Results) -> Self {
        let reference = results.reference();
        let specs = results.settings.rows.iter().zip(results.rows.iter().skip(1)).enumerate();
        let mut height = 0.0;
        let mut rows: Vec<Row> = Vec::new();
        for (index, (spec, result)) in specs {
            let is_reference = reference == Some(index);
            // The clips of a person are fewer.
            let name = match results.rows.first() {
                Some(all) if all.n_read != result.n_read => {
                    format!("{} ({} clips)", result.name, result.n_read)
                }
                _ => result.name.clone(),
            };
            let label = label_style(is_reference).wrap(&name, LABELS, 3);
            let row = Row {
                result,
                colour: if spec.score == Score::Alignment { ALIGNED } else { NOT_ALIGNED },
                is_reference,
                top: height,
                height: (label.len() as f64 * LABEL_LINE + 5.0).max(LEAST_ROW),
                label,
            };
            height += row.height;
            rows.push(row);
        }
        let widths = rows.iter().flat_map(|row| row.label.iter().map(|line| row.style().width(line)));
        let labels = widths.fold(0.0, f64::max) + 14.0;
        Self { results, chance: results.rows.first(), rows, labels, height }
    }

    fn subtitle(&self) -> String {
        let settings = &self.results.settings;
        let clips = match self.chance {
            Some(row) if row.n_read < row.n_attempted => {
                format!("{} of {} clips", row.n_read, row.n_attempted)
            }
            Some(row) => format!("{} clips", row.n_read),
            None => "no clips".to_owned(),
        };
        let models: Vec<String> = iter::once(&settings.model)
            .chain(&settings.other_models)
            .map(|model| format!("model {}", model.folder))
            .collect();
        let facts = [
            settings.manifest.clone(),
            clips,
            models.join(", "),
            settings.device.clone(),
            format!("sampling {}", settings.sampling),
        ];
        facts.join(" · ")
    }

    fn caption(&self) -> String {
        let mut text =
            "Dot and number: Top-1 in %. Line: 95 % bootstrap interval. Vertical line: chance.".to_owned();
        if self.rows.iter().any(|row| row.colour == NOT_ALIGNED) {
            text += " Grey dots: rows that do not align.";
        }
        if let Some(first) = self.results.comparisons.first() {
            text += &format!(
                " Shaded: {}, which the other rows are compared with on the same clips: difference in points with \
                 its 95 % paired bootstrap interval; p of the exact McNemar test after Holm.",
                first.reference
            );
        }
        text
    }

    /// The rows over all clips, with their figures on the right. Returns where they end.
    fn draw_all(&self, page: &mut Page, top: f64) -> f64 {
        let columns = self.columns();
        let taken: f64 = columns.iter().map(|column| column.width() + GAP).sum();
        let area = Area {
            x: MARGIN + self.labels,
            y: top + 18.0,
            width: WIDTH - self.labels - taken,
            height: self.height,
        };
        let chance = self.chance.and_then(|chance| chance.top1);
        let intervals = self.rows.iter().map(|row| row.result.top1_ci);
        let axis = Axis::new(intervals.flatten().flatten().chain(chance));

        self.draw_shade(page, Area { x: MARGIN, width: WIDTH, ..area });
        self.draw_labels(page, area);
        self.draw_marks(page, area, &axis, chance, |row| Some((row.top1, row.top1_ci)));
        if let Some(chance) = chance {
            let label = format!("chance {chance:.2}");
            let half = SMALL.width(&label) / 2.0;
            let x =
                axis.x(area, chance).clamp(area.x + half, (area.x + area.width - half).max(area.x + half));
            page.text((x, area.y - 6.0), SMALL.centred(), &label);
        }
        let mut x = MARGIN + WIDTH;
        for column in columns.iter().rev() {
            page.text((x, area.y - 6.0), SMALL.right(), column.title);
            for (row, cell) in self.rows.iter().zip(&column.cells) {
                page.text((x, area.y + row.middle() + 4.0), row.style().right(), cell);
            }
            x -= column.width() + GAP;
        }
        area.y + area.height + axis::BELOW
    }

    /// The columns of text right of the marks.
    fn columns(&self) -> Vec<Column> {
        let rows = self.rows.iter().map(|row| row.result);
        let mut columns = vec![
            Column::new("Top-1", rows.clone().map(|row| number(row.top1))),
            Column::new("interval", rows.clone().map(|row| interval(row.top1_ci))),
        ];
        let comparisons = &self.results.comparisons;
        if !comparisons.is_empty() {
            let compared: Vec<_> = rows.map(|row| comparisons.iter().find(|c| c.row == row.name)).collect();
            let column = |title, cell: &dyn Fn(&Paired) -> String| {
                Column::new(title, compared.iter().map(|c| c.map_or_else(String::new, |c| cell(&c.all))))
            };
            columns.push(column("difference", &|paired| {
                paired.difference.map_or_else(String::new, |d| typeset(&format!("{d:+.2}")))
            }));
            columns.push(column("interval", &|paired| interval(paired.difference_ci)));
            columns.push(column("p after Holm", &|paired| p_value(paired.p_holm)));
        }
        columns
    }

    /// A panel for each group. Returns where they end.
    fn draw_groups(&self, page: &mut Page, top: f64) -> f64 {
        let Some(chance) = self.chance.filter(|chance| !chance.groups.is_empty()) else { return top };
        let shares = self.rows.iter().flat_map(|row| row.result.groups.values());
        let chances = chance.groups.values().filter_map(|share| share.top1);
        let axis = Axis::new(shares.filter_map(|share| share.top1_ci).flatten().chain(chances));
        let room = (WIDTH - self.labels) / PANELS as f64;
        let groups: Vec<(&String, &Share)> = chance.groups.iter().collect();

        let mut y = top + 30.0;
        page.text((MARGIN, y), HEADING, "By group");
        for line in groups.chunks(PANELS) {
            y += 12.0;
            let titles: Vec<Vec<String>> =
                line.iter().map(|(group, _)| LABEL.bold().wrap(group, room - VALUE, 3)).collect();
            let title = titles.iter().map(Vec::len).max().unwrap_or(1) as f64 * LABEL_LINE;
            let area = Area {
                x: MARGIN + self.labels,
                y: y + title + SMALL_LINE + 8.0,
                width: room - VALUE - GAP,
                height: self.height,
            };
            let width = self.labels + room * line.len() as f64 - GAP;
            self.draw_shade(page, Area { x: MARGIN, width, ..area });
            self.draw_labels(page, area);
            for (place, ((group, share), lines)) in line.iter().zip(&titles).enumerate() {
                let area = Area { x: area.x + place as f64 * room, ..area };
                let first = y + title - LABEL_LINE * (lines.len() - 1) as f64;
                page.lines((area.x, first), LABEL.bold(), LABEL_LINE, lines);
                let chance = share.top1.map(|top1| format!(" · chance {top1:.2}")).unwrap_or_default();
                page.text((area.x, area.y - 8.0), SMALL, &format!("{} clips{chance}", share.n));
                self.draw_marks(page, area, &axis, share.top1, |row| {
                    row.groups.get(*group).map(|share| (share.top1, share.top1_ci))
                });
                for row in &self.rows {
                    let Some(share) = row.result.groups.get(*group) else { continue };
                    let style = TextStyle { size: SMALL.size, ..row.style().right() };
                    let value = share.top1.map_or_else(|| "-".to_owned(), |top1| format!("{top1:.1}"));
                    page.text((area.x + area.width + VALUE, area.y + row.middle() + 4.0), style, &value);
                }
            }
            y = area.y + area.height + axis::BELOW;
        }
        y
    }

    /// The axis, a line at chance, and for each row a dot on its interval.
    fn draw_marks(
        &self,
        page: &mut Page,
        area: Area,
        axis: &Axis,
        chance: Option<f64>,
        of_row: impl Fn(&RowResult) -> Option<(Option<f64>, Option<[f64; 2]>)>,
    ) {
        axis.draw(page, area, chance);
        for row in &self.rows {
            if let Some((top1, ends)) = of_row(row.result) {
                axis.draw_mark(page, area, area.y + row.middle(), &Mark { top1, ends, colour: row.colour });
            }
        }
    }

    /// The names of the rows, on the left of the area.
    fn draw_labels(&self, page: &mut Page, area: Area) {
        for row in &self.rows {
            let first = area.y + row.middle() - row.label.len() as f64 * LABEL_LINE / 2.0 + 11.0;
            page.lines((area.x - 10.0, first), row.style().right(), LABEL_LINE, &row.label);
        }
    }

    /// A band behind the reference row, and rules between the others.
    fn draw_shade(&self, page: &mut Page, area: Area) {
        let mut is_below_shade = true;
        for row in &self.rows {
            let band = Area {
                x: area.x - BLEED,
                y: area.y + row.top,
                width: area.width + 2.0 * BLEED,
                height: row.height,
            };
            if row.is_reference {
                page.rect(band, &hex(SHADE));
            } else if !is_below_shade {
                page.line(&[(band.x, band.y), (band.x + band.width, band.y)], RULE, 0.5);
            }
            is_below_shade = row.is_reference;
        }
    }
}

fn label_style(is_reference: bool) -> TextStyle {
    if is_reference { LABEL.bold() } else { LABEL }
}

/// Text beside the rows.
struct Column {
    title: &'static str,
    cells: Vec<String>,
}

impl Column {
    fn new(title: &'static str, cells: impl Iterator<Item = String>) -> Self {
        Self { title, cells: cells.collect() }
    }

    fn width(&self) -> f64 {
        let cells = self.cells.iter().map(|cell| LABEL.bold().width(cell));
        cells.fold(SMALL.width(self.title), f64::max)
    }
}

/// An interval with one decimal: 1000 resamples give no more.
fn interval(ends: Option<[f64; 2]>) -> String {
    ends.map_or_else(String::new, |[low, high]| typeset(&format!("[{low:.1}, {high:.1}]")))
}

#[cfg(test)]
mod tests {
    use resvg::usvg::{Group, Node, Rect};

    use super::*;
    use crate::eval::sample;
    use crate::plot::svg::{png, tree};

    /// Each text of a figure with its place, and the size of the page.
    fn texts(svg: &str) -> (Vec<(String, Rect)>, [f32; 2]) {
        fn collect(group: &Group, texts: &mut Vec<(String, Rect)>) {
            for node in group.children() {
                match node {
                    Node::Group(group) => collect(group, texts),
                    Node::Text(text) => {
                        let words = text.chunks().iter().map(|chunk| chunk.text()).collect();
                        texts.push((words, text.abs_bounding_box()));
                    }
                    _ => {}
                }
            }
        }
        let tree = tree(svg).expect("valid SVG");
        let mut texts = Vec::new();
        collect(tree.root(), &mut texts);
        (texts, [tree.size().width(), tree.size().height()])
    }

    pub fn assert_readable(svg: &str) {
        let (texts, [width, height]) = texts(svg);
        for (place, (text, a)) in texts.iter().enumerate() {
            assert!(
                a.left() >= 0.0 && a.top() >= 0.0 && a.right() <= width && a.bottom() <= height,
                "{text:?} runs out of the page: {a:?}"
            );
            for (other, b) in &texts[place + 1..] {
                let apart = a.right() <= b.left()
                    || b.right() <= a.left()
                    || a.bottom() <= b.top()
                    || b.bottom() <= a.top();
                assert!(apart, "{text:?} lies on {other:?}: {a:?} {b:?}");
            }
        }
    }

    /// Fourteen rows, some with long names, over six groups.
    pub fn large() -> Results {
        let rows = [
            "mean-pool",
            "order-free",
            "+alignment",
            "+context",
            "+smoothing",
            "short-fixed",
            "context-rich",
            "soft-dtw",
            "drop-dtw",
            "open-both-ends",
            "dtw-with-a-band-of-a-fifth-and-a-background-step-and-open-ends",
            "viterbi with a very long name made of words, so that it needs several lines and then some more lines",
            "monotone",
            "subsequence",
        ];
        let groups = [
            "late-start",
            "order-pair",
            "near-twin",
            "shared-phase",
            "a group whose name is long: clips in which little happens for most of the time",
            "short",
        ];
        let clips: Vec<([usize; 14], &str)> = (0..300_usize)
            .map(|clip| {
                let predicted = |row: usize| {
                    usize::from((clip * 37 + row * 11 + clip * clip * (row / 4)) % 100 > 15 + 6 * row)
                };
                (std::array::from_fn(predicted), groups[clip % groups.len()])
            })
            .collect();
        sample::results(&rows, &clips)
    }

    #[test]
    fn texts_of_a_large_figure_neither_overlap_nor_leave_the_page() {
        let svg = svg(&large());
        assert_readable(&svg);
        for text in ["mean-pool", "subsequence", "p after Holm"] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}");
        }
        assert_eq!(svg, super::svg(&large()), "the same again");
        // A dot for each of 14 rows, over all and in six groups.
        assert_eq!(svg.matches("<circle").count(), 14 * 7);
    }

    #[test]
    fn hostile_names_are_valid_and_readable() {
        let rows = ["<row> & \"a|b\"\n\u{1b}", "跳远", "+smoothing"];
        let mut results = sample::results(&rows, &[([0, 1, 0], "<late> & \"|\"\n"), ([1, 0, 0], "")]);
        results.settings.manifest = format!("{}<&>.jsonl", "deep/".repeat(300));
        let svg = svg(&results);
        assert_readable(&svg);
        assert!(svg.contains("&lt;row&gt; &amp; &quot;a|b&quot;") && png(&svg).is_ok(), "{svg}");
    }

    #[test]
    fn a_figure_needs_no_clip_and_no_second_row() {
        let nothing = svg(&sample::results::<2>(&["mean-pool", "+smoothing"], &[]));
        assert_readable(&nothing);
        assert_eq!(nothing.matches("<circle").count(), 0);
        let alone = svg(&sample::results(&["mean-pool"], &[([0], "")]));
        assert_readable(&alone);
        assert!(!alone.contains("By group") && !alone.contains("Holm"), "{alone}");
        let chance_alone = svg(&sample::results(&[], &[([], "late")]));
        assert_readable(&chance_alone);
    }
}
