//! Results as tables: a short form for the terminal, all of them as Markdown.

use std::cmp::Reverse;
use std::iter;

use crate::eval::breakdown::{ClassCounts, Confusion, Disagreement, Prediction};
use crate::eval::clusters::CLUSTERS;
use crate::eval::comparison::{Comparison, Paired};
use crate::eval::published::{self, Published};
use crate::eval::results::{ModelSettings, Results, RowResult, Share};
use crate::eval::rows::{Score, XClipSettings};
use crate::explore::Settings;
use crate::plot::format::p_value;
use crate::plot::format::percent::{interval, number, signed};
use crate::plot::table::{Style, Table};

/// Most lines of a table that could have hundreds.
const CLASSES: usize = 20;
const CONFUSIONS: usize = 30;
const DISAGREEMENTS: usize = 30;

/// A column of a table: its heading, whether it is shown, and the cell of an item.
type Column<'a, T> = (&'a str, bool, fn(&T) -> String);

impl Results {
    /// The results as tables. Those of domains, classes and single clips are in Markdown only.
    pub fn tables(&self, style: Style) -> String {
        let mut summary = Summary { style, text: String::new() };
        if style == Style::Markdown {
            summary.text += &format!("# {}\n", style.cell(&self.settings.manifest));
        }
        self.accuracy(&mut summary);
        self.published(&mut summary);
        self.comparison(&mut summary);
        self.people(&mut summary);
        self.by_group(&mut summary);
        if style == Style::Markdown {
            self.comparison_by_group(&mut summary);
            self.by_domain(&mut summary);
            self.surest_clips(&mut summary);
            self.hardest_classes(&mut summary);
            self.commonest_confusions(&mut summary);
            self.failure_clusters(&mut summary);
            self.disputed_clips(&mut summary);
            self.row_settings(&mut summary);
        }
        let settings = &self.settings;
        // As many digits as version control shows.
        let short = |digest: &Option<String>| {
            digest.as_deref().map_or("-".to_owned(), |digest| digest.chars().take(12).collect())
        };
        let in_words = |model: &ModelSettings| {
            let (vision, text) = (short(&model.vision), short(&model.text));
            format!("model {} (vision {vision}, text {text})", model.folder)
        };
        let models = iter::once(&settings.model).chain(&settings.other_models).map(in_words);
        summary.paragraph(&format!(
            "{}, {}, sampling {}; intervals: 95 % bootstrap",
            models.collect::<Vec<_>>().join(", "),
            settings.device,
            settings.sampling
        ));
        self.seen(&mut summary);
        self.problems(&mut summary);
        summary.text
    }

    /// How much was seen of clips that were embedded until their winner was settled.
    fn seen(&self, summary: &mut Summary) {
        if self.seen.is_empty() {
            return;
        }
        let (clips, settled) = (self.seen.len(), self.seen.values().filter(|seen| seen.settled).count());
        let frames: usize = self.seen.values().map(|seen| seen.frames).sum();
        let of: usize = self.seen.values().map(|seen| seen.of).sum();
        summary.paragraph(&format!(
            "settled before all frames were seen: {settled} of {clips} clips; {frames} of {of} frames seen ({:.1} %), the \
             others filled in",
            100.0 * frames as f64 / of.max(1) as f64
        ));
    }

    fn accuracy(&self, summary: &mut Summary) {
        let (is_full, some_unread) = (summary.style == Style::Markdown, !self.unread.is_empty());
        let columns: [Column<RowResult>; 8] = [
            ("in %", true, |row| row.name.clone()),
            ("Top-1", true, |row| number(row.top1)),
            ("interval", true, |row| interval(row.top1_ci)),
            ("Top-2", true, |row| number(row.top2)),
            ("interval", is_full, |row| interval(row.top2_ci)),
            ("Top-3", true, |row| number(row.top3)),
            ("interval", is_full, |row| interval(row.top3_ci)),
            ("Top-1 of all", some_unread, |row| number(Some(row.top1_attempted))),
        ];
        let columns: Vec<_> = columns.into_iter().filter(|(_, is_shown, _)| *is_shown).collect();
        let header: Vec<&str> = columns.iter().map(|(heading, ..)| *heading).chain(["clips"]).collect();
        let line = |row| columns.iter().map(|(.., cell)| cell(row)).chain([self.clips(row)]).collect();
        summary.table("Accuracy", 1, &header, self.rows.iter().map(line).collect());
    }

