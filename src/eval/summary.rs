//! Results for people: a short form for the terminal, all of it as Markdown.

use std::cmp::Reverse;

use crate::eval::breakdown::{ClassCounts, Confusion, Disagreement};
use crate::eval::comparison::Paired;
use crate::eval::results::{Results, RowResult, Share};
use crate::eval::rows::{Row, Score};
use crate::plot::format::p_value;
use crate::plot::format::percent::{interval, number, signed};
use crate::plot::table::{Style, Table};

/// Lines of a table that might have hundreds.
const CLASSES: usize = 20;
const CONFUSIONS: usize = 30;
const DISAGREEMENTS: usize = 30;

impl Results {
    /// On the terminal accuracy, the comparisons, the groups and what was not read or not as it should be; as Markdown
    /// also the domains, the classes and the clips on which rows disagree.
    pub fn tables(&self, style: Style) -> String {
        let mut summary = Summary { style, text: String::new() };
        if style == Style::Markdown {
            summary.text += &format!("# {}\n", style.cell(&self.settings.manifest));
        }
        self.accuracy(&mut summary);
        self.comparison(&mut summary);
        self.by_group(&mut summary);
        if style == Style::Markdown {
            self.comparison_by_group(&mut summary);
            self.by_domain(&mut summary);
            self.hardest_classes(&mut summary);
            self.commonest_confusions(&mut summary);
            self.disputed_clips(&mut summary);
            self.knobs(&mut summary);
        }
        let settings = &self.settings;
        // The first digits, as version control shortens them.
        let short = |digest: &Option<String>| {
            digest.as_deref().map_or("-".to_owned(), |d| d.chars().take(12).collect())
        };
        let knobs = format!(
            "model {} (vision {}, text {}), {}, sampling {}; intervals: 95 % bootstrap",
            settings.model.folder,
            short(&settings.model.vision),
            short(&settings.model.text),
            settings.device,
            settings.sampling
        );
        summary.paragraph(&knobs);
        self.not_as_it_should_be(&mut summary);
        summary.text
    }

    fn accuracy(&self, summary: &mut Summary) {
        let some_unread = !self.unread.is_empty();
        let is_full = summary.style == Style::Markdown;
        let mut header = vec!["in %", "Top-1", "interval", "Top-2"];
        header.extend(is_full.then_some("interval"));
        header.push("Top-3");
        header.extend(is_full.then_some("interval"));
        header.extend(some_unread.then_some("Top-1 of all"));
        header.push("clips");
        let line = |row: &RowResult| {
            let mut cells = vec![row.name.clone(), number(row.top1), interval(row.top1_ci), number(row.top2)];
            cells.extend(is_full.then(|| interval(row.top2_ci)));
            cells.push(number(row.top3));
            cells.extend(is_full.then(|| interval(row.top3_ci)));
            if some_unread {
                cells.push(number(Some(row.top1_attempted)));
                cells.push(format!("{} of {}", row.n_read, row.n_attempted));
            } else {
                cells.push(row.n_read.to_string());
            }
            cells
        };
        summary.table("Accuracy", 1, &header, self.rows.iter().map(line).collect());
    }

    fn comparison(&self, summary: &mut Summary) {
        let Some(first) = self.comparisons.first() else { return };
        let only_reference = format!("only {} right", first.reference);
        let header = ["row", "difference", "interval", "only it right", &only_reference, "p", "p after Holm"];
        let line = |name: &str, paired: &Paired| {
            vec![
                name.to_owned(),
                signed(paired.difference),
                interval(paired.difference_ci),
                paired.only_row.to_string(),
                paired.only_reference.to_string(),
                p_value(paired.p),
                p_value(paired.p_holm),
            ]
        };
        let lines = self.comparisons.iter().map(|c| line(&c.row, &c.all)).collect();
        let title =
            format!("Top-1 against {} on the same clips, in points (exact McNemar test)", first.reference);
        summary.table(&title, 1, &header, lines);
    }

