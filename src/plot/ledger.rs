//! Two classes side by side: what each step adds to their scores, and the gap as a sum.

use crate::explain::DecidingStep;
use crate::explore::ClassReport;
use crate::plot::format::{plain, signed};
use crate::plot::table::{Align, Table};
use crate::plot::text::{fit, width, wrap};

/// A step of a class, or its background frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// `None` for the frames that are left out.
    pub step: Option<usize>,
    pub text: &'a str,
    /// What it adds to the score.
    pub share: f64,
    /// By how much the class leads the other one without the step; negative where it trails.
    pub lead_without: Option<f64>,
    /// Its rank among all candidates without the step, from 1.
    pub rank_without: Option<usize>,
}

impl Entry<'_> {
    /// `+0.0745 #1`: what the class leads by without the step, and its rank.
    pub fn without(&self) -> String {
        let lead = self.lead_without.map(signed);
        let rank = self.rank_without.map(|rank| format!("#{rank}"));
        lead.into_iter().chain(rank).collect::<Vec<_>>().join(" ")
    }
}

/// A class with its score as a sum.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    pub name: &'a str,
    pub score: f64,
    /// Its steps in order, then the background if frames are left out.
    pub entries: Vec<Entry<'a>>,
    scores_without: Vec<Option<f64>>,
}

impl<'a> Side<'a> {
    /// `class` has its effects; `steps` are the texts of its script.
    fn new(class: &'a ClassReport, steps: &'a [String], other: &ClassReport) -> Self {
        // Both are relative to the best of the other classes.
        let rival = class.margin.map(|margin| class.score - margin);
        let without = class.without_step.iter();
        let scores_without: Vec<Option<f64>> =
            without.map(|without| Some(without.margin? + rival?)).collect();
        let entry = |(step, &share): (usize, &f64)| Entry {
            step: Some(step),
            text: steps.get(step).map_or("", String::as_str),
            share,
            lead_without: scores_without.get(step).copied().flatten().map(|score| score - other.score),
            rank_without: class.without_step.get(step).and_then(|without| without.rank),
        };
        let mut entries: Vec<Entry> = class.contributions.iter().enumerate().map(entry).collect();
        if class.background_share != 0.0 {
            let share = class.background_share;
            let text = "frames left out";
            entries.push(Entry { step: None, text, share, lead_without: None, rank_without: None });
        }
        Self { name: &class.name, score: class.score, entries, scores_without }
    }
}

/// Two compared classes.
#[derive(Clone, Debug)]
pub struct Ledger<'a> {
    pub sides: [Side<'a>; 2],
}

impl<'a> Ledger<'a> {
    /// From two classes with their effects, and the texts of their steps. `None` without shares, as in snapshots of older
    /// versions.
    pub fn new(classes: [(&'a ClassReport, &'a [String]); 2]) -> Option<Self> {
        let [(first, of_first), (second, of_second)] = classes;
        let has_shares = !first.contributions.is_empty() && !second.contributions.is_empty();
        let sides = [Side::new(first, of_first, second), Side::new(second, of_second, first)];
        has_shares.then_some(Self { sides })
    }

    /// `gap +0.2646 = 0.7136 − 0.4490`
    pub fn gap(&self) -> String {
        let [first, second] = &self.sides;
        format!(
            "gap {} = {} − {}",
            signed(first.score - second.score),
            plain(first.score),
            plain(second.score)
        )
    }

    /// The class that leads, and the other one.
    fn by_score(&self) -> (&Side<'a>, &Side<'a>) {
        let [first, second] = &self.sides;
        if second.score > first.score { (second, first) } else { (first, second) }
    }

    pub fn deciding_step(&self) -> Option<DecidingStep> {
        let (leader, other) = self.by_score();
        DecidingStep::of((leader.score, &leader.scores_without), (other.score, &other.scores_without))
    }

    /// Which class leads, by how much, and the step that decides, in one sentence.
    pub fn sentence(&self) -> String {
        let (start, text, end) = self.parts();
        if text.is_empty() { start + &end } else { format!("{start}“{text}”{end}") }
    }

