//! What every export says of where it comes from.

use crate::explore::knobs::KnobValues;
use crate::store::Snapshot;
use crate::video::Sampling;

/// Name and value of each setting behind a snapshot, the clip first.
pub fn facts(snapshot: &Snapshot) -> Vec<(&'static str, String)> {
    let settings = &snapshot.settings;
    let mut facts = Vec::new();
    let (Some(clip), Some(knobs)) = (&settings.clip, KnobValues::of_report(settings)) else { return facts };
    facts.push(("clip", clip.sources.clip_name().to_owned()));
    facts.push(("frames", frames(snapshot)));
    facts.push(("model", clip.sources.model.clone()));
    facts.extend(knobs.in_tables());
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
