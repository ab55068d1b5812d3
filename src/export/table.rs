//! The ranking as a table, and the settings behind it.

use crate::explore::knobs::KnobValues;
use crate::export::{classes_shown, ledger_of};
use crate::plot::candidates::{self, Form, Ranked};
use crate::plot::confidence;
use crate::plot::table::Style;
use crate::snapshot::Snapshot;
use crate::video::Sampling;

/// A row per class, best first, every number in full.
pub fn csv(snapshot: &Snapshot) -> String {
    candidates::table(ranked(snapshot), Form::Csv).csv()
}

/// A row per class, best first, with what each step of the two compared classes adds and the settings below.
pub fn markdown(snapshot: &Snapshot) -> String {
    let facts = facts(snapshot);
    let cell = |text: &str| Style::Markdown.cell(text);
    let clip = facts.first().map_or("", |(_, clip)| clip);
    let table = candidates::table(ranked(snapshot), Form::Markdown).draw(Style::Markdown);
    let mut text = format!("# {}\n\n{table}\n", cell(clip));
    let shown = classes_shown(snapshot).unwrap_or_default();
    if let Some(ledger) = ledger_of(snapshot, &shown) {
        let ledger_table = ledger.table().draw(Style::Markdown);
        text += &format!("{}.\n\n{ledger_table}\n", cell(&ledger.sentence()));
    }
    for (name, value) in facts.iter().skip(1) {
        text += &format!("- {name}: {}\n", cell(value));
    }
    text
}

/// The aligned classes, best first.
pub fn ranked(snapshot: &Snapshot) -> impl Iterator<Item = Ranked<'_>> {
    let classes = snapshot.ranking.iter().filter_map(|&index| snapshot.class(index));
    classes.map(|class| Ranked::of_report(class, &snapshot.candidates[class.index].domain))
}

/// Every setting behind a snapshot, in a line.
pub fn facts_in_a_line(snapshot: &Snapshot) -> String {
    let facts = facts(snapshot).into_iter().map(|(name, value)| format!("{name} {value}"));
    facts.collect::<Vec<_>>().join(" · ")
}

/// Name and value of each setting behind a snapshot, the clip first.
fn facts(snapshot: &Snapshot) -> Vec<(&'static str, String)> {
    let settings = &snapshot.settings;
    let mut facts = Vec::new();
    let (Some(clip), Some(knobs)) = (&settings.clip, KnobValues::of_report(settings)) else { return facts };
    facts.push(("clip", clip.sources.clip_name().to_owned()));
    facts.push(("frames", frames(snapshot)));
    facts.push(("model", clip.sources.model.clone()));
    facts.extend(knobs.in_tables());
    facts.extend(snapshot.confidence.as_ref().map(|found| ("confidence", confidence::line(found))));
    facts.push(("by", format!("{}, {}", snapshot.program, snapshot.created)));
    facts
}

/// Number and density of the frames, and the part of the clip.
fn frames(snapshot: &Snapshot) -> String {
    let sampling = &snapshot.sampling;
    let density = match sampling.fps {
        Sampling::Native | Sampling::Numbered => "every one".to_owned(),
        Sampling::Fps(fps) => format!("{fps} per second"),
    };
    let part = match (sampling.start, sampling.end) {
        (None, None) => String::new(),
        (start, None) => format!(" from {} s", start.unwrap_or_default()),
        (None, Some(end)) => format!(" until {end} s"),
        (Some(start), Some(end)) => format!(" from {start} s until {end} s"),
    };
    let partial = if snapshot.complete { "" } else { ", not all embedded yet" };
    format!("{}, {density}{part}{partial}", snapshot.frames.times.len())
}