    /// What others have published beside our rows that do the same. The terminal has the lines with such a row.
    fn published(&self, summary: &mut Summary) {
        let Some(source) = published::source(self.settings.benchmark.as_deref()) else { return };
        let is_full = summary.style == Style::Markdown;
        let columns: [Column<(&Published, Option<&RowResult>)>; 10] = [
            ("published, in %", true, |(line, _)| line.method.to_owned()),
            ("table", is_full, |(line, _)| line.table.to_owned()),
            ("Top-1", true, |(line, _)| number(Some(line.top1))),
            ("Top-2", true, |(line, _)| number(line.top2)),
            ("Top-3", true, |(line, _)| number(line.top3)),
            ("our row", true, |(_, row)| row.map_or_else(|| "-".to_owned(), |row| row.name.clone())),
            ("Top-1", true, |(_, row)| number(row.and_then(|row| row.top1))),
            ("interval", is_full, |(_, row)| interval(row.and_then(|row| row.top1_ci))),
            ("Top-2", true, |(_, row)| number(row.and_then(|row| row.top2))),
            ("Top-3", true, |(_, row)| number(row.and_then(|row| row.top3))),
        ];
        let columns: Vec<_> = columns.into_iter().filter(|(_, is_shown, _)| *is_shown).collect();
        let header: Vec<&str> = columns.iter().map(|(heading, ..)| *heading).collect();
        let with_ours = self.beside_published().into_iter().flat_map(|(line, rows)| match rows.is_empty() {
            true if is_full => vec![(line, None)],
            _ => rows.into_iter().map(|row| (line, Some(row))).collect(),
        });
        let lines = with_ours.map(|pair| columns.iter().map(|(.., cell)| cell(&pair)).collect()).collect();
        summary.table("Beside the published figures", 1, &header, lines);
        summary.paragraph(source);
    }

    /// Number of clips that count in a row, and of all where those are more.
    fn clips(&self, row: &RowResult) -> String {
        let all = self.rows.first().map_or(row.n_attempted, |chance| chance.n_attempted);
        if row.n_read == all { all.to_string() } else { format!("{} of {all}", row.n_read) }
    }

    fn comparison(&self, summary: &mut Summary) {
        let Some(first) = self.comparisons.first() else { return };
        let title =
            format!("Top-1 against {} on the same clips, in points (exact McNemar test)", first.reference);
        let is_same = self.comparisons.iter().all(|comparison| comparison.all.n == first.all.n);
        compare(summary, &title, &self.comparisons, !is_same);
    }

    /// For each person how many clips were answered, and the other rows on these clips.
    fn people(&self, summary: &mut Summary) {
        for row in &self.settings.rows {
            let Some(human) = &row.human else { continue };
            let name = &row.name;
            let title = format!(
                "Top-1 against {name} on the clips that were answered, in points (exact McNemar test)"
            );
            let against = self.against_people.iter().filter(|comparison| comparison.reference == *name);
            compare(summary, &title, against, true);
            let all = self.rows.first().map_or(0, |chance| chance.n_attempted);
            let median = human
                .median_seconds
                .map_or_else(String::new, |seconds| format!(", {seconds:.1} s per answer in the median"));
            summary.paragraph(&format!("{name}: {} of {all} clips answered{median}", human.answered));
        }
    }

    /// A line for each row, two columns for each group: the clips inside and outside of it.
    fn by_group(&self, summary: &mut Summary) {
        let Some(first) = self.rows.first().filter(|row| !row.groups.is_empty()) else { return };
        let header = first.groups.keys().flat_map(|group| [group.clone(), format!("outside {group}")]);
        let line = |name: &str, row: &RowResult, cell: fn(&Share) -> String| {
            let shares = row.groups.values().zip(row.outside.values());
            line(name, shares.flat_map(|(inside, outside)| [cell(inside), cell(outside)]))
        };
        let mut lines = vec![line("clips", first, |share| share.n.to_string())];
        for row in &self.rows {
            // Those of a person are fewer.
            lines.push(match row.n_read == first.n_read {
                true => line(&row.name, row, |share| number(share.top1)),
                false => line(&row.name, row, |share| format!("{} of {}", number(share.top1), share.n)),
            });
        }
        summary.table("Top-1 by group, in %", 1, &self::line("row", header), lines);
    }