    /// The sentence in at most `rows` lines: in full, with the step's text cut, or without it.
    pub fn sentence_in(&self, columns: usize, rows: usize) -> Vec<String> {
        let (start, text, end) = self.parts();
        let whole =
            |sentence: &str| Some(wrap(sentence, columns, rows + 1)).filter(|lines| lines.len() <= rows);
        // Lines are seldom full, so that the longest text that fits is searched.
        let cut = || {
            let with = |room: usize| whole(&format!("{start}“{}”{end}", fit(text, room)));
            let mut fits = width(text).min(16);
            let mut lines = with(fits)?;
            let mut too_long = (columns * rows).saturating_sub(width(&start) + width(&end));
            while fits + 1 < too_long {
                let middle = fits.midpoint(too_long);
                match with(middle) {
                    Some(longer) => (fits, lines) = (middle, longer),
                    None => too_long = middle,
                }
            }
            Some(lines)
        };
        let found = whole(&self.sentence()).or_else(cut);
        found.unwrap_or_else(|| wrap(&self.in_short(), columns, rows))
    }

    /// `drive leads layup by 0.2646; without step 2 by 0.0455`
    fn in_short(&self) -> String {
        let (_, other) = self.by_score();
        let lead = self.lead();
        let Some(step) = self.deciding_step() else { return lead };
        let (its, new_leader) = if step.of_leader { ("", other.name) } else { ("its ", "it") };
        let without = without(step, new_leader, |left| format!("by {left}"));
        format!("{lead}; without {its}step {} {without}", step.step + 1)
    }

    /// `drive leads layup by 0.2646`
    fn lead(&self) -> String {
        let (leader, other) = self.by_score();
        let gap = leader.score - other.score;
        if gap > 0.0 {
            format!("{} leads {} by {}", leader.name, other.name, plain(gap))
        } else {
            format!("{} and {} tie", leader.name, other.name)
        }
    }

    /// The sentence in three parts: before the text of the deciding step, that text, and after it.
    fn parts(&self) -> (String, &'a str, String) {
        let (leader, other) = self.by_score();
        let start = self.lead();
        let Some(step) = self.deciding_step() else {
            let is_known = self.sides.iter().all(|side| !side.scores_without.is_empty());
            let end = if is_known { "; no single step decides" } else { "" };
            return (start, "", end.to_owned());
        };
        let side = if step.of_leader { leader } else { other };
        let without = without(step, other.name, |left| format!("{left} is left"));
        let worth = plain(step.worth);
        let (whose, does) = if step.of_leader {
            (String::new(), format!("is worth {worth}"))
        } else {
            (format!("{}’s ", other.name), format!("costs it {worth}"))
        };
        let start = format!("{start}: {whose}step {} ", step.step + 1);
        (start, side.entries[step.step].text, format!(" {does}; without it {without}"))
    }

    /// A row for each step of both classes.
    pub fn table(&self) -> Table {
        let row = |side: &Side, entry: &Entry| {
            let step = entry.step.map_or(String::new(), |step| (step + 1).to_string());
            vec![
                side.name.to_owned(),
                step,
                entry.text.to_owned(),
                plain(entry.share),
                entry.lead_without.map_or(String::new(), signed),
                entry.rank_without.map_or(String::new(), |rank| rank.to_string()),
            ]
        };
        let rows = self.sides.iter().flat_map(|side| side.entries.iter().map(move |entry| row(side, entry)));
        let columns = [
            ("class", Align::Left),
            ("step", Align::Right),
            ("text", Align::Left),
            ("share", Align::Right),
            ("lead without it", Align::Right),
            ("rank without it", Align::Right),
        ];
        Table::new(columns.map(|(heading, align)| (heading.to_owned(), align)), rows.collect())
    }

    /// A table side by side in lines of `columns` characters, with scores and gap below.
    pub fn lines(&self, columns: usize) -> Vec<String> {
        const GUTTER: usize = 3;
        let room = columns.saturating_sub(GUTTER) / 2;
        let numbers = self.sides.iter().flat_map(|side| &side.entries);
        let share =
            numbers.clone().map(|entry| width(&plain(entry.share))).max().unwrap_or(0).max("share".len());
        let without = numbers.map(|entry| width(&entry.without())).max().unwrap_or(0).max("without".len());
        let text = room.saturating_sub(4 + share + 1 + without + 1);
        let line = |number: &str, words: &str, value: &str, effect: &str| {
            let words = fit(words, text);
            let padding = " ".repeat(text - width(&words));
            format!("{number:>2} {words}{padding} {value:>share$} {effect:>without$}")
        };
        let column = |side: &Side| {
            let heading = line("", side.name, "share", "without");
            let entries = side.entries.iter().map(|entry| {
                let number = entry.step.map_or(String::new(), |step| (step + 1).to_string());
                line(&number, entry.text, &plain(entry.share), &entry.without())
            });
            let score = line("", "score", &plain(side.score), "");
            [heading].into_iter().chain(entries).chain([score]).collect::<Vec<_>>()
        };
        let [first, second] = [column(&self.sides[0]), column(&self.sides[1])];
        let empty = String::new();
        let rows = (0..first.len().max(second.len())).map(|row| {
            let [left, right] = [&first, &second].map(|side| side.get(row).unwrap_or(&empty));
            let padding = " ".repeat(room.saturating_sub(width(left)) + GUTTER);
            format!("{left}{padding}{right}").trim_end().to_owned()
        });
        rows.chain([self.gap()]).collect()
    }
}