    /// A line for each row; a column for each group and one for all outside it.
    fn by_group(&self, summary: &mut Summary) {
        let Some(first) = self.rows.first() else { return };
        let names = first.groups.keys().map(|group| [group.clone(), format!("outside {group}")]);
        let header: Vec<String> = ["row".to_owned()].into_iter().chain(names.flatten()).collect();
        let shares = |row: &'_ RowResult| -> Vec<Share> {
            let both = row.groups.values().zip(row.outside.values());
            both.flat_map(|(inside, outside)| [inside.clone(), outside.clone()]).collect()
        };
        let clips = shares(first).iter().map(|share| share.n.to_string()).collect::<Vec<_>>();
        let mut lines = vec![["clips".to_owned()].into_iter().chain(clips).collect::<Vec<_>>()];
        lines.extend(self.rows.iter().map(|row| {
            let cells = shares(row).into_iter().map(|share| number(share.top1));
            [row.name.clone()].into_iter().chain(cells).collect()
        }));
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        summary.table("Top-1 by group, in %", 1, &header, if header.len() > 1 { lines } else { Vec::new() });
    }

    /// A line for each comparison; a column for each group.
    fn comparison_by_group(&self, summary: &mut Summary) {
        let Some(first) = self.comparisons.first() else { return };
        let header: Vec<&str> = ["row"].into_iter().chain(first.groups.keys().map(String::as_str)).collect();
        let cell = |paired: &Paired| format!("{} ({})", signed(paired.difference), p_value(paired.p_holm));
        let lines = self.comparisons.iter().map(|comparison| {
            let cells = comparison.groups.values().map(cell);
            [comparison.row.clone()].into_iter().chain(cells).collect()
        });
        let title =
            format!("Top-1 against {} by group, in points (p after Holm within the group)", first.reference);
        summary.table(&title, 1, &header, if header.len() > 1 { lines.collect() } else { Vec::new() });
    }

    fn by_domain(&self, summary: &mut Summary) {
        let Some(first) = self.rows.first() else { return };
        let line = |domain: &String| self.shares(vec![domain.clone()], |row| row.domains.get(domain));
        let lines = first.domains.keys().map(line).collect();
        summary.table("Top-1 by domain, in %", 1, &self.header(&["domain", "clips"]), lines);
    }

    /// Number of clips and Top-1 of each row after the first cells.
    fn shares<'a>(
        &'a self,
        mut cells: Vec<String>,
        share: impl Fn(&'a RowResult) -> Option<&'a Share>,
    ) -> Vec<String> {
        let shares: Vec<Option<&Share>> = self.rows.iter().map(share).collect();
        let clips = shares.iter().flatten().next().map_or(0, |share| share.n);
        cells.push(clips.to_string());
        cells.extend(shares.into_iter().map(|share| number(share.and_then(|share| share.top1))));
        cells
    }

    /// The first columns, then all rows.
    fn header<'a>(&'a self, first: &[&'a str]) -> Vec<&'a str> {
        first.iter().copied().chain(self.rows.iter().map(|row| &row.name[..])).collect()
    }

    /// The first columns, then all rows but chance, and the row to sort by.
    fn counts_header<'a>(&'a self, first: &[&'a str]) -> Option<(Vec<&'a str>, usize)> {
        let rows = &self.settings.rows;
        let leading = self.reference().or((!rows.is_empty()).then_some(0))?;
        Some((first.iter().copied().chain(rows.iter().map(|row| &row.name[..])).collect(), leading))
    }

    fn hardest_classes(&self, summary: &mut Summary) {
        let Some((header, leading)) = self.counts_header(&["domain", "class", "clips"]) else { return };
        let mut classes: Vec<_> = self.classes.iter().collect();
        // Right of n against right of m without a division; of equal ones those of more clips first.
        classes.sort_by(|a, b| {
            let share = (a.right[leading] * b.n).cmp(&(b.right[leading] * a.n));
            share.then(b.n.cmp(&a.n))
        });
        let line = |class: &&ClassCounts| {
            let right = class.right.iter().map(usize::to_string);
            [class.domain.clone(), class.class.clone(), class.n.to_string()]
                .into_iter()
                .chain(right)
                .collect()
        };
        let title = format!(
            "Hardest classes of {}, clips right ({} of {} classes; all in classes.csv)",
            header[3 + leading],
            classes.len().min(CLASSES),
            classes.len()
        );
        summary.table(&title, 2, &header, classes.iter().take(CLASSES).map(line).collect());
    }

    fn commonest_confusions(&self, summary: &mut Summary) {
        let Some((header, leading)) = self.counts_header(&["domain", "true class", "taken for"]) else {
            return;
        };
        let mut confusions: Vec<&Confusion> =
            self.confusions.iter().filter(|c| c.class != c.predicted && c.counts[leading] > 0).collect();
        confusions.sort_by_key(|confusion| Reverse(confusion.counts[leading]));
        let line = |c: &&Confusion| {
            let counts = c.counts.iter().map(usize::to_string);
            [&c.domain, &c.class, &c.predicted].into_iter().cloned().chain(counts).collect()
        };
        let title = format!(
            "Commonest confusions of {}, clips ({} of {} pairs of classes; all in confusion.csv)",
            header[3 + leading],
            confusions.len().min(CONFUSIONS),
            confusions.len()
        );
        summary.table(&title, 3, &header, confusions.iter().take(CONFUSIONS).map(line).collect());
    }

    fn disputed_clips(&self, summary: &mut Summary) {
        let Some(reference) = self.reference() else { return };
        let name = &self.settings.rows[reference].name;
        let says = format!("{name} says");
        let lines = self.disagreements.iter().take(DISAGREEMENTS).map(|clip| {
            let said = &clip.predictions[reference];
            let says = if said.right { "✓".to_owned() } else { said.class.clone() };
            [clip.id.clone(), clip.domain.clone(), clip.class.clone(), says, self.others(clip, reference)]
        });
        let title = format!(
            "Clips on which alignment rows disagree ({} of {}; all in disagreements.csv)",
            self.disagreements.len().min(DISAGREEMENTS),
            self.disagreements.len()
        );
        let header = ["clip", "domain", "true class", &says, "other alignment rows"];
        summary.table(&title, 5, &header, lines.map(Vec::from).collect());
    }

    /// The alignment rows that are wrong where the reference row is right, or right where it is wrong.
    fn others(&self, clip: &Disagreement, reference: usize) -> String {
        let reference_is_right = clip.predictions[reference].right;
        let others = self.settings.rows.iter().zip(&clip.predictions);
        let others =
            others.filter(|(row, said)| row.score == Score::Alignment && said.right != reference_is_right);
        let names: Vec<String> = others
            .map(|(row, said)| match said.right {
                true => row.name.clone(),
                false => format!("{} ({})", row.name, said.class),
            })
            .collect();
        format!("{}: {}", if reference_is_right { "wrong" } else { "right" }, names.join(", "))
    }

    /// On the terminal the clips that could not be read one by one, of the rest the number.
    fn knobs(&self, summary: &mut Summary) {
        let line = |row: &Row| {
            let settings = &row.settings;
            if let Some(vlm) = &row.vlm {
                let sees = format!("{} frames, at {}", vlm.frames, vlm.server);
                let mut cells = vec![row.name.clone(), row.score.to_string()];
                cells.resize(6, String::new());
                cells.push(sees);
                return cells;
            }
            vec![
                row.name.clone(),
                row.score.to_string(),
                row.prompt.to_string(),
                settings.method.preset.to_string(),
                settings.method.in_words(),
                format!("{} s", settings.smoothing_seconds),
                settings.template.text().to_owned(),
            ]
        };
        let header = ["row", "score", "prompt", "preset", "aligner", "smoothing", "template"];
        let lines = self.settings.rows.iter().map(line).collect();
        summary.title("What the rows are");
        summary.text += &Table::with_words(header.len(), &header, lines).draw(summary.style);
    }

    fn not_as_it_should_be(&self, summary: &mut Summary) {
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

/// What has been written so far.
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

    /// A table whose first columns hold words; nothing without lines.
    fn table(&mut self, title: &str, words: usize, header: &[&str], lines: Vec<Vec<String>>) {
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
    fn markdown_tells_everything_and_keeps_its_columns() {
        let text = hostile().tables(Style::Markdown);
        let titles: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let starts = [
            "Accuracy",
            "Top-1 against +smoothing on",
            "Top-1 by group",
            "Top-1 against +smoothing by group",
            "Top-1 by domain",
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
    fn what_is_long_is_cut_and_counted() {
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