    fn comparison_by_group(&self, summary: &mut Summary) {
        let Some(first) = self.comparisons.first().filter(|first| !first.groups.is_empty()) else { return };
        let header = line("row", first.groups.keys().cloned());
        let cell = |paired: &Paired| format!("{} ({})", signed(paired.difference), p_value(paired.p_holm));
        let lines = self.comparisons.iter().map(|c| line(&c.row, c.groups.values().map(cell)));
        let title =
            format!("Top-1 against {} by group, in points (p after Holm within the group)", first.reference);
        summary.table(&title, 1, &header, lines.collect());
    }

    fn by_domain(&self, summary: &mut Summary) {
        let Some(first) = self.rows.first() else { return };
        let header: Vec<&str> =
            ["domain", "clips"].into_iter().chain(self.rows.iter().map(|row| &row.name[..])).collect();
        let lines = first.domains.iter().map(|(domain, share)| {
            let accuracies = self.rows.iter().map(|row| number(row.domains.get(domain).and_then(|s| s.top1)));
            line(domain, [share.n.to_string()].into_iter().chain(accuracies))
        });
        summary.table("Top-1 by domain, in %", 1, &header, lines.collect());
    }

    /// A line for each row and measure.
    fn surest_clips(&self, summary: &mut Summary) {
        let Some(first) = self.coverage.first() else { return };
        let header = ["surest by", "AURC", "against margin", "interval"].map(str::to_owned);
        let header = header.into_iter().chain(first.top1.iter().map(|point| format!("{} %", point.coverage)));
        let lines = self.coverage.iter().map(|coverage| {
            let figures = [
                coverage.measure.to_owned(),
                number(Some(coverage.aurc)),
                signed(coverage.difference),
                interval(coverage.difference_ci),
            ];
            line(&coverage.row, figures.into_iter().chain(coverage.top1.iter().map(|p| number(Some(p.top1)))))
        });
        summary.table("Top-1 of the surest clips, in %", 2, &line("row", header), lines.collect());
    }

    /// The index of the row to sort by and its name.
    fn leading(&self) -> Option<(usize, &str)> {
        let leading = self.reference().or((!self.settings.rows.is_empty()).then_some(0))?;
        Some((leading, &self.settings.rows[leading].name))
    }