/// What becomes of the gap without the deciding step. `left` says what is left of it.
fn without(step: DecidingStep, new_leader: &str, left: impl Fn(&str) -> String) -> String {
    let size = plain(step.gap_without.abs());
    if size == plain(0.0) {
        "they tie".to_owned()
    } else if step.gap_without > 0.0 {
        left(&size)
    } else {
        format!("{new_leader} leads by {size}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::WithoutStep;

    fn class(name: &str, score: f64, margin: f64, shares: &[f64], without: &[(f64, usize)]) -> ClassReport {
        let document = serde_json::json!({
            "index": 0, "name": name, "score": score, "path": [[0, 0]], "frames_per_step": [1], "collapsed": false,
            "order_free": 0.5, "order_z": null, "order_p": null, "mean_pool": null, "mean_pool_rank": null, "rank": 1,
            "margin": margin,
        });
        let class: ClassReport = serde_json::from_value(document).unwrap();
        let without_step = without
            .iter()
            .map(|&(margin, rank)| WithoutStep { margin: Some(margin), rank: Some(rank) })
            .collect();
        ClassReport { contributions: shares.to_vec(), without_step, ..class }
    }

    fn steps(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn the_sentence_names_the_step_that_decides() {
        let drive = class("drive", 0.75, 0.25, &[0.5, 0.25], &[(0.125, 1), (0.0, 1)]);
        let layup = class("layup", 0.5, -0.25, &[0.25, 0.25], &[(-0.5, 2), (-0.25, 2)]);
        let (of_drive, of_layup) = (steps(&["runs", "bounces the ball"]), steps(&["turns", "shoots"]));
        let ledger = Ledger::new([(&layup, &of_layup), (&drive, &of_drive)]).unwrap();
        assert_eq!(
            ledger.sentence(),
            "drive leads layup by 0.2500: step 2 “bounces the ball” is worth 0.2500; without it they tie"
        );
        assert_eq!(ledger.sentence_in(60, 1), ["drive leads layup by 0.2500; without step 2 they tie"]);
        assert_eq!(ledger.gap(), "gap -0.2500 = 0.5000 − 0.7500");
        insta::assert_snapshot!(ledger.lines(79).join("\n"));
    }

    #[test]
    fn a_step_may_hold_the_other_class_back() {
        let drive = class("drive", 0.75, 0.25, &[0.75], &[(0.25, 1)]);
        let layup = class("layup", 0.5, -0.25, &[0.25, 0.25], &[(0.125, 1), (-0.25, 2)]);
        let (of_drive, of_layup) = (steps(&["runs"]), steps(&["turns", "shoots"]));
        let ledger = Ledger::new([(&drive, &of_drive), (&layup, &of_layup)]).unwrap();
        assert_eq!(
            ledger.sentence(),
            "drive leads layup by 0.2500: layup’s step 1 “turns” costs it 0.3750; without it layup leads by 0.1250"
        );
        assert_eq!(
            ledger.sentence_in(70, 1),
            ["drive leads layup by 0.2500; without its step 1 it leads by 0.1250"]
        );
        let of_layup = steps(&["turns around the defender and lifts the ball", "shoots"]);
        let ledger = Ledger::new([(&drive, &of_drive), (&layup, &of_layup)]).unwrap();
        assert_eq!(
            ledger.sentence_in(60, 2),
            [
                "drive leads layup by 0.2500: layup’s step 1 “turns around",
                "the defe…” costs it 0.3750; without it layup leads by 0.1250"
            ]
        );
        for (columns, rows) in (40..120).flat_map(|columns| [(columns, 1), (columns, 2)]) {
            let lines = ledger.sentence_in(columns, rows);
            assert!(
                lines.len() <= rows && lines.iter().all(|line| width(line) <= columns),
                "{columns}: {lines:?}"
            );
        }
        let alone = class("layup", 0.5, -0.25, &[0.5], &[(-0.5, 2)]);
        let ledger = Ledger::new([(&drive, &of_drive), (&alone, &of_layup)]).unwrap();
        assert_eq!(ledger.sentence(), "drive leads layup by 0.2500; no single step decides");
    }
}