    /// Three headings, then the names of all rows but chance.
    fn counts_header<'a>(&'a self, first: [&'a str; 3]) -> Vec<&'a str> {
        first.into_iter().chain(self.settings.rows.iter().map(|row| &row.name[..])).collect()
    }

    fn hardest_classes(&self, summary: &mut Summary) {
        let Some((leading, name)) = self.leading() else { return };
        let mut classes: Vec<&ClassCounts> = self.classes.iter().collect();
        // By share right, compared without a division; of equal ones those with more clips first.
        classes.sort_by(|a, b| {
            let share = (a.right[leading] * b.n).cmp(&(b.right[leading] * a.n));
            share.then(b.n.cmp(&a.n))
        });
        let (shown, all) = (classes.len().min(CLASSES), classes.len());
        let lines = classes[..shown].iter().map(|class| {
            let counts = class.right.iter().zip(&class.of).map(|(right, of)| match *of == class.n {
                true => right.to_string(),
                false => format!("{right} of {of}"),
            });
            line(&class.domain, [class.class.clone(), class.n.to_string()].into_iter().chain(counts))
        });
        let title =
            format!("Hardest classes of {name}, clips right ({shown} of {all} classes; all in classes.csv)");
        summary.table(&title, 2, &self.counts_header(["domain", "class", "clips"]), lines.collect());
    }

    fn commonest_confusions(&self, summary: &mut Summary) {
        let Some((leading, name)) = self.leading() else { return };
        let mut confusions: Vec<&Confusion> =
            self.confusions.iter().filter(|c| c.class != c.predicted && c.counts[leading] > 0).collect();
        confusions.sort_by_key(|confusion| Reverse(confusion.counts[leading]));
        let (shown, all) = (confusions.len().min(CONFUSIONS), confusions.len());
        let lines = confusions[..shown].iter().map(|c| {
            let classes = [c.class.clone(), c.predicted.clone()].into_iter();
            line(&c.domain, classes.chain(c.counts.iter().map(usize::to_string)))
        });
        let title = format!(
            "Commonest confusions of {name}, clips ({shown} of {all} pairs of classes; all in confusion.csv)"
        );
        summary.table(&title, 3, &self.counts_header(["domain", "true class", "taken for"]), lines.collect());
    }

    fn failure_clusters(&self, summary: &mut Summary) {
        let Some((_, name)) = self.leading() else { return };
        let Some(found) = self.clusters.iter().find(|found| found.row == name) else { return };
        let header = [
            "cluster",
            "its clips",
            "wrong",
            "of wrong, in %",
            "right",
            "of right, in %",
            "p",
            "p after Holm",
        ];
        let lines = CLUSTERS.iter().zip(&found.clusters).map(|(cluster, counts)| {
            vec![
                cluster.name.to_owned(),
                cluster.help.to_owned(),
                counts.wrong.to_string(),
                number(counts.of_wrong()),
                counts.right.to_string(),
                number(counts.of_right()),
                p_value(counts.p),
                p_value(counts.p_holm),
            ]
        });
        let title =
            format!("Failure clusters of {name}, clips (exact Fisher test of wrong against right ones)");
        summary.table(&title, 2, &header, lines.collect());
    }

    fn disputed_clips(&self, summary: &mut Summary) {
        let Some(reference) = self.reference() else { return };
        let says = format!("{} says", self.settings.rows[reference].name);
        let (shown, all) = (self.disagreements.len().min(DISAGREEMENTS), self.disagreements.len());
        let lines = self.disagreements[..shown].iter().map(|clip| {
            let Prediction { class, right } = &clip.predictions[reference];
            let says = if *right { "✓" } else { class };
            let others = self.others(clip, *right);
            [&clip.id, &clip.domain, &clip.class, says, &others].map(str::to_owned).to_vec()
        });
        let title =
            format!("Clips on which alignment rows disagree ({shown} of {all}; all in disagreements.csv)");
        let header = ["clip", "domain", "true class", &says, "other alignment rows"];
        summary.table(&title, 5, &header, lines.collect());
    }

    /// The alignment rows that are wrong where the reference row is right, or right where it is wrong.
    fn others(&self, clip: &Disagreement, reference_is_right: bool) -> String {
        let rows = self.settings.rows.iter().zip(&clip.predictions);
        let names: Vec<String> = rows
            .filter(|(row, said)| row.score == Score::Alignment && said.right != reference_is_right)
            .map(|(row, said)| match said.right {
                true => row.name.clone(),
                false => format!("{} ({})", row.name, said.class),
            })
            .collect();
        format!("{}: {}", if reference_is_right { "wrong" } else { "right" }, names.join(", "))
    }

    fn row_settings(&self, summary: &mut Summary) {
        let header = ["row", "score", "prompt", "preset", "aligner", "smoothing", "template"];
        let lines = self.settings.rows.iter().map(|row| {
            let Settings { method, smoothing_seconds, template, .. } = &row.settings;
            let mut cells = vec![row.name.clone(), row.score.to_string()];
            match (&row.vlm, &row.x_clip, &row.human) {
                (Some(vlm), ..) => {
                    cells.resize(6, String::new());
                    cells.push(format!("{} frames, at {}", vlm.frames, vlm.server));
                }
                (None, Some(XClipSettings { folder, frames, image_size: side, .. }), _) => {
                    cells.resize(6, String::new());
                    cells.push(format!("{frames} frames of {side}×{side}, class name alone, {folder}"));
                }
                (None, None, Some(human)) => {
                    cells.resize(6, String::new());
                    cells.push(format!(
                        "{} answers, candidates shuffled by seed {}",
                        human.answered, human.seed
                    ));
                }
                (None, None, None) => cells.extend([
                    row.prompt.to_string(),
                    method.preset.to_string(),
                    method.in_words(),
                    format!("{smoothing_seconds} s"),
                    template.text().to_owned(),
                ]),
            }
            cells
        });
        summary.title("What the rows are");
        summary.text += &Table::with_words(header.len(), &header, lines.collect()).draw(summary.style);
    }

    /// Clips that were not evaluated as they should be. Damage and truncated texts are only counted on the terminal.
    fn problems(&self, summary: &mut Summary) {
        let unread = self.unread.iter().map(|clip| format!("{}: {}", clip.id, clip.reason));
        summary.list(&format!("Clips that could not be read ({})", self.unread.len()), unread.collect());
        let unaligned =
            self.unaligned.iter().map(|clip| format!("{}, {}: {}", clip.id, clip.row, clip.reason));
        summary.list(
            &format!("Clips that a row cannot compare, and has missed ({})", self.unaligned.len()),
            unaligned.collect(),
        );
        let damaged = format!("Damaged clips ({})", self.damaged.len());
        let cut = format!("Texts longer than the checkpoint reads, and cut ({})", self.cut_texts.len());
        if summary.style == Style::Markdown {
            let pieces = self.damaged.iter().map(|(id, pieces)| format!("{id}: {pieces}"));
            summary.list(&format!("{damaged}, and how many pieces of them were left out"), pieces.collect());
            summary.list(&cut, self.cut_texts.iter().cloned().collect());
            return;
        }
        for (title, count) in [(damaged, self.damaged.len()), (cut, self.cut_texts.len())] {
            if count > 0 {
                summary.paragraph(&title);
            }
        }
    }
}

/// A table of rows against a reference row, with the number of clips and Top-1 on them where they differ.
fn compare<'a>(
    summary: &mut Summary,
    title: &str,
    comparisons: impl IntoIterator<Item = &'a Comparison>,
    has_clips: bool,
) {
    let comparisons: Vec<&Comparison> = comparisons.into_iter().collect();
    let Some(first) = comparisons.first() else { return };
    let only_reference = format!("only {} right", first.reference);
    let columns: [Column<Comparison>; 9] = [
        ("row", true, |c| c.row.clone()),
        ("clips", has_clips, |c| c.all.n.to_string()),
        ("Top-1", has_clips, |c| number(c.all.top1)),
        ("difference", true, |c| signed(c.all.difference)),
        ("interval", true, |c| interval(c.all.difference_ci)),
        ("only it right", true, |c| c.all.only_row.to_string()),
        (&only_reference, true, |c| c.all.only_reference.to_string()),
        ("p", true, |c| p_value(c.all.p)),
        ("p after Holm", true, |c| p_value(c.all.p_holm)),
    ];
    let shown: Vec<_> = columns.iter().filter(|(_, is_shown, _)| *is_shown).collect();
    let header: Vec<&str> = shown.iter().map(|(heading, ..)| *heading).collect();
    let line = |comparison: &&Comparison| shown.iter().map(|(.., cell)| cell(comparison)).collect();
    summary.table(title, 1, &header, comparisons.iter().map(line).collect());
}

/// A line of a table.
fn line(first: &str, cells: impl IntoIterator<Item = String>) -> Vec<String> {
    [first.to_owned()].into_iter().chain(cells).collect()
}

/// The text written so far.
struct Summary {
    style: Style,
    text: String,
}

impl Summary {
    fn title(&mut self, title: &str) {
        let title = self.style.cell(title);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += &match self.style {
            Style::Plain => format!("{title}:\n\n"),
            Style::Markdown => format!("## {title}\n\n"),
        };
    }

    fn paragraph(&mut self, text: &str) {
        self.text += &format!("\n{}\n", self.style.cell(text));
    }

    /// A table whose first `words` columns hold words; nothing without lines.
    fn table<H: AsRef<str>>(&mut self, title: &str, words: usize, header: &[H], lines: Vec<Vec<String>>) {
        if !lines.is_empty() {
            self.title(title);
            self.text += &Table::with_words(words, header, lines).draw(self.style);
        }
    }

    fn list(&mut self, title: &str, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        self.title(title);
        let bullet = if self.style == Style::Markdown { "- " } else { "  " };
        for line in lines {
            self.text += &format!("{bullet}{}\n", self.style.cell(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::record::ClipOutcome;
    use crate::eval::sample;

    const ROWS: [&str; 3] = ["mean-pool", "+context", "+smoothing"];

    /// Clip 0 is named and classed with what would break a table; clip 5 is not read.
    fn hostile() -> Results {
        let predictions = [
            ([0, 1, 0], "late"),
            ([1, 0, 1], "late|short"),
            ([1, 1, 1], ""),
            ([0, 0, 1], ""),
            ([0, 0, 0], ""),
        ];
        let mut clips = sample::clips(&ROWS, &predictions);
        clips[0].id = "a|b, \"c\"\nd".to_owned();
        clips[0].candidates[1] = "fork|knife".to_owned();
        clips[4].outcome = ClipOutcome::Unread { reason: "it is\nbroken".to_owned() };
        sample::sum_up(&ROWS, &clips)
    }

    #[test]
    fn markdown_has_all_tables_and_keeps_its_columns() {
        let text = hostile().tables(Style::Markdown);
        let titles: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let starts = [
            "Accuracy",
            "Top-1 against +smoothing on",
            "Top-1 by group",
            "Top-1 against +smoothing by group",
            "Top-1 by domain",
            "Top-1 of the surest clips",
            "Hardest classes of +smoothing",
            "Commonest confusions of +smoothing",
            "Clips on which alignment rows disagree (3 of 3",
            "What the rows are",
            "Clips that could not be read (1)",
        ];
        assert_eq!(titles.len(), starts.len(), "{text}");
        for (title, start) in titles.iter().zip(starts) {
            assert!(title.starts_with(start), "{title}");
        }
        let mut columns = 0;
        for line in text.lines() {
            let bars = line.replace("\\|", "").matches('|').count();
            assert!(columns == 0 || bars == 0 || bars == columns, "{line}");
            columns = bars;
        }
        let cells = |start: &str| -> Vec<String> {
            let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
            line.replace("\\|", "¦").split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let expected = ["a¦b, \"c\" d", "chess", "castling", "✓", "wrong: +context (fork¦knife)"];
        assert_eq!(cells("| a\\|b")[1..6], expected);
        assert_eq!(cells("| clip 1")[4..6], ["fork", "right: +context"]);
        assert!(text.contains("- clip 4: it is broken\n"), "{text}");
    }

    #[test]
    fn the_terminal_shows_the_short_form() {
        let text = hostile().tables(Style::Plain);
        let starts = ["Accuracy:", "Top-1 against", "Top-1 by group", "Clips that could not be read (1):"];
        let titles = text.lines().filter(|line| line.ends_with(':')).collect::<Vec<_>>();
        assert_eq!(titles.len(), starts.len(), "{text}");
        for (title, start) in titles.iter().zip(starts) {
            assert!(title.starts_with(start), "{title}");
        }
        assert!(text.contains("  clip 4: it is broken\n") && !text.contains("disagreements"), "{text}");
    }

    #[test]
    fn long_tables_are_cut_and_counted() {
        let clips: Vec<([usize; 3], &str)> = (0..40).map(|_| ([0, 0, 1], "")).collect();
        let mut clips = sample::clips(&ROWS, &clips);
        for (number, clip) in clips.iter_mut().enumerate() {
            clip.candidates[0] = format!("class {number:02}");
        }
        // The class with two clips is known as little as the others, on more clips; one is right.
        clips[30].candidates[0] = "class 31".to_owned();
        let text = sample::sum_up(&ROWS, &clips).tables(Style::Markdown);
        assert!(text.contains("(20 of 39 classes; all in classes.csv)"), "{text}");
        assert!(text.contains("(30 of 39 pairs of classes; all in confusion.csv)"), "{text}");
        assert!(text.contains("disagree (30 of 40; all in disagreements.csv)"), "{text}");
        let after = |title: &str| text.split(title).nth(1).unwrap().lines().nth(4).unwrap().to_owned();
        assert!(after("## Hardest").starts_with("| chess  | class 31 |     2 |"), "{text}");
        assert!(after("## Commonest").starts_with("| chess  | class 31   | fork      |"), "{text}");
    }
}
